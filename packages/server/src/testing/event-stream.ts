/** Reads server-sent events as they come. */
import type { StreamEvent } from '@countersign/contract';
import type { TestServer, Who } from './test-app.ts';

export type TestStream<E = StreamEvent> = {
  readonly status: number;
  readonly events: E[];
  /** Of the last event. */
  readonly lastId: () => string;
  /** Everything that came, as text. */
  readonly text: () => string;
  /** Resolves when the server ends it, or after `close`. */
  readonly ended: Promise<void>;
  readonly close: () => void;
};

/** Opens a stream; the answer's head has come when this resolves. */
export const openStream = async <E = StreamEvent>(
  server: Pick<TestServer, 'url'>,
  who: Exclude<Who, string | null>,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<TestStream<E>> => {
  const leave = new AbortController();
  const credential =
    'secret' in who ? { authorization: `Bearer ${who.secret}` } : { cookie: `countersign_session=${who.token}` };
  const response = await fetch(server.url + path, { headers: { ...credential, ...headers }, signal: leave.signal });
  const events: E[] = [];
  let lastId = '';
  let text = '';
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body ?? []) {
      const piece = decoder.decode(chunk, { stream: true });
      text += piece;
      const frames = (rest + piece).split('\n\n');
      rest = frames.pop() ?? '';
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1];
        if (data !== undefined) events.push(JSON.parse(data) as E);
        lastId = /^id: (.*)$/m.exec(frame)?.[1] ?? lastId;
      }
    }
  };
  return {
    status: response.status,
    events,
    lastId: () => lastId,
    text: () => text,
    ended: read().catch(() => undefined),
    close: () => leave.abort(),
  };
};
