import type { WireAgent } from '@countersign/contract';
import { type JsonObject, isObject } from '@countersign/core';
import { compatPage, getAgent, getVersion } from '@countersign/store';
import { presentAgent as toWire } from '../../present/work.ts';
import type { DialectRoute } from '../dialect.ts';
import { list, pageOf } from './answers.ts';
import { showId } from './ids.ts';
import { agentIdOf } from './tools.ts';

const present = (agent: WireAgent) => {
  const config = agent.current_version?.config;
  return {
    id: showId('agent', agent.id),
    name: agent.name,
    description: agent.description,
    system_prompt: config?.instructions ?? '',
    llm_config: config
      ? { model: config.model, temperature: config.temperature ?? null, max_tokens: config.max_output_tokens ?? null }
      : null,
    tools: config?.tools ?? [],
    version: agent.current_version?.version ?? null,
    created_at: agent.created_at,
    updated_at: agent.updated_at,
  };
};

/** What is told of an update, in our words; the rest of the configuration stays. */
const changed = (body: JsonObject): JsonObject => {
  const model = isObject(body['llm_config']) ? body['llm_config'] : {};
  const named = {
    instructions: body['system_prompt'],
    model: model['model'],
    temperature: model['temperature'],
    max_output_tokens: model['max_tokens'],
  };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
};

const AGENT = '/api/v1/agent/:agent';

export const agentRoutes: readonly DialectRoute[] = [
  ...(['/api/v1/agent', '/api/v1/agents'] as const).map((path): DialectRoute => ({
    method: 'GET',
    path,
    answer: (asked) =>
      asked.read('listAgents', async (scope) => {
        const page = pageOf(asked);
        const { name } = asked.query;
        const { ids, total } = await compatPage(scope, 'agent', { archived_at: null, name: name || undefined }, page);
        const agents = await Promise.all(
          ids.map(async (id) => {
            const row = await getAgent(scope, id);
            const version = row?.current_version_id ? await getVersion(scope, row.current_version_id) : undefined;
            return row ? [present(toWire(row, version))] : [];
          }),
        );
        return list('agents', agents.flat(), total, page);
      }),
  })),
  {
    method: 'GET',
    path: AGENT,
    answer: async (asked) => ({ body: present(await asked.call('getAgent', { params: { id: agentIdOf(asked) } })) }),
  },
  {
    method: 'GET',
    path: `${AGENT}/config`,
    answer: async (asked) => {
      const agent = await asked.call('getAgent', { params: { id: agentIdOf(asked) } });
      return { body: { ...present(agent), config: agent.current_version?.config ?? null } };
    },
  },
  {
    method: 'PATCH',
    path: AGENT,
    answer: async (asked) => {
      const id = agentIdOf(asked);
      const body = await asked.body();
      const { name, description } = body;
      const agent = await asked.call('getAgent', { params: { id } });
      const config = changed(body);
      if (Object.keys(config).length > 0)
        await asked.call('createVersion', {
          params: { id },
          body: { config: { ...agent.current_version?.config, ...config }, message: 'Updated over AgentFlow' },
        });
      if (name !== undefined || description !== undefined)
        await asked.call('updateAgent', { params: { id }, body: { name, description } });
      return { body: present(await asked.call('getAgent', { params: { id } })) };
    },
  },
];
