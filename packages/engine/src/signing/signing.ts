/** Signs with the installation's own keys (Ed25519): one for receipts, another for checkpoints of the audit log (T58). */
import { type KeyObject, createHash, createPrivateKey, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import {
  type Database,
  type NewSigningKey,
  type PublicJwk,
  type Scope,
  type SigningKeyRow,
  type SigningPurpose,
  appendEvent,
  currentSigningKey,
  ensureSigningKey,
  listSigningKeys,
  rotateSigningKey,
  unscoped,
} from '@countersign/store';
import type { SecretBox } from '../secret-box.ts';

/** A rotation in another process is known here after this long; until then the key before it goes on signing. */
const CURRENT_FOR_MS = 30_000;

export type Signed = { readonly kid: string; readonly signature: Buffer };

export type PublishedKey = {
  readonly kid: string;
  readonly publicJwk: PublicJwk;
  readonly validFrom: Date;
  /** Since when nothing new is signed with it. */
  readonly retiredAt: Date | null;
};

export type Signing = {
  /** The key that signs now; made where there is none yet. From memory, but for the first time in a while. */
  readonly key: (purpose: SigningPurpose) => Promise<SigningKey>;
  /** Signs bytes with the key that signs now. */
  readonly sign: (purpose: SigningPurpose, bytes: Uint8Array) => Promise<Signed>;
  /** Every public key of a purpose, current and retired, the latest first; read in the transaction where there is one. */
  readonly published: (purpose: SigningPurpose, scope?: Pick<Scope, 'client'>) => Promise<PublishedKey[]>;
  /** Puts a new key in the place of the current one. What was signed stays good. */
  readonly rotate: (purpose: SigningPurpose) => Promise<string>;
};

export type SigningKey = {
  readonly kid: string;
  readonly publicJwk: PublicJwk;
  readonly sign: (bytes: Uint8Array) => Buffer;
};

/** The thumbprint of a public key (RFC 7638): its name wherever it is published. */
const thumbprint = ({ crv, kty, x }: PublicJwk): string =>
  createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');

const contextOf = (purpose: SigningPurpose, kid: string): string => `signing-key/${purpose}/${kid}`;

const generate = (secrets: SecretBox, purpose: SigningPurpose): NewSigningKey => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  if (x === undefined) throw new Error('an Ed25519 key has an x');
  const publicJwk = { kty: 'OKP', crv: 'Ed25519', x } as const;
  const kid = thumbprint(publicJwk);
  const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }));
  return { kid, purpose, publicJwk, sealedKey: secrets.seal(pem, contextOf(purpose, kid)) };
};

/** A stored key with which nothing can be signed: it was sealed under another COUNTERSIGN_SECRET. */
export class SigningKeyError extends Error {
  override readonly name = 'SigningKeyError';
}

const open = (secrets: SecretBox, row: SigningKeyRow): SigningKey => {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(secrets.open(row.sealed_key, contextOf(row.purpose, row.kid)));
  } catch (cause) {
    throw new SigningKeyError(
      `The ${row.purpose} signing key ${row.kid} does not open with this COUNTERSIGN_SECRET. Set the secret it was made ` +
        `with, or put a new key in its place: countersign rotate-signing-key --purpose ${row.purpose}`,
      { cause },
    );
  }
  return {
    kid: row.kid,
    publicJwk: row.public_jwk,
    sign: (bytes) => signBytes(null, bytes, privateKey),
  };
};

/** @param database connected as the role that may read the keys: the worker's may not */
export const createSigning = (database: Database, secrets: SecretBox): Signing => {
  type Cached = { key: SigningKey; untilMs: number };
  const cached = new Map<SigningPurpose, Cached>();
  const loading = new Map<SigningPurpose, Promise<SigningKey>>();

  const load = async (purpose: SigningPurpose): Promise<SigningKey> => {
    const key = open(
      secrets,
      (await currentSigningKey(database, purpose)) ?? (await ensureSigningKey(database, generate(secrets, purpose))),
    );
    cached.set(purpose, { key, untilMs: performance.now() + CURRENT_FOR_MS });
    return key;
  };

  const refresh = (purpose: SigningPurpose): Promise<SigningKey> => {
    const underWay = loading.get(purpose);
    if (underWay) return underWay;
    const key = load(purpose).finally(() => loading.delete(purpose));
    loading.set(purpose, key);
    return key;
  };

  const key = async (purpose: SigningPurpose): Promise<SigningKey> => {
    const found = cached.get(purpose);
    if (!found) return refresh(purpose);
    // Whoever signs is often inside a transaction, and must not wait for a second connection: all of them may be held by
    // others who wait for the same. Until a newer key is there, the one that was goes on; so it does while the database is away.
    if (found.untilMs < performance.now()) {
      found.untilMs = performance.now() + CURRENT_FOR_MS;
      refresh(purpose).catch(() => undefined);
    }
    return found.key;
  };

  return {
    key,
    sign: async (purpose, bytes) => {
      const { kid, sign } = await key(purpose);
      return { kid, signature: sign(bytes) };
    },
    published: async (purpose, scope) => {
      const list = (within: Pick<Scope, 'client'>) => listSigningKeys(within, purpose);
      const rows = await (scope ? list(scope) : unscoped(database, list));
      return rows.map((row) => ({
        kid: row.kid,
        publicJwk: row.public_jwk,
        validFrom: row.valid_from,
        retiredAt: row.retired_at,
      }));
    },
    rotate: async (purpose) => {
      const next = generate(secrets, purpose);
      await rotateSigningKey(database, next, (scope) =>
        appendEvent(scope, {
          type: 'signing_key.rotated',
          subject: next.kid,
          actor: { kind: 'system', id: 'system', name: 'Countersign' },
          data: { purpose },
        }),
      );
      await load(purpose);
      return next.kid;
    },
  };
};

const refuse = (): Promise<never> =>
  Promise.reject(new SigningKeyError('A process that only runs agents holds no signing key (trust.md, T73).'));

/** What a process has that runs agents and answers nobody. */
export const NO_SIGNING: Signing = { key: refuse, sign: refuse, published: refuse, rotate: refuse };
