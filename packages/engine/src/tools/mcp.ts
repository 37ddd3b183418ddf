/** Tools of MCP servers, through the AI SDK's MCP client. */
import { MCPClientError, type ListToolsResult } from '@ai-sdk/mcp';
import type { JsonObject } from '@countersign/core';
import type { GuardedFetch } from '../outbound/fetch.ts';
import { findOutboundError } from '../outbound/outbound-error.ts';
import { createMcpConnections, type McpConnection, type ResolvedServer } from './mcp-connections.ts';
import { mcpCallContext, type McpCallContext } from './mcp-call.ts';
import { mcpContent } from './mcp-content.ts';
import { redactSecrets, resolveSecrets, type Secrets } from './secrets.ts';
import { permanent, retryable, unknown, type ToolFailure, type ToolOutcome } from './tool-outcome.ts';

/** `{{secrets.NAME}}` in headers and environment variables stands for a secret. */
export type McpServer =
  | { transport: 'http'; url: string; headers: Record<string, string> }
  | { transport: 'stdio'; command: string; args: string[]; env: Record<string, string> };

export type McpTool = {
  name: string;
  description: string;
  inputSchema: JsonObject;
  /** Hints by the server about itself: believed only as far as the workspace believes the server. */
  annotations: { readOnlyHint?: boolean; destructiveHint?: boolean; idempotentHint?: boolean; openWorldHint?: boolean };
};

export type McpAccess = { workspaceId: string; secrets: Secrets };

export type McpCall = McpAccess & {
  name: string;
  arguments: JsonObject;
  idempotencyKey: string;
  timeoutSeconds?: number;
  signal?: AbortSignal;
};

export type McpClients = {
  listTools: (
    server: McpServer,
    access: McpAccess,
  ) => Promise<{ ok: true; tools: McpTool[] } | { ok: false; failure: ToolFailure }>;
  /** Calls a tool once. The one thing it repeats is a call that an expired session refused. */
  callTool: (server: McpServer, call: McpCall) => Promise<ToolOutcome>;
  /** Ends every connection and child process. */
  close: () => Promise<void>;
};

const IDLE_SECONDS = 60;
const LIST_TIMEOUT_MS = 15_000;
const CALL_TIMEOUT_SECONDS_DEFAULT = 60;
const TOOLS_MAX = 1000;

const serverName = (server: McpServer): string =>
  `The MCP server ${server.transport === 'http' ? new URL(server.url).host : server.command}`;

type Resolution = { ok: true; server: ResolvedServer; used: Map<string, string> } | { ok: false; failure: ToolFailure };

const resolve = async (server: McpServer, secrets: Secrets): Promise<Resolution> => {
  if (server.transport === 'http' && !URL.canParse(server.url))
    return permanent('url_invalid', 'The URL is malformed.');
  const resolved = await resolveSecrets(server.transport === 'http' ? server.headers : server.env, secrets);
  if (!resolved.ok) return permanent(resolved.problem.code, resolved.problem.message);
  const { values, used } = resolved;
  return {
    ok: true,
    used,
    server: server.transport === 'http' ? { ...server, headers: values } : { ...server, env: values },
  };
};

/** A failure before any tool was called: whatever it was, nothing ran. */
const fromUnsent = (error: unknown, name: string): { ok: false; failure: ToolFailure } => {
  const outbound = findOutboundError(error);
  if (outbound) {
    const isDenied = outbound.code === 'address_denied' || outbound.code === 'url_invalid';
    return (isDenied ? permanent : retryable)(outbound.code, `${name} can't be reached: ${outbound.message}`);
  }
  const message = `${name} can't be used: ${error instanceof Error ? error.message : String(error)}`;
  const status = MCPClientError.isInstance(error) ? error.statusCode : undefined;
  if (status === 401 || status === 403) return permanent('authentication_failed', message);
  if (status !== undefined && status >= 300 && status < 500 && status !== 408 && status !== 429)
    return permanent('not_an_mcp_server', message);
  if (error instanceof Error && 'syscall' in error && String(error.syscall).startsWith('spawn'))
    return permanent('command_failed', message);
  return retryable(/timed out/.test(message) ? 'timeout' : 'server_unavailable', message);
};

/** A failure of the call itself. */
const fromCall = (error: unknown, name: string, connection: McpConnection, context: McpCallContext): ToolOutcome => {
  // The server's own refusal, such as an unknown tool or invalid arguments: an answer, and the model's to deal with.
  if (MCPClientError.isInstance(error) && error.code !== undefined)
    return { ok: true, content: error.message, isError: true, status: error.statusCode ?? null };
  if (!context.hasSent) return fromUnsent(error, name);
  const status = MCPClientError.isInstance(error) ? error.statusCode : undefined;
  if (status !== undefined && status >= 400 && status < 500 && status !== 408) return fromUnsent(error, name);
  const ending = connection.ending();
  if (ending !== undefined) return unknown('server_ended', `${name} ended during the call (${ending}).`);
  const outbound = findOutboundError(error);
  const message = outbound?.message ?? (error instanceof Error ? error.message : String(error));
  const code = outbound?.code ?? (/timed out/.test(message) ? 'timeout' : 'connection_failed');
  return unknown(code, `${name} gave no result: ${message}`);
};

const isExpiredSession = (error: unknown): boolean => MCPClientError.isInstance(error) && error.statusCode === 404;

const runCall = async (
  connection: McpConnection,
  call: McpCall,
  context: McpCallContext,
  failed: Promise<never>,
): Promise<object> => {
  const timeout = context.timeoutSeconds * 1000;
  const options = { timeout, ...(call.signal === undefined ? {} : { signal: call.signal }) };
  // The client only reads the arguments; readonly JSON is the same at run time.
  const args = call.arguments as Record<string, unknown>;
  return mcpCallContext.run(context, () =>
    Promise.race([connection.client.callTool({ name: call.name, arguments: args, options }), failed]),
  );
};

const toTool = (tool: ListToolsResult['tools'][number]): McpTool => {
  const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = tool.annotations ?? {};
  return {
    name: tool.name,
    description: tool.description ?? '',
    inputSchema: JSON.parse(JSON.stringify(tool.inputSchema)) as JsonObject, // it came as JSON
    annotations: {
      ...(readOnlyHint === undefined ? {} : { readOnlyHint }),
      ...(destructiveHint === undefined ? {} : { destructiveHint }),
      ...(idempotentHint === undefined ? {} : { idempotentHint }),
      ...(openWorldHint === undefined ? {} : { openWorldHint }),
    },
  };
};

const listAll = async (connection: McpConnection): Promise<McpTool[]> => {
  const tools: McpTool[] = [];
  let cursor: string | undefined;
  do {
    const page = await connection.client.listTools({
      ...(cursor === undefined ? {} : { params: { cursor } }),
      options: { timeout: LIST_TIMEOUT_MS },
    });
    tools.push(...page.tools.map(toTool));
    if (tools.length > TOOLS_MAX) throw new Error(`it lists more than ${TOOLS_MAX} tools`);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return tools;
};

/**
 * Makes the clients. `isStdioAllowed` is the operator's setting: a stdio server is a command on the machine of the
 * server, so whoever may configure one may run anything there.
 */
export const createMcpClients = (options: {
  fetch: GuardedFetch;
  isStdioAllowed: boolean;
  idleSeconds?: number;
}): McpClients => {
  const connections = createMcpConnections({ fetch: options.fetch, idleSeconds: options.idleSeconds ?? IDLE_SECONDS });

  const refuseStdio = (server: McpServer): { ok: false; failure: ToolFailure } | undefined =>
    server.transport === 'stdio' && !options.isStdioAllowed
      ? permanent('stdio_not_allowed', 'MCP servers that are started as a command are not allowed here.')
      : undefined;

  const redacted = <T extends { ok: boolean }>(outcome: T, used: Map<string, string>): T =>
    used.size === 0 ? outcome : (JSON.parse(redactSecrets(JSON.stringify(outcome), jsonEscaped(used))) as T);

  const listTools: McpClients['listTools'] = async (server, { workspaceId, secrets }) => {
    const refused = refuseStdio(server);
    if (refused) return refused;
    const resolved = await resolve(server, secrets);
    if (!resolved.ok) return resolved;
    let connection: McpConnection | undefined;
    try {
      connection = await connections.use(workspaceId, resolved.server);
      const tools = await listAll(connection);
      connection.release(false);
      return { ok: true, tools };
    } catch (error) {
      connection?.release(true);
      if (connection?.isReused === true && isExpiredSession(error)) return listTools(server, { workspaceId, secrets });
      return redacted(fromUnsent(error, serverName(server)), resolved.used);
    }
  };

  const callTool: McpClients['callTool'] = async (server, call) => {
    const refused = refuseStdio(server);
    if (refused) return refused;
    const resolved = await resolve(server, call.secrets);
    if (!resolved.ok) return resolved;
    const name = serverName(server);
    let connection: McpConnection;
    try {
      connection = await connections.use(call.workspaceId, resolved.server);
    } catch (error) {
      return redacted(fromUnsent(error, name), resolved.used);
    }
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => undefined); // nobody listens any more once the call has ended
    const timeoutSeconds = call.timeoutSeconds ?? CALL_TIMEOUT_SECONDS_DEFAULT;
    const context = { idempotencyKey: call.idempotencyKey, timeoutSeconds, hasSent: false, fail: failed.reject };
    try {
      const result = await runCall(connection, call, context, failed.promise);
      connection.release(false);
      const isError = 'isError' in result && result.isError === true;
      return redacted({ ok: true, content: mcpContent(result), isError, status: null }, resolved.used);
    } catch (error) {
      const outcome = fromCall(error, name, connection, context);
      connection.release(!outcome.ok);
      if (connection.isReused && isExpiredSession(error)) return callTool(server, call);
      return redacted(outcome, resolved.used);
    }
  };

  return { listTools, callTool, close: connections.close };
};

/** Secrets as they look inside JSON text. */
const jsonEscaped = (used: Map<string, string>): Map<string, string> =>
  new Map([...used].map(([name, secret]) => [name, JSON.stringify(secret).slice(1, -1)]));
