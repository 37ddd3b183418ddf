/** Receipts, good and bad in many ways, with what our own verifier says of each: for verifiers in other languages. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { type ReceiptStatement, canonicalize, intentText } from '@countersign/core';
import { verifyReceipt } from '../packages/sdk/src/index.ts';
import { answerWith, createSigner, refundStatement } from '../packages/sdk/src/testing/receipts.ts';

type Vector = { name: string; receipt: string; ok: boolean; proved_by: string[] };

const sha256 = (data: string | Uint8Array): Buffer => createHash('sha256').update(data).digest();
const b64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64url');

type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;
type Statement = Mutable<ReceiptStatement>;

/** The statement, with its one vote signed by a passkey. */
const signedBy = (kind: 'ec' | 'rsa' | 'ed25519'): Statement => {
  const statement = structuredClone(refundStatement()) as Statement;
  const [vote] = statement.predicate.votes;
  if (!vote) throw new Error('no vote');
  const { publicKey, privateKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : kind === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ed25519');
  Object.assign(vote.intent, {
    nonce: 'AAAAAAAAAAAAAAAAAAAAAA',
    issued_at: '2026-11-28T10:14:00.000Z',
    expires_at: '2026-11-28T10:19:00.000Z',
  });
  vote.intent_digest = `sha256:${sha256(intentText(vote.intent)).toString('hex')}`;
  vote.assurance = 'signed';
  statement.predicate.decision.assurance = 'signed';
  const client = JSON.stringify({
    type: 'webauthn.get',
    challenge: b64(sha256(intentText(vote.intent))),
    origin: 'https://approvals.example.com',
  });
  const data = Buffer.concat([sha256('example.com'), Buffer.of(5, 0, 0, 0, 1)]);
  const signed = Buffer.concat([data, sha256(client)]);
  vote.webauthn = {
    credential: b64('credential'),
    public_key: b64(publicKey.export({ type: 'spki', format: 'der' })),
    rp_id: 'example.com',
    origin: 'https://approvals.example.com',
    authenticator_data: b64(data),
    client_data_json: b64(client),
    signature: b64(sign(kind === 'ed25519' ? null : 'sha256', signed, privateKey)),
  };
  return statement;
};

/** Each a way in which a statement contradicts itself, or is of another shape. */
const CHANGES: Readonly<Record<string, (statement: Statement) => unknown>> = {
  audience: ({ predicate }) => (predicate.audience = 'urn:countersign:other:other'),
  subject: ({ subject }) => (subject[0].digest.sha256 = '0'.repeat(64)),
  'seen digest': ({ predicate }) => (predicate.decision.seen_digest = `sha256:${'0'.repeat(64)}`),
  outcome: ({ predicate }) => (predicate.decision.outcome = 'rejected'),
  'a reason of another': ({ predicate }) => Object.assign(predicate.votes[0] ?? {}, { reason: 'Other' }),
  'a vote twice': ({ predicate }) => predicate.votes.push(structuredClone(predicate.votes[0]) as never),
  'a vote that counts not': ({ predicate }) => Object.assign(predicate.votes[0] ?? {}, { counts: false }),
  'signed without a signature': ({ predicate }) => Object.assign(predicate.votes[0] ?? {}, { assurance: 'signed' }),
  'a vote of who asked': ({ predicate }) => predicate.requesters.push(predicate.votes[0]?.person.id ?? ''),
  'after its deadline': ({ predicate }) => (predicate.expires_at = '2026-11-28T10:13:00.000Z'),
  'a member too many': ({ predicate }) => Object.assign(predicate, { more: 1 }),
  'a member too few': ({ predicate }) => delete (predicate as Partial<typeof predicate>).risk,
  'a number for a text': ({ predicate }) => Object.assign(predicate, { tool: 1 }),
  'before it was asked for': ({ predicate }) => (predicate.requested_at = '2027-01-01T00:00:00.000Z'),
};

export const receiptVectors = async (): Promise<{ keys: object; receipts: Vector[] }> => {
  const signer = createSigner();
  const seal = (statement: object): string => signer.seal(canonicalize(statement as ReceiptStatement));
  const changed = Object.entries(CHANGES).map(([name, change]): [string, string] => {
    const statement = structuredClone(refundStatement()) as Statement;
    change(statement);
    return [name, seal(statement)];
  });
  const otherSignature = signedBy('ec');
  Object.assign(otherSignature.predicate.votes[0]?.webauthn ?? {}, { signature: b64('none') });
  const otherHost = signedBy('ec');
  Object.assign(otherHost.predicate.votes[0]?.webauthn ?? {}, { rp_id: 'other.example' });
  const receipts: [string, string][] = [
    ['plain', signer.receipt(refundStatement())],
    ['with its key', answerWith(signer, refundStatement())],
    ['of another key', createSigner().receipt(refundStatement())],
    ['not canonical', signer.seal(JSON.stringify(refundStatement(), null, 1))],
    ...(['ec', 'rsa', 'ed25519'] as const).map((kind): [string, string] => [`signed, ${kind}`, seal(signedBy(kind))]),
    ['signed badly', seal(otherSignature)],
    ['signed for another host', seal(otherHost)],
    ...changed,
  ];
  const verdicts = receipts.map(async ([name, receipt]): Promise<Vector> => {
    try {
      const { votes } = await verifyReceipt(receipt, { keys: signer.keys });
      return { name, receipt, ok: true, proved_by: votes.map(({ provedBy }) => provedBy) };
    } catch {
      return { name, receipt, ok: false, proved_by: [] };
    }
  });
  return { keys: signer.keys, receipts: await Promise.all(verdicts) };
};
