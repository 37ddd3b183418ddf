import type { WireAgent, WireAgentVersion } from '@countersign/contract';
import { type JsonObject, isObject } from '@countersign/core';
import {
  type AgentVersionRow,
  type Scope,
  compatNotes,
  compatPage,
  getAgent,
  getVersion,
  putCompatNote,
} from '@countersign/store';
import { invalid, notFound } from '../../http/problem.ts';
import { presentAgent as toWire, presentVersion as versionToWire } from '../../present/work.ts';
import type { Asked, DialectRoute } from '../dialect.ts';
import { bareId, ownId } from '../ids.ts';
import { presentConfig, toConfig } from './agent-config.ts';
import { DIALECT, list, one, pageOf } from './answers.ts';

const idOf = (asked: Asked, name = 'id'): string => ownId('agent', asked.params[name] ?? '');

const presentVersion = (version: WireAgentVersion, note: JsonObject = {}) => ({
  id: bareId(version.id),
  agent_id: bareId(version.agent_id),
  // Theirs are texts, which a caller may choose.
  version: note['version'] ?? String(version.version),
  config: presentConfig(version.config, note['config']),
  input_schema: note['input_schema'] ?? null,
  output_schema: note['output_schema'] ?? null,
  is_current: version.is_current,
  message: version.message,
  created_at: version.created_at,
  prompts: note['prompt_ids'] ?? [],
});

const presentAgent = (scope: Pick<Scope, 'workspaceId'>, agent: WireAgent, notes: ReadonlyMap<string, JsonObject>) => {
  const { current_version: current } = agent;
  const note = notes.get(agent.id) ?? {};
  return {
    id: bareId(agent.id),
    workspace_id: bareId(scope.workspaceId),
    name: agent.name,
    description: agent.description,
    type: note['type'] ?? 'simple',
    status: agent.archived_at === null ? 'active' : 'archived',
    labels: note['labels'] ?? [],
    created_at: agent.created_at,
    updated_at: agent.updated_at,
    current_version: current && presentVersion(current, notes.get(current.id)),
  };
};

const readAgents = async (scope: Scope, ids: readonly string[]) => {
  const rows = (await Promise.all(ids.map((id) => getAgent(scope, id)))).filter((row) => row !== undefined);
  const current = rows.flatMap((row) => row.current_version_id ?? []);
  const versions = await Promise.all(current.map((id) => getVersion(scope, id)));
  const notes = await compatNotes(scope, DIALECT, [...ids, ...current]);
  return rows.map((row) =>
    presentAgent(
      scope,
      toWire(
        row,
        versions.find((version) => version?.id === row.current_version_id),
      ),
      notes,
    ),
  );
};

const readAgent = (asked: Asked, id: string) =>
  asked.read('getAgent', async (scope) => {
    const [agent] = await readAgents(scope, [id]);
    // What was deleted there is archived here, for what it did to stay readable.
    if (!agent || agent.status === 'archived') throw notFound('agent');
    return agent;
  });

const writeNote = async (asked: Asked, name: 'createAgent' | 'createVersion', id: string, note: JsonObject) => {
  if (Object.keys(note).length === 0) return;
  await asked.write(name, (scope) => putCompatNote(scope, DIALECT, id, note));
};

/** The members that were sent, of those that we have no place for. */
const noted = (body: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(names.flatMap((name) => (body[name] === undefined ? [] : [[name, body[name] ?? null]])));

const mustBeVersion = async (scope: Scope, agentId: string, id: string): Promise<AgentVersionRow> => {
  const version = await getVersion(scope, id);
  if (version?.agent_id !== agentId) throw notFound('version');
  return version;
};

/** A version of an agent by its id, which /v1 knows by number. @throws Problem `not_found` */
export const numberOfVersion = (asked: Asked, agentId: string, shown: string): Promise<number> =>
  asked.read(
    'getVersion',
    async (scope) => (await mustBeVersion(scope, agentId, ownId('agentVersion', shown))).version,
  );

/** What says which model there is, and how it is reached. */
const MODEL = ['provider', 'model', 'base_url', 'api_key_secret', 'price'] as const;

/**
 * The first version of an agent has none before it. PromptRails keeps models in the workspace: here that is the one that the
 * newest agent with a version has.
 */
const modelOfWorkspace = async (asked: Asked): Promise<JsonObject> => {
  const { data } = await asked.call('listAgents', { query: { limit: 50 } });
  const config = data.find((agent) => agent.current_version !== null)?.current_version?.config;
  return Object.fromEntries(
    MODEL.flatMap((name) => (config?.[name] === undefined ? [] : [[name, config[name] as JsonObject[string]]])),
  );
};

const createVersion = async (asked: Asked) => {
  const id = idOf(asked);
  const body = await asked.body();
  const { config = {}, message, set_current: current } = body;
  if (!isObject(config)) throw invalid([{ pointer: '/config', detail: 'must be an object' }]);
  const agent = await asked.call('getAgent', { params: { id } });
  const before = agent.current_version?.config ?? null;
  const names = before === null && config['model'] === undefined && config['provider'] === undefined;
  const given = names ? { ...(await modelOfWorkspace(asked)), ...config } : config;
  const version = await asked.call('createVersion', {
    params: { id },
    body: {
      config: toConfig(given, before),
      message: message ?? undefined,
      promote: current ?? true,
    },
  });
  const note = noted(body, ['version', 'config', 'input_schema', 'output_schema', 'prompt_ids']);
  await writeNote(asked, 'createVersion', version.id, note);
  return one(presentVersion(version, note), 201);
};

const promoteVersion = async (asked: Asked) => {
  const id = idOf(asked);
  const number = await numberOfVersion(asked, id, asked.params['version'] ?? '');
  const agent = await asked.call('promoteVersion', { params: { id }, body: { version: number } });
  if (!agent.current_version) throw new Error('a promoted version is not the current one');
  const { current_version: version } = agent;
  const notes = await asked.read('getVersion', (scope) => compatNotes(scope, DIALECT, [version.id]));
  return one(presentVersion(version, notes.get(version.id)));
};

const updateAgent = async (asked: Asked) => {
  const id = idOf(asked);
  const { name, description } = await asked.body();
  const body = { name: name ?? undefined, description: description ?? undefined };
  await asked.call('updateAgent', { params: { id }, body });
  return one(await readAgent(asked, id));
};

const readVersion = (asked: Asked) =>
  asked.read('getVersion', async (scope) => {
    const row = await mustBeVersion(scope, idOf(asked), ownId('agentVersion', asked.params['version'] ?? ''));
    return one(presentVersion(versionToWire(row), (await compatNotes(scope, DIALECT, [row.id])).get(row.id)));
  });

const VERSION = '/api/v1/agents/:id/versions/:version';

export const agentRoutes: readonly DialectRoute[] = [
  {
    method: 'GET',
    path: '/api/v1/agents',
    answer: (asked) =>
      asked.read('listAgents', async (scope) => {
        const page = pageOf(asked);
        const { name } = asked.query;
        const { ids, total } = await compatPage(scope, 'agent', { archived_at: null, name: name || undefined }, page);
        return list(await readAgents(scope, ids), total, page);
      }),
  },
  {
    method: 'POST',
    path: '/api/v1/agents',
    answer: async (asked) => {
      const body = await asked.body();
      const { name, description } = body;
      const agent = await asked.call('createAgent', { body: { name, description: description ?? undefined } });
      await writeNote(asked, 'createAgent', agent.id, noted(body, ['type', 'labels']));
      return one(await readAgent(asked, agent.id), 201);
    },
  },
  { method: 'GET', path: '/api/v1/agents/:id', answer: async (asked) => one(await readAgent(asked, idOf(asked))) },
  { method: 'PATCH', path: '/api/v1/agents/:id', answer: updateAgent },
  { method: 'PUT', path: '/api/v1/agents/:id', answer: updateAgent },
  {
    method: 'DELETE',
    path: '/api/v1/agents/:id',
    answer: async (asked) => {
      await asked.call('archiveAgent', { params: { id: idOf(asked) } });
      return { status: 204, body: undefined };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/agents/:id/versions',
    answer: (asked) =>
      asked.read('listVersions', async (scope) => {
        const id = idOf(asked);
        if (!(await getAgent(scope, id))) throw notFound('agent');
        const page = pageOf(asked);
        const { ids, total } = await compatPage(scope, 'agentVersion', { agent_id: id }, page);
        const rows = await Promise.all(ids.map((version) => mustBeVersion(scope, id, version)));
        const notes = await compatNotes(scope, DIALECT, ids);
        return list(
          rows.map((row) => presentVersion(versionToWire(row), notes.get(row.id))),
          total,
          page,
        );
      }),
  },
  { method: 'POST', path: '/api/v1/agents/:id/versions', answer: createVersion },
  { method: 'GET', path: VERSION, answer: readVersion },
  { method: 'PUT', path: `${VERSION}/promote`, answer: promoteVersion },
  { method: 'POST', path: `${VERSION}/promote`, answer: promoteVersion },
];
