import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestApp, addKey, startTestServer } from '@countersign/server/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

const MAIN = join(import.meta.dirname, '../main.ts');

// Each test starts processes of its own, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

let app: TestApp;
let folder: string;
let secret: string;
beforeAll(async () => {
  app = await startTestServer();
  folder = mkdtempSync(join(tmpdir(), 'cs-policy-'));
  ({ secret } = await addKey(app.store, app.one.id, app.one.people.owner, ['policies:read', 'policies:write']));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await app.stop();
});

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const run = (env: Record<string, string>, ...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'], ...env } };
    const child = execFile(process.execPath, [MAIN, 'policy', ...args], options, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
const push = (...args: string[]) => run({ COUNTERSIGN_URL: app.url, COUNTERSIGN_API_KEY: secret }, 'push', ...args);
const rules = (outcome: string): string => `rules:\n  - name: pay\n    tools: [pay]\n    outcome: ${outcome}\n`;
const versions = async (): Promise<(number | undefined)[]> => {
  const told = await app.call<{ data: { name: string; current_version: { version: number } | null }[] }>(
    app.one.people.owner,
    'GET',
    '/v1/policies',
  );
  return told.body.data.filter(({ name }) => name === 'payments').map((policy) => policy.current_version?.version);
};

test('a file becomes a policy, then its next version; pushed again unchanged it stays what it is', async () => {
  const path = file('payments.yaml', rules('hold'));
  expect(await push(path, '--dry-run')).toMatchObject({ code: 0, out: 'payments: valid; would become a new policy\n' });
  expect(await versions()).toEqual([]);
  expect(await push(path)).toMatchObject({ code: 0, out: 'payments: version 1 holds now\n' });
  expect(await push(path)).toMatchObject({ code: 0, out: 'payments: unchanged, version 1\n' });
  const other = file('new.yaml', rules('block'));
  expect(await push(other, '--name', 'Payments', '--message', 'No more')).toMatchObject({
    code: 0,
    out: 'payments: version 2 holds now\n',
  });
  expect(await versions()).toEqual([2]);
});

test('what is wrong in the file is told with its line, and changes nothing', async () => {
  const before = await versions();
  const path = file('payments.yaml', rules('perhaps'));
  const refused = await push(path);
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.err).toMatch(/payments\.yaml:4:\d+: .*outcome/);
  expect(await versions()).toEqual(before);
});

test('without a server, a key or the right to, it says so', async () => {
  const path = file('payments.yaml', rules('hold'));
  expect(await run({}, 'push', path)).toMatchObject({ code: 2, err: expect.stringContaining('COUNTERSIGN_URL') });
  const url = { COUNTERSIGN_URL: app.url };
  expect(await run(url, 'push', path)).toMatchObject({ code: 2, err: expect.stringContaining('COUNTERSIGN_API_KEY') });
  expect(await run(url, 'pull')).toMatchObject({ code: 2 });
  const weak = await addKey(app.store, app.one.id, app.one.people.owner, ['policies:read']);
  expect(await run({ ...url, COUNTERSIGN_API_KEY: weak.secret }, 'push', path, '--name', 'x')).toMatchObject({
    code: 1,
    err: expect.stringContaining('policies:write'),
  });
  expect(await push(join(folder, 'nowhere.yaml'))).toMatchObject({ code: 1, err: expect.stringContaining('ENOENT') });
});
