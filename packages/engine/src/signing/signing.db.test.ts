import { createHash, createPublicKey, verify } from 'node:crypto';
import { type PublicJwk, openDatabase, sqlState, transaction, unscoped } from '@countersign/store';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type TestApp, startTestServer } from '../../../server/src/testing/index.ts';
import { createSecretBox } from '../secret-box.ts';
import { SigningKeyError, createSigning } from './signing.ts';

const secrets = createSecretBox('one secret that is long enough');

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

const isSignedBy = (jwk: PublicJwk, bytes: Uint8Array, signature: Buffer): boolean =>
  verify(null, bytes, createPublicKey({ key: jwk, format: 'jwk' }), signature);

type Published = { readonly keys: readonly (PublicJwk & { readonly kid: string; readonly alg: string })[] };
const published = async (url = app.url): Promise<Published> => {
  const response = await fetch(`${url}/.well-known/jwks.json`);
  expect(response.status).toBe(200);
  return (await response.json()) as Published;
};

test('T58: receipts and checkpoints have keys of their own, published under the thumbprint of each', async () => {
  const { signing } = app.running.engine;
  const bytes = Buffer.from('a statement');
  const [receipt, checkpoint] = await Promise.all([signing.sign('receipt', bytes), signing.sign('checkpoint', bytes)]);
  expect(receipt.kid).not.toBe(checkpoint.kid);
  const { keys } = await published();
  expect(keys.map(({ kid, alg }) => [kid, alg])).toEqual([[receipt.kid, 'EdDSA']]);
  for (const { kty, crv, x, kid } of keys) {
    expect(createHash('sha256').update(`{"crv":"${crv}","kty":"${kty}","x":"${x}"}`).digest('base64url')).toBe(kid);
    expect(isSignedBy({ kty, crv, x }, bytes, receipt.signature)).toBe(true);
    expect(isSignedBy({ kty, crv, x }, bytes, checkpoint.signature)).toBe(false);
  }
});

test('T58: many that start at once make one key; a rotation leaves the old one published and known to no role but ours', async () => {
  await app.sql('delete from signing_key');
  const many = Array.from({ length: 8 }, () => createSigning(app.store, secrets));
  const bytes = Buffer.from('before');
  const before = await Promise.all(many.map((signing) => signing.sign('receipt', bytes)));
  const [first] = before;
  expect(new Set(before.map(({ kid }) => kid)).size).toBe(1);
  const next = await many[0]?.rotate('receipt');
  expect(next).not.toBe(first?.kid);
  expect((await many[0]?.sign('receipt', bytes))?.kid).toBe(next);
  const keys = (await many[1]?.published('receipt')) ?? [];
  expect(keys.map(({ kid, retiredAt }) => [kid, retiredAt === null])).toEqual([
    [next, true],
    [first?.kid, false],
  ]);
  const old = keys.find(({ kid }) => kid === first?.kid);
  if (!old || !first) throw new Error('the old key is gone');
  expect(isSignedBy(old.publicJwk, bytes, first.signature)).toBe(true);
  const events = await app.sql<{ workspace_id: string }>(
    `select workspace_id from event where type = 'signing_key.rotated' and subject = $1`,
    [next],
  );
  expect(events.map((event) => event.workspace_id).toSorted()).toEqual([app.one.id, app.two.id].toSorted());
});

test('who signs inside a transaction never waits for a second connection, while a newer key is looked for', async () => {
  const only = openDatabase(app.database.url, 'countersign_api', 1);
  const signing = createSigning(only, secrets);
  await signing.key('receipt');
  const clock = performance.now.bind(performance);
  const later = vi.spyOn(performance, 'now').mockImplementation(() => clock() + 60_000);
  try {
    // The one connection is held by whoever signs, and so by nobody who could fetch the key.
    await transaction(only, app.one.id, async () => {
      for (let time = 0; time < 3; time += 1)
        expect((await signing.sign('receipt', Buffer.from('x'))).signature).toHaveLength(64);
    });
    await only.close();
  } finally {
    later.mockRestore();
  }
});

test('a key sealed under another secret signs nothing, and says what to do', async () => {
  const other = createSigning(app.store, createSecretBox('a different secret, long enough'));
  await createSigning(app.store, secrets).key('checkpoint');
  await expect(other.sign('checkpoint', Buffer.from('x'))).rejects.toThrow(SigningKeyError);
  await expect(other.sign('checkpoint', Buffer.from('x'))).rejects.toThrow(
    'countersign rotate-signing-key --purpose checkpoint',
  );
  await other.rotate('checkpoint');
  await other.sign('checkpoint', Buffer.from('x'));
});

test('T73: the role that runs agents can neither read nor make a signing key, and its process decides nothing', async () => {
  const worker = openDatabase(app.database.url, 'countersign_worker', 1);
  for (const text of [
    'select from signing_key',
    `insert into signing_key (kid, purpose, public_jwk, sealed_key) values ('k', 'receipt', '{}', '\\x00')`,
    'update signing_key set retired_at = now()',
  ])
    expect(
      await unscoped(worker, ({ client }) => client.query(text).then(String, (error: unknown) => sqlState(error))),
    ).toBe('42501');
  await worker.close();
  const process = await app.replica({ role: 'worker' });
  await expect(process.running.engine.signing.sign('receipt', Buffer.from('x'))).rejects.toThrow(SigningKeyError);
  const response = await fetch(`${process.url}/v1/approvals`, {
    headers: { authorization: `Bearer ${app.one.keys.deciding.secret}` },
  });
  expect([response.status, (await fetch(`${process.url}/readyz`)).status]).toEqual([503, 200]);
});

test('a private key is nowhere in the database in clear, and what signed can not be removed by our roles', async () => {
  const rows = await app.sql<{ sealed_key: Buffer }>('select sealed_key from signing_key');
  expect(rows.length).toBeGreaterThan(0);
  for (const { sealed_key } of rows) expect(sealed_key.toString('latin1')).not.toContain('PRIVATE KEY');
  for (const text of ['delete from signing_key', `update signing_key set public_jwk = '{}'`])
    expect(
      await unscoped(app.store, ({ client }) => client.query(text).then(String, (error: unknown) => sqlState(error))),
    ).toBe('42501');
});
