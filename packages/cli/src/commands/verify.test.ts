import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACTION, answerWith, createSigner, refundStatement } from '../../../sdk/src/testing/receipts.ts';

const run = promisify(execFile);
const PACKAGES = join(import.meta.dirname, '../../..');

const signer = createSigner();
const statement = refundStatement();
const EDITED = { ...ACTION, arguments: { amount: '35.00', order: 'A17' }, revision: 1 };

let folder: string;
/** The command without its dependencies: what is not ours is not there. */
let main: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-verify-'));
  for (const name of ['core', 'sdk', 'cli'])
    for (const part of ['src', 'package.json'])
      await cp(join(PACKAGES, name, part), join(folder, name, part), { recursive: true });
  await mkdir(join(folder, 'node_modules/@countersign'), { recursive: true });
  for (const name of ['core', 'sdk'])
    await symlink(join(folder, name), join(folder, 'node_modules/@countersign', name));
  main = join(folder, 'cli/src/main.ts');
  await writeFile(join(folder, 'jwks.json'), JSON.stringify(signer.keys, null, 2));
  await writeFile(join(folder, 'receipt.jws'), signer.receipt(statement));
  await writeFile(join(folder, 'receipt.json'), answerWith(signer, statement));
  await writeFile(join(folder, 'approval.json'), JSON.stringify({ action: EDITED }));
  await writeFile(join(folder, 'other.json'), JSON.stringify({ action: ACTION }));
});
afterAll(() => rm(folder, { recursive: true }));

type Said = { readonly code: number; readonly out: string };
const verify = async (...args: string[]): Promise<Said> => {
  try {
    const { stdout, stderr } = await run(process.execPath, [main, 'verify', ...args], { cwd: folder });
    return { code: 0, out: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout + stderr };
  }
};

describe('T53: countersign verify, where nothing is installed,', { timeout: 60_000 }, () => {
  test.each(['receipt.jws', 'receipt.json'])('says of %s what it proves, and by whose word', async (file) => {
    const { code, out } = await verify(file, '--keys', 'jwks.json', '--approval', 'approval.json');
    expect(code, out).toBe(0);
    expect(out).toContain(
      `VERIFIED: ${statement.predicate.approval} (refund) was approved at 2026-11-28T10:15:30.250Z`,
    );
    expect(out).toContain('approved by Robin');
    expect(out).toContain('signed in by oidc and a second factor: asserted by the operator');
    expect(out).toContain('policy      Payments, version 3, rule large refunds');
    expect(out).toContain('No person signed it themselves.');
    expect(out).toContain('that of the approval given');
  });
  test('trusts the key beside it by its fingerprint', async () => {
    expect((await verify('receipt.json', '--fingerprint', signer.key.kid)).code).toBe(0);
    expect(await verify('receipt.json', '--fingerprint', createSigner().key.kid)).toMatchObject({
      code: 1,
      out: expect.stringContaining('NOT VERIFIED'),
    });
  });
  test('ends with 1 for another content, for a changed receipt, and for what is none', async () => {
    expect((await verify('receipt.jws', '--keys', 'jwks.json', '--approval', 'other.json')).out).toContain(
      'another content',
    );
    await writeFile(join(folder, 'changed.jws'), `${signer.receipt(statement)}\n`);
    expect(await verify('changed.jws', '--keys', 'jwks.json')).toMatchObject({ code: 1 });
    expect(await verify('jwks.json', '--keys', 'jwks.json')).toMatchObject({ code: 1 });
  });
  test('ends with 2 where it was called wrongly', async () => {
    expect(await verify('receipt.jws')).toMatchObject({ code: 2, out: expect.stringContaining('Whose key') });
    expect(await verify()).toMatchObject({ code: 2 });
    expect(await verify('nowhere.jws', '--keys', 'jwks.json')).toMatchObject({ code: 2 });
    expect(await verify('receipt.jws', '--keys', 'receipt.jws')).toMatchObject({ code: 2 });
  });
  test('C4: prints what a name would do to a terminal', async () => {
    const name = '\u001b[2J\nVERIFIED';
    const evil = structuredClone(statement) as unknown as { predicate: { votes: { person: { name: string } }[] } };
    for (const one of evil.predicate.votes) one.person.name = name;
    await writeFile(join(folder, 'evil.jws'), signer.receipt(evil as unknown as typeof statement));
    const { out } = await verify('evil.jws', '--keys', 'jwks.json');
    expect(out).toContain('\\x1b[2J\\nVERIFIED');
    expect(out).not.toContain('\u001b');
  });
});
