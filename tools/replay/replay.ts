/** One replay from the start of the product to the figures. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StreamEvent, WireApproval } from '@countersign/contract';
import { startRecordedModel } from '../../examples/recorded-model/server.ts';
import { type Run, readRuns } from '../../examples/recorded-model/transcript.ts';
import { type ToolServer, startToolServer } from '../../examples/tool-server/server.ts';
import { type Api, openApi } from './api.ts';
import { followEvents } from './event-stream.ts';
import { expectedCalls } from './expected-calls.ts';
import { type Figures, judge } from './figures.ts';
import { startKilling } from './killing.ts';
import type { DecideMode, ReplayOptions } from './options.ts';
import { type PlayedRun, playRun } from './play.ts';
import { type Product, startProduct } from './product.ts';
import { type Progress, openProgress } from './progress.ts';
import { type Verdict, startReviewer } from './reviewer.ts';
import { createAirline } from './setup.ts';
import { openSigns } from './signs.ts';

export type Outcome = { readonly figures: Figures; readonly broken: readonly string[] };

/** How long one request is repeated while the product comes up again. */
const PATIENCE_MS = 120_000;

/** Starts everything, plays, ends everything. The folder with database, logs and ledger stays if a promise was broken. */
export const replay = async (options: ReplayOptions, interrupted: AbortSignal): Promise<Outcome> => {
  const runs = (await readRuns(options.runsFile)).slice(0, options.limit ?? undefined);
  const folder = await mkdtemp(join(tmpdir(), 'countersign-replay-'));
  // Under root the database runs as another user, who has to get through here.
  await chmod(folder, 0o755);
  const progress = openProgress(runs.length);
  let isClean = false;
  await using closing = new AsyncDisposableStack();
  // First in, last out: everything in the folder has ended by then.
  closing.defer(async () => {
    progress.end();
    if (isClean || interrupted.aborted) await rm(folder, { recursive: true, force: true });
    else progress.note(`database, logs and ledger are kept in ${folder}`);
  });
  const model = closing.adopt(await startRecordedModel({ runs }), (server) => server.close());
  const tools = closing.adopt(await startToolServer({ runs, ledgerFile: join(folder, 'ledger.jsonl') }), (server) =>
    server.close(),
  );
  progress.note('starting the product …');
  const product = closing.adopt(await startProduct(join(folder, 'data'), progress.note), (running) => running.stop());

  const api = openApi(product.connection, PATIENCE_MS);
  const airline = await createAirline(api, {
    toolsFile: options.toolsFile,
    runs,
    modelUrl: model.url,
    toolsUrl: tools.url,
  });
  const outcome = await play({ options, runs, api, airline, product, tools, progress, interrupted });
  isClean = outcome.broken.length === 0;
  return outcome;
};

type Ready = {
  readonly options: ReplayOptions;
  readonly runs: readonly Run[];
  readonly api: Api;
  readonly airline: Awaited<ReturnType<typeof createAirline>>;
  readonly product: Product;
  readonly tools: ToolServer;
  readonly progress: Progress;
  readonly interrupted: AbortSignal;
};

const play = async ({ options, runs, api, airline, product, tools, progress, interrupted }: Ready) => {
  const over = new AbortController();
  const startedAt = performance.now();
  const signs = openSigns();
  const conversations = new Map<string, Run>();
  const played: PlayedRun[] = [];
  let kills = 0;
  const show = (): void => progress.show({ runs: played.length, decided: reviewer.decided().length, kills });

  const reviewer = startReviewer(api, judgeBy(options.decide, conversations), () => show(), over.signal);
  const events = followEvents(api, (event) => onEvent(event, reviewer.notice, signs.give), over.signal);
  const killing =
    options.killEverySeconds === null
      ? undefined
      : startKilling(
          product,
          options.killEverySeconds,
          (name) => {
            kills += 1;
            progress.note(`kill -9 ${name}`);
          },
          over.signal,
        );

  const queue = [...runs];
  const playQueue = async (): Promise<void> => {
    for (let run = queue.shift(); run; run = queue.shift()) {
      played.push(
        await playRun(
          {
            api,
            agentId: airline.agentId,
            versionOf: airline.versionOf,
            onConversation: (id, of) => conversations.set(id, of),
            nextSign: signs.next,
          },
          run,
        ),
      );
      show();
    }
  };
  try {
    const all = Promise.all(Array.from({ length: options.concurrency }, playQueue));
    // A reviewer that can't decide, or Ctrl-C, ends it all; otherwise only the end of all runs does.
    await Promise.race([all, reviewer.done, aborted(interrupted)]);
    await all;
  } finally {
    over.abort();
  }
  await Promise.all([events, killing?.done]);
  const seconds = (performance.now() - startedAt) / 1000;
  const repeats = tools.ledger.lines().filter(({ what }) => what === 'repeat').length;
  if (repeats > 0)
    progress.note(`${repeats} calls reached the tools again under a key that they knew, and were not executed again`);
  return judge({
    decide: options.decide,
    runs: played,
    decided: reviewer.decided(),
    ledger: tools.ledger.lines(),
    kills,
    seconds,
  });
};

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const stop = (): void => reject(new Error('interrupted'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });

const onEvent = (event: StreamEvent, onApproval: (id: string) => void, onExecution: (id: string) => void): void => {
  if (event.type === 'approval.requested') onApproval(event.subject);
  if (event.type.startsWith('execution.')) onExecution(event.subject);
};

const REASON = 'Not in this replay: nothing may be changed.';

const judgeBy = (mode: DecideMode, conversations: ReadonlyMap<string, Run>): ((approval: WireApproval) => Verdict) => {
  const left = new Map<Run, ReturnType<typeof expectedCalls>>();
  const isExpected = (approval: WireApproval): boolean => {
    const run = conversations.get(approval.conversation_id ?? '');
    if (!run) return false;
    const expected = left.get(run) ?? expectedCalls(run.line);
    left.set(run, expected);
    return expected.take({ tool: approval.tool ?? '', arguments: approval.arguments });
  };
  return (approval) => {
    const yes = mode === 'approve-all' || (mode === 'expected' && isExpected(approval));
    return yes ? { decision: 'approved' } : { decision: 'rejected', reason: REASON };
  };
};
