import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identityOf, makeDataFolder } from '@countersign/server/embedded';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readDevFile, type DevFile } from './dev-file.ts';
import { reservePort } from './port.ts';

const DEV = fileURLToPath(new URL('../fixtures/dev.ts', import.meta.url));

let folder: string;
let dataDir: string;
let port: number;
const running: ChildProcess[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cs-dev-'));
  dataDir = join(folder, 'data');
  makeDataFolder(dataDir);
  port = (await reservePort('127.0.0.1', 0)) ?? 0;
});

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) await end(child, 'SIGTERM');
  }
  rmSync(folder, { recursive: true, force: true });
});

type Dev = { child: ChildProcess; output: () => string };

function startDev(env: NodeJS.ProcessEnv = {}): Dev {
  const child = spawn(process.execPath, [DEV, dataDir, String(port)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  running.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, output: () => output };
}

async function ready({ child, output }: Dev): Promise<DevFile> {
  return found(() => {
    if (child.exitCode !== null) throw new Error(`ended: ${output()}`);
    return readDevFile(dataDir).pid === child.pid && readDevFile(dataDir).processes?.server
      ? (readDevFile(dataDir) as DevFile)
      : undefined;
  });
}

async function found<T>(look: () => T | undefined): Promise<T> {
  return vi.waitFor(
    () => {
      const result = look();
      if (result === undefined) throw new Error('not yet');
      return result;
    },
    { timeout: 15_000, interval: 20 },
  );
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  child.kill(signal);
  return ended;
}

async function answer(): Promise<{ pid: number; database: string; demo: string }> {
  return (await fetch(`http://127.0.0.1:${port}/`)).json() as Promise<{ pid: number; database: string; demo: string }>;
}

function isGone(pid: number | null | undefined): boolean {
  return pid === null || pid === undefined || identityOf(pid) === null;
}

test('it starts database and server, says where, and stops both at Ctrl-C with exit code 0', async () => {
  const dev = startDev();
  const file = await ready(dev);
  expect(file).toMatchObject({ url: `http://localhost:${port}`, workspace_id: 'wsp_1', pid: dev.child.pid });
  expect(statSync(join(dataDir, 'dev.json')).mode & 0o777).toBe(0o600);
  expect(statSync(join(dataDir, 'secret')).mode & 0o777).toBe(0o600);
  expect(await answer()).toEqual({ pid: file.processes.server, database: file.database_url, demo: 'true' });
  await vi.waitUntil(() => dev.output().includes('/sign-in#once'));
  expect(dev.output()).toContain('A line of the server.');

  const begun = Date.now();
  expect(await end(dev.child, 'SIGINT')).toBe(0);
  expect(Date.now() - begun).toBeLessThan(5_000);
  expect(isGone(file.processes.server) && isGone(file.processes.postgres)).toBe(true);
  expect(readDevFile(dataDir)).toEqual({ ...file, pid: null, processes: { server: null, postgres: null } });
});

test('a second run on the same folder keeps the keys', async () => {
  const first = startDev();
  const before = await ready(first);
  await end(first.child, 'SIGTERM');
  const after = await ready(startDev());
  expect([after.agent_key, after.reviewer_key]).toEqual([before.agent_key, before.reviewer_key]);
});

test('a server that is killed is started again at the same address, and said so in one line', async () => {
  const dev = startDev();
  const before = await ready(dev);
  process.kill(before.processes.server ?? 0, 'SIGKILL');
  const after = await found(() => {
    const file = readDevFile(dataDir) as DevFile;
    return file.processes.server && file.processes.server !== before.processes.server ? file : undefined;
  });
  expect((await answer()).pid).toBe(after.processes.server);
  expect(after.processes.postgres).toBe(before.processes.postgres);
  expect(after.agent_key).toBe(before.agent_key);
  await vi.waitUntil(() => /Recovered: the server runs again/.test(dev.output()));
});

test('a database that is killed is started again at the same address while the server goes on', async () => {
  const dev = startDev();
  const before = await ready(dev);
  process.kill(before.processes.postgres ?? 0, 'SIGKILL');
  const after = await found(() => {
    const file = readDevFile(dataDir) as DevFile;
    return file.processes.postgres && file.processes.postgres !== before.processes.postgres ? file : undefined;
  });
  expect(after.database_url).toBe(before.database_url);
  expect((await answer()).pid).toBe(before.processes.server);
  await vi.waitUntil(() => /Recovered: the database had not been shut down/.test(dev.output()));
});

test('after kill -9 of the command itself its server ends, and the next start puts the database right', async () => {
  const first = startDev();
  const before = await ready(first);
  await end(first.child, 'SIGKILL');
  await vi.waitUntil(() => isGone(before.processes.server), { timeout: 5_000 });
  const second = startDev();
  const after = await ready(second);
  expect(second.output()).toContain(
    `the database of an earlier run (pid ${before.processes.postgres}) was still running`,
  );
  expect(isGone(before.processes.postgres)).toBe(true);
  expect(after.agent_key).toBe(before.agent_key);
});

test('a request to stop in the middle of starting leaves nothing running', async () => {
  const dev = startDev();
  const pidFile = join(dataDir, 'postgres', 'data', 'postmaster.pid');
  await vi.waitUntil(() => statSync(pidFile, { throwIfNoEntry: false }), { timeout: 10_000, interval: 5 });
  expect(await end(dev.child, 'SIGTERM')).toBe(0);
  expect(statSync(pidFile, { throwIfNoEntry: false })).toBeUndefined();
  await expect(answer()).rejects.toThrow('fetch failed');
});

test('a server that can not start ends the command, with the end of its log, and the database with it', async () => {
  const dev = startDev({ SMALL_SERVER_FAILS: 'true' });
  const code = await new Promise((resolve) => dev.child.once('exit', resolve));
  expect(code).toBe(1);
  expect(dev.output()).toContain('the reason in the log');
  expect(statSync(join(dataDir, 'postgres', 'data', 'postmaster.pid'), { throwIfNoEntry: false })).toBeUndefined();
});
