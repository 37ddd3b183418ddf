/**
 * `npm run bench -- channels [--approvals 10000] [--failing 0.2]`: so many approvals asked for within a minute with three channels each, whose
 * other sides fail every fifth time. Counts what arrives, how often, and what is a dead letter; and how long asking and deciding
 * take meanwhile, beside the same pace without channels. The server is this process: only counts and ratios mean something.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '@countersign/server/embedded';
import { SLACK, addWorkspace, startHook, startSlack } from '@countersign/server/testing';
import { migrate, openDatabase } from '@countersign/store';
import pg from 'pg';
import { median, percentile } from './gate/figures.ts';
import { startOwnServer } from './queue/server.ts';

const { values: options } = parseArgs({
  options: {
    approvals: { type: 'string', default: '10000' },
    failing: { type: 'string', default: '0.2' },
    rounds: { type: 'string', default: '3' },
  },
});
const approvals = Number(options.approvals);
const failing = Number(options.failing);
const rounds = Number(options.rounds);
const WITHIN_SECONDS = 60;
const EVENTS = ['approval.requested', 'approval.decided'] as const;
/** So long what is queued may take to come to its end, with its next attempts brought forward. */
const SETTLE_MS = 600_000;

const dataDir = await mkdtemp(join(tmpdir(), 'countersign-channels-'));
await chmod(dataDir, 0o711);
const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
const databaseUrl = postgres.url('countersign');
await migrate(databaseUrl);
const store = openDatabase(databaseUrl, 'countersign_api', 2);
const superuser = new pg.Client({ connectionString: postgres.url('postgres') });
await superuser.connect();
const server = await startOwnServer(databaseUrl);
const hooks = [await startHook(), await startHook()];
const slack = await startSlack();

/** What arrived and was taken, by the delivery's id. */
const arrived = new Map<string, number>();
for (const hook of hooks)
  hook.answer = (hooked, response) => {
    if (Math.random() < failing) {
      if (Math.random() < 0.5) response.writeHead(500).end();
      else response.destroy();
      return;
    }
    const id = String(hooked.headers['webhook-id']);
    arrived.set(id, (arrived.get(id) ?? 0) + 1);
    response.writeHead(204).end();
  };
slack.failing = failing;

type Workspace = Awaited<ReturnType<typeof addWorkspace>>;
const call = async (secret: string, path: string, body: object): Promise<{ id: string; digest: string }> => {
  const answer = await fetch(server.url + path, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
    },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as { id: string; digest: string };
};

const addChannels = async ({ keys }: Workspace): Promise<void> => {
  const { secret } = keys.governing;
  const common = { event_types: EVENTS, rate_per_second: 1000 };
  for (const [index, hook] of hooks.entries())
    await call(secret, '/v1/channels', {
      kind: 'webhook',
      name: `Webhook ${index}`,
      settings: { url: hook.url },
      ...common,
    });
  await call(secret, '/v1/channels', {
    kind: 'slack',
    name: 'Slack',
    settings: { channel: SLACK.channel, api_url: slack.url },
    secrets: { bot_token: SLACK.token, signing_secret: SLACK.secret },
    ...common,
  });
};

type Times = { readonly ask: number[]; readonly decide: number[] };

/** So many approvals at an even pace, each decided as soon as it is asked; nobody waits for the one before. */
const load = async ({ keys }: Workspace, count: number): Promise<Times> => {
  const times: Times = { ask: [], decide: [] };
  const gapMs = (WITHIN_SECONDS * 1000) / approvals;
  const startedMs = performance.now();
  const one = async (index: number): Promise<void> => {
    const wait = startedMs + index * gapMs - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const askedMs = performance.now();
    const asked = await call(keys.asking.secret, '/v1/approvals', {
      tool: 'refund',
      title: `Refund ${index}`,
      arguments: { charge: `ch_${index}`, amount: index },
    });
    const decidedMs = performance.now();
    times.ask.push(decidedMs - askedMs);
    await call(keys.deciding.secret, `/v1/approvals/${asked.id}/decide`, {
      decision: 'approved',
      digest: asked.digest,
    });
    times.decide.push(performance.now() - decidedMs);
  };
  await Promise.all(Array.from({ length: count }, (_, index) => one(index)));
  return times;
};

/** Brings what waits for its next attempt forward, until nothing waits any more. */
const settle = async (workspaceId: string): Promise<void> => {
  const endMs = Date.now() + SETTLE_MS;
  for (;;) {
    const { rows } = await superuser.query<{ expected: number; ended: number }>(
      `select (select count(*)::int from approval where workspace_id = $1) * $2 as expected,
         (select count(*)::int from delivery where workspace_id = $1 and status <> 'queued') as ended`,
      [workspaceId, EVENTS.length * 3],
    );
    if (rows[0] && rows[0].ended >= rows[0].expected) return;
    if (Date.now() > endMs) throw new Error(`${rows[0]?.ended} of ${rows[0]?.expected} deliveries came to an end`);
    await superuser.query(
      `update delivery set next_at = clock_timestamp() where workspace_id = $1 and status = 'queued' and attempts > 0`,
      [workspaceId],
    );
    await superuser.query(
      `update job set run_at = clock_timestamp() where workspace_id = $1 and kind = 'deliver' and locked_by is null`,
      [workspaceId],
    );
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
};

const ratioOf = (name: string, without: readonly number[], withThem: readonly number[]): void => {
  const p50 = median(withThem) / median(without);
  const p95 = percentile(withThem, 0.95) / percentile(without, 0.95);
  console.log(
    `${name}: ${median(without).toFixed(1)} ms without channels, ${median(withThem).toFixed(1)} ms with; ratio p50 ${p50.toFixed(2)}, p95 ${p95.toFixed(2)}`,
  );
};

const silent = await addWorkspace(store, 'Without channels');
const told = await addWorkspace(store, 'With channels');
await addChannels(told);
await load(silent, Math.min(200, approvals)); // warm
const without: Times = { ask: [], decide: [] };
const withThem: Times = { ask: [], decide: [] };
for (let round = 0; round < rounds; round += 1) {
  const count = Math.ceil(approvals / rounds);
  for (const [workspace, times] of [
    [silent, without],
    [told, withThem],
  ] as const) {
    const measured = await load(workspace, count);
    times.ask.push(...measured.ask);
    times.decide.push(...measured.decide);
  }
  console.log(`round ${round + 1} of ${rounds}: ${count} approvals each`);
}
ratioOf('ask', without.ask, withThem.ask);
ratioOf('decide', without.decide, withThem.decide);

await settle(told.id);
const { rows } = await superuser.query<{ status: string; count: number; attempts: number }>(
  `select status, count(*)::int as count, sum(attempts)::int as attempts from delivery where workspace_id = $1 group by status`,
  [told.id],
);
for (const { status, count, attempts } of rows) console.log(`${status}: ${count} deliveries in ${attempts} attempts`);
const doubled = [...arrived.values()].filter((times) => times > 1).length;
const firsts = slack.posts.length;
const distinct = new Set(slack.posts.map(({ metadata }) => metadata?.event_payload['delivery'])).size;
console.log(`webhooks: ${arrived.size} arrived, ${doubled} of them more than once (under the same webhook-id)`);
console.log(
  `Slack: ${firsts} messages for ${distinct} deliveries, ${slack.posts.filter(({ edited }) => edited).length} changed in place`,
);

await server.stop();
await Promise.all([...hooks.map((hook) => hook.close()), slack.close(), superuser.end(), store.close()]);
await postgres.stop();
await rm(dataDir, { recursive: true, force: true });
