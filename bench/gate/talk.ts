/** Questions and answers between the benchmark and the processes it starts. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

type Reply = { readonly type: 'reply'; readonly value?: unknown; readonly error?: string };

/** In the child: answers each request of the parent, one at a time. */
export const answerRequests = <Request, Value>(answer: (request: Request) => Promise<Value>): void => {
  process.on('message', (message: { type?: string; request: Request }) => {
    if (message.type !== 'request') return;
    answer(message.request).then(
      (value) => process.send?.({ type: 'reply', value }),
      (error: unknown) =>
        process.send?.({
          type: 'reply',
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        }),
    );
  });
  process.on('disconnect', () => process.exit());
};

export type Talker = {
  readonly child: ChildProcess;
  /** Asks and waits for the answer. @throws what the child threw, or that it ended */
  readonly ask: <Value>(request: unknown) => Promise<Value>;
  readonly end: () => Promise<void>;
};

/** Starts a program of this folder as a process of its own. */
export const startTalker = (file: string, options: { env?: NodeJS.ProcessEnv; execArgv?: string[] } = {}): Talker => {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    // Dates and buffers are to arrive as what they are.
    serialization: 'advanced',
    ...options,
  });
  const ended = once(child, 'exit');
  return {
    child,
    ask: async <Value>(request: unknown): Promise<Value> => {
      const replied = new Promise<Reply>((resolve) => {
        const listen = (message: Reply): void => {
          if (message.type !== 'reply') return;
          child.off('message', listen);
          resolve(message);
        };
        child.on('message', listen);
      });
      child.send({ type: 'request', request });
      const reply = await Promise.race([replied, ended.then((): Reply => ({ type: 'reply', error: `${file} ended` }))]);
      if (reply.error !== undefined) throw new Error(reply.error);
      return reply.value as Value;
    },
    end: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
};
