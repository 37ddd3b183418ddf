import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { type Route, type RouteName, type WireApiKey, type WireApproval, routes } from '@countersign/contract';
import { forgetOldAnswers, transaction } from '@countersign/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  BODIES,
  type TestApp,
  type Who,
  allowed,
  allowedPerson,
  kindOf,
  pathWith,
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

const ask = (key: string, body: unknown, who: Who = app.one.keys.asking) =>
  app.call<WireApproval & Told>(who, 'POST', '/v1/approvals', body, { 'idempotency-key': key });
const countOf = async (title: string): Promise<number> =>
  (await app.sql<{ n: number }>('select count(*)::int as n from approval where title = $1', [title]))[0]?.n ?? -1;

test('T60: a key must send an Idempotency-Key wherever something is made or decided; a person need not', async () => {
  const required = (Object.entries(routes) as [RouteName, Route][]).filter(
    ([, route]) => route.idempotency === 'required',
  );
  expect(required.map(([name]) => name)).toContain('decideApproval');
  for (const [name, route] of required) {
    // Keys are told that it is none of theirs, whatever they send.
    for (const given of route.person || route.permission === 'session' ? [] : [null, '']) {
      const answer = await app.call<Told>(allowed(route, app.one), 'POST', pathWith(route, 'x'), BODIES[name], {
        'idempotency-key': given,
      });
      expect([name, answer.status, answer.body.code]).toEqual([name, 400, 'idempotency_key_required']);
    }
    const own = await app.call<Told | null>(
      allowedPerson(route, app.one),
      'POST',
      pathWith(route, kindOf(route) ? 'x' : ''),
      name === 'createMcpServer' ? {} : BODIES[name],
      { 'idempotency-key': null },
    );
    expect([name, own.status === 400, 'permission' in (own.body ?? {})]).toEqual([name, false, false]);
  }
});

test('a key of over 255 characters is refused', async () => {
  expect((await ask('x'.repeat(256), { title: 'long' })).status).toBe(400);
  expect((await ask('x'.repeat(255), { title: 'long' })).status).toBe(201);
});

test('T60: the same key and body get the same answer, byte for byte, and nothing happens again', async () => {
  const title = randomUUID();
  const key = randomUUID();
  const first = await ask(key, { title });
  const again = await ask(key, { title });
  expect([again.status, again.text, again.headers.get('content-type')]).toEqual([
    first.status,
    first.text,
    first.headers.get('content-type'),
  ]);
  expect([first.headers.get('idempotency-replayed'), again.headers.get('idempotency-replayed')]).toEqual([
    null,
    'true',
  ]);
  expect(await countOf(title)).toBe(1);
  // Quoted, as the draft of the header's specification writes it.
  expect((await ask(`"${key}"`, { title })).text).toBe(first.text);
});

test('the first answer stays, also where the thing has changed since, and where it was a refusal', async () => {
  const { asking, deciding } = app.one.keys;
  const { id, digest } = (await ask(randomUUID(), { title: 'stays' })).body;
  const decide = (key: string, decision: string) =>
    app.call<WireApproval & Told>(
      deciding,
      'POST',
      `/v1/approvals/${id}/decide`,
      { decision, digest },
      { 'idempotency-key': key },
    );
  const [won, lost] = [randomUUID(), randomUUID()];
  const approved = await decide(won, 'approved');
  const late = await decide(lost, 'rejected');
  expect([approved.status, late.status, late.body.code]).toEqual([200, 409, 'already_decided']);
  await app.call(asking, 'POST', '/v1/receipts/consume', { approval_id: id, digest });
  expect((await decide(won, 'approved')).text).toBe(approved.text);
  const repeated = await decide(lost, 'rejected');
  expect([repeated.status, repeated.text, repeated.headers.get('content-type')]).toEqual([
    409,
    late.text,
    'application/problem+json',
  ]);
});

test('what was refused before anything happened may be repaired under the same key', async () => {
  const key = randomUUID();
  const title = randomUUID();
  expect((await ask(key, { title, priority: 'urgent' })).status).toBe(422);
  expect((await ask(key, { title, on_behalf_of: `usr_${'0'.repeat(27)}` })).status).toBe(422);
  expect((await ask(key, { title })).status).toBe(201);
});

test('T60: the same key with another body, path or parameter is refused, and does nothing', async () => {
  const key = randomUUID();
  const { id } = (await ask(key, { title: 'one' })).body;
  const other = await ask(key, { title: 'other' });
  expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
  const { asking } = app.one.keys;
  const elsewhere = await app.call<Told>(asking, 'POST', '/v1/gate', { tool: 'x' }, { 'idempotency-key': key });
  const cancelled = await app.call<Told>(asking, 'POST', `/v1/approvals/${id}/cancel`, {}, { 'idempotency-key': key });
  expect([elsewhere.body.code, cancelled.body.code]).toEqual(['idempotency_key_reused', 'idempotency_key_reused']);
  expect((await app.call<WireApproval>(asking, 'GET', `/v1/approvals/${id}`)).body.status).toBe('pending');
});

test('T60: the same key of two principals, or of two workspaces, is two keys', async () => {
  const key = randomUUID();
  const title = randomUUID();
  const callers = [app.one.keys.asking, app.one.keys.asking2, app.one.people.builder, app.two.keys.asking];
  const ids = await Promise.all(callers.map(async (who) => (await ask(key, { title }, who)).body.id));
  expect(new Set(ids).size).toBe(4);
});

test('twenty at once with one key have one effect and one answer', async () => {
  const key = randomUUID();
  const title = randomUUID();
  const send = async () =>
    until(
      () => ask(key, { title }),
      ({ status }) => status !== 409,
    );
  const answers = await Promise.all(Array.from({ length: 20 }, send));
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
  expect(await countOf(title)).toBe(1);
});

test('T60: twenty at once over two replicas have one effect and one answer', async () => {
  const other = await app.replica();
  const key = randomUUID();
  const title = randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      until(
        () =>
          (index % 2 ? app : other).call<WireApproval>(
            app.one.keys.asking,
            'POST',
            '/v1/approvals',
            { title },
            { 'idempotency-key': key },
          ),
        ({ status }) => status !== 409,
      ),
    ),
  );
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(await countOf(title)).toBe(1);
});

describe('a lost answer', () => {
  test('of a client that hangs up is found again by a repeat', async () => {
    const { asking } = app.one.keys;
    for (let round = 0; round < 20; round += 1) {
      const title = randomUUID();
      const key = randomUUID();
      const body = JSON.stringify({ title });
      const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(
        `POST /v1/approvals HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${asking.secret}\r\nIdempotency-Key: ${key}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        () => socket.destroy(),
      );
      const answer = await until(
        () => ask(key, { title }),
        ({ status }) => status !== 409,
      );
      expect(answer.status).toBe(201);
      expect(await countOf(title)).toBe(1);
    }
  });

  test('of a COMMIT, cut off between database and server, is a 503, and a repeat has the one effect', async () => {
    const proxy = await startDatabaseProxy(app.database.url);
    const cut = await app.replica({ databaseUrl: proxy.url });
    const { asking } = app.one.keys;
    let committed = 0;
    for (let round = 0; round < 20; round += 1) {
      const title = randomUUID();
      const headers = { 'idempotency-key': randomUUID() };
      proxy.cutNextCommit('idempotency_answer');
      const lost = await cut.call<WireApproval & Told>(asking, 'POST', '/v1/approvals', { title }, headers);
      expect([lost.status, lost.body.code, lost.headers.get('retry-after')]).toEqual([503, 'unavailable', '1']);
      committed += await until(
        () => countOf(title),
        () => true,
      );
      const repeated = await until(
        () => cut.call<WireApproval & Told>(asking, 'POST', '/v1/approvals', { title }, headers),
        ({ status }) => status < 400,
      );
      expect(repeated.status).toBe(201);
      expect(await countOf(title)).toBe(1);
    }
    // It was cut after the commit, or this proves nothing.
    expect(committed).toBe(20);
    await cut.stop();
    await proxy.close();
  });
});

describe('making an API key', () => {
  const make = (key: string) =>
    app.call<WireApiKey & { secret: string }>(
      app.one.people.builder,
      'POST',
      '/v1/api-keys',
      { name: 'made', scopes: ['approvals:read'] },
      { 'idempotency-key': key },
    );

  test('twice under one Idempotency-Key gives the same secret, which then works', async () => {
    const key = randomUUID();
    const first = await make(key);
    const again = await make(key);
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(first.body.secret).toMatch(/^csk_svc_[0-9A-Za-z]{49}$/);
    expect((await app.call(`Bearer ${again.body.secret}`, 'GET', '/v1/approvals')).status).toBe(200);
  });

  test('leaves the secret nowhere in the database, nor does storing one of a tool, nor signing in', async () => {
    const { secret } = (await make(randomUUID())).body;
    const value = `tool-secret-${randomUUID()}`;
    await app.call(app.one.keys.asking, 'PUT', '/v1/secrets', { name: 'TOKEN', value });
    const tables = await app.sql<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    );
    const dump: string[] = [];
    for (const { name } of tables)
      for (const row of await app.sql(`select * from "${name}"`))
        for (const cell of Object.values(row))
          dump.push(Buffer.isBuffer(cell) ? cell.toString('latin1') : JSON.stringify(cell));
    const all = dump.join('\n');
    // It is looked for in the right place: what is there is found.
    expect(all).toContain(secret.slice(0, 13));
    for (const hidden of [
      secret,
      secret.slice(20),
      value,
      app.one.people.owner.token,
      Buffer.from(secret).toString('base64').slice(4, 40),
    ])
      expect(all.includes(hidden)).toBe(false);
  });
});

test('T60: answers are kept for seven days, and then forgotten', async () => {
  const key = randomUUID();
  const first = await ask(key, { title: 'old' });
  await app.sql(`update idempotency set created_at = now() - interval '6 days 23 hours' where key = $1`, [key]);
  await transaction(app.store, app.one.id, forgetOldAnswers);
  expect((await ask(key, { title: 'old' })).text).toBe(first.text);
  await app.sql(`update idempotency set created_at = now() - interval '7 days 1 hour' where key = $1`, [key]);
  await transaction(app.store, app.one.id, forgetOldAnswers);
  expect((await ask(key, { title: 'old' })).body.id).not.toBe(first.body.id);
});
