/** Saying something to an agent, in a conversation that the client names. */
import type { WireApprovalSummary, WireExecution, WireStep } from '@countersign/contract';
import { type JsonObject } from '@countersign/core';
import { invalid } from '../../http/problem.ts';
import type { Asked, DialectRoute } from '../dialect.ts';
import { mustStream, tellTurn } from '../sse.ts';
import { untilSettled } from '../until-settled.ts';
import { createConversation, findConversation } from './conversations.ts';
import { showId } from './ids.ts';
import { createRunTeller, frameOf } from './run-events.ts';
import { agentIdOf } from './tools.ts';

const textIn = (body: JsonObject, name: string): string | undefined => {
  const value = body[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const conversationFor = async (asked: Asked, agentId: string, given: string | undefined): Promise<string> => {
  const known = given === undefined ? undefined : await findConversation(asked, given);
  return known ?? (await createConversation(asked, agentId, { given })).id;
};

const streamTurn = (inner: Response, message: string, agentName: string): Response =>
  tellTurn(
    inner,
    ['retry: 5000\n\n'],
    (execution) => {
      const teller = createRunTeller(execution, agentName, 'agent');
      return [framesOf(teller), ...teller.start(message).map(frameOf)];
    },
    (problem) => `data: ${JSON.stringify({ type: 'error', content: { message: problem.message } })}\n\n`,
  );

const framesOf = (teller: ReturnType<typeof createRunTeller>) => ({
  text: (offset: number, text: string) => teller.text(offset, text).map(frameOf),
  step: (step: WireStep) => teller.step(step).map(frameOf),
  approval: (approval: WireApprovalSummary) => teller.approval(approval).map(frameOf),
  ended: (execution: WireExecution) => teller.ended(execution).map(frameOf),
});

/** Without a stream, the answer is there when it has ended or waits for a person. */
const collect = async (asked: Asked, conversationId: string, message: string, once: string | undefined) => {
  const params = { id: conversationId };
  const posted = await asked.call('postMessage', { params, body: { content: message }, once });
  const execution = await untilSettled(asked, posted.execution);
  const teller = createRunTeller(execution.id, execution.agent?.name ?? '', 'agent');
  const steps = await asked.call('listSteps', { params: { id: execution.id } });
  const pending = await asked.call('listPendingApprovals', { params: { id: execution.id } });
  const events = [
    ...teller.start(message),
    ...steps.data.flatMap((step) => teller.step(step)),
    ...pending.data.flatMap((approval) => teller.approval(approval)),
    ...teller.ended(execution),
  ];
  return {
    body: {
      conversation_id: showId('conversation', conversationId),
      message_id: showId('message', posted.message.id),
      call_id: showId('call', execution.id),
      status: execution.status,
      text: typeof execution.output === 'string' ? execution.output : null,
      result: execution.output,
      approvals: pending.data.map(({ id }) => showId('approval', id)),
      events,
    },
  };
};

const chat = async (asked: Asked) => {
  const agentId = agentIdOf(asked);
  const body = await asked.body();
  const message = textIn(body, 'message');
  if (message === undefined) throw invalid([{ pointer: '/message', detail: 'is needed' }]);
  const { name } = await asked.call('getAgent', { params: { id: agentId } });
  const conversationId = await conversationFor(asked, agentId, textIn(body, 'conversation_id'));
  const messageId = textIn(body, 'message_id');
  // A retry of the same submit brings the same id, and says nothing twice.
  const once = messageId === undefined ? undefined : `message ${conversationId} ${messageId}`;
  if (body['stream'] === false) return collect(asked, conversationId, message, once);
  const params = { id: conversationId };
  const inner = await asked.open('postMessageAndStream', { params, body: { content: message }, once });
  return streamTurn(await mustStream(inner), message, name);
};

export const chatRoutes: readonly DialectRoute[] = (['chat', 'run'] as const).map((name) => ({
  method: 'POST',
  path: `/api/v1/agent/:agent/${name}`,
  answer: chat,
}));
