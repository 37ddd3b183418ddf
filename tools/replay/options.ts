import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const DECIDE_MODES = ['approve-all', 'reject-all', 'expected'] as const;
export type DecideMode = (typeof DECIDE_MODES)[number];

export type ReplayOptions = {
  readonly toolsFile: string;
  readonly runsFile: string;
  readonly decide: DecideMode;
  /** Null: nothing is killed. */
  readonly killEverySeconds: number | null;
  /** Runs to play; null for all. */
  readonly limit: number | null;
  /** Runs played at once. */
  readonly concurrency: number;
};

export const USAGE = `npm run replay -- --data DIR [--runs FILE] --decide approve-all|reject-all|expected
                    [--kill-every SECONDS] [--limit RUNS] [--concurrency RUNS]

Plays recorded agent runs through the whole product and ends with one JSON line of figures.
Exit code 0 if every promise was kept, 1 if one was broken, 2 if it could not be played.`;

/** Reads the command line. Throws with what is wrong with it. */
export const readOptions = (args: readonly string[]): ReplayOptions => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string' },
      runs: { type: 'string' },
      decide: { type: 'string' },
      'kill-every': { type: 'string' },
      limit: { type: 'string' },
      concurrency: { type: 'string', default: '4' },
    },
  });
  if (values.data === undefined) throw new Error('--data DIR is missing: the folder with tools.json and runs.jsonl');
  const decide = DECIDE_MODES.find((mode) => mode === values.decide);
  if (!decide) throw new Error(`--decide must be one of ${DECIDE_MODES.join(', ')}`);
  return {
    toolsFile: resolve(values.data, 'tools.json'),
    runsFile: resolve(values.runs ?? join(values.data, 'runs.jsonl')),
    decide,
    killEverySeconds: values['kill-every'] === undefined ? null : positive('kill-every', values['kill-every']),
    limit: values.limit === undefined ? null : Math.ceil(positive('limit', values.limit)),
    concurrency: Math.ceil(positive('concurrency', values.concurrency)),
  };
};

const positive = (name: string, text: string): number => {
  const number = Number(text);
  if (!(number > 0 && Number.isFinite(number))) throw new Error(`--${name} must be a number above 0`);
  return number;
};
