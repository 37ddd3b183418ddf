/**
 * A push service (RFC 8030) with browsers: it checks who writes (RFC 8292), and each browser decrypts what comes to it (RFC 8291),
 * by Node's own WebCrypto and nothing that the sender uses.
 */
import { createECDH, createPublicKey, randomBytes, verify } from 'node:crypto';
import { once } from 'node:events';
import { type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type PushMessage = {
  readonly tag: string;
  readonly for: string;
  readonly url: string;
  readonly title: string;
  readonly body: string;
  readonly actions: readonly string[];
  readonly approval?: string;
  readonly digest?: string;
  readonly is_quiet: boolean;
};

export type TestBrowser = {
  readonly endpoint: string;
  readonly p256dh: string;
  readonly auth: string;
  readonly messages: PushMessage[];
  readonly headers: Record<string, string>[];
  /** Uninstalled, or taken back: its address is nobody's. */
  isGone: boolean;
};

export type TestPushService = {
  readonly url: string;
  readonly subscribe: (applicationServerKey: string) => TestBrowser;
  /** Said instead of an answer, once each; `lost`: the message is taken, and the answer does not arrive. */
  readonly trouble: (((response: ServerResponse) => void) | 'lost')[];
  readonly close: () => Promise<void>;
};

const subtle = globalThis.crypto.subtle;

const hkdf = async (salt: Buffer, key: Buffer, info: Buffer, length: number): Promise<Buffer> => {
  const base = await subtle.importKey('raw', new Uint8Array(key), 'HKDF', false, ['deriveBits']);
  const params = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(salt), info: new Uint8Array(info) };
  return Buffer.from(await subtle.deriveBits(params, base, length * 8));
};

export const decryptPush = async (body: Buffer, pair: ReturnType<typeof createECDH>, auth: Buffer): Promise<Buffer> => {
  const salt = body.subarray(0, 16);
  const keyLength = body.readUInt8(20);
  const theirs = body.subarray(21, 21 + keyLength);
  const record = body.subarray(21 + keyLength);
  if (record.length > body.readUInt32BE(16)) throw new Error('longer than its record');
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), pair.getPublicKey(), theirs]);
  const key = await hkdf(auth, pair.computeSecret(theirs), info, 32);
  const contentKey = await hkdf(salt, key, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = await hkdf(salt, key, Buffer.from('Content-Encoding: nonce\0'), 12);
  const aes = await subtle.importKey('raw', new Uint8Array(contentKey), 'AES-GCM', false, ['decrypt']);
  const plain = Buffer.from(
    await subtle.decrypt({ name: 'AES-GCM', iv: new Uint8Array(nonce) }, aes, new Uint8Array(record)),
  );
  const end = plain.lastIndexOf(2);
  if (end === -1) throw new Error('no delimiter of a last record');
  return plain.subarray(0, end);
};

/** RFC 8292, 4.2: what is wrong with who says that they write; null: nothing. */
const faultOf = (authorization: string, applicationServerKey: string, origin: string): string | null => {
  const { t = '', k = '' } = Object.fromEntries(
    authorization
      .replace(/^vapid /, '')
      .split(/,\s*/)
      .map((part) => part.split(/=(.*)/s).slice(0, 2)),
  ) as { t?: string; k?: string };
  if (k !== applicationServerKey) return 'another key than the one that it was subscribed with';
  const [header = '', claims = '', signature = ''] = t.split('.');
  const point = Buffer.from(k, 'base64url');
  const key = createPublicKey({
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    },
    format: 'jwk',
  });
  const isGood = verify(
    'sha256',
    Buffer.from(`${header}.${claims}`),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  if (!isGood) return 'a bad signature';
  const { aud, exp, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
  if (aud !== origin) return 'for another service';
  const left = Number(exp) - Date.now() / 1000;
  if (!(left > 0 && left <= 24 * 3600)) return 'not of now';
  return typeof sub === 'string' && sub !== '' ? null : 'nobody to ask';
};

type Kept = { readonly browser: TestBrowser; readonly key: string; readonly pair: ReturnType<typeof createECDH> };

export const startPushService = async (): Promise<TestPushService> => {
  const kept = new Map<string, Kept>();
  const trouble: TestPushService['trouble'] = [];
  let url = '';
  const take = async (
    path: string,
    headers: Record<string, string>,
    body: Buffer,
  ): Promise<readonly [number, string]> => {
    const found = kept.get(path);
    if (!found) return [404, 'no such browser'];
    const { browser, key, pair } = found;
    if (browser.isGone) return [410, 'gone'];
    if (headers['content-encoding'] !== 'aes128gcm' || !/^\d+$/.test(headers['ttl'] ?? '')) return [400, 'no TTL'];
    if (!/^[A-Za-z0-9_-]{1,32}$/.test(headers['topic'] ?? 'x')) return [400, 'no topic'];
    if (body.length > 4096) return [413, 'too long'];
    const fault = faultOf(headers['authorization'] ?? '', key, url);
    if (fault !== null) return [403, fault];
    const plain = await decryptPush(body, pair, Buffer.from(browser.auth, 'base64url'));
    browser.messages.push(JSON.parse(plain.toString()) as PushMessage);
    browser.headers.push(headers);
    return [201, ''];
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const instead = trouble.shift();
      if (typeof instead === 'function') return instead(response);
      take(request.url ?? '', request.headers as Record<string, string>, Buffer.concat(parts)).then(
        ([status, text]) => {
          if (instead === 'lost') return void response.destroy();
          return void response.writeHead(status).end(text);
        },
        (error: unknown) => void response.writeHead(500).end(String(error)),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server's address is an object
  url = `http://127.0.0.1:${port}`;
  return {
    url,
    trouble,
    subscribe: (applicationServerKey) => {
      const pair = createECDH('prime256v1');
      pair.generateKeys();
      const path = `/push/${randomBytes(16).toString('base64url')}`;
      const browser: TestBrowser = {
        endpoint: `${url}${path}`,
        p256dh: pair.getPublicKey().toString('base64url'),
        auth: randomBytes(16).toString('base64url'),
        messages: [],
        headers: [],
        isGone: false,
      };
      kept.set(path, { browser, key: applicationServerKey, pair });
      return browser;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
