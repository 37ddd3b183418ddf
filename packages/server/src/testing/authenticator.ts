/** An authenticator in software: makes a P-256 key and answers challenges, as a browser and a security key would together. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const sha256 = (data: Uint8Array | string): Buffer => createHash('sha256').update(data).digest();

/** CBOR (RFC 8949), of what WebAuthn needs: small maps, integers, texts, bytes. */
const cbor = (value: unknown): Buffer => {
  const head = (major: number, n: number): Buffer =>
    n < 24
      ? Buffer.of((major << 5) | n)
      : n < 256
        ? Buffer.of((major << 5) | 24, n)
        : Buffer.of((major << 5) | 25, n >> 8, n & 255);
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  const entries = [...(value as Map<unknown, unknown>)];
  return Buffer.concat([head(5, entries.length), ...entries.flatMap(([key, member]) => [cbor(key), cbor(member)])]);
};

type Options = { readonly challenge: string };
export type Authenticator = {
  readonly id: string;
  readonly create: (options: Options, over?: Over) => Record<string, unknown>;
  readonly get: (options: Options, over?: Over) => Record<string, unknown>;
};
/** What an attack, or a mistake, makes otherwise. */
type Over = {
  readonly origin?: string;
  readonly rpId?: string;
  readonly isVerified?: boolean;
  readonly type?: string;
  readonly challenge?: string;
};

/** @param origin of the page, such as `http://localhost:4400` */
export const createTestAuthenticator = (origin: string): Authenticator => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const id = randomBytes(32);
  let counter = 0;
  const clientData = (type: string, options: Options, over: Over): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: over.type ?? type,
        challenge: over.challenge ?? options.challenge,
        origin: over.origin ?? origin,
        crossOrigin: false,
      }),
    );
  const authenticatorData = (flags: number, over: Over, attested = Buffer.alloc(0)): Buffer => {
    counter += 1;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    const verified = over.isVerified === false ? 0 : 4;
    return Buffer.concat([
      sha256(over.rpId ?? new URL(origin).hostname),
      Buffer.of(1 | verified | flags),
      count,
      attested,
    ]);
  };
  return {
    id: b64(id),
    create: (options, over = {}) => {
      const key = new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(jwk.x ?? '', 'base64url')],
        [-3, Buffer.from(jwk.y ?? '', 'base64url')],
      ]);
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.of(0, id.length), id, cbor(key)]);
      const attestation = new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authenticatorData(0x40, over, attested)],
      ]);
      return {
        id: b64(id),
        rawId: b64(id),
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: b64(clientData('webauthn.create', options, over)),
          attestationObject: b64(cbor(attestation)),
          transports: ['internal'],
        },
      };
    },
    get: (options, over = {}) => {
      const data = authenticatorData(0, over);
      const client = clientData('webauthn.get', options, over);
      return {
        id: b64(id),
        rawId: b64(id),
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: b64(client),
          authenticatorData: b64(data),
          signature: b64(sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)),
          userHandle: null,
        },
      };
    },
  };
};
