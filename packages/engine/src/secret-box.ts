/** Encrypts what the database must not show: stored secrets, first answers that carry a key. AES-256-GCM. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 1;

export type SecretBox = {
  /** `context` (such as a secret's name) is bound to the text: a ciphertext moved elsewhere does not open. */
  readonly seal: (plain: string, context: string) => Buffer;
  /** Throws if it was sealed with another key or for another context. */
  readonly open: (sealed: Buffer, context: string) => string;
};

/** @param secret COUNTERSIGN_SECRET, of which the key is derived (HKDF, RFC 5869) */
export const createSecretBox = (secret: string): SecretBox => {
  const key = Buffer.from(hkdfSync('sha256', secret, 'countersign', 'secret-box.v1', 32));
  return {
    seal: (plain, context) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
      const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), text]);
    },
    open: (sealed, context) => {
      if (sealed[0] !== VERSION) throw new Error('sealed with an unknown version');
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
      const tag = sealed.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context)).setAuthTag(tag);
      return decipher.update(sealed.subarray(1 + NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
    },
  };
};
