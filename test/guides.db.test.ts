/**
 * The `sh` blocks of README, guides and the other texts of the site do what they say: each document's run as one script against
 * a real server with the demo. The `sql` blocks are run in its database, and taken back.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { readSources } from '@countersign/docs';
import { type TestApp, addKey, startTestServer } from '@countersign/server/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Demo, startDemo } from '../packages/server/src/setup/demo.ts';
import { type Block, blocksOf, notRun } from './markdown.ts';
import { ROOT, read } from './repository.ts';

let app: TestApp;
let demo: Demo;
let folder: string;
/** What the texts take as given: an address, and keys that a person has made before. */
let given: Record<string, string>;

beforeAll(async () => {
  app = await startTestServer();
  const { asking, deciding, governing } = app.one.keys;
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
  const auditing = await addKey(app.store, app.one.id, app.one.people.owner, ['audit:read']);
  given = { URL: app.url, AUDIT_KEY: auditing.secret, KEY: asking.secret, CHANNELS_KEY: governing.secret };
});

afterAll(async () => {
  await demo?.close();
  await app?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const blocks = (path: string, language: string): Block[] =>
  blocksOf(read(path)).filter((block) => block.language === language && notRun(block) === undefined);

const scriptOf = (path: string): string =>
  blocks(path, 'sh')
    .map(({ text }) => text)
    .join('\n');

const texts = ['README.md', ...readSources().keys()];
const documents = texts.filter((path) => scriptOf(path) !== '');

/** @returns what it wrote, or throws with that where it failed */
const run = (script: string): Promise<string> =>
  new Promise((resolve, reject) => {
    // As installed: the program has its name.
    const bin = join(folder, 'bin');
    mkdirSync(bin, { recursive: true });
    const program = join(bin, 'countersign');
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'packages/cli/src/main.ts')}' "$@"\n`);
    chmodSync(program, 0o755);
    const path = [bin, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
    const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: folder,
      env: { ...process.env, ...given, PATH: path },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`ended with ${code}:\n${output}`))));
  });

it.each(documents)('the commands of %s work, one after the other', { timeout: 60_000 }, async (path) => {
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

const statements = texts.flatMap((path) =>
  blocks(path, 'sql').map(({ text, line }) => ({ at: `${path}:${line}`, text })),
);

it.each(statements)('the statements of $at are good, and taken back', async ({ text }) => {
  const client = new pg.Client({ connectionString: app.database.superuserUrl });
  await client.connect();
  try {
    await client.query('begin');
    // Roles belong to the whole installation, where these are already; so under other names.
    if (text.includes('create role')) await client.query('create role guide');
    await expect(client.query(text.replaceAll(/\bcountersign(?=_|\b)/g, 'guide'))).resolves.toBeDefined();
  } finally {
    await client.query('rollback');
    await client.end();
  }
});
