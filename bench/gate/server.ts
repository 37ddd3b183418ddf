/** The server as it is, in a process that can also tell how much memory it holds and which statements it sends. */
import { installRecorder } from './record.ts';
import { answerRequests } from './talk.ts';

export type ServerRequest = 'memory' | 'cpu' | 'record' | 'recorded';

const recorder = process.env['BENCH_RECORD'] ? await installRecorder(process.env['DATABASE_URL'] ?? '') : undefined;

const collectGarbage = async (): Promise<void> => {
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

answerRequests(async (request: ServerRequest) => {
  switch (request) {
    case 'memory':
      await collectGarbage();
      return process.memoryUsage();
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    }
    case 'record':
      return recorder?.start();
    case 'recorded':
      return recorder?.stop();
  }
});

await import('../../packages/server/src/main.ts');
