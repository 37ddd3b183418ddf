/** Message encryption for web push: RFC 8291, in one record of RFC 8188 (aes128gcm). The push service sees ciphertext alone. */
import { createCipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';
import type { PushAddress } from '../channel.ts';

const RECORD_SIZE = 4096;
const TAG_BYTES = 16;
/** A delimiter stands behind the last octet (RFC 8188, 2). */
const LAST_RECORD = Uint8Array.of(2);
/** Salt, record size, length of the key's name, and the key's name, which is the sender's public key. */
const HEADER_BYTES = 16 + 4 + 1 + 65;

/** What a push service has to take (RFC 8030, 7.2), less what encryption adds. */
export const PLAIN_BYTES_MAX = RECORD_SIZE - HEADER_BYTES - TAG_BYTES - LAST_RECORD.length;

const hkdf = (salt: Uint8Array, key: Uint8Array, info: Uint8Array, length: number): Buffer =>
  Buffer.from(hkdfSync('sha256', key, salt, info, length));

/**
 * @param ours for test vectors; else a key pair and a salt of this message alone
 * @throws for a key that is no point of the curve
 */
export const encryptPush = (
  plain: Uint8Array,
  { p256dh, auth }: Pick<PushAddress, 'p256dh' | 'auth'>,
  ours: { readonly privateKey?: Uint8Array; readonly salt?: Uint8Array } = {},
): Buffer => {
  const pair = createECDH('prime256v1');
  if (ours.privateKey) pair.setPrivateKey(ours.privateKey);
  else pair.generateKeys();
  const ourPublic = pair.getPublicKey();
  const theirPublic = Buffer.from(p256dh, 'base64url');
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), theirPublic, ourPublic]);
  const key = hkdf(Buffer.from(auth, 'base64url'), pair.computeSecret(theirPublic), info, 32);
  const salt = ours.salt ?? randomBytes(16);
  const contentKey = hkdf(salt, key, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = hkdf(salt, key, Buffer.from('Content-Encoding: nonce\0'), 12);
  const cipher = createCipheriv('aes-128-gcm', contentKey, nonce);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(RECORD_SIZE);
  return Buffer.concat([
    salt,
    size,
    Uint8Array.of(ourPublic.length),
    ourPublic,
    cipher.update(plain),
    cipher.update(LAST_RECORD),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
};
