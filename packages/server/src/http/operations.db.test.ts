import { randomUUID } from 'node:crypto';
import type { WireApproval } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type DatabaseProxy,
  type TestApp,
  type TestServer,
  startDatabaseProxy,
  startTestServer,
  until,
} from '../testing/index.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

type Told = { code: string };

describe('T62: limits of rate', () => {
  test('are told with every answer, and answered with 429 and when to come again', async () => {
    const limited = await app.replica({ rateLimit: 20 });
    const { asking, reading } = app.one.keys;
    const answers = [];
    for (let index = 0; index < 25; index += 1) answers.push(await limited.call<Told>(asking, 'GET', '/v1/approvals'));
    expect(answers[0]?.headers.get('ratelimit-policy')).toBe('"default";q=20;w=60');
    expect(answers[0]?.headers.get('ratelimit')).toMatch(/^"default";r=19;t=\d+$/);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(4);
    for (const { body, headers } of refused) {
      expect(body.code).toBe('rate_limited');
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(headers.get('ratelimit')).toMatch(/^"default";r=0;t=\d+$/);
      expect(headers.get('ratelimit-policy')).toBe('"default";q=20;w=60');
    }
    // Another credential is not slowed by it.
    expect((await limited.call(reading, 'GET', '/v1/approvals')).status).toBe(200);
    await limited.stop();
  });
  test('count whoever tries credentials out, by address', async () => {
    const limited = await app.replica({ rateLimit: 10 });
    const statuses = [];
    for (let index = 0; index < 15; index += 1)
      statuses.push((await limited.call(`Bearer ${randomUUID()}`, 'GET', '/v1/approvals')).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
    expect((await limited.call(null, 'POST', '/v1/session', { token: 'x' })).status).toBe(429);
    expect((await limited.call(app.one.keys.reading, 'GET', '/v1/approvals')).status).toBe(200);
    await limited.stop();
  });
});

describe('what operators look at', () => {
  test('says alive, ready, and figures for Prometheus, without a credential', async () => {
    expect((await app.call(null, 'GET', '/healthz')).body).toEqual({ status: 'alive' });
    expect((await app.call(null, 'GET', '/readyz')).body).toEqual({ status: 'ready' });
    await app.call(app.one.keys.reading, 'GET', '/v1/approvals');
    const { text, headers } = await app.call(null, 'GET', '/metrics');
    expect(headers.get('content-type')).toContain('text/plain');
    expect(text).toMatch(/countersign_http_requests_total\{route="listApprovals",status="200"\} [1-9]/);
    expect(text).toMatch(/countersign_http_request_seconds_bucket\{le="0.1",route="listApprovals"\}/);
    expect(text).not.toMatch(/apr_|key_|csk_|usr_/);
  });
  test('carries the caller’s request id where it is plain, and one of ours where not', async () => {
    const echo = async (id: string) =>
      (await app.call(null, 'GET', '/v1/approvals', undefined, { 'x-request-id': id })).headers.get('x-request-id');
    expect(await echo('build-77')).toBe('build-77');
    for (const id of ['x'.repeat(65), 'a b', '"']) expect(await echo(id)).toMatch(/^[0-9a-f-]{36}$/);
    const { body } = await app.call<{ instance: string }>(null, 'GET', '/v1/approvals', undefined, {
      'x-request-id': 'build-78',
    });
    expect(body.instance).toBe('build-78');
  });
  test('is never kept by a cache, nor guessed at by a browser', async () => {
    for (const { headers } of [
      await app.call(app.one.keys.reading, 'GET', '/v1/approvals'),
      await app.call(null, 'GET', '/v1/approvals'),
    ])
      expect([headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual(['no-store', 'nosniff']);
  });
  test('can be read about', async () => {
    expect((await app.call<{ openapi: string }>(null, 'GET', '/v1/openapi.json')).body.openapi).toBe('3.1.0');
    expect((await app.call(null, 'GET', '/docs/api/approvals')).text).toContain('/v1/approvals/{id}/decide');
  });
});

describe('a database that goes away', () => {
  let proxy: DatabaseProxy;
  let server: TestServer;
  beforeAll(async () => {
    proxy = await startDatabaseProxy(app.database.url);
    server = await app.replica({ databaseUrl: proxy.url });
  });
  afterAll(async () => {
    await server.stop();
    await proxy.close();
  });

  test('T71: makes every route a 503 that says when to come again, and the server recovers by itself', async () => {
    const { asking, reading } = app.one.keys;
    const { approver } = app.one.people;
    expect((await server.call(null, 'GET', '/readyz')).status).toBe(200);
    for (let round = 0; round < 3; round += 1) {
      proxy.shut();
      for (const [who, method, path, body] of [
        [reading, 'GET', '/v1/approvals', undefined],
        [asking, 'POST', '/v1/approvals', { title: 'x' }],
        [approver, 'GET', '/v1/session', undefined],
        [approver, 'POST', '/v1/approvals/apr_x/decide', { decision: 'approved', digest: 'x' }],
        [null, 'POST', '/v1/session', { token: 'x' }],
        [reading, 'GET', '/v1/events', undefined],
        [reading, 'GET', '/v1/approvals/apr_x/wait', undefined],
      ] as const) {
        const answer = await server.call<Told>(who, method, path, body);
        expect([path, answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([
          path,
          503,
          'unavailable',
          '1',
        ]);
      }
      const ready = await server.call<Told>(null, 'GET', '/readyz');
      expect([ready.status, ready.body.code, ready.headers.get('retry-after')]).toEqual([503, 'unavailable', '1']);
      expect((await server.call(null, 'GET', '/healthz')).status).toBe(200);
      await proxy.open();
      await until(
        () => server.call(null, 'GET', '/readyz'),
        ({ status }) => status === 200,
        5000,
      );
      expect((await server.call(asking, 'POST', '/v1/approvals', { title: 'again' })).status).toBe(201);
    }
  });

  test('T70: in the middle of many requests loses nothing that was answered, and doubles nothing that is repeated', async () => {
    const { asking } = app.one.keys;
    const titles = Array.from({ length: 60 }, () => randomUUID());
    let isCutting = true;
    const cutting = (async () => {
      for (let round = 0; round < 6; round += 1) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        proxy.shut();
        await new Promise((resolve) => setTimeout(resolve, 20));
        await proxy.open();
      }
      isCutting = false;
    })();
    let refused = 0;
    const askUntilDone = async (title: string): Promise<void> => {
      const headers = { 'idempotency-key': title };
      const answer = await until(
        async () => {
          const got = await server.call<WireApproval & Told>(asking, 'POST', '/v1/approvals', { title }, headers);
          if (got.status !== 201) refused += 1;
          expect([201, 503, 409]).toContain(got.status);
          return got;
        },
        ({ status }) => status === 201,
      );
      expect(answer.body.title).toBe(title);
    };
    const rest = [...titles];
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let title = rest.pop(); title !== undefined; title = rest.pop()) {
          await askUntilDone(title);
          if (isCutting) await new Promise((resolve) => setTimeout(resolve, 15));
        }
      }),
    );
    await cutting;
    const rows = await app.sql<{ title: string; n: number }>(
      'select title, count(*)::int as n from approval where title = any ($1) group by title',
      [titles],
    );
    expect(rows).toHaveLength(60);
    expect(rows.filter(({ n }) => n !== 1)).toEqual([]);
    expect(refused).toBeGreaterThan(0);
  });
});
