/**
 * What ten thousand waiting requests cost a reviewer's page, beside two hundred: `node bench/queue.ts [--pending 10000]
 * [--runs 5]`. The real server on a database of its own, the built dashboard, Chromium. Only ratios and counts mean something.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '@countersign/server/embedded';
import { addWorkspace } from '@countersign/server/testing';
import { migrate, openDatabase } from '@countersign/store';
import pg from 'pg';
import { buildDashboard } from '../packages/cli/src/dev/dashboard.ts';
import { median, percentile } from './gate/figures.ts';
import { type Look, openBrowser } from './queue/browser.ts';
import { startOwnServer } from './queue/server.ts';

const { values: options } = parseArgs({
  options: { pending: { type: 'string', default: '10000' }, runs: { type: 'string', default: '5' } },
});
const many = Number(options.pending);
const runs = Number(options.runs);
const FEW = 200;

await buildDashboard(new AbortController().signal);
const dataDir = await mkdtemp(join(tmpdir(), 'countersign-queue-'));
await chmod(dataDir, 0o711);
const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined, settings: { fsync: 'off' } });
const url = postgres.url('countersign');
await migrate(url);
const store = openDatabase(url, 'countersign_api', 2);
const superuser = new pg.Client({ connectionString: postgres.url('postgres') });
await superuser.connect();
const server = await startOwnServer(url);
const browser = await openBrowser();

/** A workspace with one real request, copied so often. */
const fill = async (name: string, count: number) => {
  const workspace = await addWorkspace(store, name);
  const answer = await fetch(`${server.url}/v1/approvals`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${workspace.keys.asking.secret}`,
      'content-type': 'application/json',
      'idempotency-key': name,
    },
    body: JSON.stringify({
      title: 'Refund €89.00 to Ana',
      tool: 'refunds.create',
      arguments: { charge: 'ch_1', amount: 89 },
      agent_name: 'Support agent',
      timeout_seconds: 86_400,
    }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  const { id } = (await answer.json()) as { id: string };
  const { rows } = await superuser.query<{ name: string }>(
    `select quote_ident(column_name) as name from information_schema.columns
     where table_name = 'approval' and is_generated = 'NEVER' and column_name not in ('id', 'title', 'expires_at')`,
  );
  const columns = rows.map((column) => column.name).join(', ');
  await superuser.query(
    `insert into approval (id, title, expires_at, ${columns})
     select 'apr_' || lpad(n::text, 5, '0') || substr(id, 10), 'Refund €' || n || '.00 to customer ' || n, expires_at + n * interval '1 second', ${columns}
     from approval, generate_series(1, $2::int) n where id = $1`,
    [id, count - 1],
  );
  await superuser.query('analyze approval');
  return workspace.people.approver;
};

const people = [
  { name: String(FEW), person: await fill('Few', FEW) },
  { name: String(many), person: await fill('Many', many) },
];
const looks = new Map<string, Look[]>();
for (let run = 0; run < runs; run += 1)
  // In turn, so that whatever else the machine does falls on both.
  for (const { name, person } of people)
    looks.set(name, [...(looks.get(name) ?? []), await browser.look(server.url, person.token)]);

const middle = (name: string, of: (look: Look) => number): number => median((looks.get(name) ?? []).map(of));
const rows: readonly (readonly [string, (look: Look) => number])[] = [
  ['first paint (FCP), ms', (look) => look.firstPaintMs],
  ['first row painted, ms', (look) => look.firstRowMs],
  ['blocked before the list stands (long tasks over 50 ms), ms', (look) => look.blockedMs],
  ['J → paint p50, ms', (look) => percentile(look.keyMs, 0.5)],
  ['J → paint p98, ms', (look) => percentile(look.keyMs, 0.98)],
  ['scroll frame p50, ms', (look) => percentile(look.frameMs, 0.5)],
  ['scroll frame p95, ms', (look) => percentile(look.frameMs, 0.95)],
  ['scroll frames over 50 ms', (look) => look.frameMs.filter((ms) => ms > 50).length],
  ['scroll frames in all', (look) => look.frameMs.length],
  ['requests of list pages after 20 changes', (look) => look.pagesAsked],
  ['DOM nodes', (look) => look.nodes],
];
console.log(`| | ${FEW} waiting | ${many} waiting | ratio |\n| --- | --- | --- | --- |`);
for (const [label, of] of rows) {
  const [few, lots] = [middle(String(FEW), of), middle(String(many), of)];
  const ratio = few === 0 ? '' : (lots / few).toFixed(2);
  console.log(`| ${label} | ${few.toFixed(0)} | ${lots.toFixed(0)} | ${ratio} |`);
}

await browser.close();
await server.stop();
await store.close();
await superuser.end();
await postgres.stop();
await rm(dataDir, { recursive: true, force: true });
