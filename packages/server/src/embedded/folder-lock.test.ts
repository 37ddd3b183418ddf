import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeFolderLock } from './folder-lock.ts';
import { identityOf, isStillRunning } from './process-identity.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cs-lock-'));
  path = join(folder, 'lock');
});

afterEach(() => rmSync(folder, { recursive: true }));

test('the second is refused and told who is first, until the first lets go', () => {
  const first = takeFolderLock(path, 'http://localhost:1');
  if (!first.taken) throw new Error('the lock was free');
  expect(takeFolderLock(path)).toMatchObject({ taken: false, holder: { pid: process.pid, url: 'http://localhost:1' } });
  first.release();
  expect(takeFolderLock(path).taken).toBe(true);
});

test('the lock of a process that has died is taken over, and leaves no files behind', async () => {
  const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
  const identity = identityOf(child.pid ?? 0);
  await new Promise((resolve) => child.once('exit', resolve));
  writeFileSync(path, JSON.stringify({ ...identity, url: null }));
  expect(takeFolderLock(path).taken).toBe(true);
  expect(readdirSync(folder)).toEqual(['lock']);
});

test.runIf(process.platform === 'linux')('the lock of a process whose pid another one has now is taken over', () => {
  writeFileSync(path, JSON.stringify({ pid: process.pid, started: 'some-earlier-boot:1', url: null }));
  expect(takeFolderLock(path).taken).toBe(true);
});

test('a lock that makes no sense is taken over', () => {
  writeFileSync(path, '{"pid":');
  expect(takeFolderLock(path).taken).toBe(true);
});

test('whoever lost the lock to another does not remove it', () => {
  const first = takeFolderLock(path);
  writeFileSync(path, JSON.stringify({ pid: 1, started: null, url: null }));
  if (first.taken) first.release();
  expect(existsSync(path)).toBe(true);
});

test('a process is itself as long as it runs, and no longer', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const identity = identityOf(child.pid ?? 0);
  if (!identity) throw new Error('it runs');
  expect(isStillRunning(identity)).toBe(true);
  child.stdin.end();
  await new Promise((resolve) => child.once('exit', resolve));
  expect(isStillRunning(identity)).toBe(false);
});
