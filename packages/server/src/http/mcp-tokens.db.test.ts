/** `/mcp` as OAuth clients meet it: where they are told to ask, and which tokens stand for a key. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, SignJWT, exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, type TestServer, startTestServer } from '../testing/index.ts';

let app: TestApp;
/** Configured to take tokens; `app` takes keys alone. */
let server: TestServer;
let issuer: string;
let keys: { readonly good: CryptoKey; readonly other: CryptoKey };
let close: () => void;

beforeAll(async () => {
  app = await startTestServer();
  const [good, other] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
  keys = { good: good.privateKey, other: other.privateKey };
  const jwk = { ...(await exportJWK(good.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
  const authorization = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => authorization.listen(0, '127.0.0.1', resolve));
  close = () => authorization.close();
  issuer = `http://127.0.0.1:${(authorization.address() as AddressInfo).port}`;
  const { asking, reading } = app.one.keys;
  server = await app.replica({
    mcpOauth: {
      issuer,
      jwks_url: `${issuer}/jwks`,
      keys: [
        { client_id: 'agent-a', api_key: asking.secret },
        { client_id: 'agent-b', subject: 'ada', api_key: reading.secret },
      ],
    },
  });
});
afterAll(async () => {
  close();
  await app.stop();
});

type Claims = Record<string, unknown>;
const now = (): number => Math.floor(Date.now() / 1000);
const claims = (more: Claims = {}): Claims => ({
  iss: issuer,
  aud: `${server.url}/mcp`,
  sub: 'somebody',
  client_id: 'agent-a',
  iat: now(),
  exp: now() + 300,
  jti: crypto.randomUUID(),
  ...more,
});
const tokenOf = (payload: Claims, { typ = 'at+jwt', key = keys.good } = {}): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'one', typ }).sign(key);

const call = async (token: string, params: object, url = server.url) => {
  const response = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
  });
  return { status: response.status, text: await response.text() };
};
const LIST = { name: 'list_approvals', arguments: {} };
const ask = (token: string) => call(token, LIST);

test('a caller without a key is told where the metadata is, and there who gives out tokens', async () => {
  for (const { url } of [app, server]) {
    const refused = await fetch(`${url}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(refused.status).toBe(401);
    const told = /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '')?.[1];
    expect(told).toBe(`${url}/.well-known/oauth-protected-resource/mcp`);
    for (const path of [told ?? '', `${url}/.well-known/oauth-protected-resource`]) {
      const metadata = await fetch(path);
      expect(metadata.headers.get('access-control-allow-origin')).toBe('*');
      expect(await metadata.json()).toMatchObject({
        resource: `${url}/mcp`,
        bearer_methods_supported: ['header'],
        ...(url === server.url ? { authorization_servers: [issuer] } : {}),
      });
    }
  }
});

test('a token acts with the key that its client has, and with what that key may do', async () => {
  const mine = await ask(await tokenOf(claims()));
  expect([mine.status, mine.text.includes('approval')]).toEqual([200, true]);
  const both = await ask(await tokenOf(claims({ client_id: 'agent-b', sub: 'ada' })));
  expect(both.status).toBe(200);
  const question = { name: 'ask_human', arguments: { question: 'Which?' } };
  const asked = await call(await tokenOf(claims({ client_id: 'agent-b', sub: 'ada' })), question);
  // Of a key that only reads.
  expect(asked.text).toContain('approvals:create');
});

test('a token that is another’s, for something else, forged, too old or no access token is nobody’s', async () => {
  const refused: [string, string][] = [
    ['an unknown client', await tokenOf(claims({ client_id: 'agent-z' }))],
    ['another subject', await tokenOf(claims({ client_id: 'agent-b', sub: 'eve' }))],
    ['another audience', await tokenOf(claims({ aud: 'https://elsewhere.example/mcp' }))],
    ['the API, not /mcp', await tokenOf(claims({ aud: server.url }))],
    ['another issuer', await tokenOf(claims({ iss: 'https://elsewhere.example' }))],
    ['too old', await tokenOf(claims({ exp: now() - 60 }))],
    ['without an end', await tokenOf(claims({ exp: undefined }))],
    ['without its own name', await tokenOf(claims({ jti: undefined }))],
    ['an ID token', await tokenOf(claims(), { typ: 'JWT' })],
    ['signed by another', await tokenOf(claims(), { key: keys.other })],
    ['not signed', `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.e30.x`],
  ];
  for (const [what, token] of refused) expect((await ask(token)).status, what).toBe(401);
});

test('elsewhere than at /mcp, and where no server is configured, a token is no credential', async () => {
  const token = await tokenOf(claims());
  const api = await fetch(`${server.url}/v1/approvals`, { headers: { authorization: `Bearer ${token}` } });
  expect(api.status).toBe(401);
  expect((await call(await tokenOf(claims({ aud: `${app.url}/mcp` })), LIST, app.url)).status).toBe(401);
});
