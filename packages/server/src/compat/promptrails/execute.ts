/** Starting an agent: PromptRails answers when it has ended or waits for a person, unless it is told not to wait. */
import type { WireExecution } from '@countersign/contract';
import { type JsonObject, isObject } from '@countersign/core';
import { putCompatNote } from '@countersign/store';
import { invalid } from '../../http/problem.ts';
import type { Answer, Asked, DialectRoute } from '../dialect.ts';
import { ownId } from '../ids.ts';
import { untilSettled } from '../until-settled.ts';
import { numberOfVersion } from './agents.ts';
import { DIALECT, one } from './answers.ts';
import { presentExecution } from './executions.ts';
import { streamExecution } from './stream.ts';

const isMember = (text: unknown): text is string => typeof text === 'string' && /^usr_[0-9A-Za-z]{27}$/.test(text);

/** Whose work it is and what it belongs to, as the caller says. */
const noteOf = (body: JsonObject): JsonObject =>
  Object.fromEntries(
    ['user_id', 'session_id', 'metadata'].flatMap((name) => (body[name] ? [[name, body[name] ?? null]] : [])),
  );

const start = async (asked: Asked, body: JsonObject): Promise<{ execution: WireExecution; note: JsonObject }> => {
  const id = ownId('agent', asked.params['id'] ?? '');
  const { input, version_id: version, user_id: user } = body;
  if (input === undefined) throw invalid([{ pointer: '/input', detail: 'is needed' }]);
  if (version !== undefined && version !== null && typeof version !== 'string')
    throw invalid([{ pointer: '/version_id', detail: 'must be an id' }]);
  const execution = await asked.call('executeAgent', {
    params: { id },
    body: {
      input,
      version: version ? await numberOfVersion(asked, id, version) : undefined,
      on_behalf_of: isMember(user) ? user : undefined,
    },
  });
  const note = noteOf(body);
  if (Object.keys(note).length > 0)
    await asked.write('executeAgent', (scope) => putCompatNote(scope, DIALECT, execution.id, note));
  return { execution, note };
};

const answerFor = async (asked: Asked, started: WireExecution, note: JsonObject, waits: boolean): Promise<Answer> => {
  const execution = waits ? await untilSettled(asked, started) : started;
  const workspaceId = await asked.read('executeAgent', async (scope) => scope.workspaceId);
  return one(presentExecution(workspaceId, execution, note), 201);
};

export const executeRoutes: readonly DialectRoute[] = [
  {
    method: 'POST',
    path: '/api/v1/agents/:id/execute',
    answer: async (asked) => {
      const body = await asked.body();
      const { execution, note } = await start(asked, body);
      if (body['stream'] === true) return streamExecution(asked, execution.id);
      return answerFor(asked, execution, note, body['sync'] !== false);
    },
  },
  {
    method: 'POST',
    path: '/api/v1/agents/:id/preview',
    answer: async (asked) => {
      const body = await asked.body();
      if (!isObject(body['input']) && typeof body['input'] !== 'string')
        throw invalid([{ pointer: '/input', detail: 'must be an object or a text' }]);
      const { execution, note } = await start(asked, body);
      return { ...(await answerFor(asked, execution, note, true)), status: 200 };
    },
  },
];
