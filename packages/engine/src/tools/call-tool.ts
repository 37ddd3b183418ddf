/** Calls a tool of the workspace, whatever kind it is. */
import type { JsonObject } from '@countersign/core';
import type { McpServerRow, ToolRow } from '@countersign/store';
import type { Engine } from '../engine.ts';
import { type HttpTool, callHttpTool } from './http-tool.ts';
import type { McpServer } from './mcp.ts';
import type { Secrets } from './secrets.ts';
import { type ToolOutcome, permanent } from './tool-outcome.ts';

export type ToolCall = {
  readonly tool: ToolRow;
  readonly server: McpServerRow | undefined;
  readonly arguments: JsonObject;
  readonly idempotencyKey: string;
  /** Headers that tell an HTTP tool which work the call belongs to. */
  readonly origin: Record<string, string>;
  readonly workspaceId: string;
  readonly secrets: Secrets;
};

export const toHttpTool = (http: NonNullable<ToolRow['http']>): HttpTool => ({
  method: http.method,
  urlTemplate: http.url,
  headers: http.headers,
  timeoutSeconds: http.timeout_seconds,
  ...(http.idempotency_header === null ? {} : { idempotencyHeader: http.idempotency_header }),
});

export const toMcpServer = ({ transport, config }: Pick<McpServerRow, 'transport' | 'config'>): McpServer =>
  transport === 'http'
    ? { transport, url: config.url ?? '', headers: config.headers ?? {} }
    : { transport, command: config.command ?? '', args: config.args ?? [], env: config.env ?? {} };

export const callTool = async (engine: Pick<Engine, 'fetch' | 'mcp'>, call: ToolCall): Promise<ToolOutcome> => {
  const { tool, secrets, idempotencyKey } = call;
  if (tool.http) {
    const http = toHttpTool(tool.http);
    return callHttpTool({
      tool: { ...http, headers: { ...call.origin, ...http.headers } },
      arguments: call.arguments,
      idempotencyKey,
      isRepeatable: tool.annotations.read_only || tool.annotations.idempotent,
      secrets,
      fetch: engine.fetch,
    });
  }
  if (tool.agent)
    return permanent(
      'agent_tool',
      `${tool.name} is an agent: agents call it as a tool, workflows with a node of the type agent.`,
    );
  if (!call.server) return permanent('server_removed', `The MCP server of ${tool.name} was removed.`);
  return engine.mcp.callTool(toMcpServer(call.server), {
    name: tool.remote_name ?? tool.name,
    arguments: call.arguments,
    idempotencyKey,
    workspaceId: call.workspaceId,
    secrets,
  });
};
