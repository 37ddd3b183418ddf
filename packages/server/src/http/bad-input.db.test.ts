import { request as httpRequest } from 'node:http';
import { type Route, type RouteName, routes } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  BODIES,
  type TestApp,
  type Who,
  allowed as allowedIn,
  kindOf,
  pathWith,
  startTestServer,
} from '../testing/index.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

const all = Object.entries(routes) as [RouteName, Route][];
const withBody = all.filter(([, route]) => route.body);

const allowed = (route: Route): Who => allowedIn(route, app.one);
const pathOf = (route: Route): string => pathWith(route, kindOf(route) === 'secret' ? 'NO_SUCH' : 'x');

type Told = { code: string; errors?: { pointer: string; detail: string }[] };

/** The valid body with one more member, written as text. */
const withMember = (name: RouteName, member: string): string => {
  const text = JSON.stringify(BODIES[name] ?? {});
  return text === '{}' ? `{${member}}` : `${text.slice(0, -1)},${member}}`;
};

const NESTED = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

const HOSTILE: [string, (name: RouteName) => string | Uint8Array, number, string][] = [
  ['no JSON', () => 'title=x', 400, 'malformed_json'],
  ['JSON cut off', (name) => withMember(name, '"x":1').slice(0, -1), 400, 'malformed_json'],
  ['two values', () => '{} {}', 400, 'malformed_json'],
  ['a trailing comma', () => '{"a":1,}', 400, 'malformed_json'],
  ['NaN', () => '{"a":NaN}', 400, 'malformed_json'],
  ['a comment', () => '{/* a */}', 400, 'malformed_json'],
  ['bytes that are no UTF-8', () => new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, 'malformed_json'],
  ['a key twice', (name) => withMember(name, '"twin":1,"twin":2'), 422, 'invalid'],
  ['a key twice, escaped', (name) => withMember(name, '"twin":1,"tw\\u0069n":2'), 422, 'invalid'],
  ['an integer that a double rounds', (name) => withMember(name, '"big":9007199254740993'), 422, 'invalid'],
  ['a number beyond all', (name) => withMember(name, '"big":1e999'), 422, 'invalid'],
  ['a prototype', (name) => withMember(name, '"__proto__":{"admin":true}'), 422, 'invalid'],
  ['a constructor', (name) => withMember(name, '"constructor":{}'), 422, 'invalid'],
  ['a lone surrogate', (name) => withMember(name, '"a":"\\ud800"'), 422, 'invalid'],
  ['U+0000', (name) => withMember(name, '"a":"\\u0000"'), 422, 'invalid'],
  ['70 levels', (name) => withMember(name, `"deep":${NESTED(70)}`), 422, 'invalid'],
  ['10,001 members', (name) => withMember(name, `"many":[${'1,'.repeat(10_000)}1]`), 422, 'invalid'],
  ['a text over 256 Ki', (name) => withMember(name, `"long":"${'x'.repeat(262_145)}"`), 422, 'invalid'],
  ['an unknown member', (name) => withMember(name, '"unheard_of":1'), 422, 'invalid'],
  ['a list instead of an object', () => '[]', 422, 'invalid'],
  ['a text instead of an object', () => '"x"', 422, 'invalid'],
  ['null', () => 'null', 422, 'invalid'],
];

test.each(HOSTILE)('T2: %s is refused by every route that takes a body', async (_, write, status, code) => {
  for (const [name, route] of withBody) {
    const answer = await app.call<Told>(allowed(route), route.method, pathOf(route), write(name));
    expect([name, answer.status, answer.body.code]).toEqual([name, status, code]);
  }
});

test('an unknown member is named', async () => {
  for (const [name, route] of withBody) {
    if (name === 'createMcpServer') continue; // Its variants are told apart first.
    const answer = await app.call<Told>(
      allowed(route),
      route.method,
      pathOf(route),
      withMember(name, '"unheard_of":1'),
    );
    expect([name, answer.body.errors]).toEqual([name, [{ pointer: '/unheard_of', detail: 'is not a known field' }]]);
  }
});

test('every member of the wrong type is named, by every route', async () => {
  for (const [name, route] of withBody) {
    const members = Object.keys((route.body as unknown as { shape?: object }).shape ?? {});
    for (const member of members) {
      const answer = await app.call<Told>(allowed(route), route.method, pathOf(route), {
        ...(BODIES[name] as object),
        [member]: -0.5,
      });
      // Any JSON is allowed there; what follows may fail otherwise.
      const named = answer.body.errors?.map(({ pointer }) => pointer.split('/')[1]) ?? [];
      const isAnother = answer.status < 300 || answer.status === 404 || (named.length > 0 && !named.includes(member));
      if (isAnother && ['output', 'input', 'response', 'data'].includes(member)) continue;
      expect([name, member, answer.status]).toEqual([name, member, 422]);
      expect(named).toContain(member);
    }
  }
});

test('A5: privileged members can not be sent along by anybody', async () => {
  const privileged = [
    'id',
    'status',
    'workspace_id',
    'decision',
    'digest_override',
    'requested_by',
    'requesters',
    'created_at',
    'approved',
    'owner_id',
    'kind',
    'version_id',
    'roles',
  ];
  for (const [name, route] of withBody)
    for (const member of privileged) {
      if (
        Object.hasOwn(BODIES[name] ?? {}, member) ||
        Object.hasOwn((route.body as unknown as { shape?: object }).shape ?? {}, member)
      )
        continue;
      const { status } = await app.call(allowed(route), route.method, pathOf(route), {
        ...(BODIES[name] as object),
        [member]: 'x',
      });
      expect([name, member, status]).toEqual([name, member, 422]);
    }
});

describe('the media type', () => {
  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/xml',
    'application/jsonp',
    null,
  ])('%s is not taken', async (type) => {
    for (const [name, route] of withBody) {
      const headers = { 'content-type': type };
      const bytes = new TextEncoder().encode(JSON.stringify(BODIES[name] ?? {}));
      const answer = await app.call<Told>(allowed(route), route.method, pathOf(route), bytes, headers);
      expect([name, answer.status, answer.body.code]).toEqual([name, 415, 'unsupported_media_type']);
    }
  });
  test.each(['application/json; charset=utf-8', 'Application/JSON'])('%s is', async (type) => {
    const answer = await app.call(
      app.one.keys.asking,
      'POST',
      '/v1/approvals',
      { title: 'x' },
      { 'content-type': type },
    );
    expect(answer.status).toBe(201);
  });
});

test('what takes no body takes an empty one or {}, and no other', async () => {
  for (const [name, route] of all.filter(([, { method, body }]) => method === 'POST' && !body)) {
    const ask = async (body: unknown) => (await app.call(allowed(route), 'POST', pathOf(route), body)).status;
    // What it answers has to do with what it is asked about, and not with how nothing was said.
    const nothing = await ask(undefined);
    expect(nothing, name).not.toBe(400);
    expect([name, await ask({}), await ask('x'), await ask({ a: 1 })]).toEqual([name, nothing, 400, 422]);
  }
});

/** Sends it whole, whatever comes back meanwhile. */
const send = (
  path: string,
  key: string,
  bytes: number,
  isChunked: boolean,
): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const text = Buffer.from(`{"title":"${'x'.repeat(bytes - 12)}"}`);
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
    };
    const request = httpRequest(
      app.url + path,
      { method: 'POST', headers: isChunked ? headers : { ...headers, 'content-length': String(text.length) } },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    request.on('error', reject);
    for (let at = 0; at < text.length; at += 65_536) request.write(text.subarray(at, at + 65_536));
    request.end();
  });

describe('a body', () => {
  const mebibyte = 1024 * 1024;
  test.each([true, false])('T3: of 2 MiB is refused before it is parsed (chunked: %s)', async (isChunked) => {
    const { status, body } = await send('/v1/approvals', app.one.keys.asking.secret, 2 * mebibyte, isChunked);
    expect([status, (JSON.parse(body) as Told).code]).toEqual([413, 'body_too_large']);
    // The server goes on.
    expect((await app.call(app.one.keys.asking, 'GET', '/v1/approvals')).status).toBe(200);
  });
  test.each([true, false])(
    'T3: of a byte over 1 MiB is too large, of exactly 1 MiB is not (chunked: %s)',
    async (isChunked) => {
      expect((await send('/v1/approvals', app.one.keys.asking.secret, mebibyte + 1, isChunked)).status).toBe(413);
      expect((await send('/v1/approvals', app.one.keys.asking.secret, mebibyte, isChunked)).status).toBe(422);
    },
  );
  test('T3: whose content to approve is over 256 KiB is refused, with the place', async () => {
    const half = 'x'.repeat(140 * 1024);
    const asked = await app.call<Told>(app.one.keys.asking, 'POST', '/v1/approvals', {
      tool: 'send',
      arguments: { a: half, b: half },
    });
    expect([asked.status, asked.body.errors?.[0]?.pointer]).toEqual([422, '/arguments']);
  });
});

describe('a query', () => {
  test.each([
    ['/v1/approvals?limit=0', '/limit'],
    ['/v1/approvals?limit=201', '/limit'],
    ['/v1/approvals?limit=1.5', '/limit'],
    ['/v1/approvals?limit=', '/limit'],
    ['/v1/approvals?limit=ten', '/limit'],
    ['/v1/approvals?limit=1&limit=2', '/limit'],
    ['/v1/approvals?page=2', '/page'],
    ['/v1/approvals?status=open', '/status'],
    ['/v1/approvals?priority=urgent', '/priority'],
    ['/v1/approvals?q=%00', '/q'],
    ['/v1/approvals?tool=a%00b', '/tool'],
    ['/v1/approvals?waiting_longer_than=-1', '/waiting_longer_than'],
    ['/v1/approvals?waiting_longer_than=9007199254740991', '/waiting_longer_than'],
    [`/v1/approvals?q=${'x'.repeat(201)}`, '/q'],
    ['/v1/agents?archived=maybe', '/archived'],
    ['/v1/executions?status=done', '/status'],
    ['/v1/approvals/apr_x?verbose=1', '/verbose'],
    ['/v1/approvals/apr_x/wait?timeout=121', '/timeout'],
    ['/v1/approvals?__proto__=1', '/__proto__'],
  ])('%s is refused, with the place', async (path, pointer) => {
    const answer = await app.call<Told>(app.one.keys.reading, 'GET', path);
    expect([answer.status, answer.body.code, answer.body.errors?.map((error) => error.pointer)]).toEqual([
      422,
      'invalid',
      [pointer],
    ]);
  });
  test.each(["'; drop table approval; --", '%', '__', '\\', '%%%', '" or ""="', '💥', 'a\u202eb'])(
    'searching for %s finds nothing and does no harm',
    async (text) => {
      const answer = await app.call(app.one.keys.reading, 'GET', `/v1/approvals?q=${encodeURIComponent(text)}`);
      expect([answer.status, answer.body]).toEqual([200, { data: [], next_cursor: null }]);
    },
  );
});

describe('paths and methods', () => {
  test('a path that is none is a 404, and a method that it does not know a 405 that names those it does', async () => {
    expect((await app.call(null, 'GET', '/v1/nothing')).status).toBe(404);
    expect((await app.call(null, 'GET', '/v1')).status).not.toBe(500);
    const answer = await app.call(app.one.keys.asking, 'PUT', '/v1/approvals');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST, GET']);
    expect((await app.call(null, 'OPTIONS', '/v1/approvals')).status).toBe(405);
    expect((await app.call(null, 'POST', '/')).status).toBe(405);
  });
  test('streams and long polls can not be asked for with HEAD: nobody would end them', async () => {
    for (const path of ['/v1/events', '/v1/executions/exe_x/events', '/v1/approvals/apr_x/wait'])
      expect([path, (await app.call(app.one.keys.reading, 'HEAD', path)).status]).toEqual([path, 405]);
  });
});
