/**
 * `npm test`: every test, the browser's included. One run of Vitest, so that the last lines and the
 * exit code speak for all; vitest.config.ts has its projects run one after the other.
 * Arguments are passed on: `npm test -- packages/core`. `npm run test:long` (--long) takes the same tests with the counts of a night.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
/** Tests start servers and databases of their own, which need a core too; few workers beat many on a small machine. */
const workers = Math.max(1, Math.min(4, availableParallelism()));

const LONG = {
  LONG: '1',
  RACES: '1000',
  MODEL_RUNS: '10000',
  RACE_SCHEDULES: '200000',
  FUZZ_REQUESTS: '300',
  WORKFLOW_GRAPHS: '5000',
};
/** A night looks where no night has looked; the seed is told, so that what it finds can be found again. */
const SEED = String(Math.floor(Math.random() * 2 ** 31));
const isLong = process.argv.includes('--long');
const passedOn = process.argv.slice(2).filter((argument) => argument !== '--long');
if (isLong) console.log(`made-up input from the seed ${process.env['SEED'] ?? SEED}`);

const child = spawn(process.execPath, [vitest, 'run', `--maxWorkers=${workers}`, ...passedOn], {
  stdio: 'inherit',
  env: isLong ? { ...LONG, SEED, ...process.env } : process.env,
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.once('exit', (code, signal) => {
  process.exitCode = code ?? (signal ? 1 : 0);
});
