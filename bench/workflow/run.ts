/** `npm run bench -- workflow`: steps a second, and the time from a decision to the next step, beside the limit and a peer. */
import { cpus } from 'node:os';
import { type Measured, median, percentile, rate, table } from '../gate/figures.ts';
import { openConnection } from '../gate/http.ts';
import type { LimitRequest } from '../gate/limit.ts';
import { isOfTheCycle } from '../gate/replay.ts';
import type { RecordedTransaction } from '../gate/record.ts';
import { CONNECTIONS_MAX, type BenchServer, type Scene, openScene } from '../gate/scene.ts';
import { type Talker, startTalker } from '../gate/talk.ts';
import type { Side, WorkflowLoad } from './load.ts';
import type { PeerRequest } from './peer.ts';
import { STEPS } from './steps.ts';

export type WorkflowBenchOptions = {
  readonly seconds: number;
  readonly rounds: number;
  /** `chain`, `decision`. */
  readonly parts: ReadonlySet<string>;
  /** So many at once, one after the other. */
  readonly atOnce: readonly number[];
  readonly print: (line: string) => void;
};

const WARM_UP_SECONDS = 3;

const post = async (port: number, key: string, path: string, body: unknown): Promise<{ id: string }> => {
  const connection = await openConnection(port, key);
  const answer = await connection.call('POST', path, body);
  connection.close();
  if (answer.status !== 201) throw new Error(answer.body);
  return JSON.parse(answer.body) as { id: string };
};

type Ids = { readonly chainId: string; readonly decisionId: string };

const define = async ({ target }: BenchServer, toolUrl: string): Promise<Ids> => {
  await post(target.port, target.agentKey, '/v1/tools', {
    name: 'bench_step',
    parameters: { type: 'object', properties: { run: { type: 'string' }, step: { type: 'string' } } },
    annotations: { idempotent: true, destructive: false },
    http: { url: toolUrl },
  });
  const call = (id: string, step: string, next: string) => ({
    id,
    type: 'tool',
    tool: 'bench_step',
    arguments: { run: '{{ input.run }}', step },
    on_success: next,
  });
  const workflow = (name: string, nodes: readonly object[], first: string) =>
    post(target.port, target.agentKey, '/v1/workflows', {
      name,
      definition: { nodes: [{ id: 'begin', type: 'start', on_success: first }, ...nodes, { id: 'done', type: 'end' }] },
    });
  const steps = Array.from({ length: STEPS }, (_, index) =>
    call(`s${index}`, String(index), index + 1 < STEPS ? `s${index + 1}` : 'done'),
  );
  const chain = await workflow('chain', steps, 's0');
  const decision = await workflow(
    'decision',
    [
      call('before', 'before', 'ask'),
      { id: 'ask', type: 'approval', title: 'May it go on?', on_success: 'after' },
      call('after', 'after', 'done'),
    ],
    'before',
  );
  return { chainId: chain.id, decisionId: decision.id };
};

const sideOf = ({ target }: BenchServer, ids: Ids): Side => ({
  side: 'product',
  port: target.port,
  askKey: target.agentKey,
  decideKey: target.reviewerKey,
  ...ids,
});

/** The statements of one chain, from a server that has warmed up. */
const recordChain = async (scene: Scene, load: Talker, ids: Ids): Promise<RecordedTransaction[]> => {
  const server = await scene.startServer({ isRecording: true });
  const target = sideOf(server, ids);
  const request = { what: 'chain', target, clients: 1, seconds: 1 } satisfies WorkflowLoad;
  // The client knows of the last step when it begins: what the server does after it belongs to that chain.
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));
  await load.ask(request);
  await settle();
  let recorded: RecordedTransaction[];
  do {
    await server.ask('record');
    await load.ask({ ...request, seconds: 0 });
    await settle();
    recorded = await server.ask<RecordedTransaction[]>('recorded');
    // A heartbeat may have held a job for a moment: such a round waits, and is not the usual one.
  } while (
    recorded.some(({ statements }) =>
      statements.some(({ name, rows }) => name === 'execution_save_known' && rows === 0),
    )
  );
  await server.stop();
  if (process.env['BENCH_SHOW'])
    for (const { role, statements } of recorded)
      console.log(`${role}: ${statements.map(({ name, text }) => name ?? text.slice(0, 24)).join(', ')}`);
  return recorded.filter(isOfTheCycle);
};

const number = (value: number, digits = 0): string => value.toFixed(digits);
const ratio = (a: number, b: number): string => `${number(a / b, 2)} ×`;

export const runWorkflow = async (options: WorkflowBenchOptions): Promise<void> => {
  const scene = await openScene();
  const load = startTalker('../workflow/load.ts');
  const limit = startTalker('limit.ts');
  const peerUrl = scene.superuserUrl.replace(/\/[^/?]*(\?|$)/, '/dbos_bench$1');
  const toolUrl = `http://127.0.0.1:${await load.ask<number>({ what: 'listen' })}/`;
  const peer = startTalker('../workflow/peer.ts', {
    env: { ...process.env, BENCH_TOOL: toolUrl, BENCH_DATABASE: peerUrl },
  });
  try {
    options.print(
      `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, embedded PostgreSQL, fsync on\n`,
    );
    const peerSide: Side = { side: 'peer', port: await peer.ask<number>('start' satisfies PeerRequest) };
    let server = await scene.startServer();
    const ids = await define(server, toolUrl);
    await server.stop();
    const recorded = await recordChain(scene, load, ids);
    const statements = recorded.flatMap((transaction) => transaction.statements);
    options.print(`A chain of ${STEPS} steps: ${recorded.length} transactions, ${statements.length} statements.\n`);
    server = await scene.startServer();
    const product = sideOf(server, ids);
    for (const target of [product, peerSide])
      for (const what of ['chain', 'decision'] as const)
        await load.ask({ what, target, clients: 16, seconds: WARM_UP_SECONDS } satisfies WorkflowLoad);
    await scene.analyze();
    if (options.parts.has('chain')) await measureChains(options, scene, load, limit, product, peerSide, recorded);
    if (options.parts.has('decision')) await measureDecisions(options, load, product, peerSide);
    await server.stop();
  } finally {
    await Promise.all([load.end(), limit.end(), peer.end()]);
    await scene.stop();
  }
};

const measureChains = async (
  { seconds, rounds, atOnce, print }: WorkflowBenchOptions,
  scene: Scene,
  load: Talker,
  limit: Talker,
  product: Side,
  peer: Side,
  recorded: readonly RecordedTransaction[],
): Promise<void> => {
  const rows: string[][] = [];
  for (const clients of atOnce) {
    const measured = { product: [] as number[], peer: [] as number[], limit: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      const of = async (target: Side): Promise<number> =>
        rate(await load.ask<Measured>({ what: 'chain', target, clients, seconds } satisfies WorkflowLoad)) * STEPS;
      measured.product.push(await of(product));
      measured.peer.push(await of(peer));
      const request: LimitRequest = {
        databaseUrl: scene.databaseUrl,
        connectionsMax: CONNECTIONS_MAX,
        recorded,
        clients,
        seconds,
        isBlind: false,
      };
      measured.limit.push(rate(await limit.ask<Measured>(request)) * STEPS);
    }
    const [ours, theirs, most] = [median(measured.product), median(measured.peer), median(measured.limit)];
    rows.push([
      String(clients),
      number(ours),
      number(theirs),
      ratio(ours, theirs),
      number(most),
      `${number((ours / most) * 100)} %`,
    ]);
  }
  print(`${table(['at once', 'steps/s', 'DBOS steps/s', 'ahead of DBOS', 'limit steps/s', 'of the limit'], rows)}\n`);
};

const measureDecisions = async (
  { seconds, rounds, atOnce, print }: WorkflowBenchOptions,
  load: Talker,
  product: Side,
  peer: Side,
): Promise<void> => {
  const rows: string[][] = [];
  for (const clients of atOnce) {
    const latencies = { product: [] as number[], peer: [] as number[] };
    for (let round = 0; round < rounds; round += 1)
      for (const [name, target] of [
        ['product', product],
        ['peer', peer],
      ] as const)
        latencies[name].push(
          ...(await load.ask<Measured>({ what: 'decision', target, clients, seconds } satisfies WorkflowLoad))
            .latenciesMs,
        );
    const pair = (values: readonly number[]): string =>
      `${number(percentile(values, 0.5), 1)} / ${number(percentile(values, 0.99), 1)}`;
    rows.push([
      String(clients),
      pair(latencies.product),
      pair(latencies.peer),
      ratio(percentile(latencies.peer, 0.5), percentile(latencies.product, 0.5)),
    ]);
  }
  print(`${table(['at once', 'decision → next step p50 / p99 ms', 'DBOS p50 / p99 ms', 'p50 ahead of DBOS'], rows)}\n`);
};
