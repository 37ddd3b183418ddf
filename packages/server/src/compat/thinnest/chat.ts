/** Talking with an agent: a session of theirs is a conversation of ours, under whatever name the client gave it. */
import type { WireExecution, WireStep } from '@countersign/contract';
import { type JsonObject, idPattern } from '@countersign/core';
import { compatNotes, getAgent, keepCompatNote } from '@countersign/store';
import { Problem, invalid } from '../../http/problem.ts';
import type { Answer, Asked, DialectRoute } from '../dialect.ts';
import { mustStream } from '../sse.ts';
import { untilSettled } from '../until-settled.ts';
import { DIALECT, agentIdsOf, numbersOf } from './names.ts';
import { streamTurn, usageOf } from './stream.ts';

type Said = {
  readonly agent: string;
  readonly message: unknown;
  readonly session: string | undefined;
  readonly isStream: boolean;
};

const SESSION_LENGTH_MAX = 200;

/** @throws Problem `invalid` */
const readMessage = (body: JsonObject, inPath: string | undefined): Said => {
  const agent = inPath ?? body['agent_id'];
  const { session_id: session, message, stream } = body;
  if (typeof agent !== 'string' && typeof agent !== 'number')
    throw invalid([{ pointer: '/agent_id', detail: 'field required' }]);
  if (message === undefined) throw invalid([{ pointer: '/message', detail: 'field required' }]);
  if (session !== undefined && session !== null && (typeof session !== 'string' || session.length > SESSION_LENGTH_MAX))
    throw invalid([{ pointer: '/session_id', detail: `must be a text of up to ${SESSION_LENGTH_MAX} characters` }]);
  return { agent: String(agent), message, session: session || undefined, isStream: stream === true };
};

type Place = { readonly conversation: string; readonly session: string };

/** The conversation of a session, which begins with its first message. */
const placeOf = async (asked: Asked, { agent, session }: Said): Promise<Place> => {
  const agentId = await asked.read('createConversation', async (scope) => {
    const [id] = await agentIdsOf(scope, agent);
    if (id === undefined || !(await getAgent(scope, id))) throw new Problem('not_found', 'Agent not found');
    return id;
  });
  if (session !== undefined && idPattern('conversation').test(session)) return { conversation: session, session };
  const key = `session/${agentId}/${session ?? ''}`;
  const known = async (): Promise<string | undefined> => {
    if (session === undefined) return undefined;
    const note = await asked.read('createConversation', async (scope) =>
      (await compatNotes(scope, DIALECT, [key])).get(key),
    );
    return note?.['conversation'] as string | undefined;
  };
  const before = await known();
  if (before !== undefined) return { conversation: before, session: session ?? before };
  const { id } = await asked.call('createConversation', { body: { agent_id: agentId } });
  if (session === undefined) return { conversation: id, session: id };
  await asked.write('createConversation', (scope) => keepCompatNote(scope, DIALECT, key, { conversation: id }));
  return { conversation: (await known()) ?? id, session };
};

const toolCallOf = ({ tool, arguments: args, result, status }: WireStep) => ({ name: tool, args, result, status });

/** What the turn called; nothing for a key that may speak and not read. */
const toolCalls = async (asked: Asked, id: string) => {
  try {
    const { data } = await asked.call('listSteps', { params: { id } });
    return data.filter(({ kind }) => kind === 'tool_call').map(toolCallOf);
  } catch (error) {
    if (error instanceof Problem && error.code === 'forbidden') return [];
    throw error;
  }
};

const waitingNumbers = async (asked: Asked, { id, status }: WireExecution): Promise<(number | null)[]> => {
  if (status !== 'awaiting_approval') return [];
  const { data } = await asked.call('listPendingApprovals', { params: { id } });
  const ids = data.map((approval) => approval.id);
  const numberOf = await asked.write('listPendingApprovals', (scope) => numbersOf(scope, ids));
  return ids.map(numberOf);
};

/** The answer, or that a person is asked first: then there is none yet, and `status` and `approvals` say so. */
const answerOf = async (asked: Asked, session: string, execution: WireExecution): Promise<Answer> => {
  const { output, error, status } = execution;
  const isDone = status === 'completed';
  return {
    body: {
      response: isDone ? (typeof output === 'string' ? output : JSON.stringify(output)) : '',
      session_id: session,
      usage: usageOf(execution),
      tool_calls: await toolCalls(asked, execution.id),
      status: status === 'awaiting_approval' ? 'paused' : status,
      ...(status === 'awaiting_approval' ? { approvals: await waitingNumbers(asked, execution) } : {}),
      ...(error ? { error: error.message } : {}),
    },
  };
};

const speak =
  (isStream: boolean) =>
  async (asked: Asked): Promise<Answer | Response> => {
    const said = readMessage(await asked.body(), asked.params['agent']);
    const { conversation: id, session } = await placeOf(asked, said);
    const input = { params: { id }, body: { content: said.message } };
    if (isStream || said.isStream)
      return streamTurn(asked, await mustStream(await asked.open('postMessageAndStream', input)), session);
    const { execution } = await asked.call('postMessage', input);
    return answerOf(asked, session, await untilSettled(asked, execution));
  };

export const chatRoutes: readonly DialectRoute[] = [
  { method: 'POST', path: '/chat', answer: speak(false) },
  { method: 'POST', path: '/chat/stream', answer: speak(true) },
  { method: 'POST', path: '/v1/agents/:agent/chat', answer: speak(false) },
];
