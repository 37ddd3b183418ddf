import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { canReach } from './account.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './start.ts';

const HOLD = fileURLToPath(new URL('fixtures/hold-database.ts', import.meta.url));
const isRoot = process.getuid?.() === 0;
const NOBODY = { uid: 65534, gid: 65534 };

let folder: string;
const toStop: EmbeddedPostgres[] = [];
const toKill: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cs-embedded-'));
});

afterEach(async () => {
  for (const child of toKill.splice(0)) await kill(child);
  await Promise.all(toStop.splice(0).map((postgres) => postgres.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(dataDir = join(folder, 'data')): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => undefined });
  toStop.push(postgres);
  return postgres;
}

/** Starts the database in another process, which can then be killed. */
async function startElsewhere(
  dataDir = join(folder, 'data'),
  account: object = {},
): Promise<{ child: ChildProcess; pid: number; url: string }> {
  const child = spawn(process.execPath, [HOLD, dataDir], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    cwd: '/',
    ...account,
  });
  toKill.push(child);
  const message = await new Promise<{ pid: number; url: string }>((resolve, reject) => {
    child.once('message', (value) => resolve(value as { pid: number; url: string }));
    child.once('exit', (code) => reject(new Error(`ended with ${code} before the database was up`)));
  });
  return { child, ...message };
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await ended;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

test('a first start makes a database that its owner, who is no superuser, can use', async () => {
  const postgres = await start();
  expect(postgres.recovery).toBeNull();
  const rows = await query(
    postgres.url('countersign'),
    `select current_user::text as role, current_database()::text as database, current_setting('server_encoding') as encoding,
       current_setting('timezone') as zone, (select rolsuper from pg_roles where rolname = current_user) as superuser`,
  );
  expect(rows).toEqual([
    { role: 'countersign', database: 'countersign', encoding: 'UTF8', zone: 'UTC', superuser: false },
  ]);
});

test('durability is at its safe defaults', async () => {
  const postgres = await start();
  const rows = await query(
    postgres.url('countersign'),
    `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums') order by name`,
  );
  expect(rows.map((row) => row['setting'])).toEqual(['on', 'on', 'on', 'on']);
});

test('a second start goes on with the same data, at the same address, and has nothing to report', async () => {
  const first = await start();
  await query(first.url('countersign'), 'create table kept as select 42 as n');
  await first.stop();
  expect(await first.exited).toBe(0);
  const second = await start();
  expect(second.url('countersign')).toBe(first.url('countersign'));
  expect(second.recovery).toBeNull();
  expect(await query(second.url('countersign'), 'select n from kept')).toEqual([{ n: 42 }]);
});

test('after kill -9 of PostgreSQL what was committed is there, and one sentence says what happened', async () => {
  const first = await start();
  await query(first.url('countersign'), 'create table kept as select 42 as n');
  process.kill(first.pid, 'SIGKILL');
  expect(await first.exited).toBeNull();
  const second = await start();
  expect(second.recovery).toMatch(
    /^Recovered: the database had not been shut down; [\d.]+ s of write-ahead log replayed\.$/,
  );
  expect(await query(second.url('countersign'), 'select n from kept')).toEqual([{ n: 42 }]);
});

test('after kill -9 of PostgreSQL with sessions at work, the start waits until they have let go of the data', async () => {
  const first = await start();
  const busy = new pg.Client({ connectionString: first.url('countersign') });
  busy.on('error', () => undefined);
  await busy.connect();
  const work = busy.query('select count(*) from generate_series(1, 20000000)').catch((error: Error) => error);
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  const second = await start();
  expect(second.recovery).toContain('had not been shut down');
  await work;
});

test('after kill -9 of the process that started it, the database left behind is stopped and started again', async () => {
  const first = await startElsewhere();
  await query(first.url, 'create table kept as select 42 as n');
  await kill(first.child);
  expect(await query(first.url, 'select n from kept')).toEqual([{ n: 42 }]);
  const second = await start();
  expect(second.pid).not.toBe(first.pid);
  expect(second.recovery).toBe(
    `Recovered: the database of an earlier run (pid ${first.pid}) was still running and was shut down first.`,
  );
  expect(await query(second.url('countersign'), 'select n from kept')).toEqual([{ n: 42 }]);
});

test('a first set-up that was killed half-way is begun anew', async () => {
  const dataDir = join(folder, 'data');
  const child = spawn(process.execPath, [HOLD, dataDir], { stdio: 'ignore' });
  toKill.push(child);
  const root = join(dataDir, 'postgres');
  await vi.waitUntil(() => existsSync(root) && readdirSync(root).some((name) => name.startsWith('data.unfinished')), {
    interval: 2,
    timeout: 10_000,
  });
  await kill(child);
  expect(existsSync(join(root, 'data'))).toBe(false);
  const postgres = await start(dataDir);
  expect(postgres.recovery).toBe('Recovered: the first set-up of the database had been cut short and was begun anew.');
  expect(await query(postgres.url('countersign'), 'select 1 as one')).toEqual([{ one: 1 }]);
  await postgres.stop();
  expect(readdirSync(root).filter((name) => name.startsWith('data'))).toEqual(['data']);
});

test('a second process on the same folder is refused and told who is first, and the first is not disturbed', async () => {
  const first = await startElsewhere();
  await expect(start()).rejects.toThrow(`already being used by the process with pid ${first.child.pid}`);
  expect(await query(first.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a left-over postmaster.pid whose pid is another program now neither stops the start nor that program', async () => {
  const first = await start();
  await first.stop();
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
    stdio: 'ignore',
    ...(isRoot ? NOBODY : {}),
    cwd: '/',
  });
  toKill.push(bystander);
  const data = join(folder, 'data', 'postgres', 'data');
  writeFileSync(join(data, 'postmaster.pid'), `${bystander.pid}\n${data}\n1\n5432\n\n\n\n`);
  const second = await start();
  expect(await query(second.url('countersign'), 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(bystander.exitCode).toBeNull();
  expect(bystander.signalCode).toBeNull();
});

test('a data folder whose path is too long for a socket works, with a private folder elsewhere', async () => {
  const long = join(folder, 'l'.repeat(60), 'o'.repeat(60));
  const first = await start(long);
  const socketFolder = new URL(first.url('countersign')).searchParams.get('host') ?? '';
  expect(socketFolder.length).toBeLessThan(100);
  expect(statSync(socketFolder).mode & 0o777).toBe(0o700);
  expect(await query(first.url('countersign'), 'select 1 as one')).toEqual([{ one: 1 }]);
  process.kill(first.pid, 'SIGKILL');
  await first.exited;
  const second = await start(long);
  expect(second.url('countersign')).toBe(first.url('countersign'));
  await second.stop();
  rmSync(socketFolder, { recursive: true });
});

test('data of another PostgreSQL version are left alone, with a sentence on what to do', async () => {
  await (await start()).stop();
  writeFileSync(join(folder, 'data', 'postgres', 'data', 'PG_VERSION'), '17\n');
  await expect(start()).rejects.toThrow(/written by PostgreSQL 17; this is PostgreSQL 18/);
});

test.runIf(isRoot)('under root it runs as nobody, also below a folder that nobody may enter', async () => {
  const closed = join(folder, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  const postgres = await start(join(closed, 'deeper', 'data'));
  expect(statSync(`/proc/${postgres.pid}`).uid).toBe(NOBODY.uid);
  await query(postgres.url('countersign'), 'create table written as select 1 as one');
  expect(await query(postgres.url('countersign'), 'select one from written')).toEqual([{ one: 1 }]);
  expect(statSync(closed).mode & 0o777).toBe(0o700);
});

test.runIf(isRoot && canReach(dirname(HOLD), NOBODY) && canReach(process.execPath, NOBODY))(
  'as an ordinary user it runs as that user, and root can go on with the data later',
  async () => {
    chmodSync(folder, 0o711);
    const dataDir = join(folder, 'mine');
    mkdirSync(dataDir);
    chownSync(dataDir, NOBODY.uid, NOBODY.gid);
    const first = await startElsewhere(dataDir, NOBODY);
    expect(await query(first.url, 'create table kept as select 42 as n')).toEqual([]);
    await kill(first.child);
    const second = await start(dataDir);
    expect(await query(second.url('countersign'), 'select n from kept')).toEqual([{ n: 42 }]);
  },
);

test('nobody but the owner can enter the folders of the data and of the socket', async () => {
  const postgres = await start();
  const root = join(folder, 'data', 'postgres');
  const socketFolder = new URL(postgres.url('countersign')).searchParams.get('host') ?? '';
  for (const path of [join(root, 'data'), socketFolder]) expect(statSync(path).mode & 0o077).toBe(0);
  expect(statSync(join(folder, 'data')).mode & 0o066).toBe(0);
  expect(statSync(join(folder, 'data', 'postgres.log')).mode & 0o077).toBe(0);
});
