/** What `countersign dev` says to the person in front of it. */
import { relative } from 'node:path';
import { styleText } from 'node:util';
import type { ReadyMessage } from './server-process.ts';

export type Terminal = {
  line: (text: string) => void;
  problem: (text: string) => void;
  ready: (facts: { message: ReadyMessage; dataDir: string; seconds: number }) => void;
};

export function openTerminal(): Terminal {
  // The reader may go away (`| head`): that is no reason to stop the server.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return {
    line: (text) => console.log(`  ${text}`),
    problem: (text) => console.error(`  ${styleText('red', text, { stream: process.stderr })}`),
    ready: ({ message, dataDir, seconds }) => {
      const inside = relative(process.cwd(), dataDir);
      const folder = inside.startsWith('..') ? dataDir : inside || '.';
      const lines = [
        '',
        `${styleText('bold', 'Countersign')} is ready at ${styleText(['bold', 'cyan'], message.url)}  ${styleText('dim', `(${seconds.toFixed(1)} s)`)}`,
        '',
        `Sign in with  ${styleText('cyan', message.owner_sign_in_url)}  ${styleText('dim', '(works once)')}`,
        ...message.lines,
        '',
        styleText('dim', `Data, log and keys are in ${folder} (dev.json, server.log). Ctrl-C stops everything.`),
        '',
      ];
      console.log(lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n'));
    },
  };
}
