import { type JsonObject, isObject } from '@countersign/core';
import { type AgentRow, type Scope, type ToolRow, getAgent, getVersion, toolsByName } from '@countersign/store';
import type { WireAgentConfig } from '@countersign/contract';
import { Problem, invalid, notFound } from '../../http/problem.ts';
import type { Asked, DialectRoute } from '../dialect.ts';
import { bareId, ownId } from '../ids.ts';
import { showId } from './ids.ts';
import { type KnownTool, verdictOf, withToolApproval } from './tool-approval.ts';

/** Their usual time to decide. */
export const TIMEOUT_SECONDS = 300;

export type AgentTools = {
  readonly agent: AgentRow;
  readonly config: WireAgentConfig;
  readonly tools: readonly ToolRow[];
};

export const agentIdOf = (asked: Asked): string => ownId('agent', asked.params['agent'] ?? '');

/** An agent's current version, with the tools that it has. @throws Problem `not_found` */
export const toolsOfAgent = async (scope: Scope, id: string): Promise<AgentTools> => {
  const agent = await getAgent(scope, id);
  const version = agent?.current_version_id && (await getVersion(scope, agent.current_version_id));
  if (!agent || agent.archived_at || !version) throw notFound('agent');
  const config = version.config as WireAgentConfig;
  const rows = await toolsByName(scope, config.tools);
  return { agent, config, tools: config.tools.flatMap((name) => rows.find((row) => row.name === name) ?? []) };
};

/** One of them, by its id or its name. @throws Problem `not_found` */
export const toolOfAgent = ({ tools }: AgentTools, given: string): ToolRow => {
  const tool = tools.find(({ id, name }) => name === given || bareId(id) === bareId(given));
  if (!tool) throw notFound('tool');
  return tool;
};

const known = (row: ToolRow): KnownTool => ({
  name: row.name,
  readOnly: row.annotations.read_only,
  approval: row.approval,
});

const present = ({ agent, config }: AgentTools, row: ToolRow) => {
  const minutes = config.hitl_config.timeout_minutes;
  return {
    id: showId('tool', row.id),
    agent_id: showId('agent', agent.id),
    name: row.name,
    description: row.description,
    args_schema: JSON.parse(row.parameters) as JsonObject,
    require_approval: verdictOf(config, known(row)) === 'hold',
    approval_timeout: minutes === null ? null : minutes * 60,
    execution_timeout: row.http?.timeout_seconds ?? null,
    tags: [],
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
};

const read = (asked: Asked) => asked.read('getTool', (scope) => toolsOfAgent(scope, agentIdOf(asked)));

const setApproval = async (asked: Asked) => {
  const { enabled, timeout_seconds: timeout } = await asked.body();
  if (typeof enabled !== 'boolean') throw invalid([{ pointer: '/enabled', detail: 'must be true or false' }]);
  if (timeout !== undefined && timeout !== null && (typeof timeout !== 'number' || timeout <= 0))
    throw invalid([{ pointer: '/timeout_seconds', detail: 'must be a number of seconds' }]);
  const of = await read(asked);
  const tool = toolOfAgent(of, asked.params['tool'] ?? '');
  const wanted = { enabled, timeoutSeconds: typeof timeout === 'number' ? timeout : null };
  const config = withToolApproval(of.config, of.tools.map(known), tool.name, wanted);
  if (typeof config === 'string') throw new Problem('policy_blocked', config);
  if (config !== null)
    await asked.call('createVersion', {
      params: { id: of.agent.id },
      body: { config, message: `Approval of ${tool.name}: ${enabled ? 'needed' : 'not needed'}` },
    });
  const now = await read(asked);
  return { body: present(now, toolOfAgent(now, tool.id)) };
};

/** Theirs carry the code that is run; here a tool is an address that is called. */
const create = async (asked: Asked) => {
  const body = await asked.body();
  const { name, description, args_schema: schema, require_approval: asks, execution_timeout: seconds } = body;
  const of = await read(asked);
  const http = isObject(body['http']) ? body['http'] : { url: body['url'] ?? '' };
  if (!http['url'])
    throw invalid([{ pointer: '/url', detail: 'is what the tool calls: code that is sent is not run here' }]);
  const tool = await asked.call('createTool', {
    body: {
      name,
      description: description ?? undefined,
      parameters: schema ?? undefined,
      http: { ...http, timeout_seconds: seconds ?? http['timeout_seconds'] },
    },
  });
  const added = { ...of.config, tools: [...of.config.tools, tool.name] };
  const facts = [
    ...of.tools.map(known),
    { name: tool.name, readOnly: tool.annotations.read_only, approval: tool.approval },
  ];
  const config = withToolApproval(added, facts, tool.name, { enabled: asks === true, timeoutSeconds: null });
  if (typeof config === 'string' && asks === true) throw new Problem('policy_blocked', config);
  await asked.call('createVersion', {
    params: { id: of.agent.id },
    body: { config: config === null || typeof config === 'string' ? added : config, message: `The tool ${tool.name}` },
  });
  const now = await read(asked);
  return { status: 201, body: present(now, toolOfAgent(now, tool.id)) };
};

const TOOLS = '/api/v1/agent/:agent/tools';

export const toolRoutes: readonly DialectRoute[] = [
  {
    method: 'GET',
    path: TOOLS,
    answer: async (asked) => {
      const of = await read(asked);
      return { body: { tools: of.tools.map((tool) => present(of, tool)), total: of.tools.length } };
    },
  },
  { method: 'POST', path: TOOLS, answer: create },
  {
    method: 'GET',
    path: `${TOOLS}/:tool`,
    answer: async (asked) => {
      const of = await read(asked);
      return { body: present(of, toolOfAgent(of, asked.params['tool'] ?? '')) };
    },
  },
  { method: 'PUT', path: `${TOOLS}/:tool/approval`, answer: setApproval },
];
