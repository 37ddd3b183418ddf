/** What many waiting executions cost the process that would go on with them. */
import { type Measured, median, percentile, table } from './figures.ts';
import type { LoadRequest } from './load.ts';
import type { Bench } from './run.ts';
import { measureTimers } from './timers.ts';
import { checkWaiting, insertWaiting } from './waiting.ts';

/** The same number of cycles each time, so that the process has done the same work when it is weighed. */
const WARM_UP_CYCLES = 600;
const STARTS = 3;

type Weighed = {
  readonly rss: number;
  readonly heap: number;
  readonly lateMs: readonly number[];
  readonly latenciesMs: readonly number[];
};

const weigh = async (bench: Bench): Promise<Weighed> => {
  const server = await bench.scene.startServer();
  const run = (kind: LoadRequest['kind'], cycles: number): Promise<Measured> =>
    bench.load.ask<Measured>({ kind, target: server.target, seconds: 0, load: { cycles } } satisfies LoadRequest);
  await run('outside', WARM_UP_CYCLES);
  const { latenciesMs } = await run('execution', WARM_UP_CYCLES / 10);
  const lateMs = await measureTimers(bench.scene.superuserUrl, server.target);
  const { rss, heapUsed } = await server.ask<NodeJS.MemoryUsage>('memory');
  await server.stop();
  return { rss, heap: heapUsed, lateMs, latenciesMs };
};

const several = async (bench: Bench): Promise<Weighed> => {
  const all: Weighed[] = [];
  for (let start = 0; start < STARTS; start += 1) all.push(await weigh(bench));
  return {
    rss: median(all.map(({ rss }) => rss)),
    heap: median(all.map(({ heap }) => heap)),
    lateMs: all.flatMap(({ lateMs }) => lateMs),
    latenciesMs: all.flatMap(({ latenciesMs }) => latenciesMs),
  };
};

const MIB = 1024 * 1024;
const change = (before: number, after: number): string =>
  `${after >= before ? '+' : ''}${((after / before - 1) * 100).toFixed(1)} %`;
const pair = (values: readonly number[]): string =>
  `${percentile(values, 0.5).toFixed(1)} / ${percentile(values, 0.99).toFixed(1)}`;

export const measureMemory = async (bench: Bench): Promise<void> => {
  const { waiting, print } = bench.options;
  await weigh(bench); // the first start fills tables that the others find filled
  await bench.scene.analyze();
  const none = await several(bench);
  const server = await bench.scene.startServer();
  const copy = await insertWaiting(bench.scene.superuserUrl, server.target, waiting);
  await checkWaiting(server.target, copy);
  await server.stop();
  const many = await several(bench);
  const row = (name: string, { rss, heap, lateMs, latenciesMs }: Weighed): string[] => [
    name,
    (rss / MIB).toFixed(1),
    (heap / MIB).toFixed(1),
    pair(latenciesMs),
    pair(lateMs),
  ];
  print(
    `## ${waiting} waiting executions: RSS ${change(none.rss, many.rss)}, heap ${change(none.heap, many.heap)}\n\n${table(
      ['waiting', 'RSS MiB', 'heap MiB', 'decision → resumed p50 / p99 ms', 'deadline late by p50 / p99 ms'],
      [row('none', none), row(String(waiting), many)],
    )}\n`,
  );
};
