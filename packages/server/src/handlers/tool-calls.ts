/** Handlers that talk to tools and MCP servers: outside of any transaction. */
import { type JsonObject, canonicalize } from '@countersign/core';
import { callTool, checkSchema, checkUrl, toMcpServer, validateArguments } from '@countersign/engine';
import type { McpTool } from '@countersign/engine';
import {
  type McpServerRow,
  type Scope,
  appendEvent,
  deleteTool,
  getMcpServer,
  getSecretCiphertext,
  insertMcpServer,
  insertTool,
  markSynced,
  newId,
  reading,
  saveTool,
  toolsByName,
  toolsOfServer,
  transaction,
} from '@countersign/store';
import { holdToLimits } from '../auth/limits.ts';
import { actorOf, type Principal } from '../auth/principal.ts';
import type { App, FreeHandlers } from '../http/context.ts';
import { Problem, invalid, notFound } from '../http/problem.ts';
import { presentMcpServer } from '../present/work.ts';
import { mustGetTool, upstream } from './tools.ts';

const secretsOf = (app: App, workspaceId: string) => (name: string) =>
  reading(app.engine.api, workspaceId, async (scope) => {
    const sealed = await getSecretCiphertext(scope, name);
    return sealed && app.engine.secrets.open(sealed, `${workspaceId}/${name}`);
  });

const discover = async (
  app: App,
  workspaceId: string,
  server: Pick<McpServerRow, 'transport' | 'config'>,
): Promise<McpTool[]> => {
  const found = await app.engine.mcp.listTools(toMcpServer(server), {
    workspaceId,
    secrets: secretsOf(app, workspaceId),
  });
  if (!found.ok) throw upstream(found.failure.message);
  return found.tools;
};

/** Our names allow fewer characters than MCP's, and a workspace has many servers: the server's name goes in front. */
const localName = (server: string, tool: string): string =>
  `${server}_${tool}`.replace(/[^a-zA-Z0-9_.-]/g, '_').slice(0, 64);

const EMPTY_SCHEMA = { type: 'object', properties: {} };

const usableSchema = (tool: McpTool): JsonObject =>
  checkSchema(tool.inputSchema).length === 0 ? tool.inputSchema : EMPTY_SCHEMA;

/** Hints that a server does not give count as the careful reading of the specification: it writes, and destroys. */
const annotationsOf = ({ annotations: hints }: McpTool) => ({
  read_only: hints.readOnlyHint ?? false,
  destructive: hints.readOnlyHint === true ? false : (hints.destructiveHint ?? true),
  idempotent: hints.idempotentHint ?? false,
  open_world: hints.openWorldHint ?? true,
});

/** Takes over what the server offers now: new tools in, changed ones as a new version, missing ones out. */
const storeTools = async (scope: Scope, server: McpServerRow, offered: readonly McpTool[]): Promise<string[]> => {
  const known = await toolsOfServer(scope, server.id);
  const names = offered.map((tool) => localName(server.name, tool.name));
  const taken = await toolsByName(scope, names);
  for (const [index, tool] of offered.entries()) {
    const name = names[index] ?? '';
    const row = known.find((candidate) => candidate.remote_name === tool.name);
    const parameters = canonicalize(usableSchema(tool));
    if (row) {
      if (row.description !== tool.description || row.parameters !== parameters)
        await saveTool(scope, { ...row, description: tool.description, parameters });
      continue;
    }
    if (taken.some((other) => other.name === name))
      throw new Problem('name_taken', `There is already a tool named ${name}. Give the MCP server another name.`);
    await insertTool(scope, {
      id: newId('tool'),
      kind: 'mcp',
      name,
      description: tool.description,
      parameters,
      annotations: annotationsOf(tool),
      approval: 'default',
      summary_template: null,
      http: null,
      mcp_server_id: server.id,
      remote_name: tool.name,
    });
  }
  for (const row of known) if (!offered.some((tool) => tool.name === row.remote_name)) await deleteTool(scope, row.id);
  await markSynced(scope, server.id);
  return names;
};

export const toolCallHandlers: Pick<FreeHandlers, 'callTool' | 'createMcpServer' | 'syncMcpServer'> = {
  callTool: async ({ app, params, principal, body, json }) => {
    const { workspaceId } = principal;
    const { tool, server } = await reading(app.engine.api, workspaceId, async (scope) => {
      const row = await mustGetTool(scope, params.id);
      return { tool: row, server: row.mcp_server_id ? await getMcpServer(scope, row.mcp_server_id) : undefined };
    });
    holdToLimits(principal, { tools: [tool.name] });
    // A test call passes no gate: a program could use it to act unseen.
    if (principal.kind === 'key' && !tool.annotations.read_only)
      throw new Problem(
        'forbidden',
        'With an API key only read-only tools can be tried out: a test call passes no gate.',
      );
    const problems = validateArguments(JSON.parse(tool.parameters) as JsonObject, body.arguments);
    if (problems.length > 0)
      throw invalid(problems.map(({ pointer, detail }) => ({ pointer: `/arguments${pointer}`, detail })));
    const startedMs = performance.now();
    const outcome = await callTool(app.engine, {
      tool,
      server,
      arguments: body.arguments,
      idempotencyKey: newId('step'),
      origin: {},
      workspaceId,
      secrets: secretsOf(app, workspaceId),
    });
    await transaction(app.engine.api, workspaceId, async (scope) =>
      appendEvent(scope, {
        type: 'tool.test_called',
        subject: tool.id,
        actor: actorOf(principal),
        data: { ok: outcome.ok },
        detail: { arguments: await app.engine.redaction.mask(scope, body.arguments, JSON.parse(tool.parameters)) },
      }),
    );
    if (!outcome.ok) throw upstream(outcome.failure.message);
    return json({
      ok: !outcome.isError,
      is_error: outcome.isError,
      content: outcome.content,
      milliseconds: Math.round(performance.now() - startedMs),
    });
  },

  createMcpServer: async ({ app, principal, body, commit }) => {
    if (body.transport === 'http') {
      const problem = checkUrl(body.url, app.engine.outbound);
      if (problem)
        throw new Problem('address_denied', problem.detail, { errors: [{ pointer: '/url', detail: problem.detail }] });
    }
    const config =
      body.transport === 'http'
        ? { url: body.url, headers: body.headers }
        : { command: body.command, args: body.args, env: body.env };
    const offered = await discover(app, principal.workspaceId, { transport: body.transport, config });
    return commit(async (scope) => {
      const row = await insertMcpServer(scope, {
        id: newId('mcpServer'),
        name: body.name,
        transport: body.transport,
        config,
      });
      const names = await storeTools(scope, row, offered);
      await announce(scope, 'mcp_server.created', row.id, principal);
      return presentMcpServer((await getMcpServer(scope, row.id)) ?? row, names);
    });
  },

  syncMcpServer: async ({ app, params, principal, commit, reading: read }) => {
    const row = await read((scope) => getMcpServer(scope, params.id));
    if (!row) throw notFound('MCP server');
    const offered = await discover(app, principal.workspaceId, row);
    return commit(async (scope) => {
      const names = await storeTools(scope, row, offered);
      await announce(scope, 'mcp_server.synced', row.id, principal);
      return presentMcpServer((await getMcpServer(scope, row.id)) ?? row, names);
    });
  },
};

const announce = (scope: Scope, type: string, subject: string, principal: Principal): Promise<void> =>
  appendEvent(scope, { type, subject, actor: actorOf(principal) });
