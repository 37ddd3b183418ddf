/**
 * How long figures and pages of the queue take over many approvals, through the API on a server of its own:
 *
 *     npm run bench -- figures [decided] [pending]
 *
 * Prints a table (docs/reference/figures.md). BENCH_SQL names a statement to run afterwards, such as an `explain`; $1 in it
 * is the workspace.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { migrate, openDatabase } from '@countersign/store';
import pg from 'pg';
import { readConfig } from '../packages/server/src/config.ts';
import { startEmbeddedPostgres } from '../packages/server/src/embedded/index.ts';
import { runServer } from '../packages/server/src/server.ts';
import { addWorkspace } from '../packages/server/src/testing/workspace.ts';

const [decided = 1_000_000, pending = 100_000] = process.argv.slice(2).map(Number);
const ROUNDS = 15;

const FIGURES_MS_MAX = 300;
const PAGE_MS_MAX = 50;

const CONTENT = `jsonb_build_object('v', 1, 'tool', jsonb_build_object('name', 'tool_' || n % 12), 'kind', 'tool_call', 'title', 'Call tool_' || n % 12,
  'arguments', jsonb_build_object('amount', n % 997, 'to', 'account ' || n % 500, 'note', repeat('x', 200)), 'nonce', md5(n::text))::text`;
const COMMON = `'tool_call', 'Call tool_' || n % 12, 'checkpoint_' || n % 30, (array['low','medium','medium','medium','high','critical'])[1 + n % 6],
  ${CONTENT}, 'sha256:' || md5(n::text), 'sha256:' || md5('call' || n), 'tool_' || n % 12,
  jsonb_build_object('id', 'agt_' || n % 20, 'version', 1, 'name', 'Agent ' || n % 20), 'agt_' || n % 20,
  jsonb_build_object('kind', 'key', 'id', 'key_1', 'name', 'Asker'), array['key_1', 'usr_1'], 'the gate held it', 'external', 'tool_' || n % 12 || '({amount:number,note:string,to:string})'`;
const COLUMNS =
  'kind, title, checkpoint, priority, action, digest, call_digest, tool, agent, agent_id, requested_by, requesters, gate_reason, risk, shape';

/** A year of decisions, evenly; seven in eight by one of 25 people, in 1 s to some hours. */
const DECIDED = `insert into approval (workspace_id, id, ${COLUMNS}, status, created_at, decided_at, decision, original_action)
  select $1, 'apr_d' || n, ${COMMON}, status, decided_at - seconds * interval '1 second', decided_at,
    jsonb_build_object('outcome', status, 'by', jsonb_build_object('kind', 'person', 'id', 'usr_' || n % 25, 'name', 'Person ' || n % 25), 'at', decided_at,
      'reason', null, 'digest', 'sha256:' || md5(n::text), 'edits', '[]'::jsonb, 'assurance', case when n % 8 = 0 then 'automated' else 'session' end),
    case when n % 16 = 1 then '{}' end
  from (select n, (array['expired','approved','approved','approved','approved','rejected','approved','approved'])[1 + n % 8] as status,
          now() - (n::float8 / $2) * interval '365 days' as decided_at, exp((n % 1000) / 100.0) as seconds
        from generate_series(1, $2::int) n) d`;
/** Two weeks of what waits; every fifth with a deadline, every tenth given to two of a group. */
const PENDING = `insert into approval (workspace_id, id, ${COLUMNS}, status, created_at, expires_at, requirement)
  select $1, 'apr_p' || n, ${COMMON}, 'pending', now() - (n::float8 / $2) * interval '14 days', case when n % 5 = 0 then now() + n * interval '1 second' end,
    case when n % 10 = 0 then '{"stages":[{"name":"two","rule":{"type":"count","count":2,"of":{"groups":["finance"],"roles":[],"members":[]}},"rejections":1}],"isReasonRequired":false,"isDistinctAcrossStages":false}'::jsonb end
  from generate_series(1, $2::int) n`;
const ESCALATED = `insert into event (workspace_id, id, type, subject, actor, data, at)
  select $1, 'evt_' || n, 'approval.escalated', 'apr_p' || n, '{"kind":"system","id":"system","name":"Countersign"}', '{}', now() - n * interval '10 seconds'
  from generate_series(1, 20000) n`;

type Row = { readonly what: string; readonly path: string; readonly limitMs: number };
const ASKED: Row[] = [
  ...[30, 365].flatMap((days) =>
    ['agent', 'tool', 'approver', 'group', 'day', 'hour', 'period'].map((by) => ({
      what: `stats by ${by}, ${days} days`,
      path: `/v1/approvals/stats?by=${by}&days=${days}`,
      limitMs: FIGURES_MS_MAX,
    })),
  ),
  {
    what: 'stats by day of one agent, 365 days',
    path: '/v1/approvals/stats?by=day&days=365&agent=agt_7',
    limitMs: FIGURES_MS_MAX,
  },
  { what: 'summary', path: '/v1/approvals/summary', limitMs: FIGURES_MS_MAX },
  { what: 'health', path: '/v1/approvals/health', limitMs: FIGURES_MS_MAX },
  ...[
    ['pending', 'status=pending'],
    ['all', ''],
    ['completed', 'status=completed'],
    ['pending, assigned to me', 'status=pending&assigned_to=me'],
    ['pending, assigned to me, by urgency', 'status=pending&assigned_to=me&sort=urgency'],
    ['pending, critical', 'status=pending&priority=critical'],
    ['pending, one tool', 'status=pending&tool=tool_3'],
    ['pending, one agent', 'status=pending&agent_id=agt_7'],
    ['pending, nobody’s risk', 'status=pending&risk=reversible'],
    ['pending, waiting for a week', 'status=pending&waiting_longer_than=604800'],
    ['pending, found by text', 'status=pending&q=tool_11'],
    ['pending, text that is nowhere', 'status=pending&q=nowhere'],
    ['all, text that is nowhere', 'q=nowhere'],
    ['all, text of a few', 'q=apr_d12345'],
  ].map(([what, query]) => ({ what: `page: ${what}`, path: `/v1/approvals?limit=50&${query}`, limitMs: PAGE_MS_MAX })),
];

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN;

const dataDir = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
chmodSync(dataDir, 0o711);
const postgres = await startEmbeddedPostgres({
  dataDir,
  log: () => undefined,
  settings: { fsync: 'off', synchronous_commit: 'off', shared_buffers: '512MB' },
});
const url = postgres.url('postgres');
const superuser = new pg.Client({ connectionString: url });
await superuser.connect();
await superuser.query('create database figures owner countersign');
await superuser.end();
const address = new URL(url);
address.pathname = '/figures';
const ownerUrl = new URL(address);
ownerUrl.username = 'countersign';
await migrate(ownerUrl.href, () => undefined);
const store = openDatabase(ownerUrl.href, 'countersign_api', 4);
const workspace = await addWorkspace(store, 'Figures');
const admin = new pg.Client({ connectionString: address.href });
await admin.connect();
console.error('loading …');
await admin.query(DECIDED, [workspace.id, decided]);
await admin.query(PENDING, [workspace.id, pending]);
await admin.query(ESCALATED, [workspace.id]);
// Until its commit is on disk, PostgreSQL does not take a page for visible to all, and indexes alone would not do.
await admin.query('checkpoint');
await admin.query('vacuum analyze approval');
await admin.query('vacuum analyze event');

const read = readConfig(
  {
    DATABASE_URL: ownerUrl.href,
    COUNTERSIGN_SECRET: 'Vr4k-Nm8x-Tq2w-Zd7p-Hs5c-Lb9y-Gf3j',
    COUNTERSIGN_PUBLIC_URL: 'http://127.0.0.1:0',
    COUNTERSIGN_PORT: '0',
    COUNTERSIGN_LOG_LEVEL: 'error',
    COUNTERSIGN_RATE_LIMIT: '10000000',
  },
  'dev',
);
if (!read.ok) throw new Error(JSON.stringify(read.problems));
const server = await runServer(read.config);

console.log(`| What | median (ms) | 95th percentile (ms) | limit (ms) |\n| --- | ---: | ---: | ---: |`);
for (const { what, path, limitMs } of ASKED) {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS + 2; round += 1) {
    const startMs = performance.now();
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
      headers: { authorization: `Bearer ${workspace.keys.deciding.secret}` },
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`);
    // The first two warm up plans and connections.
    if (round >= 2) times.push(performance.now() - startMs);
  }
  const p95 = quantile(times, 0.95);
  console.log(
    `| ${what} | ${quantile(times, 0.5).toFixed(0)} | ${p95.toFixed(0)} | ${limitMs}${p95 > limitMs ? ' (over)' : ''} |`,
  );
}
if (process.env['BENCH_SQL']) {
  const { rows } = await admin.query<Record<string, string>>(
    process.env['BENCH_SQL'].replaceAll('$1', `'${workspace.id}'`),
  );
  for (const row of rows) console.error(Object.values(row).join(' '));
}

await server.stop();
await store.close();
await admin.end();
await postgres.stop();
rmSync(dataDir, { recursive: true, force: true });
