/** Runs the parts of the gate benchmark and prints their tables. */
import { cpus } from 'node:os';
import { cpuOfFamily } from './cpu.ts';
import { type CycleKind, CYCLES } from './cycles.ts';
import { type Measured, median, medianRatio, percentile, rate, table } from './figures.ts';
import type { LimitRequest } from './limit.ts';
import type { LoadRequest } from './load.ts';
import { measureMemory } from './memory.ts';
import { isOfTheCycle } from './replay.ts';
import type { RecordedTransaction } from './record.ts';
import { type BenchServer, CONNECTIONS_MAX, type Scene, openScene } from './scene.ts';
import { type Talker, startTalker } from './talk.ts';

export type GateOptions = {
  readonly seconds: number;
  readonly rounds: number;
  readonly waiting: number;
  readonly parts: ReadonlySet<string>;
  readonly print: (line: string) => void;
};

export type Bench = {
  readonly scene: Scene;
  readonly load: Talker;
  readonly limit: Talker;
  readonly options: GateOptions;
};

const CLIENTS = [1, 16, 64];
const WARM_UP_SECONDS = 3;

const WORDS: Readonly<Record<CycleKind, string>> = {
  outside: 'gate of outside work',
  execution: 'execution of an agent',
};

export const runGate = async (options: GateOptions): Promise<void> => {
  const scene = await openScene();
  const load = startTalker('load.ts');
  const limit = startTalker('limit.ts');
  const bench = { scene, load, limit, options };
  try {
    options.print(
      `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, embedded PostgreSQL, fsync on\n`,
    );
    const maxima = options.parts.has('cycles') || options.parts.has('latency') ? await measureCycles(bench) : undefined;
    if (maxima && options.parts.has('latency')) await measureLatency(bench, maxima);
    if (options.parts.has('memory')) await measureMemory(bench);
  } finally {
    await Promise.all([load.end(), limit.end()]);
    await scene.stop();
  }
};

const work = (
  bench: Bench,
  server: BenchServer,
  kind: CycleKind,
  load: LoadRequest['load'],
  seconds: number,
): Promise<Measured> => bench.load.ask<Measured>({ kind, target: server.target, seconds, load } satisfies LoadRequest);

/** The statements of one cycle, from a server that has warmed up. */
const recordCycle = async (bench: Bench, kind: CycleKind): Promise<RecordedTransaction[]> => {
  const server = await bench.scene.startServer({ isRecording: true });
  await work(bench, server, kind, { cycles: 20 }, 0);
  await server.ask('record');
  await work(bench, server, kind, { cycles: 1 }, 0);
  // What the server still does after the client's last answer belongs to the cycle too.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const recorded = await server.ask<RecordedTransaction[]>('recorded');
  await server.stop();
  if (process.env['BENCH_SHOW'])
    for (const { role, statements } of recorded)
      bench.options.print(`${role}: ${statements.map(({ name, text }) => name ?? text.slice(0, 24)).join(', ')}`);
  return recorded.filter(isOfTheCycle);
};

type Side = Measured & {
  /** Processor time of everything that took part, in milliseconds a cycle. */
  readonly cost: { readonly client: number; readonly server: number; readonly database: number };
};
type Round = { readonly limit: Side; readonly blind: Side; readonly product: Side };

const withCost = async (bench: Bench, server: BenchServer, measure: () => Promise<Measured>): Promise<Side> => {
  const read = async () => ({
    server: await server.ask<number>('cpu'),
    database: cpuOfFamily(bench.scene.databasePid),
  });
  const before = await read();
  const measured = await measure();
  const after = await read();
  const each = (seconds: number): number => (seconds * 1000) / measured.cycles;
  const cost = {
    client: each(measured.cpuSeconds),
    server: each(after.server - before.server),
    database: each(after.database - before.database),
  };
  return { ...measured, cost };
};

const measureRound = async (
  bench: Bench,
  server: BenchServer,
  kind: CycleKind,
  recorded: RecordedTransaction[],
  clients: number,
): Promise<Round> => {
  const { seconds } = bench.options;
  const request: LimitRequest = {
    databaseUrl: bench.scene.databaseUrl,
    connectionsMax: CONNECTIONS_MAX,
    recorded,
    clients,
    seconds,
    isBlind: false,
  };
  return {
    limit: await withCost(bench, server, () => bench.limit.ask<Measured>(request)),
    blind: await withCost(bench, server, () => bench.limit.ask<Measured>({ ...request, isBlind: true })),
    product: await withCost(bench, server, () => work(bench, server, kind, { clients }, seconds)),
  };
};

const number = (value: number, digits = 0): string => value.toFixed(digits);
const pair = (values: readonly number[]): string =>
  `${number(percentile(values, 0.5), 1)} / ${number(percentile(values, 0.99), 1)}`;

const costs = (rounds: readonly Round[]): string => {
  const middle = (pick: (round: Round) => number): number => median(rounds.map(pick));
  const product = [
    middle(({ product: { cost } }) => cost.server),
    middle(({ product: { cost } }) => cost.database),
    middle(({ product: { cost } }) => cost.client),
  ];
  const limit = [middle(({ limit: { cost } }) => cost.client), middle(({ limit: { cost } }) => cost.database)];
  return `${product.map((ms) => number(ms, 2)).join(' + ')} : ${limit.map((ms) => number(ms, 2)).join(' + ')}`;
};

const measureCycles = async (bench: Bench): Promise<Record<CycleKind, number>> => {
  const maxima = { outside: 0, execution: 0 };
  for (const kind of CYCLES) {
    const recorded = await recordCycle(bench, kind);
    const statements = recorded.flatMap((transaction) => transaction.statements);
    bench.options.print(
      `## ${WORDS[kind]}: ${recorded.length} transactions, ${statements.length} statements a cycle\n`,
    );
    const server = await bench.scene.startServer();
    await work(bench, server, kind, { clients: 16 }, WARM_UP_SECONDS);
    await bench.scene.analyze();
    const rows: string[][] = [];
    for (const clients of CLIENTS) {
      const rounds: Round[] = [];
      for (let round = 0; round < bench.options.rounds; round += 1)
        rounds.push(await measureRound(bench, server, kind, recorded, clients));
      const rates = rounds.map(({ limit, product }) => ({ product: rate(product), limit: rate(limit) }));
      const latencies = rounds.flatMap(({ product }) => product.latenciesMs);
      const blindRates = rounds.map(({ blind, product }) => ({ product: rate(product), limit: rate(blind) }));
      const ratios = rates.map(({ product, limit }) => number((product / limit) * 100)).join(', ');
      maxima[kind] = Math.max(maxima[kind], median(rates.map(({ product }) => product)));
      rows.push([
        String(clients),
        `${number(medianRatio(rates) * 100)} % (${ratios})`,
        `${number(medianRatio(blindRates) * 100)} %`,
        `${number(median(rates.map(({ product }) => product)))} : ${number(median(rates.map(({ limit }) => limit)))} : ${number(median(blindRates.map(({ limit }) => limit)))}`,
        pair(latencies),
        costs(rounds),
      ]);
    }
    await server.stop();
    bench.options.print(
      `${table(['clients', 'of the limit: median (rounds)', 'of the blind limit', 'cycles/s product : limit : blind limit', 'decision → resumed p50 / p99 ms', 'CPU ms a cycle: server + database + load : limit + database'], rows)}\n`,
    );
  }
  return maxima;
};

const measureLatency = async (bench: Bench, maxima: Record<CycleKind, number>): Promise<void> => {
  const server = await bench.scene.startServer();
  const rows: string[][] = [];
  for (const kind of CYCLES) {
    await work(bench, server, kind, { clients: 16 }, WARM_UP_SECONDS);
    const latencies: number[] = [];
    const p99s: number[] = [];
    for (let round = 0; round < bench.options.rounds; round += 1) {
      const measured = await work(bench, server, kind, { perSecond: maxima[kind] / 2 }, bench.options.seconds);
      latencies.push(...measured.latenciesMs);
      p99s.push(percentile(measured.latenciesMs, 0.99));
    }
    rows.push([WORDS[kind], number(maxima[kind] / 2), pair(latencies), p99s.map((p99) => number(p99, 1)).join(', ')]);
  }
  await server.stop();
  bench.options.print(
    `## At half of the maximum\n\n${table(['cycle', 'begun a second', 'decision → resumed p50 / p99 ms', 'p99 of each round'], rows)}\n`,
  );
};
