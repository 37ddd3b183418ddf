import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, type TestServer, startTestServer } from '../testing/index.ts';
import { securityHeaders } from './security-headers.ts';

let app: TestApp;
let secure: TestServer;
beforeAll(async () => {
  app = await startTestServer();
  secure = await app.replica({ publicUrl: 'https://countersign.test.example', host: '0.0.0.0' });
});
afterAll(() => app.stop());

/** Every kind of answer: page, document, data, refusal, stream. */
const PATHS: readonly (readonly [string, string, number])[] = [
  ['GET', '/', 200],
  ['GET', '/approvals/apr_1', 200],
  ['GET', '/assets/none.js', 404],
  ['POST', '/', 405],
  ['GET', '/docs/api', 200],
  ['GET', '/v1/openapi.json', 200],
  ['GET', '/.well-known/jwks.json', 200],
  ['GET', '/healthz', 200],
  ['GET', '/readyz', 200],
  ['GET', '/metrics', 200],
  ['GET', '/v1/approvals', 200],
  ['GET', '/v1/approvals/apr_0', 404],
  ['GET', '/v1/nothing', 404],
  ['DELETE', '/v1/approvals', 405],
  ['POST', '/v1/approvals', 400],
  ['GET', '/v1/events', 200],
];

const ask = (server: TestServer, method: string, path: string): Promise<Response> =>
  fetch(server.url + path, {
    method,
    headers: { authorization: `Bearer ${app.one.keys.asking.secret}`, 'content-type': 'application/json' },
    ...(method === 'POST' ? { body: '{' } : {}),
  });

describe('T48: every answer', () => {
  test.each(PATHS)('%s %s (%i) says what a browser may do with it', async (method, path, status) => {
    const response = await ask(app, method, path);
    await response.body?.cancel();
    expect(response.status).toBe(status);
    const { headers } = response;
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('x-robots-tag')).toBe('noindex');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; /);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("base-uri 'none'");
    expect(policy).not.toMatch(/unsafe-|\*|https?:/);
    if (path.startsWith('/v1/') && path !== '/v1/openapi.json')
      expect(headers.get('cache-control')).toMatch(/no-store|no-cache/);
    // On http a browser must not be held to https.
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  test('of an installation on https holds browsers to it for at least 180 days', async () => {
    for (const [method, path] of PATHS) {
      const response = await ask(secure, method, path);
      await response.body?.cancel();
      const seconds = /^max-age=(\d+)/.exec(response.headers.get('strict-transport-security') ?? '')?.[1];
      expect(Number(seconds), path).toBeGreaterThanOrEqual(180 * 86_400);
    }
  });

  test('that is a page or a worker wants Trusted Types; the page has no script or style of its own', () => {
    for (const type of ['text/html; charset=utf-8', 'text/javascript; charset=utf-8']) {
      const response = new Response('', { headers: { 'content-type': type } });
      securityHeaders('https://countersign.example')(response);
      expect(response.headers.get('content-security-policy')).toContain("require-trusted-types-for 'script'");
      expect(response.headers.get('content-security-policy')).not.toContain('unsafe');
    }
    const page = readFileSync(join(import.meta.dirname, '../../../dashboard/index.html'), 'utf8');
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=/);
  });
});

/** `fetch` lets nobody choose the name it asks for. */
const askFor = (url: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    httpRequest(`${url}/v1/session`, { headers: { host } }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });

describe('a name that was re-pointed at this machine (DNS rebinding)', () => {
  test('is not answered where the server listens on loopback alone', async () => {
    expect(await askFor(app.url, 'evil.example')).toBe(403);
    expect(await askFor(app.url, 'localhost.evil.example:4400')).toBe(403);
    for (const host of ['localhost', '127.0.0.1:1', '[::1]:4400', 'LOCALHOST:4400'])
      expect(await askFor(app.url, host), host).toBe(401);
  });
  test('is a proxy’s business elsewhere, and opens nothing: a cookie belongs to one name, an unsafe request to one origin', async () => {
    expect(await askFor(secure.url, 'upstream.internal')).toBe(401);
  });
});
