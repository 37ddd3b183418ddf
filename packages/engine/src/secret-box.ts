/** Encrypts what the database must not show: stored secrets, first answers that carry a key. AES-256-GCM. */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_BYTES = 4;
/** The first had no key's id in it: it is opened with whichever key fits. */
const VERSION_WITHOUT_ID = 1;
const VERSION = 2;

export type SecretBox = {
  /** `context` (such as a secret's name) is bound to the text: a ciphertext moved elsewhere does not open. */
  readonly seal: (plain: string, context: string) => Buffer;
  /** Throws if it was sealed with a key that is neither the present nor the previous one, or for another context. */
  readonly open: (sealed: Buffer, context: string) => string;
  /** What everything begins with that is sealed under the present key (trust.md, T48). */
  readonly head: Buffer;
};

type Key = { readonly id: Buffer; readonly bytes: Buffer };

const keyOf = (secret: string): Key => {
  const bytes = Buffer.from(hkdfSync('sha256', secret, 'countersign', 'secret-box.v1', 32));
  return { id: createHash('sha256').update('id').update(bytes).digest().subarray(0, KEY_ID_BYTES), bytes };
};

const decrypt = ({ bytes }: Key, body: Buffer, context: string): string => {
  const nonce = body.subarray(0, NONCE_BYTES);
  const tag = body.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', bytes, nonce).setAAD(Buffer.from(context)).setAuthTag(tag);
  return decipher.update(body.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
};

/**
 * @param secret COUNTERSIGN_SECRET, of which the key is derived (HKDF, RFC 5869)
 * @param previous the secret before it, with which nothing is sealed any more and everything still opens
 */
export const createSecretBox = (secret: string, previous: string | null = null): SecretBox => {
  const current = keyOf(secret);
  const keys = previous === null ? [current] : [current, keyOf(previous)];
  const head = Buffer.concat([Buffer.of(VERSION), current.id]);
  return {
    head,
    seal: (plain, context) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.bytes, nonce).setAAD(Buffer.from(context));
      const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([head, nonce, cipher.getAuthTag(), text]);
    },
    open: (sealed, context) => {
      if (sealed[0] === VERSION_WITHOUT_ID) return openWithAny(keys, sealed.subarray(1), context);
      if (sealed[0] !== VERSION) throw new Error('sealed with an unknown version');
      const id = sealed.subarray(1, 1 + KEY_ID_BYTES);
      const key = keys.find((known) => known.id.equals(id));
      if (!key) throw new Error('sealed under another COUNTERSIGN_SECRET');
      return decrypt(key, sealed.subarray(1 + KEY_ID_BYTES), context);
    },
  };
};

const openWithAny = (keys: readonly Key[], body: Buffer, context: string): string => {
  for (const [index, key] of keys.entries()) {
    try {
      return decrypt(key, body, context);
    } catch (error) {
      if (index === keys.length - 1) throw error;
    }
  }
  throw new Error('there is no key');
};
