/** A person's own signature over their vote (WebAuthn, 6.3.3): checked with their public key alone, and WebCrypto. */
import type { Assertion, ReceiptVote } from '@countersign/core';
import { canonicalize } from '../canonical.ts';
import { decodeBase64url, decodeUtf8, encodeBase64url } from './base64url.ts';
import { fail } from './error.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const sha256 = async (bytes: Bytes): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
const utf8 = (text: string): Bytes => new TextEncoder().encode(text);
const hex = (bytes: Bytes): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const HASH_BYTES = 32;
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;

/** Checks the signature of a person over the intent of their vote. @throws ReceiptError */
export const checkAssertion = async (vote: ReceiptVote): Promise<void> => {
  const { webauthn: assertion, intent } = vote;
  if (assertion === null) return;
  const of = `the signature of ${vote.person.id}`;
  if (intent.nonce === null || intent.issued_at === null || intent.expires_at === null)
    fail(`${of} is over an intent that is not good for one time only`);
  else if (vote.at < intent.issued_at || vote.at > intent.expires_at) fail(`${of} is not of the time of the vote`);
  const clientData = decodeBase64url(assertion.client_data_json, 'client data');
  await checkClientData(of, assertion, clientData, canonicalize(intent));
  const data = decodeBase64url(assertion.authenticator_data, 'authenticator data');
  const party = await sha256(utf8(assertion.rp_id));
  if (data.length < HASH_BYTES + 5 || hex(data.slice(0, HASH_BYTES)) !== hex(party)) fail(`${of} is for another host`);
  const flags = data[HASH_BYTES] ?? 0;
  if ((flags & USER_PRESENT) === 0 || (flags & USER_VERIFIED) === 0) fail(`${of} was made without checking the person`);
  const signed = new Uint8Array([...data, ...(await sha256(clientData))]);
  if (!(await isSignatureOf(assertion, signed))) fail(`${of} is not good`);
};

const checkClientData = async (of: string, assertion: Assertion, bytes: Bytes, intent: string): Promise<void> => {
  let client: { type?: unknown; challenge?: unknown; origin?: unknown; crossOrigin?: unknown };
  try {
    client = JSON.parse(decodeUtf8(bytes, 'client data')) as typeof client;
  } catch {
    return fail(`${of} has client data that can not be read`);
  }
  const challenge = encodeBase64url(await sha256(utf8(`countersign.intent.v1\u0000${intent}`)));
  if (client.type !== 'webauthn.get') fail(`${of} is none over a decision`);
  if (client.challenge !== challenge) fail(`${of} is over something else than the intent of the vote`);
  if (client.origin !== assertion.origin || client.crossOrigin === true) fail(`${of} was made on another page`);
  const host = hostOf(assertion.origin);
  if (host !== assertion.rp_id && !host.endsWith(`.${assertion.rp_id}`)) fail(`${of} is of a page of another host`);
  return undefined;
};

const hostOf = (origin: string): string => {
  try {
    return new URL(origin).hostname;
  } catch {
    return '';
  }
};

/** How a SubjectPublicKeyInfo begins, by which its kind is known (RFC 5480, RFC 8410). */
const P256 = '3059301306072a8648ce3d020106082a8648ce3d030107034200';
const ED25519 = '302a300506032b6570032100';

const isSignatureOf = async ({ public_key: key, signature }: Assertion, signed: Bytes): Promise<boolean> => {
  const spki = decodeBase64url(key, 'public key');
  const given = decodeBase64url(signature, 'signature');
  const start = hex(spki);
  try {
    if (start.startsWith(P256)) {
      const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
      return await verify(spki, algorithm, rawOf(given), signed);
    }
    if (start.startsWith(ED25519)) return await verify(spki, { name: 'Ed25519' }, given, signed);
    return await verify(spki, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, given, signed);
  } catch {
    return false;
  }
};

const verify = async (
  spki: Bytes,
  algorithm: { readonly name: string; readonly namedCurve?: string; readonly hash?: string },
  signature: Bytes,
  signed: Bytes,
): Promise<boolean> => {
  const key = await crypto.subtle.importKey('spki', spki, algorithm, false, ['verify']);
  return crypto.subtle.verify(algorithm, key, signature, signed);
};

/** An ECDSA signature as WebAuthn writes it (DER) in the fixed form that WebCrypto reads: r and s, 32 bytes each. */
const rawOf = (der: Bytes): Bytes => {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) throw new Error('not DER');
  const raw = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    const length = der[at + 1] ?? 0;
    let number = der.slice(at + 2, at + 2 + length);
    if (der[at] !== 0x02 || length === 0 || number.length !== length) throw new Error('not DER');
    if (number[0] === 0 && number.length > 1) number = number.slice(1);
    if (number.length > 32) throw new Error('not of P-256');
    raw.set(number, end - number.length);
    at += 2 + length;
  }
  if (at !== der.length) throw new Error('not DER');
  return raw;
};
