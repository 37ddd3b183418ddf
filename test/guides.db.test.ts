/** The `sh` blocks of README and guides do what they say: each document's run as one script against a real server with the demo. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { type TestApp, startTestServer } from '@countersign/server/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Demo, startDemo } from '../packages/server/src/setup/demo.ts';
import { blocksOf } from './markdown.ts';
import { ROOT, files, read } from './repository.ts';

let app: TestApp;
let demo: Demo;
let folder: string;

beforeAll(async () => {
  app = await startTestServer();
  const { asking, deciding } = app.one.keys;
  demo = await startDemo(app.url, asking.secret);
  folder = mkdtempSync(join(tmpdir(), 'countersign-guides-'));
  mkdirSync(join(folder, '.countersign'));
  // What `npm start` writes.
  const dev = {
    url: app.url,
    agent_key: asking.secret,
    reviewer_key: deciding.secret,
    workspace_id: app.one.id,
  };
  writeFileSync(join(folder, '.countersign', 'dev.json'), JSON.stringify(dev), { mode: 0o600 });
  // What `npm install` links into the repository that a user stands in.
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});

afterAll(async () => {
  await demo?.close();
  await app?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const documents = files
  .filter((path) => path === 'README.md' || path.startsWith('docs/guide/'))
  .filter((path) => scriptOf(path) !== '');

function scriptOf(path: string): string {
  return blocksOf(read(path))
    .filter(({ language }) => language === 'sh')
    .map(({ text }) => text)
    .join('\n');
}

/** @returns what it wrote, or throws with that where it failed */
const run = (script: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
    const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: folder,
      env: { ...process.env, PATH: path },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`ended with ${code}:\n${output}`))));
  });

it.each(documents)('the commands of %s work, one after the other', async (path) => {
  const output = await run(scriptOf(path));
  expect(output).not.toContain(app.one.keys.asking.secret);
});

it('the quick start is among them, and ends with the arguments to act on', async () => {
  expect(documents).toEqual(
    expect.arrayContaining(['README.md', 'docs/guide/first-approval.md', 'docs/guide/agents-and-tools.md']),
  );
  const taken = await app.sql<{ count: number }>(`select count(*)::int from consumption`);
  expect(taken[0]?.count).toBeGreaterThanOrEqual(2);
});
