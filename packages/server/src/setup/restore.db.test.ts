/**
 * T57, S16: a logical copy of the database (COPY, which pg_dump writes with), put into an empty one: the audit log still
 * verifies and goes on, and what waited is decided. As the guide on self-hosting says, with its one statement.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WireApproval } from '@countersign/contract';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runServer } from '../server.ts';
import { type TestApp, freshDatabase, startTestServer, testConfig, until } from '../testing/index.ts';

const CLI = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url));

let folder: string;
let heads: string;
let app: TestApp;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-restore-'));
  chmodSync(folder, 0o777); // the database, which may run as another account, writes here
  heads = mkdtempSync(join(tmpdir(), 'countersign-restore-heads-'));
  app = await startTestServer({ checkpointFolder: heads });
});
afterAll(async () => {
  await app.stop();
  for (const each of [folder, heads]) rmSync(each, { recursive: true });
});

const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
};

/** Every table's rows into a file each, and from there into a database of the same schema without any. */
const copyAll = async (from: pg.Client, to: pg.Client): Promise<void> => {
  const { rows: tables } = await from.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'migration'`,
  );
  await from.query('begin isolation level repeatable read');
  for (const { name } of tables) await from.query(`copy ${name} to '${join(folder, name)}'`);
  await from.query('commit');
  await to.query(`set session_replication_role = replica`);
  await to.query(`truncate ${tables.map(({ name }) => name).join(', ')} cascade`);
  for (const { name } of tables) await to.query(`copy ${name} from '${join(folder, name)}'`);
  const { rows: sequences } = await to.query<{ name: string; column: string; sequence: string }>(
    `select c.relname as name, a.attname as column, pg_get_serial_sequence(c.relname, a.attname) as sequence
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attidentity <> '' where c.relnamespace = 'public'::regnamespace`,
  );
  for (const { name, column, sequence } of sequences)
    await to.query(`select setval('${sequence}', (select coalesce(max("${column}"), 1) from ${name}))`);
  await to.query(`update event set transaction = '0'`);
};

test('T57: a dump that is put into another database verifies, goes on under the kept head, and what waited is decided', async () => {
  const { asking } = app.one.keys;
  const { owner, approver } = app.one.people;
  const ask = async (amount: number): Promise<WireApproval> =>
    (await app.call<WireApproval>(asking, 'POST', '/v1/approvals', { tool: 'pay', arguments: { amount } })).body;
  const decided = await ask(1);
  const waiting = await ask(2);
  const decision = { decision: 'approved', digest: decided.digest };
  expect((await app.call(approver, 'POST', `/v1/approvals/${decided.id}/decide`, decision)).status).toBe(200);
  await until(
    () =>
      app.sql<{ left: string }>(`select count(*) as left from event e where not exists
      (select from audit_leaf l where l.workspace_id = e.workspace_id and l.event_id = e.id)`),
    (rows) => Number(rows[0]?.left) === 0,
  );
  const before = await app.call<{ size: number }>(owner, 'GET', '/v1/audit/checkpoint');
  await app.running.stop();

  const restored = await freshDatabase();
  const [from, to] = [await connect(app.database.superuserUrl), await connect(restored.superuserUrl)];
  await copyAll(from, to);
  await Promise.all([from.end(), to.end()]);

  const server = await runServer(testConfig(restored.url, { checkpointFolder: heads }));
  try {
    const url = `http://127.0.0.1:${server.port}`;
    const call = async (path: string, body?: object): Promise<Response> =>
      fetch(url + path, {
        method: body ? 'POST' : 'GET',
        headers: {
          cookie: `countersign_session=${(body ? approver : owner).token}`,
          origin: url,
          'sec-fetch-site': 'same-origin',
          'content-type': 'application/json',
          'idempotency-key': crypto.randomUUID(),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    const late = await call(`/v1/approvals/${waiting.id}/decide`, { decision: 'approved', digest: waiting.digest });
    expect(late.status).toBe(200);
    const head = await until(
      async () => (await (await call('/v1/audit/checkpoint')).json()) as { size: number; key: string; state: string },
      ({ size }) => size > before.body.size,
    );
    const file = join(folder, 'export.jsonl');
    writeFileSync(file, await (await call('/v1/audit/export')).text());
    const kept = join(folder, 'kept');
    writeFileSync(
      kept,
      (
        await app.sql<{ note: string }>(
          'select note from audit_checkpoint where workspace_id = $1 order by size desc limit 1',
          [app.one.id],
        )
      )[0]?.note ?? '',
    );
    const verified = spawnSync(process.execPath, [CLI, 'verify', file, '--key', head.key, '--checkpoint', kept]);
    expect([verified.status, verified.stderr.toString()]).toEqual([0, '']);
    expect(verified.stdout.toString()).toContain('VERIFIED');
  } finally {
    await server.stop();
    await restored.drop();
  }
}, 120_000);
