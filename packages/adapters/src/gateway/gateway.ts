/** An MCP server that stands before others: every call of their tools goes through the gate. */
import type { Client } from '@countersign/sdk';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { CallToolRequestSchema, type CallToolResult, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { type Caller, callThrough } from './call.ts';
import type { GatewayConfig } from './config.ts';
import { openMemory } from './memory.ts';
import { createCatalogue } from './offered.ts';
import { type Upstream, connectUpstream } from './upstream.ts';

export type GatewayOptions = {
  /** Where it keeps what it must know after a restart. */
  readonly memoryFile: string;
  /** How long a call is held before its client is told to come again; below a minute by default, after which many give up. */
  readonly holdSeconds?: number | undefined;
};

export type Gateway = {
  /** Serves one client, as many as there are. @param caller with whose key it asks; the gateway's own if it does not say */
  readonly serve: (transport: Transport, caller?: Caller) => Promise<void>;
  readonly close: () => Promise<void>;
};

const HOLD_SECONDS = 45;

/** @throws where a server can not be reached or the memory can not be read */
export const openGateway = async (client: Client, config: GatewayConfig, options: GatewayOptions): Promise<Gateway> => {
  const memory = openMemory(options.memoryFile);
  const closing = new AbortController();
  const servers = new Set<Server>();
  let refresh = (): Promise<void> => Promise.resolve();
  const look = (): void => void refresh().catch((error: unknown) => console.error(`gateway: ${String(error)}`));
  const upstreams: Upstream[] = await Promise.all(
    Object.entries(config.mcpServers).map(([name, server]) => connectUpstream(name, server, look)),
  );
  const catalogue = createCatalogue(client, memory, upstreams, closing.signal, () => {
    for (const server of servers) server.sendToolListChanged().catch(() => undefined);
  });
  ({ refresh } = catalogue);
  await refresh();
  const calling = { holdSeconds: options.holdSeconds ?? HOLD_SECONDS, agentId: config.agent_id };

  const serve = async (transport: Transport, caller: Caller = { client, name: '' }): Promise<void> => {
    const server = new Server(
      { name: 'countersign-gateway', version: '0.1.0' },
      { capabilities: { tools: { listChanged: true } } },
    );
    server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: [...catalogue.offered()].map(([name, { tool }]) => ({ ...tool, name })),
    }));
    server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra): Promise<CallToolResult> => {
      const offered = catalogue.offered().get(params.name);
      if (offered) return callThrough(caller, memory, params.name, offered, params.arguments ?? {}, extra, calling);
      const text = catalogue.isHeldBack(params.name)
        ? `The definition of ${params.name} has changed, and a person has to review it first. The call was not made.`
        : `There is no tool ${params.name}.`;
      return { content: [{ type: 'text', text }], isError: true };
    });
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it is no EventTarget
    server.onclose = () => void servers.delete(server);
    servers.add(server);
    await server.connect(transport);
  };
  const close = async (): Promise<void> => {
    closing.abort(new Error('The gateway is closing.'));
    await Promise.all([...servers].map((server) => server.close()));
    await Promise.all(upstreams.map((upstream) => upstream.client.close()));
  };
  return { serve, close };
};
