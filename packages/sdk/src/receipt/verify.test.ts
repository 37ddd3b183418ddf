import type { ReceiptStatement } from '@countersign/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalize } from '../canonical.ts';
import { answerWith, createSigner, refundStatement } from '../testing/receipts.ts';
import { ReceiptError } from './error.ts';
import { verifyReceipt } from './verify.ts';

const signer = createSigner();
const statement = refundStatement();
const compact = signer.receipt(statement);
const answer = answerWith(signer, statement);
const { keys } = signer;
const kid = signer.key.kid;

const refusal = async (receipt: string, options: Parameters<typeof verifyReceipt>[1] = { keys }): Promise<string> => {
  try {
    await verifyReceipt(receipt, options);
    return 'accepted';
  } catch (error) {
    if (error instanceof ReceiptError) return error.message;
    throw error;
  }
};

/** The statement with something else at a path, such as `predicate.decision.outcome`; undefined: without it. */
const altered = (path: string, value: unknown): ReceiptStatement => {
  const copy = structuredClone(statement) as unknown as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop() ?? '';
  const holder = names.reduce<Record<string, unknown>>((at, name) => at[name] as Record<string, unknown>, copy);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return copy as unknown as ReceiptStatement;
};

describe('a receipt', () => {
  test('verifies in compact form and as the API answers it, with the published keys', async () => {
    for (const form of [compact, answer]) {
      const verified = await verifyReceipt(form, { keys });
      expect(verified.statement).toEqual(statement);
      expect(verified.kid).toBe(kid);
    }
    expect((await verifyReceipt(JSON.parse(answer) as never, { keys })).kid).toBe(kid);
  });
  test('T55: without a signature of the person, is asserted by the operator', async () => {
    const { votes } = await verifyReceipt(compact, { keys });
    expect(votes).toEqual([
      { person: statement.predicate.votes[0]?.person.id, vote: 'approved', provedBy: 'operator' },
    ]);
    // Nobody calls a vote signed that is not.
    expect(await refusal(signer.receipt(altered('predicate.votes.0.assurance', 'signed')))).toContain(
      'without a signature',
    );
  });
  test('verifies with the key that came with it only where its fingerprint is named', async () => {
    expect((await verifyReceipt(answer, { fingerprint: kid })).kid).toBe(kid);
    expect(await refusal(answer, { fingerprint: createSigner().key.kid })).toContain('another key');
    expect(await refusal(answer, {})).toContain('no key was given');
    expect(await refusal(compact, { fingerprint: kid })).toContain('not with it');
  });
  test('of another key is refused, also where that key calls itself by the name of ours', async () => {
    const other = createSigner();
    expect(await refusal(other.receipt(statement))).toContain('not among those that are trusted');
    const asOurs = other.seal(canonicalize(statement), { alg: 'EdDSA', kid, typ: 'countersign-receipt+jws' });
    expect(await refusal(asOurs)).toBe('its signature is not that of the key');
    const lying = { keys: [{ ...other.key, kid }] };
    expect(await refusal(asOurs, { keys: lying })).toContain('not the one that its name says');
  });
  test('T58: of a retired key stays good; one that was issued after it had been retired is not', async () => {
    const retired = (retired_at: string) => ({ keys: { keys: [createSigner().key, { ...signer.key, retired_at }] } });
    expect((await verifyReceipt(compact, retired('2026-11-29T00:00:00.000Z'))).kid).toBe(kid);
    expect(await refusal(compact, retired('2026-11-27T00:00:00.000Z'))).toContain('after its key had been retired');
  });
});

describe('T54: the verifier is strict:', () => {
  test('10,000 changes of one byte, none is accepted', async () => {
    const forms = [compact, answer];
    for (let round = 0; round < 10_000; round += 1) {
      const form = forms[round % forms.length] ?? '';
      const bytes = Buffer.from(form);
      const at = Math.floor(Math.random() * bytes.length);
      const before = bytes[at] ?? 0;
      // Half of them to a byte that fits there, which a lax reader would let through.
      const fitting = 'ABCDEFGHabcdefgh0123456789-_ \n\t"'.charCodeAt(Math.floor(Math.random() * 32));
      const next = round % 4 < 2 ? fitting : Math.floor(Math.random() * 256);
      if (next === before) continue;
      bytes[at] = next;
      expect(await refusal(bytes.toString('latin1')), `byte ${at} from ${before} to ${next}`).not.toBe('accepted');
    }
  }, 600_000);
  test('bytes before, after and in between are errors', async () => {
    for (const form of [compact, answer])
      for (const wrong of [
        `${form}\n`,
        ` ${form}`,
        `${form}.`,
        `\uFEFF${form}`,
        `${form}${form}`,
        form.slice(0, -1),
        '',
      ])
        expect(await refusal(wrong)).not.toBe('accepted');
    expect(await refusal(JSON.stringify(JSON.parse(answer), null, 2))).toContain('not canonical JSON');
  });
  test('base64 in any other spelling is an error', async () => {
    const [header = '', payload = '', signature = ''] = compact.split('.');
    for (const wrong of [`${signature}==`, signature.replaceAll('-', '+').replaceAll('_', '/'), `${signature}A`])
      if (wrong !== signature) expect(await refusal([header, payload, wrong].join('.'))).not.toBe('accepted');
    // The last character of 64 bytes carries two bits: the other four have to be nought.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const loose = signature.slice(0, -1) + alphabet[alphabet.indexOf(signature.at(-1) ?? '') + 1];
    expect(await refusal([header, payload, loose].join('.'))).toContain('not canonical base64url');
  });
  test('a header that says more, less or something else is an error', async () => {
    const payload = canonicalize(statement);
    for (const header of [
      { alg: 'none', kid, typ: 'countersign-receipt+jws' },
      { alg: 'EdDSA', kid },
      { alg: 'EdDSA', crit: ['x'], kid, typ: 'countersign-receipt+jws' },
      { alg: 'EdDSA', kid, typ: 'JWT' },
      { kid, alg: 'EdDSA', typ: 'countersign-receipt+jws' },
    ])
      expect(await refusal(signer.seal(payload, header))).not.toBe('accepted');
  });
  test('a payload that is not canonical is an error, though it is signed', async () => {
    const payload = canonicalize(statement);
    for (const wrong of [
      `${payload} `,
      payload.replace('"stage":0', '"stage":0,"stage":0'),
      payload.replace('"stage":0', '"stage":0.0'),
    ])
      expect(await refusal(signer.seal(wrong))).toContain('not canonical');
  });

  /** Every place in the statement. */
  const places = (value: unknown, at: string[] = []): string[][] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, inner]) => [[...at, name], ...places(inner, [...at, name])])
      : [];

  test('any member that is missing, and any that is not known, is an error, though it is signed', async () => {
    for (const path of places(statement)) {
      if (path.includes('requesters') && path.at(-1) !== 'requesters') continue; // A shorter list, another statement.
      const at = path.join('.');
      expect([at, await refusal(signer.receipt(altered(at, undefined)))]).not.toEqual([at, 'accepted']);
    }
    const objects = places(statement).filter((path) => {
      const value = path.reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], statement);
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    });
    for (const path of objects) {
      const at = [...path, 'extra'].join('.');
      expect([at, await refusal(signer.receipt(altered(at, 1)))]).toEqual([
        at,
        expect.stringContaining('unknown member'),
      ]);
    }
  });
  test('any other JSON in the place of any member is an error or keeps the statement whole', async () => {
    const paths = places(statement);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.jsonValue(), async (path, value) => {
        const changed = altered(path.join('.'), value ?? 0);
        const said = await refusal(signer.receipt(changed));
        // Free texts may say anything: the signature covers them. Nothing else may, and nothing throws but what is foreseen.
        if (said === 'accepted')
          expect(canonicalize((await verifyReceipt(signer.receipt(changed), { keys })).statement)).toBe(
            canonicalize(changed),
          );
      }),
      { numRuns: 500 },
    );
  }, 300_000);
});

describe('a statement that contradicts itself is refused, though it is signed:', () => {
  const vote = statement.predicate.votes[0];
  test.each([
    ['predicate.audience', 'urn:countersign:wsp_other:key_other', 'audience'],
    ['predicate.revisions.0.revision', 1, 'numbered'],
    ['predicate.revisions.1.action_digest', `sha256:${'0'.repeat(64)}`, 'last revision'],
    ['predicate.decision.seen_digest', `sha256:${'0'.repeat(64)}`, 'something else'],
    ['predicate.approval', 'apr_other', 'another approval'],
    ['predicate.votes.0.vote', 'rejected', 'than its intent'],
    ['predicate.votes.0.person', { id: 'usr_other', name: 'Other' }, 'than its intent'],
    ['predicate.votes.0.reason', 'Something else', 'another reason'],
    ['predicate.votes.0.intent.view_digest', `sha256:${'0'.repeat(64)}`, 'another digest than its intent'],
    ['predicate.votes.0.intent.revision', 0, 'no revision'],
    ['predicate.votes.0.counts', false, 'counts'],
    ['predicate.votes', [], 'not the vote of who decided'],
    ['predicate.votes', [vote, vote], 'voted twice'],
    ['predicate.decision.outcome', 'rejected', 'not the vote of who decided'],
    ['predicate.decision.by', { kind: 'person', id: 'usr_other', name: 'Other' }, 'not the vote of who decided'],
    ['predicate.decision.assurance', 'step_up', 'not the vote of who decided'],
    ['predicate.expires_at', '2026-11-28T10:15:00.000Z', 'after its deadline'],
    ['predicate.issued_at', '2026-11-28T10:00:00.000Z', 'not in order'],
  ])('%s', async (path, value, why) => {
    expect(await refusal(signer.receipt(altered(path, value)))).toContain(why);
  });
  test('T19: an automated end counts for no person', async () => {
    expect(await refusal(signer.receipt(altered('predicate.votes.0.assurance', 'automated')))).toContain('nobody');
  });
});
