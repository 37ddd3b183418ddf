/** One MCP server behind the gateway. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport, getDefaultEnvironment } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { type Tool, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import type { UpstreamConfig } from './config.ts';

export type Upstream = {
  readonly name: string;
  /** Whether what it says of its own tools is believed. */
  readonly isTrusted: boolean;
  readonly client: Client;
  readonly tools: () => Promise<Tool[]>;
};

const transportOf = ({ command, args, env, cwd, url, headers }: UpstreamConfig): Transport => {
  if (url !== undefined) return new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  return new StdioClientTransport({
    command: command ?? '',
    args,
    // Not all of ours: the key that asks people is none of its business.
    env: { ...getDefaultEnvironment(), ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
};

/** @param onChange its tools may be other ones now */
export const connectUpstream = async (
  name: string,
  config: UpstreamConfig,
  onChange: () => void,
): Promise<Upstream> => {
  const client = new Client({ name: 'countersign-gateway', version: '0.1.0' });
  client.setNotificationHandler(ToolListChangedNotificationSchema, onChange);
  await client.connect(transportOf(config));
  const tools = async (): Promise<Tool[]> => {
    const all: Tool[] = [];
    let cursor: string | undefined;
    do {
      const page = await client.listTools(cursor === undefined ? {} : { cursor });
      all.push(...page.tools);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return all;
  };
  return { name, isTrusted: config.trusted, client, tools };
};
