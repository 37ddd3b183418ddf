import type { WireConversationEvent } from '@countersign/contract';
import { type Body, type Call, type Query, addressOf } from '../call.ts';
import { OPERATIONS } from '../operations.ts';
import { eachItem } from '../page.ts';
import { type StreamOptions, streamEvents } from '../stream.ts';
import type { CallOptions, Transport } from '../transport.ts';

export type ConversationStreamOptions = Omit<StreamOptions, 'after'> & {
  /** Begin after this message; else with the first. */
  readonly after?: string | undefined;
  /** End as soon as nothing is at work. */
  readonly until?: 'idle' | undefined;
  /** Go on after this event of an earlier stream. */
  readonly lastEventId?: string | undefined;
};

export const conversationMethods = (call: Call, transport: Transport) => {
  const isIdle = async (id: string, signal: AbortSignal | undefined): Promise<boolean> =>
    (await call('getConversation', { id }, { signal })).active_execution_id === null;
  return {
    create: (body: Body<'createConversation'>, options?: CallOptions) => call('createConversation', { body }, options),
    list: (query: Query<'listConversations'> = {}, options?: CallOptions) =>
      call('listConversations', { query }, options),
    iterate: (query: Omit<Query<'listConversations'>, 'cursor'> = {}, options?: CallOptions) =>
      eachItem((cursor) => call('listConversations', { query: { ...query, ...cursor } }, options)),
    get: (id: string, options?: CallOptions) => call('getConversation', { id }, options),
    update: (id: string, body: Body<'updateConversation'>, options?: CallOptions) =>
      call('updateConversation', { id, body }, options),
    /** It stays readable, and nothing more is said in it. */
    archive: (id: string, options?: CallOptions) => call('archiveConversation', { id }, options),
    /** Says something, which starts an execution. */
    post: (id: string, body: Body<'postMessage'>, options?: CallOptions) => call('postMessage', { id, body }, options),
    /** One page of its messages, oldest first. */
    messages: (id: string, query: Query<'listMessages'> = {}, options?: CallOptions) =>
      call('listMessages', { id, query }, options),
    iterateMessages: (id: string, query: Omit<Query<'listMessages'>, 'cursor'> = {}, options?: CallOptions) =>
      eachItem((cursor) => call('listMessages', { id, query: { ...query, ...cursor } }, options)),
    /** What is said and done in it, word by word, over as many connections as it takes. `applyEvent` puts it together. */
    stream: (id: string, { after, until, lastEventId, ...options }: ConversationStreamOptions = {}) =>
      streamEvents<WireConversationEvent>(
        transport,
        addressOf(OPERATIONS.streamConversation.path, { id, query: { after, until } }),
        { ...options, after: lastEventId },
        // A server that ends in good order may have been stopped.
        async () => until === 'idle' && isIdle(id, options.signal),
      ),
    /** Says something and follows the answer until nothing is at work: where it is held, that takes as long as a decision. */
    say: (id: string, content: string, options: Omit<StreamOptions, 'after'> = {}) =>
      streamEvents<WireConversationEvent>(
        transport,
        addressOf(OPERATIONS.streamConversation.path, { id, query: { until: 'idle' } }),
        options,
        () => isIdle(id, options.signal),
        {
          method: 'POST',
          path: addressOf(OPERATIONS.postMessageAndStream.path, { id }),
          body: { content },
          lastEventId: '',
          idempotencyKey: crypto.randomUUID(),
        },
      ),
  };
};
