/** Server-sent events of /v1, told again in the words of a dialect while they come. */
import type {
  WireApprovalSummary,
  WireConversationEvent,
  WireExecution,
  WireMessage,
  WireStep,
} from '@countersign/contract';
import { hasEnded } from '@countersign/core';
import { Problem } from '../http/problem.ts';

export type ServerEvent = { readonly id: string; readonly type: string; readonly data: Record<string, unknown> };

const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-accel-buffering': 'no',
};

/** The events in a stream of ours; a comment, which keeps the connection open, is null. */
async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent | null> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n');
      const member = (name: string): string | undefined =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = member('data');
      if (data !== undefined)
        yield {
          id: member('id') ?? '',
          type: member('event') ?? 'message',
          data: JSON.parse(data) as ServerEvent['data'],
        };
      else if (block.startsWith(':')) yield null;
    }
  }
}

/** What a dialect makes of the events: frames for each, and those that end it. */
export type Telling = {
  readonly tell: (event: ServerEvent) => Promise<readonly string[]> | readonly string[];
  readonly end: () => Promise<readonly string[]> | readonly string[];
};

async function* told(
  first: readonly string[],
  body: ReadableStream<Uint8Array>,
  { tell, end }: Telling,
  failed: (problem: Problem) => string,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  if (first.length > 0) yield encoder.encode(first.join(''));
  try {
    for await (const event of eventsIn(body)) {
      const frames = event === null ? [': still here\n\n'] : await tell(event);
      if (frames.length > 0) yield encoder.encode(frames.join(''));
    }
    yield encoder.encode((await end()).join(''));
  } catch (error) {
    // The status went out long ago: what is left is to say it in the stream.
    if (!(error instanceof Problem)) throw error;
    yield encoder.encode(failed(error));
  }
}

/** @param first frames that go out before anything happens @param failed the frame that tells of a refusal on the way */
export const tellEvents = (
  inner: Response,
  first: readonly string[],
  telling: Telling,
  failed: (problem: Problem) => string,
): Response => {
  if (!inner.body) throw new Error('a stream without a body');
  return new Response(ReadableStream.from(told(first, inner.body, telling, failed)), { status: 200, headers: HEADERS });
};

type Teller = {
  readonly text: (offset: number, text: string) => readonly string[];
  readonly step: (step: WireStep) => readonly string[];
  readonly approval: (approval: WireApprovalSummary) => readonly string[] | Promise<readonly string[]>;
  readonly ended: (execution: WireExecution) => readonly string[];
};

/**
 * A turn of a conversation, as /v1 streams it after a message was put into it. That it has ended is told last: what happened
 * before may still come.
 * @param begun what tells of the turn from when its execution is known; before it nothing is told
 */
export const tellTurn = (
  inner: Response,
  first: readonly string[],
  begun: (executionId: string, messageId: string) => readonly [Teller, ...(readonly string[])],
  failed: (problem: Problem) => string,
): Response => {
  let teller: Teller | undefined;
  let ended: WireExecution | undefined;
  const begin = ({ id, role, execution_id: execution }: WireMessage): readonly string[] => {
    if (role !== 'user' || execution === null || teller) return [];
    const [made, ...frames] = begun(execution, id);
    teller = made;
    return frames;
  };
  const tell = (event: WireConversationEvent): readonly string[] | Promise<readonly string[]> => {
    if (event.type === 'message') return begin(event.message);
    if (event.type === 'execution' && hasEnded(event.execution.status)) ended = event.execution;
    if (!teller) return [];
    switch (event.type) {
      case 'text':
        return teller.text(event.offset, event.text);
      case 'step':
        return teller.step(event.step);
      case 'approval':
        return teller.approval(event.approval);
      default:
        return [];
    }
  };
  const end = (): readonly string[] => (teller && ended ? teller.ended(ended) : []);
  return tellEvents(inner, first, { tell: ({ data }) => tell(data as unknown as WireConversationEvent), end }, failed);
};

/** @throws Problem where /v1 answered with one instead of a stream */
export const mustStream = async (inner: Response): Promise<Response> => {
  if (inner.headers.get('content-type')?.startsWith('text/event-stream')) return inner;
  throw new Problem('internal', `A stream was expected: ${await inner.text()}`);
};
