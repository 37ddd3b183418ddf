/** A small provider of single sign-on (OpenID Connect): discovery, keys, authorization code with PKCE. It signs everybody in at once. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ProviderUser = {
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
  readonly amr?: readonly string[];
};

/** What a hostile or broken provider does otherwise. */
export type ProviderMischief = {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly signWith?: 'another key' | 'nothing';
  readonly acceptsCodesTwice?: boolean;
};

export type TestProvider = {
  readonly issuer: string;
  readonly client: { readonly client_id: string; readonly client_secret: string };
  /** Who signs in from now on, and how it misbehaves. */
  readonly become: (user: ProviderUser, mischief?: ProviderMischief) => void;
  /** Paths that were asked for. */
  readonly seen: string[];
  readonly close: () => Promise<void>;
};

type Algorithm = 'RS256' | 'ES256';
type Code = { readonly query: URLSearchParams; isUsed: boolean };

const b64 = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

const makeKeys = (algorithm: Algorithm): { privateKey: KeyObject; publicKey: KeyObject } =>
  algorithm === 'RS256'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });

const jwt = (algorithm: Algorithm, key: KeyObject | null, claims: object): string => {
  const head = `${b64(key ? { alg: algorithm, kid: 'k1' } : { alg: 'none' })}.${b64(claims)}`;
  const signature = key
    ? sign('sha256', Buffer.from(head), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
    : '';
  return `${head}.${signature}`;
};

const read = async (request: IncomingMessage): Promise<URLSearchParams> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return new URLSearchParams(text);
};

export const startProvider = async (algorithm: Algorithm = 'RS256'): Promise<TestProvider> => {
  const keys = makeKeys(algorithm);
  const stranger = makeKeys(algorithm);
  const client = { client_id: 'countersign', client_secret: 'a secret: with % and ü' };
  const codes = new Map<string, Code>();
  const seen: string[] = [];
  let user: ProviderUser = { sub: 'nobody' };
  let mischief: ProviderMischief = {};
  let issuer = '';

  const authorize = (query: URLSearchParams, response: ServerResponse): void => {
    const isFit =
      query.get('client_id') === client.client_id &&
      query.get('response_type') === 'code' &&
      query.get('code_challenge_method') === 'S256' &&
      ['state', 'nonce', 'code_challenge', 'redirect_uri'].every((name) => query.get(name));
    if (!isFit) {
      response.writeHead(400).end('not what a client of mine asks');
      return;
    }
    const code = randomBytes(16).toString('base64url');
    codes.set(code, { query, isUsed: false });
    const back = new URL(query.get('redirect_uri') ?? '');
    back.searchParams.set('code', code);
    back.searchParams.set('state', query.get('state') ?? '');
    back.searchParams.set('iss', issuer);
    response.writeHead(302, { location: back.href }).end();
  };

  const token = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const form = await read(request);
    const [name = '', secret = ''] = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64')
      .toString()
      .split(':', 2)
      .map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
    const code = codes.get(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const isFit =
      name === client.client_id &&
      secret === client.client_secret &&
      code !== undefined &&
      (!code.isUsed || mischief.acceptsCodesTwice === true) &&
      form.get('redirect_uri') === code.query.get('redirect_uri') &&
      challenge === code.query.get('code_challenge');
    response.setHeader('content-type', 'application/json');
    if (!isFit) {
      response.writeHead(400).end('{"error":"invalid_grant"}');
      return;
    }
    code.isUsed = true;
    const nowSeconds = Math.floor(Date.now() / 1000);
    const claims = {
      iss: issuer,
      aud: client.client_id,
      iat: nowSeconds,
      exp: nowSeconds + 300,
      nonce: code.query.get('nonce'),
      ...user,
      ...mischief.claims,
    };
    const key =
      mischief.signWith === 'nothing'
        ? null
        : mischief.signWith === 'another key'
          ? stranger.privateKey
          : keys.privateKey;
    response.end(
      JSON.stringify({
        access_token: 'at',
        token_type: 'Bearer',
        expires_in: 300,
        id_token: jwt(algorithm, key, claims),
      }),
    );
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', issuer);
    seen.push(url.pathname);
    const json = (value: unknown): void => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(value));
    };
    if (url.pathname === '/.well-known/openid-configuration')
      json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: [algorithm],
        authorization_response_iss_parameter_supported: true,
      });
    else if (url.pathname === '/jwks')
      json({ keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: algorithm, use: 'sig' }] });
    else if (url.pathname === '/authorize') authorize(url.searchParams, response);
    else if (url.pathname === '/token') void token(request, response);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    client,
    seen,
    become: (next, how = {}) => {
      user = next;
      mischief = how;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
