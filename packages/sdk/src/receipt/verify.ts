/**
 * Verifies a receipt: that its bytes are the ones that were signed, by a key that the caller trusts, that it says nothing
 * that contradicts itself, and which of it a person signed. Needs no network and nothing but WebCrypto.
 */
import type { ReceiptStatement } from '@countersign/core';
import type { WireReceipt } from '@countersign/contract';
import { canonicalize } from '../canonical.ts';
import { checkAssertion } from './assertion.ts';
import { decodeBase64url, decodeUtf8 } from './base64url.ts';
import { checkConsistency } from './consistency.ts';
import { fail } from './error.ts';
import { type ReceiptKey, type ReceiptKeys, checkKey, checkValidity } from './keys.ts';
import { checkEnvelope, checkHeaderShape, checkStatementShape } from './statement-shape.ts';

export type VerifyReceiptOptions = {
  /** The keys that are trusted: what `/.well-known/jwks.json` answered, kept from a time before, or fetched by TLS. */
  readonly keys?: ReceiptKeys | undefined;
  /** Instead: the thumbprint of the one key that is trusted. The receipt must be in the form that has its key with it. */
  readonly fingerprint?: string | undefined;
};

export type VerifiedReceipt = {
  readonly statement: ReceiptStatement;
  /** The thumbprint of the key that signed it. */
  readonly kid: string;
  /** Vote by vote, whose word it is that this person voted so: their own signature, or the operator's. */
  readonly votes: readonly {
    readonly person: string;
    readonly vote: string;
    readonly provedBy: 'person' | 'operator';
  }[];
};

/**
 * @param receipt in compact form, or what `GET /v1/approvals/{id}/receipt` answered, as its text or as an object
 * @throws ReceiptError if there is anything about it that should not be
 *
 * @example
 * const { statement } = await verifyReceipt(approval.receipt, { keys });
 * console.log(statement.predicate.decision.outcome);
 */
export const verifyReceipt = async (
  receipt: string | WireReceipt,
  options: VerifyReceiptOptions,
): Promise<VerifiedReceipt> => {
  const { jws, envelope } = open(typeof receipt === 'string' ? receipt : canonicalize(receipt));
  const [protectedHeader = '', payload = '', signature = '', ...more] = jws.split('.');
  if (signature === '' || more.length > 0) fail('it has not three parts');
  const header = parse(decodeUtf8(decodeBase64url(protectedHeader, 'header'), 'header'), 'header');
  checkHeaderShape(header, 'the header');
  const { kid } = header as { kid: string };
  const key = await keyFor(kid, envelope, options);
  await checkSignature(key, `${protectedHeader}.${payload}`, decodeBase64url(signature, 'signature'));

  const statement = parse(decodeUtf8(decodeBase64url(payload, 'payload'), 'payload'), 'payload') as ReceiptStatement;
  checkStatementShape(statement, '');
  await checkConsistency(statement);
  checkValidity(key, statement.predicate.issued_at);
  if (envelope && canonicalize(envelope.statement) !== canonicalize(statement))
    fail('the statement beside the receipt is not the one in it');
  if (envelope && envelope.approval_id !== statement.predicate.approval) fail('it is of another approval');
  for (const vote of statement.predicate.votes) await checkAssertion(vote);
  return {
    statement,
    kid,
    votes: statement.predicate.votes.map(({ person, vote, webauthn }) => ({
      person: person.id,
      vote,
      provedBy: webauthn === null ? 'operator' : 'person',
    })),
  };
};

type Envelope = { readonly approval_id: string; readonly key: ReceiptKey; readonly statement: unknown };

const open = (text: string): { readonly jws: string; readonly envelope: Envelope | null } => {
  if (!text.startsWith('{')) return { jws: text, envelope: null };
  const envelope = parse(text, 'file');
  checkEnvelope(envelope, '');
  return { jws: (envelope as { jws: string }).jws, envelope: envelope as Envelope };
};

/** JSON in canonical form and in no other: what two parsers could read differently is refused by that alone. */
const parse = (text: string, what: string): unknown => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail(`the ${what} is not JSON`);
  }
  if (canonicalize(value) !== text) fail(`the ${what} is not canonical JSON: was it changed, or formatted anew?`);
  return value;
};

const keyFor = async (
  kid: string,
  envelope: Envelope | null,
  { keys, fingerprint }: VerifyReceiptOptions,
): Promise<ReceiptKey> => {
  if (fingerprint !== undefined && kid !== fingerprint) fail('it is signed with another key than the one named');
  const embedded = envelope?.key;
  if (embedded) {
    await checkKey(embedded, false);
    if (embedded.kid !== kid) fail('the key beside the receipt is not the one that signed it');
  }
  if (keys === undefined) {
    if (fingerprint === undefined) fail('no key was given to check it with');
    return embedded ?? fail('its key is not with it: give the published keys');
  }
  const known = keys.keys.filter((key) => key.kid === kid);
  const [key] = known;
  if (!key || known.length > 1) return fail(`the key ${kid} is not among those that are trusted`);
  await checkKey(key, true);
  return key;
};

const checkSignature = async (key: ReceiptKey, signed: string, signature: Uint8Array<ArrayBuffer>): Promise<void> => {
  const { kty, crv, x } = key;
  const imported = await crypto.subtle.importKey('jwk', { kty, crv, x }, { name: 'Ed25519' }, false, ['verify']);
  const isGood = await crypto.subtle.verify({ name: 'Ed25519' }, imported, signature, new TextEncoder().encode(signed));
  if (!isGood) fail('its signature is not that of the key');
};
