import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeFolderLock } from '@countersign/server/embedded';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const BARE = { PATH: process.env['PATH'] };

type Outcome = { code: number; stdout: string; stderr: string };

function countersign(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], { env: { ...BARE, ...env } }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

test('--help lists every command, --version tells the version', async () => {
  const help = await countersign(['--help']);
  expect(help.code).toBe(0);
  for (const command of [
    'dev',
    'start',
    'migrate',
    'config',
    'ask',
    'wait',
    'simulate',
    'sign-in-link',
    'rotate-secret',
    'rotate-signing-key',
  ])
    expect(help.stdout).toContain(`countersign ${command}`);
  expect(await countersign(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

test('an unknown command ends with 2 and a hint', async () => {
  expect(await countersign(['strat'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean "start"?'),
  });
  expect(await countersign(['toString'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('There is no command "toString"'),
  });
});

test('an unknown option or a port that is none ends with 2 and no stack', async () => {
  for (const args of [
    ['dev', '--prot', '1'],
    ['dev', '--port', 'http'],
    ['migrate', 'now'],
    ['sign-in-link'],
    ['rotate-signing-key', '--purpose', 'webhook'],
    ['rotate-secret', 'now'],
    ['simulate'],
  ]) {
    const outcome = await countersign(args);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr.trim().split('\n').length).toBeLessThan(3);
  }
});

test('start refuses to start and names everything that is wrong', async () => {
  const outcome = await countersign(['start', '--role', 'boss'], { COUNTERSIGN_SECRET: 'change-me' });
  expect(outcome.code).toBe(1);
  for (const name of [
    'DATABASE_URL: is not set',
    'COUNTERSIGN_SECRET: ',
    'COUNTERSIGN_PUBLIC_URL: is not set',
    'COUNTERSIGN_ROLE: must be one of',
  ]) {
    expect(outcome.stderr).toContain(name);
  }
});

test('start and migrate say in a sentence that the database can not be reached, and not its password', async () => {
  const env = {
    DATABASE_URL: 'postgresql://user:hidden-word@127.0.0.1:1/none',
    COUNTERSIGN_SECRET: '5f1c09be7a2d4e8896b3c7d0f1a2e4b6',
    COUNTERSIGN_PUBLIC_URL: 'https://example.org',
  };
  for (const command of ['start', 'migrate']) {
    const outcome = await countersign([command], env);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('ECONNREFUSED');
    expect(outcome.stderr).not.toContain('hidden-word');
    expect(outcome.stderr).not.toContain('    at ');
  }
});

test('config shows what is wrong and ends with 1; its --help explains every setting', async () => {
  expect(await countersign(['config'])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('DATABASE_URL: is not set'),
  });
  expect(await countersign(['config', '--help'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('COUNTERSIGN_ALLOW_CIDRS'),
  });
});

test('dev says who has the port, and how to choose another', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cs-port-'));
  const server = createServer();
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    }),
  );
  try {
    const outcome = await countersign(['dev', '--port', String(port), '--data-dir', folder]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`Port ${port} is taken`);
    if (process.platform === 'linux') expect(outcome.stderr).toContain(`(pid ${process.pid})`);
    expect(outcome.stderr).toContain(`--port ${port + 1}`);
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});

test('a second dev on the same folder is told the pid and the address of the first', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cs-second-'));
  try {
    expect(takeFolderLock(join(folder, 'lock')).taken).toBe(true);
    writeFileSync(join(folder, 'dev.json'), JSON.stringify({ pid: process.pid, url: 'http://localhost:4321' }));
    const outcome = await countersign(['dev', '--data-dir', folder]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(`pid ${process.pid}, http://localhost:4321`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
