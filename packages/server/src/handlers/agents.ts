import type { FieldProblem } from '@countersign/contract';
import { checkUrl, startExecution } from '@countersign/engine';
import {
  type AgentRow,
  type Scope,
  appendEvent,
  getAgent,
  getMember,
  getVersion,
  getVersionByNumber,
  insertAgent,
  insertVersion,
  listAgents,
  listVersions,
  lockAgent,
  newId,
  promoteVersion,
  saveAgent,
  toolsByName,
} from '@countersign/store';
import { holdRunToLimits, holdToLimits } from '../auth/limits.ts';
import { type Principal, actorOf } from '../auth/principal.ts';
import { builderOf, loadRequesters } from '../auth/requesters.ts';
import type { App, Context, Handlers } from '../http/context.ts';
import { invalid, notFound } from '../http/problem.ts';
import { priceOf } from '../present/cost.ts';
import { presentAgent, presentExecution, presentVersion } from '../present/work.ts';

type Config = Context<'createVersion'>['body']['config'];

const withCurrent = async (scope: Scope, row: AgentRow) =>
  presentAgent(row, row.current_version_id ? await getVersion(scope, row.current_version_id) : undefined);

const mustGet = async (scope: Scope, id: string): Promise<AgentRow> => {
  const row = await getAgent(scope, id);
  if (!row) throw notFound('agent');
  return row;
};

const mustLock = async (scope: Scope, id: string): Promise<AgentRow> => {
  const row = await lockAgent(scope, id);
  if (!row) throw notFound('agent');
  return row;
};

/** To change it: the agent must be one that a limited key is for. */
const mustChange = async (scope: Scope, principal: Principal, id: string): Promise<AgentRow> => {
  const row = await mustLock(scope, id);
  holdToLimits(principal, { agents: [row.id, row.name] });
  return row;
};

/** What the schema can't see: that tools exist, that the address may be reached, that lists name tools it has. */
const checkConfig = async (app: App, scope: Scope, config: Config): Promise<void> => {
  const problems: FieldProblem[] = [];
  const known = new Set((await toolsByName(scope, config.tools)).map(({ name }) => name));
  for (const [index, name] of config.tools.entries())
    if (!known.has(name))
      problems.push({ pointer: `/config/tools/${index}`, detail: `there is no tool named ${name}` });
  for (const list of ['allowed_tools', 'blocked_tools'] as const)
    for (const [index, name] of config.hitl_config[list].entries())
      if (!config.tools.includes(name))
        problems.push({
          pointer: `/config/hitl_config/${list}/${index}`,
          detail: `${name} is not among the agent's tools`,
        });
  if (config.provider === 'openai_compatible' && config.base_url === undefined)
    problems.push({ pointer: '/config/base_url', detail: 'is needed for openai_compatible' });
  if (config.base_url !== undefined) {
    const problem = checkUrl(config.base_url, app.engine.outbound);
    if (problem) problems.push({ pointer: '/config/base_url', detail: problem.detail });
  }
  if (config.approval_required && config.checkpoint_name === undefined)
    problems.push({ pointer: '/config/checkpoint_name', detail: 'is needed where approval_required is true' });
  if (problems.length > 0) throw invalid(problems);
};

/** The agents that these tools call, by the place of the tool. */
const agentsCalledBy = async (scope: Scope, tools: readonly string[]): Promise<(readonly [string, string])[]> =>
  (await toolsByName(scope, tools)).flatMap(({ name, agent }) => (agent ? [[name, agent.agent_id] as const] : []));

/** An agent that calls itself through others would never answer. @throws Problem `invalid` at the tool that leads back */
const refuseCycle = async (scope: Scope, agentId: string, tools: readonly string[]): Promise<void> => {
  for (const [tool, first] of await agentsCalledBy(scope, tools)) {
    const seen = new Set<string>();
    const ahead = [first];
    for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
      if (next === agentId)
        throw invalid([
          {
            pointer: `/config/tools/${tools.indexOf(tool)}`,
            detail: `leads back: ${tool} would let the agent call itself`,
          },
        ]);
      if (seen.has(next)) continue;
      seen.add(next);
      const current = (await getAgent(scope, next))?.current_version_id;
      const version = current ? await getVersion(scope, current) : undefined;
      const called = (version?.config as { readonly tools?: readonly string[] } | undefined)?.tools ?? [];
      ahead.push(...(await agentsCalledBy(scope, called)).map(([, id]) => id));
    }
  }
};

const addVersion = async (
  { app, principal }: Pick<Context<'createVersion'>, 'app' | 'principal'>,
  scope: Scope,
  agentId: string,
  version: { readonly config: Config; readonly message: string; readonly promote: boolean },
): Promise<string> => {
  await checkConfig(app, scope, version.config);
  await refuseCycle(scope, agentId, version.config.tools);
  const id = newId('agentVersion');
  const actor = actorOf(principal);
  await insertVersion(scope, {
    id,
    agentId,
    message: version.message,
    config: version.config,
    createdBy: builderOf(principal, actor),
  });
  await appendEvent(scope, { type: 'agent.version_created', subject: agentId, actor, data: { version_id: id } });
  if (version.promote) await promoteVersion(scope, agentId, id);
  if (version.promote)
    await appendEvent(scope, { type: 'agent.version_promoted', subject: agentId, actor, data: { version_id: id } });
  scope.afterCommit(() => app.engine.wake.changed(scope.workspaceId, [agentId]));
  return id;
};

export const agentHandlers = {
  createAgent: async (context, scope) => {
    const { principal, body } = context;
    holdToLimits(principal, { agents: [body.name] });
    const row = await insertAgent(scope, { id: newId('agent'), name: body.name, description: body.description });
    await appendEvent(scope, {
      type: 'agent.created',
      subject: row.id,
      actor: actorOf(principal),
      data: { name: row.name },
    });
    if (body.config)
      await addVersion(context, scope, row.id, { config: body.config, message: body.message, promote: true });
    return withCurrent(scope, await mustGet(scope, row.id));
  },

  listAgents: async ({ query, page }, scope) => {
    const rows = await listAgents(scope, query.archived === 'true', page.after, page.limit);
    const versions = new Map<string, Awaited<ReturnType<typeof getVersion>>>();
    for (const row of rows)
      if (row.current_version_id) versions.set(row.id, await getVersion(scope, row.current_version_id));
    return page.of(
      rows,
      (row) => [row.cursor_at, row.id],
      (row) => presentAgent(row, versions.get(row.id)),
    );
  },

  getAgent: async ({ params }, scope) => withCurrent(scope, await mustGet(scope, params.id)),

  updateAgent: async ({ app, params, principal, body }, scope) => {
    const row = await mustChange(scope, principal, params.id);
    await saveAgent(scope, { ...row, name: body.name ?? row.name, description: body.description ?? row.description });
    await appendEvent(scope, { type: 'agent.updated', subject: row.id, actor: actorOf(principal) });
    scope.afterCommit(() => app.engine.wake.changed(scope.workspaceId, [row.id]));
    return withCurrent(scope, await mustGet(scope, row.id));
  },

  archiveAgent: async ({ app, params, principal }, scope) => {
    const row = await mustChange(scope, principal, params.id);
    if (row.archived_at) return undefined;
    await saveAgent(scope, { ...row, archived_at: new Date() });
    await appendEvent(scope, { type: 'agent.archived', subject: row.id, actor: actorOf(principal) });
    scope.afterCommit(() => app.engine.wake.changed(scope.workspaceId, [row.id]));
    return undefined;
  },

  createVersion: async (context, scope) => {
    const { params, principal, body } = context;
    await mustChange(scope, principal, params.id);
    const id = await addVersion(context, scope, params.id, body);
    const row = await getVersion(scope, id);
    if (!row) throw new Error('the version is gone');
    return presentVersion({ ...row, is_current: body.promote });
  },

  listVersions: async ({ params, page }, scope) => {
    await mustGet(scope, params.id);
    const before = page.after ? Number(page.after.at) : 2 ** 31 - 1;
    const rows = await listVersions(scope, params.id, before, page.limit);
    return page.of(rows, (row) => [String(row.version), row.id], presentVersion);
  },

  getVersion: async ({ params }, scope) => {
    const number = /^\d{1,9}$/.test(params.version) ? Number(params.version) : 0;
    const row = await getVersionByNumber(scope, params.id, number);
    if (!row) throw notFound('version');
    return presentVersion(row);
  },

  promoteVersion: async ({ app, params, principal, body }, scope) => {
    await mustChange(scope, principal, params.id);
    const version = await getVersionByNumber(scope, params.id, body.version);
    if (!version) throw invalid([{ pointer: '/version', detail: 'is not a version of this agent' }]);
    await promoteVersion(scope, params.id, version.id);
    const data = { version_id: version.id };
    await appendEvent(scope, { type: 'agent.version_promoted', subject: params.id, actor: actorOf(principal), data });
    scope.afterCommit(() => app.engine.wake.changed(scope.workspaceId, [params.id]));
    return withCurrent(scope, await mustGet(scope, params.id));
  },

  executeAgent: async ({ engine, params, principal, body }, scope) => {
    const agent = await mustGet(scope, params.id);
    const version = await versionToRun(scope, agent, body.version ?? null);
    holdRunToLimits(principal, agent, version);
    if (body.on_behalf_of && !(await getMember(scope, body.on_behalf_of)))
      throw invalid([{ pointer: '/on_behalf_of', detail: 'is not a member of this workspace' }]);
    const execution = await startExecution(engine, scope, {
      version,
      input: body.input,
      conversation: null,
      startedBy: actorOf(principal),
      requesters: await loadRequesters(scope, principal, {
        onBehalfOf: body.on_behalf_of,
        builder: version.created_by,
      }),
    });
    return presentExecution(execution, { name: agent.name, version: version.version, price: priceOf(version) });
  },
} satisfies Partial<Handlers>;

/** The version that work of this agent runs on. @throws Problem `invalid` */
export const versionToRun = async (scope: Scope, agent: AgentRow, number: number | null) => {
  if (agent.archived_at) throw invalid([{ pointer: '', detail: 'the agent is archived' }]);
  const version =
    number === null
      ? agent.current_version_id && (await getVersion(scope, agent.current_version_id))
      : await getVersionByNumber(scope, agent.id, number);
  if (!version)
    throw invalid([
      {
        pointer: '/version',
        detail: number === null ? 'the agent has no version yet' : 'is not a version of this agent',
      },
    ]);
  return version;
};
