/** Saying something to an agent, in a conversation that the client names. */
import type { WireConversationEvent, WireExecution } from '@countersign/contract';
import { type JsonObject } from '@countersign/core';
import { invalid } from '../../http/problem.ts';
import type { Asked, DialectRoute } from '../dialect.ts';
import { mustStream, tellEvents } from '../sse.ts';
import { untilSettled } from '../until-settled.ts';
import { createConversation, findConversation } from './conversations.ts';
import { showId } from './ids.ts';
import { type RunEvent, createRunTeller, frameOf } from './run-events.ts';
import { agentIdOf } from './tools.ts';

const textIn = (body: JsonObject, name: string): string | undefined => {
  const value = body[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const conversationFor = async (asked: Asked, agentId: string, given: string | undefined): Promise<string> => {
  const known = given === undefined ? undefined : await findConversation(asked, given);
  return known ?? (await createConversation(asked, agentId, { given })).id;
};

const tellTurn = (inner: Response, message: string, agentName: string): Response => {
  let teller: ReturnType<typeof createRunTeller> | undefined;
  let ended: WireExecution | undefined;
  const tell = (event: WireConversationEvent): readonly RunEvent[] => {
    if (event.type === 'message') {
      const { role, execution_id: execution } = event.message;
      if (role !== 'user' || execution === null) return [];
      teller ??= createRunTeller(execution, agentName, 'agent');
      return teller.start(message);
    }
    if (!teller) return [];
    switch (event.type) {
      case 'text':
        return teller.text(event.offset, event.text);
      case 'step':
        return teller.step(event.step);
      case 'approval':
        return teller.approval(event.approval);
      case 'execution':
        // Told last: what happened before may still come.
        ended = event.execution;
        return [];
      case 'turn':
        return [];
    }
  };
  return tellEvents(
    inner,
    ['retry: 5000\n\n'],
    {
      tell: ({ data }) => tell(data as unknown as WireConversationEvent).map(frameOf),
      end: () => (teller && ended ? teller.ended(ended).map(frameOf) : []),
    },
    (problem) => `data: ${JSON.stringify({ type: 'error', content: { message: problem.message } })}\n\n`,
  );
};

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
  return tellTurn(await mustStream(inner), message, name);
};

export const chatRoutes: readonly DialectRoute[] = (['chat', 'run'] as const).map((name) => ({
  method: 'POST',
  path: `/api/v1/agent/:agent/${name}`,
  answer: chat,
}));
