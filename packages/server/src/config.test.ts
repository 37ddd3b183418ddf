import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { describeConfig, readConfig, showConfig, type Environment } from './config.ts';

const SECRET = randomBytes(32).toString('hex');
const COMPLETE: Environment = {
  DATABASE_URL: 'postgresql://user:pass@db.internal:5432/countersign',
  COUNTERSIGN_SECRET: SECRET,
  COUNTERSIGN_PUBLIC_URL: 'https://countersign.example.org/',
};

function problems(env: Environment): Record<string, string> {
  const result = readConfig(env, 'start');
  return result.ok ? {} : Object.fromEntries(result.problems.map(({ name, reason }) => [name, reason]));
}

test('what is needed and nothing else makes a configuration with the documented defaults', () => {
  const result = readConfig(COMPLETE, 'start');
  expect(result).toMatchObject({
    ok: true,
    config: {
      publicUrl: 'https://countersign.example.org',
      host: '0.0.0.0',
      port: 4400,
      role: 'all',
      databasePool: 10,
      allowCidrs: [],
      allowStdioMcp: false,
      logLevel: 'info',
      migrate: false,
      devKeys: null,
    },
  });
});

test('in dev it listens on the loopback address only', () => {
  expect(readConfig(COMPLETE, 'dev')).toMatchObject({ ok: true, config: { host: '127.0.0.1' } });
});

test('everything that is missing or wrong is named at once, each with its reason', () => {
  const found = problems({ COUNTERSIGN_PORT: '70000', COUNTERSIGN_ROLE: 'boss', COUNTERSIGN_ALLOW_CIDRS: '10.0.0.0' });
  expect(Object.keys(found).toSorted()).toEqual([
    'COUNTERSIGN_ALLOW_CIDRS',
    'COUNTERSIGN_PORT',
    'COUNTERSIGN_PUBLIC_URL',
    'COUNTERSIGN_ROLE',
    'COUNTERSIGN_SECRET',
    'DATABASE_URL',
  ]);
  expect(found['COUNTERSIGN_PORT']).toBe('must be from 0 to 65535');
  expect(found['DATABASE_URL']).toBe('is not set');
});

test.each([
  ['short', 'a1b2c3d4'],
  ['one character, held down', 'x'.repeat(64)],
  ['a few characters, again and again', 'abc1'.repeat(16)],
  ['an example left as it was', 'please-change-me-before-you-start-this-server'],
])('a secret that is %s is refused', (_, secret) => {
  expect(problems({ ...COMPLETE, COUNTERSIGN_SECRET: secret })['COUNTERSIGN_SECRET']).toContain('openssl rand -hex 32');
});

test('the reason for a refused secret does not repeat the secret', () => {
  const secret = 'changeme'.repeat(5);
  expect(JSON.stringify(problems({ ...COMPLETE, COUNTERSIGN_SECRET: secret }))).not.toContain(secret);
});

test('random secrets in hexadecimal and in base64 are accepted', () => {
  for (let round = 0; round < 500; round += 1) {
    const bytes = randomBytes(32);
    for (const secret of [bytes.toString('hex'), bytes.toString('base64')]) {
      expect(problems({ ...COMPLETE, COUNTERSIGN_SECRET: secret })).toEqual({});
    }
  }
});

test('a public address without TLS is refused, except on this very machine', () => {
  expect(problems({ ...COMPLETE, COUNTERSIGN_PUBLIC_URL: 'http://countersign.example.org' })).toHaveProperty(
    'COUNTERSIGN_PUBLIC_URL',
  );
  expect(problems({ ...COMPLETE, COUNTERSIGN_PUBLIC_URL: 'http://localhost:4400' })).toEqual({});
  expect(problems({ ...COMPLETE, COUNTERSIGN_PUBLIC_URL: 'https://example.org/somewhere' })).toHaveProperty(
    'COUNTERSIGN_PUBLIC_URL',
  );
});

test('address ranges are read from a list, IPv6 too', () => {
  const result = readConfig({ ...COMPLETE, COUNTERSIGN_ALLOW_CIDRS: '10.0.0.0/8, fd00::/8' }, 'start');
  expect(result).toMatchObject({ ok: true, config: { allowCidrs: ['10.0.0.0/8', 'fd00::/8'] } });
  expect(problems({ ...COMPLETE, COUNTERSIGN_ALLOW_CIDRS: '10.0.0.0/33' })).toHaveProperty('COUNTERSIGN_ALLOW_CIDRS');
});

test('an empty variable counts as not set', () => {
  expect(readConfig({ ...COMPLETE, COUNTERSIGN_PORT: '' }, 'start')).toMatchObject({
    ok: true,
    config: { port: 4400 },
  });
});

test('the description names every setting, and what is shown of an environment holds no secret', () => {
  for (const name of Object.keys(COMPLETE)) expect(describeConfig()).toContain(name);
  const shown = showConfig(COMPLETE, 'start');
  expect(shown).not.toContain(SECRET);
  expect(shown).not.toContain('pass@');
  expect(shown).toContain('COUNTERSIGN_PORT=4400   (default)');
});
