import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { type Assertion, type Intent, type ReceiptVote, intentText } from '@countersign/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkAssertion } from './assertion.ts';

const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest();
const b64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64url');

const INTENT: Intent = {
  v: 1,
  workspace: 'wsp_1',
  approval: 'apr_1',
  revision: 0,
  action_digest: 'sha256:1',
  view_digest: 'sha256:2',
  policy: null,
  decision: 'approved',
  reason_digest: null,
  approver: 'usr_1',
  requesters: ['key_1'],
  audience: 'urn:countersign:wsp_1:key_1',
  nonce: 'AAAAAAAAAAAAAAAAAAAAAA',
  issued_at: '2026-11-28T10:00:00.000Z',
  expires_at: '2026-11-28T10:05:00.000Z',
};

const KEYS = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

type Over = { readonly type?: string; readonly challenge?: string; readonly flags?: number; readonly origin?: string };
const assertionBy = ({ privateKey, publicKey }: (typeof KEYS)['ES256'], over: Over = {}): Assertion => {
  const client = Buffer.from(
    JSON.stringify({
      type: over.type ?? 'webauthn.get',
      challenge: over.challenge ?? b64(sha256(intentText(INTENT))),
      origin: over.origin ?? 'https://approvals.example',
      crossOrigin: false,
    }),
  );
  const data = Buffer.concat([sha256('approvals.example'), Buffer.of(over.flags ?? 5, 0, 0, 0, 1)]);
  const algorithm = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return {
    credential: b64('credential'),
    public_key: b64(publicKey.export({ type: 'spki', format: 'der' })),
    rp_id: 'approvals.example',
    origin: over.origin ?? 'https://approvals.example',
    authenticator_data: b64(data),
    client_data_json: b64(client),
    signature: b64(sign(algorithm, Buffer.concat([data, sha256(client)]), privateKey)),
  };
};
const vote = (webauthn: Assertion, over: Partial<ReceiptVote> = {}): ReceiptVote => ({
  stage: 0,
  vote: 'approved',
  person: { id: 'usr_1', name: 'Ann' },
  represents: null,
  key: null,
  assurance: 'signed',
  sign_in: null,
  at: '2026-11-28T10:01:00.000Z',
  reason: null,
  counts: true,
  intent: INTENT,
  intent_digest: `sha256:${sha256(intentText(INTENT)).toString('hex')}`,
  webauthn,
  ...over,
});

describe('T55: a person’s signature is checked with their public key alone', () => {
  test.each(Object.entries(KEYS))('%s', async (_, pair) => {
    // A DER integer has a leading zero or too few bytes now and then.
    for (let round = 0; round < 20; round += 1)
      await expect(checkAssertion(vote(assertionBy(pair)))).resolves.toBeUndefined();
  });
});

describe('T56: it is good', () => {
  const good = assertionBy(KEYS.ES256);
  test('of no changed byte', async () => {
    const members = ['public_key', 'authenticator_data', 'client_data_json', 'signature'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...members),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (member, at, change) => {
          const bytes = Buffer.from(good[member], 'base64url');
          const place = at % bytes.length;
          bytes[place] = (bytes[place] ?? 0) ^ change;
          await expect(checkAssertion(vote({ ...good, [member]: b64(bytes) }))).rejects.toThrow();
        },
      ),
      { numRuns: 300 },
    );
  });
  test('for nothing that the intent does not say', async () => {
    const others: Partial<Intent>[] = [
      { approval: 'apr_2' },
      { revision: 1 },
      { action_digest: 'sha256:3' },
      { view_digest: null },
      { policy: { id: 'pol_1', version: 1, rule: 'r' } },
      { decision: 'rejected' },
      { reason_digest: 'sha256:4' },
      { approver: 'usr_2' },
      { audience: 'urn:other' },
      { workspace: 'wsp_2' },
      { nonce: 'BAAAAAAAAAAAAAAAAAAAAA' },
      { expires_at: '2026-11-28T11:05:00.000Z' },
    ];
    for (const other of others)
      await expect(checkAssertion(vote(good, { intent: { ...INTENT, ...other } }))).rejects.toThrow('something else');
  });
  test('only as a signature over a decision, here, of a person who was checked, in its time', async () => {
    const bad: Over[] = [
      { type: 'webauthn.create' },
      { challenge: b64('another') },
      { flags: 1 },
      { flags: 4 },
      { origin: 'https://approvals.example.evil' },
    ];
    for (const over of bad) await expect(checkAssertion(vote(assertionBy(KEYS.ES256, over)))).rejects.toThrow();
    await expect(checkAssertion(vote({ ...good, origin: 'https://elsewhere.example' }))).rejects.toThrow(
      'another page',
    );
    await expect(checkAssertion(vote({ ...good, rp_id: 'elsewhere.example' }))).rejects.toThrow('another host');
    await expect(checkAssertion(vote(good, { at: '2026-11-28T10:05:00.001Z' }))).rejects.toThrow('time of the vote');
    await expect(checkAssertion(vote(good, { intent: { ...INTENT, nonce: null } }))).rejects.toThrow('one time only');
  });
});
