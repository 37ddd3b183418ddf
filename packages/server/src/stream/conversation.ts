/** A conversation as it happens: what is said, word by word, and what its agent does. */
import type { Engine } from '@countersign/engine';
import { type Scope, getConversation, getMessage, reading } from '@countersign/store';
import { sayIn } from '../handlers/conversations.ts';
import type { FreeContext, FreeHandlers } from '../http/context.ts';
import { Problem, notFound } from '../http/problem.ts';
import { createFeed } from './conversation-feed.ts';
import { BEGINNING, type Place, placeFromId } from './place.ts';
import { sendEvents } from './send-events.ts';

type StreamContext = FreeContext<'streamConversation'> | FreeContext<'postMessageAndStream'>;

const follow = (context: StreamContext, from: Place, endsWhenIdle: boolean): Response => {
  const { engine, params, principal } = context;
  const feed = createFeed(params.id, from, false);
  return sendEvents(
    context,
    'executions:read',
    (listener) => onEither(engine, [params.id, feed.active()], listener),
    () =>
      reading(engine.api, principal.workspaceId, async (scope: Scope) => {
        const { frames, isIdle } = await feed.next(scope);
        return { frames, isOver: endsWhenIdle && isIdle };
      }),
  );
};

const onEither = ({ wake }: Engine, subjects: readonly (string | null)[], listener: () => void): (() => void) => {
  const stops = subjects.flatMap((subject) => (subject === null ? [] : [wake.onSubject(subject, listener)]));
  return () => {
    for (const stop of stops) stop();
  };
};

export const streamConversation: FreeHandlers['streamConversation'] = async (context) => {
  const { params, query, request } = context;
  const lastId = request.headers.get('last-event-id');
  const from = await context.reading(async (scope): Promise<Place> => {
    if (!(await getConversation(scope, params.id))) throw notFound('conversation');
    if (lastId) {
      const place = placeFromId(lastId);
      if (!place) throw new Problem('invalid_cursor', 'There is no event of this id to go on from.');
      return place;
    }
    if (query.after === undefined) return BEGINNING;
    const message = await getMessage(scope, params.id, query.after);
    if (!message) throw new Problem('invalid_cursor', 'There is no message of this id in the conversation.');
    return { position: message.position, execution: message.execution_id, text: null };
  });
  return follow(context, from, query.until === 'idle');
};

export const postMessageAndStream: FreeHandlers['postMessageAndStream'] = async (context) => {
  const posted = await context.commit((scope) => sayIn(context, scope));
  if (!posted.ok) return posted;
  const { message, execution } = (await posted.json()) as Awaited<ReturnType<typeof sayIn>>;
  const from = await context.reading(async (scope): Promise<Place> => {
    const row = await getMessage(scope, context.params.id, message.id);
    return { position: (row?.position ?? 1) - 1, execution: execution.id, text: null };
  });
  return follow(context, from, true);
};
