/**
 * The plans and times of the statements that run all the time, on a database with a million approvals (100,000 of them
 * pending), steps, events and jobs in one workspace: `node bench/queries.ts [--rows N]`. Loads a database of its own in
 * a temporary folder, measures, writes docs/reference/queries.md, and removes the folder again.
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '@countersign/server/embedded';
import {
  FEED_START,
  type Scope,
  claimJobs,
  conversationHistory,
  countPending,
  enqueueLocked,
  eventsOf,
  findRejectedCall,
  findRejectedStep,
  getApproval,
  listApprovals,
  listExecutions,
  listStepFacts,
  listSteps,
  lockApproval,
  migrate,
  newId,
  openDatabase,
  pendingApprovalsOf,
  readFeed,
  secondsToNextJob,
} from '@countersign/store';
import pg from 'pg';
import { loadRows } from './queries/load.ts';
import { type Measured, page, planLine } from './queries/report.ts';

const { values: options } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } });
const rows = Number(options.rows);
const RUNS = 5;

const dataDir = await mkdtemp(join(tmpdir(), 'countersign-queries-'));
await chmod(dataDir, 0o711);
const postgres = await startEmbeddedPostgres({
  dataDir,
  log: () => undefined,
  settings: { fsync: 'off', max_wal_size: '4GB' },
});
const url = postgres.url('countersign');
await migrate(url);
const workspaceId = newId('workspace');
const superuser = new pg.Client({ connectionString: postgres.url('postgres') });
await superuser.connect();
const loadStartMs = performance.now();
const sample = await loadRows(superuser, workspaceId, rows);
console.log(`loaded in ${Math.round((performance.now() - loadStartMs) / 1000)} s`);

type Query = { readonly text: string; readonly values: unknown[] };
const database = openDatabase(url, 'countersign_api', 1);
const client = await database.pool.connect();

/** Runs work of the store with a client that writes the statements down and answers with nothing. */
const statementsOf = async (work: (scope: Scope) => Promise<unknown>): Promise<Query[]> => {
  const seen: Query[] = [];
  const recorder = {
    query: (query: string | Query, values: unknown[] = []) => {
      seen.push(typeof query === 'string' ? { text: query, values } : { text: query.text, values: query.values });
      return Promise.resolve({ rows: [], rowCount: 0 });
    },
    release: () => undefined,
    on: () => undefined,
    off: () => undefined,
  } as unknown as pg.PoolClient;
  await work({ workspaceId, client: recorder, afterCommit: () => undefined, later: () => undefined }).catch(
    () => undefined,
  );
  return seen;
};

/** The same for functions that take their own connection. */
const unscopedStatementsOf = (work: (fake: typeof database) => Promise<unknown>): Promise<Query[]> =>
  statementsOf((scope) =>
    work({
      pool: { connect: () => Promise.resolve(scope.client) } as unknown as pg.Pool,
      close: () => Promise.resolve(),
    }),
  );

const measure = async (name: string, queries: readonly Query[]): Promise<Measured[]> => {
  const measured: Measured[] = [];
  for (const { text, values } of queries) {
    const times: number[] = [];
    let line = '';
    let found = 0;
    for (let run = 0; run < RUNS; run += 1) {
      // Rolled back, so that the statements that write find the same rows each time.
      await client.query(`begin; select set_config('app.workspace', '${workspaceId}', true)`);
      const startMs = performance.now();
      found = (await client.query(text, values)).rowCount ?? 0;
      times.push(performance.now() - startMs);
      await client.query('rollback');
    }
    await client.query(`begin; select set_config('app.workspace', '${workspaceId}', true)`);
    const plan = await client.query<{ 'QUERY PLAN': unknown }>(
      `explain (analyze, buffers, format json) ${text}`,
      values,
    );
    await client.query('rollback');
    line = planLine(plan.rows[0]?.['QUERY PLAN']);
    measured.push({
      name: queries.length > 1 ? `${name} (${measured.length + 1} of ${queries.length})` : name,
      ms: times.toSorted((a, b) => a - b)[RUNS >> 1] ?? 0,
      rows: found,
      plan: line,
    });
    console.log(`${name}: ${measured.at(-1)?.ms.toFixed(2)} ms, ${found} rows, ${line}`);
  }
  return measured;
};

const list = (filter: Parameters<typeof listApprovals>[1], deep = false) =>
  statementsOf((scope) => listApprovals(scope, filter, deep ? sample.deepCursor : null, 50));

const results = [
  ...(await measure('queue, first page', await list({ status: 'pending' }))),
  ...(await measure('queue, deep page', await list({ status: 'pending' }, true))),
  ...(await measure('all approvals, first page', await list({}))),
  ...(await measure('all approvals, deep page', await list({}, true))),
  ...(await measure('history (completed), first page', await list({ status: 'completed' }))),
  ...(await measure('rejected, first page', await list({ status: 'rejected' }))),
  ...(await measure('cancelled (rare), first page', await list({ status: 'cancelled' }))),
  ...(await measure('by agent', await list({ agent_id: sample.agentId }))),
  ...(await measure('by a rare agent', await list({ agent_id: 'agt_rare' }))),
  ...(await measure('queue by a rare agent', await list({ status: 'pending', agent_id: 'agt_rare' }))),
  ...(await measure('by a rare tool', await list({ tool: 'rare_tool' }))),
  ...(await measure('queue by a rare tool', await list({ status: 'pending', tool: 'rare_tool' }))),
  ...(await measure('by a rare checkpoint', await list({ checkpoint: 'rare_checkpoint' }))),
  ...(await measure('by a rare priority', await list({ priority: 'critical' }))),
  ...(await measure('queue by a rare priority', await list({ status: 'pending', priority: 'critical' }))),
  ...(await measure('by conversation', await list({ conversation_id: sample.conversationId }))),
  ...(await measure('by execution', await list({ execution_id: sample.executionId }))),
  ...(await measure(
    'queue, waiting for more than a day',
    await list({ status: 'pending', waiting_longer_than: 86_400 }),
  )),
  ...(await measure('queue, words that occur', await list({ status: 'pending', q: 'refund' }))),
  ...(await measure('queue, words that do not occur', await list({ status: 'pending', q: 'zebra' }))),
  ...(await measure('all, words that do not occur', await list({ q: 'zebra' }))),
  ...(await measure('figures of the queue', await statementsOf((scope) => countPending(scope)))),
  ...(await measure('one approval', await statementsOf((scope) => getApproval(scope, sample.approvalId)))),
  ...(await measure(
    'lock an approval',
    (await statementsOf((scope) => lockApproval(scope, sample.approvalId))).slice(0, 1),
  )),
  ...(await measure(
    'pending approvals of an execution',
    await statementsOf((scope) => pendingApprovalsOf(scope, sample.executionId)),
  )),
  ...(await measure(
    'a rejected call of a requester',
    await statementsOf((scope) => findRejectedCall(scope, sample.callDigest, 'key_1')),
  )),
  ...(await measure(
    'a rejected call of an execution',
    await statementsOf((scope) => findRejectedStep(scope, sample.executionId, sample.callDigest)),
  )),
  ...(await measure('steps of an execution', await statementsOf((scope) => listSteps(scope, sample.executionId)))),
  ...(await measure(
    'what the stepping needs of them',
    await statementsOf((scope) => listStepFacts(scope, sample.executionId)),
  )),
  ...(await measure(
    'earlier steps of a conversation',
    await statementsOf((scope) => conversationHistory(scope, sample.conversationId, sample.executionId)),
  )),
  ...(await measure(
    'active executions, first page',
    await statementsOf((scope) => listExecutions(scope, { status: 'active' }, null, 50)),
  )),
  ...(await measure(
    'failed (rare) executions, first page',
    await statementsOf((scope) => listExecutions(scope, { status: 'failed' }, null, 50)),
  )),
  ...(await measure(
    'executions of a rare agent',
    await statementsOf((scope) => listExecutions(scope, { agent_id: 'agt_rare' }, null, 50)),
  )),
  ...(await measure('feed, from the start', await statementsOf((scope) => readFeed(scope, FEED_START, 500)))),
  ...(await measure('feed, near the end', await statementsOf((scope) => readFeed(scope, sample.feedPlace, 500)))),
  ...(await measure('events of an approval', await statementsOf((scope) => eventsOf(scope, sample.approvalId)))),
  ...(await measure(
    'take due jobs',
    await unscopedStatementsOf((fake) => claimJobs(fake, 1, 64, ['advance_execution', 'expire_approval'], [])),
  )),
  ...(await measure(
    'time to the next job',
    await unscopedStatementsOf((fake) => secondsToNextJob(fake, ['advance_execution', 'expire_approval'])),
  )),
  ...(await measure(
    'enqueue a leased job',
    await statementsOf((scope) => enqueueLocked(scope, 'advance_execution', 'exe_new', 1)),
  )),
];

client.release();
await database.close();
await superuser.end();
await postgres.stop();
await rm(dataDir, { recursive: true, force: true });
await writeFile(join(import.meta.dirname, '../docs/reference/queries.md'), page(results, rows));
