import type { FieldProblem } from '@countersign/contract';
import { type Json, type JsonObject, PLAN_TOOL, isObject } from '@countersign/core';
import { checkHttpTool, checkSchema, findTarget, toHttpTool } from '@countersign/engine';
import {
  type HttpCallRow,
  type Scope,
  type ToolRow,
  appendEvent,
  deleteSecret,
  deleteTool,
  getMcpServer,
  getTool,
  insertTool,
  listMcpServers,
  listSecrets,
  listTools,
  newId,
  putSecret,
  retireMcpServer,
  saveTool,
  toolsOfServer,
} from '@countersign/store';
import { holdToLimits } from '../auth/limits.ts';
import { type Principal, actorOf } from '../auth/principal.ts';
import type { App, Handlers } from '../http/context.ts';
import { Problem, invalid, notFound } from '../http/problem.ts';
import { presentMcpServer, presentTool } from '../present/work.ts';

export const mustGetTool = async (scope: Scope, id: string): Promise<ToolRow> => {
  const row = await getTool(scope, id);
  if (!row) throw notFound('tool');
  return row;
};

/** The names that a wire tool has for what the engine checks under its own. */
const WIRE_POINTERS: Readonly<Record<string, string>> = {
  '/urlTemplate': '/http/url',
  '/idempotencyHeader': '/http/idempotency_header',
  '/timeoutSeconds': '/http/timeout_seconds',
};

const checkTool = (app: App, parameters: Json, http: HttpCallRow | null): void => {
  const problems: FieldProblem[] = checkSchema(parameters).map(({ pointer, detail }) => ({
    pointer: `/parameters${pointer}`,
    detail,
  }));
  if (http)
    for (const { pointer, detail } of checkHttpTool(toHttpTool(http), app.engine.outbound))
      problems.push({ pointer: WIRE_POINTERS[pointer] ?? `/http${pointer}`, detail });
  if (problems.length > 0) throw invalid(problems);
};

/** What an agent is asked, where nobody says what else it takes. */
const AGENT_PARAMETERS: JsonObject = {
  type: 'object',
  properties: { input: { type: 'string', description: 'what it is asked to do, with all that it needs to know' } },
  required: ['input'],
  additionalProperties: false,
};

const isEmptySchema = (schema: JsonObject): boolean =>
  isObject(schema['properties']) && Object.keys(schema['properties']).length === 0;

/** @throws Problem `invalid` if there is nothing to run */
const checkAgentTool = async (
  scope: Scope,
  principal: Principal,
  agent: { readonly agent_id: string; readonly version: number | null },
): Promise<void> => {
  const found = await findTarget(scope, { ...agent, workflow_id: null });
  if (!found.ok) throw invalid([{ pointer: '/agent', detail: found.refusal }]);
  holdToLimits(principal, { agents: [agent.agent_id] });
};

export const toolHandlers = {
  createTool: async ({ app, principal, body }, scope) => {
    holdToLimits(principal, { tools: [body.name] });
    if (body.name === PLAN_TOOL)
      throw invalid([{ pointer: '/name', detail: 'is the name of the tool with which agents propose plans' }]);
    if ((body.http === undefined) === (body.agent === undefined))
      throw invalid([{ pointer: '/http', detail: 'say either http or agent: what the tool calls' }]);
    if (body.agent) await checkAgentTool(scope, principal, body.agent);
    const parameters = body.agent && isEmptySchema(body.parameters) ? AGENT_PARAMETERS : body.parameters;
    checkTool(app, parameters, body.http ?? null);
    const row = await insertTool(scope, {
      id: newId('tool'),
      kind: body.agent ? 'agent' : 'http',
      name: body.name,
      description: body.description,
      // Its members stay in the order in which they were written: reviewers read the arguments in it.
      parameters: JSON.stringify(parameters),
      annotations: body.annotations,
      approval: body.approval,
      summary_template: body.summary_template,
      http: body.http ?? null,
      mcp_server_id: null,
      remote_name: null,
      agent: body.agent ?? null,
    });
    await appendEvent(scope, {
      type: 'tool.created',
      subject: row.id,
      actor: actorOf(principal),
      data: { name: row.name },
    });
    return presentTool(row);
  },
  listTools: async ({ page }, scope) =>
    page.of(await listTools(scope, page.after, page.limit), (row) => [row.cursor_at, row.id], presentTool),
  getTool: async ({ params }, scope) => presentTool(await mustGetTool(scope, params.id)),
  updateTool: async ({ app, params, principal, body }, scope) => {
    const row = await mustGetTool(scope, params.id);
    holdToLimits(principal, { tools: [row.name] });
    const fixed = (['description', 'parameters', 'http'] as const).filter((name) => body[name] !== undefined);
    if (row.kind === 'mcp' && fixed.length > 0)
      throw invalid(fixed.map((name) => ({ pointer: `/${name}`, detail: 'is set by the MCP server' })));
    if (row.kind !== 'http' && body.http)
      throw invalid([{ pointer: '/http', detail: `a tool of the kind ${row.kind} calls no address` }]);
    const changed = {
      id: row.id,
      description: body.description ?? row.description,
      parameters: body.parameters === undefined ? row.parameters : JSON.stringify(body.parameters),
      annotations: body.annotations ?? row.annotations,
      approval: body.approval ?? row.approval,
      summary_template: body.summary_template === undefined ? row.summary_template : body.summary_template,
      http: body.http ?? row.http,
    };
    checkTool(app, JSON.parse(changed.parameters) as Json, changed.http);
    const saved = await saveTool(scope, changed);
    if (!saved) throw notFound('tool');
    await appendEvent(scope, {
      type: 'tool.updated',
      subject: row.id,
      actor: actorOf(principal),
      data: { version: saved.version, fields: Object.keys(body) },
    });
    return presentTool(saved);
  },
  deleteTool: async ({ params, principal }, scope) => {
    holdToLimits(principal, { tools: [(await mustGetTool(scope, params.id)).name] });
    if ((await deleteTool(scope, params.id)) === 0) throw notFound('tool');
    await appendEvent(scope, { type: 'tool.deleted', subject: params.id, actor: actorOf(principal) });
    return undefined;
  },

  listMcpServers: async ({ page }, scope) => {
    const rows = await listMcpServers(scope, page.after, page.limit);
    const names = new Map<string, string[]>();
    for (const { id } of rows)
      names.set(
        id,
        (await toolsOfServer(scope, id)).map(({ name }) => name),
      );
    return page.of(
      rows,
      (row) => [row.cursor_at, row.id],
      (row) => presentMcpServer(row, names.get(row.id) ?? []),
    );
  },
  deleteMcpServer: async ({ params, principal }, scope) => {
    if (!(await getMcpServer(scope, params.id))) throw notFound('MCP server');
    await retireMcpServer(scope, params.id);
    await appendEvent(scope, { type: 'mcp_server.deleted', subject: params.id, actor: actorOf(principal) });
    return undefined;
  },

  putSecret: async ({ engine, principal, body }, scope) => {
    const sealed = engine.secrets.seal(body.value, `${scope.workspaceId}/${body.name}`);
    const row = await putSecret(scope, body.name, sealed);
    await appendEvent(scope, { type: 'secret.put', subject: body.name, actor: actorOf(principal) });
    return { name: row.name, created_at: row.created_at.toISOString(), updated_at: row.updated_at.toISOString() };
  },
  listSecrets: async ({ page }, scope) =>
    page.of(
      await listSecrets(scope, page.after?.id ?? '', page.limit),
      (row) => ['', row.name],
      (row) => ({ name: row.name, created_at: row.created_at.toISOString(), updated_at: row.updated_at.toISOString() }),
    ),
  deleteSecret: async ({ params, principal }, scope) => {
    if ((await deleteSecret(scope, params.name)) === 0) throw notFound('secret');
    await appendEvent(scope, { type: 'secret.deleted', subject: params.name, actor: actorOf(principal) });
    return undefined;
  },
} satisfies Partial<Handlers>;

export const upstream = (detail: string): Problem => new Problem('upstream_failed', detail);
