/**
 * The limit: the statements of one cycle, sent by this process as they are and in the same transactions, with nothing
 * around them. Uses the product's own pools, so that connections and settings are the same.
 */
import type { Writable } from 'node:stream';
import { openDatabase } from '@countersign/store';
import type { Measured } from './figures.ts';
import type { RecordedTransaction } from './record.ts';
import { type Replay, prepareReplay } from './replay.ts';
import { answerRequests } from './talk.ts';

export type LimitRequest = {
  readonly databaseUrl: string;
  readonly connectionsMax: number;
  readonly recorded: readonly RecordedTransaction[];
  readonly clients: number;
  readonly seconds: number;
  /** Each transaction in one write, without waiting between its statements: more than any program with questions can do. */
  readonly isBlind: boolean;
};

type Pools = Readonly<Record<RecordedTransaction['role'], ReturnType<typeof openDatabase>>>;

/**
 * Once with a comparison of every statement's number of rows: a repetition that did something else proves nothing. A
 * reader that ran beside a writer may have seen less.
 */
const check = async (pools: Pools, replay: Replay): Promise<void> => {
  const tokens = replay.tokens();
  for (const { role, statements } of replay.transactions) {
    const client = await pools[role].pool.connect();
    const isReading = statements[0]?.text.startsWith('begin read only') ?? false;
    for (const { name, text, rows, values } of statements) {
      const result = await client.query({ ...(name === undefined ? {} : { name }), text, values: values(tokens) });
      if (rows !== null && !isReading && !Array.isArray(result) && result.rowCount !== rows)
        throw new Error(`${name ?? text}: ${result.rowCount} rows instead of ${rows}`);
    }
    client.release();
  }
};

const blindCycle = async (pools: Pools, replay: Replay): Promise<void> => {
  const tokens = replay.tokens();
  for (const { role, statements } of replay.transactions) {
    const client = await pools[role].pool.connect();
    const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
    stream.cork();
    const sent = statements.map(({ name, text, values }) =>
      name === undefined ? client.query(text) : client.query({ name, text, values: values(tokens) }),
    );
    stream.uncork();
    await Promise.all(sent);
    client.release();
  }
};

const cycle = async (pools: Pools, replay: Replay): Promise<void> => {
  const tokens = replay.tokens();
  for (const { role, statements } of replay.transactions) {
    const client = await pools[role].pool.connect();
    for (const { name, text, values } of statements)
      await (name === undefined ? client.query(text) : client.query({ name, text, values: values(tokens) }));
    client.release();
  }
};

answerRequests(async (request: LimitRequest): Promise<Measured> => {
  const replay = prepareReplay(request.recorded);
  const open = (role: RecordedTransaction['role']) => openDatabase(request.databaseUrl, role, request.connectionsMax);
  const pools: Pools = { countersign_api: open('countersign_api'), countersign_worker: open('countersign_worker') };
  await check(pools, replay);
  const before = process.cpuUsage();
  const startMs = performance.now();
  const endMs = startMs + request.seconds * 1000;
  let cycles = 0;
  await Promise.all(
    Array.from({ length: request.clients }, async () => {
      while (performance.now() < endMs) {
        await (request.isBlind ? blindCycle : cycle)(pools, replay);
        if (performance.now() <= endMs) cycles += 1;
      }
    }),
  );
  const used = process.cpuUsage(before);
  await Promise.all([pools.countersign_api.close(), pools.countersign_worker.close()]);
  return { cycles, seconds: request.seconds, cpuSeconds: (used.user + used.system) / 1e6, latenciesMs: [] };
});
