/** The keys that receipts are signed with, as an installation publishes them (RFC 7517, RFC 8037). */
import { canonicalize } from '../canonical.ts';
import { encodeBase64url } from './base64url.ts';
import { fail } from './error.ts';
import { checkEmbeddedKey, checkPublishedKey } from './statement-shape.ts';

export type ReceiptKey = {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly kid: string;
  readonly alg: string;
  readonly use?: string;
  /** Since when it signs, and since when it does not any more; not there on a key that came with its receipt. */
  readonly valid_from?: string;
  readonly retired_at?: string | null;
};

/** `/.well-known/jwks.json` */
export type ReceiptKeys = { readonly keys: readonly ReceiptKey[] };

/** Other processes know of a rotation after half a minute; clocks differ. */
const ROTATION_GRACE_MS = 120_000;

/** @throws ReceiptError unless the key is one of ours, named by its own thumbprint (RFC 7638) */
export const checkKey = async (key: ReceiptKey, isPublished: boolean): Promise<void> => {
  (isPublished ? checkPublishedKey : checkEmbeddedKey)(key, 'the key');
  const { crv, kty, x } = key;
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(canonicalize({ crv, kty, x })));
  if (encodeBase64url(new Uint8Array(hash)) !== key.kid) fail('the key is not the one that its name says');
};

/** @throws ReceiptError if the key did not sign at that moment */
export const checkValidity = (key: ReceiptKey, issuedAt: string): void => {
  const at = Date.parse(issuedAt);
  if (key.valid_from !== undefined && at < Date.parse(key.valid_from) - ROTATION_GRACE_MS)
    fail('it was issued before its key was in use');
  if (key.retired_at && at > Date.parse(key.retired_at) + ROTATION_GRACE_MS)
    fail('it was issued after its key had been retired');
};
