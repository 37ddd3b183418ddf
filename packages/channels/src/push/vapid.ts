/** Says to a push service who writes (RFC 8292): a token for its origin, by the key that the browser subscribed with. */
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';

const VALID_SECONDS = 12 * 3600;

export type VapidKey = {
  /** Uncompressed point of P-256, base64url: browsers subscribe with it. */
  readonly publicKey: string;
  /** PKCS #8 as PEM. */
  readonly privateKey: string;
};

export const newVapidKey = (): VapidKey => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const point = Buffer.concat([Uint8Array.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  return {
    publicKey: point.toString('base64url'),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
};

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @param contact where the operators of the push service find us: an address of ours */
export const vapidHeader = (key: VapidKey, endpoint: string, contact: string, now: Date): string => {
  const claims = {
    aud: new URL(endpoint).origin,
    exp: Math.floor(now.getTime() / 1000) + VALID_SECONDS,
    sub: contact,
  };
  const signed = `${part({ typ: 'JWT', alg: 'ES256' })}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), {
    key: createPrivateKey(key.privateKey),
    dsaEncoding: 'ieee-p1363',
  });
  return `vapid t=${signed}.${signature.toString('base64url')}, k=${key.publicKey}`;
};
