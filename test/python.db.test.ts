/** The Python client's own tests, run by the Python of the machine against a real server. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestApp, startTestServer } from '@countersign/server/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { receiptVectors } from './receipt-vectors.ts';
import { ROOT } from './repository.ts';

const CLIENT = join(ROOT, 'clients/python');

const pythonVersion = (): [number, number] => {
  try {
    const told = execFileSync('python3', ['--version'], { encoding: 'utf8' });
    const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(told) ?? [];
    return [Number(major), Number(minor)];
  } catch {
    return [0, 0];
  }
};

const [major, minor] = pythonVersion();
const isThere = major === 3 && minor >= 10;
if (!isThere) console.warn('The Python client is not tested: there is no python3 of version 3.10 or newer here.');

let app: TestApp;
let folder: string;

const run = (
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number; output: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn('python3', args, {
      cwd: CLIENT,
      env: { ...process.env, PYTHONPATH: 'src', PYTHONDONTWRITEBYTECODE: '1', PYTHONWARNINGS: 'error', ...env },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, output }));
  });

const signatures = (): object[] =>
  [
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sha256'] as const,
    ['EdDSA', generateKeyPairSync('ed25519'), null] as const,
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256'] as const,
  ].flatMap(([name, { publicKey, privateKey }, algorithm]) =>
    // A DER integer has a leading zero or too few bytes now and then.
    Array.from({ length: 10 }, (_, round) => {
      const message = createHash('sha256').update(String(round)).digest();
      return {
        name: `${name} ${round}`,
        spki: publicKey.export({ type: 'spki', format: 'der' }).toString('hex'),
        message: message.toString('hex'),
        signature: sign(algorithm, message, privateKey).toString('hex'),
      };
    }),
  );

describe.skipIf(!isThere)('the Python client', () => {
  beforeAll(async () => {
    app = await startTestServer();
    folder = mkdtempSync(join(tmpdir(), 'countersign-python-'));
  });

  afterAll(async () => {
    await app?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('passes its own tests against this server', async () => {
    const vectors = join(folder, 'vectors.json');
    writeFileSync(vectors, JSON.stringify({ ...(await receiptVectors()), signatures: signatures() }));
    const { code, output } = await run(['-m', 'unittest', 'discover', '-s', 'tests', '-t', '.'], {
      COUNTERSIGN_URL: app.url,
      COUNTERSIGN_ASKING_KEY: app.one.keys.asking.secret,
      COUNTERSIGN_DECIDING_KEY: app.one.keys.deciding.secret,
      COUNTERSIGN_VECTORS: vectors,
    });
    expect(code, output).toBe(0);
    expect(output).not.toContain('skipped');
    expect(Number(/Ran (\d+) tests/.exec(output)?.[1])).toBeGreaterThan(40);
  }, 400_000);

  it.each(['clients/python/README.md', 'docs/guide/python.md'])(
    'the blocks of %s run as one program',
    async (path) => {
      const { asking, deciding } = app.one.keys;
      // Without warnings as errors: what is left to the end of the program may warn.
      const { code, output } = await run(['-m', 'tests.run_blocks', join(ROOT, path)], {
        PYTHONWARNINGS: '',
        COUNTERSIGN_URL: app.url,
        COUNTERSIGN_AGENT_KEY: asking.secret,
        COUNTERSIGN_REVIEWER_KEY: deciding.secret,
        COUNTERSIGN_DECIDING_KEY: deciding.secret,
      });
      expect(code, output).toBe(0);
      expect(output).toMatch(/ran \d blocks/);
    },
    200_000,
  );
});
