/**
 * API keys: `csk_<kind>_`, 43 characters of base 62 (256 bits), 6 characters of CRC-32. The prefix lets scanners find a
 * leaked one, the checksum drops a mistyped one without asking the database, SHA-256 is enough at 256 random bits.
 */
import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { ASKING_SCOPES, type Permission, base62, scopesConflict } from '@countersign/core';
import type { KeyRow } from '@countersign/store';

const SHORT_KIND = { agent: 'agt', reviewer: 'rev', service: 'svc' } as const;
const FORM = /^csk_(agt|rev|svc)_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

const checksum = (text: string): string => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, crc32(text));
  return base62(bytes, 6);
};

export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** What a key is for follows from its scopes. */
export const kindOfKey = (scopes: readonly Permission[]): KeyRow['kind'] => {
  if (scopesConflict(scopes)) throw new Error('scopes conflict');
  if (scopes.includes('approvals:decide')) return 'reviewer';
  return scopes.some((scope) => ASKING_SCOPES.includes(scope)) ? 'agent' : 'service';
};

export const makeKeySecret = (kind: KeyRow['kind']): { secret: string; prefix: string; hash: Buffer } => {
  const body = `csk_${SHORT_KIND[kind]}_${base62(randomBytes(32), 43)}`;
  const secret = body + checksum(body);
  return { secret, prefix: secret.slice(0, 13), hash: hashSecret(secret) };
};

/** Whether a text can be one of our keys at all: form and checksum. */
export const isKeySecret = (text: string): boolean => FORM.test(text) && checksum(text.slice(0, -6)) === text.slice(-6);

/** Of the tokens that pages of other people get; no key begins so. */
export const CHAT_PREFIX = 'cct_';

export const makeChatSecret = (): { secret: string; hash: Buffer } => {
  const secret = CHAT_PREFIX + base62(randomBytes(32), 43);
  return { secret, hash: hashSecret(secret) };
};
