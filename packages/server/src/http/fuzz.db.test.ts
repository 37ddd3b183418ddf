/**
 * Every route with bodies, queries, ids and headers that are nearly right, or hostile (trust.md, T59; S11). `call` throws
 * on a 5xx, a malformed problem and an answer that is not in the contract. `FUZZ_REQUESTS` sets how many a route.
 */
import { type Route, type RouteName, openApiDocument, routes } from '@countersign/contract';
import { permissionsOf } from '@countersign/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type JsonSchema, hostileText, near, write } from '../testing/arbitrary.ts';
import {
  BODIES,
  type Everything,
  type TestApp,
  type Who,
  kindOf,
  POLICY_SOURCE,
  makeEverything,
  startTestServer,
} from '../testing/index.ts';

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 60);

let app: TestApp;
let things: Everything;
let total = 0;
const statuses: Record<string, number> = {};
beforeAll(async () => {
  // Of one connection: whoever holds it and asks for a second one waits for itself, and is told so here.
  app = await startTestServer({ databasePool: 1 });
  things = await makeEverything(app, app.one);
});
afterAll(async () => {
  await app.stop();
  await things.close();
});

const freshApproval = async (): Promise<string> =>
  (await app.call<{ id: string }>(app.one.keys.asking, 'POST', '/v1/approvals', { title: 'Deploy' })).body.id;

type Parameter = { readonly name: string; readonly in: string; readonly schema: JsonSchema };
type Operation = {
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: JsonSchema } } };
};
const document = openApiDocument() as unknown as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
};

const around = () => ({
  resolve: (reference: string): JsonSchema =>
    document.components.schemas[reference.replace('#/components/schemas/', '')] ?? {},
  texts: [
    things.approval,
    things.held,
    things.agent,
    things.tool,
    things.mcpServer,
    things.conversation,
    things.execution,
    things.key,
    things.digest,
    things.secret,
    things.member,
    things.group,
    things.policy,
    things.grant,
    things.delegation,
    things.calendar,
    things.invitation,
    things.session,
    things.passkey,
    app.one.people.approver.id,
    app.one.keys.deciding.owner.id,
    POLICY_SOURCE,
    'mild1',
    'group1',
    '1 of group1',
    app.one.people.viewer.id,
    app.two.people.viewer.id,
    'refund1',
    'deploy',
    'a_tool',
    'server',
    'A_SECRET',
    'TOKEN',
    'evt_x',
    '1',
    '2',
    'x',
    'Idempotency-Key',
  ],
});

/** Nobody who is needed later signs out, and no stream is left open. */
const mayCall = (name: RouteName, who: Who): boolean =>
  name !== 'signOut'
    ? !isAboutSigningIn(name) || typeof who === 'string' || who === app.one.people.auditor
    : typeof who === 'string';

/** Whoever sets a password or ends sessions is asked for more afterwards: that is done by somebody of whom nothing else is needed. */
const isAboutSigningIn = (name: RouteName): boolean =>
  routes[name].permission === 'session' && routes[name].method !== 'GET';

const callers = (): Who[] => [
  ...Object.values(app.one.keys),
  app.one.people.owner,
  app.one.people.builder,
  app.one.people.approver,
  app.one.people.viewer,
  app.one.people.auditor,
  app.two.keys.asking,
  'Bearer x',
];

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

const isAllowed = (who: Who, { permission, person }: Route): boolean => {
  const { people } = app.one;
  if (typeof who === 'string' || who === null) return false;
  if (permission === 'public' || permission === 'session') return !('secret' in who);
  if ('secret' in who) return !person && who.scopes.includes(permission);
  return (
    (who === people.owner && permissionsOf(['owner']).has(permission)) ||
    (who === people.builder && permissionsOf(['builder']).has(permission)) ||
    (who === people.approver && permissionsOf(['approver']).has(permission))
  );
};

type Asked = {
  who: Who;
  ids: string[];
  query: Record<string, unknown>;
  body: unknown;
  type: string;
  key: string | null;
};

/** A body that the route takes, with one member from another one: what is right in many places is seldom made by chance. */
const grafted = (right: unknown, bodies: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.tuple(bodies, fc.nat()).map(([body, place]) => {
    if (typeof body !== 'object' || body === null) return body;
    const members = Object.entries(body);
    const [name, value] = members[place % Math.max(members.length, 1)] ?? ['x', undefined];
    return { ...(right as object), [name]: value as unknown };
  });

const bodyOf = (name: RouteName, schema: JsonSchema): fc.Arbitrary<unknown> => {
  const bodies = near(schema, around());
  const right = BODIES[name];
  return right === undefined
    ? bodies
    : fc.oneof(
        { weight: 5, arbitrary: bodies },
        { weight: 2, arbitrary: grafted(right, bodies) },
        { weight: 1, arbitrary: fc.constant(right) },
      );
};

const requestOf = (name: RouteName, route: Route, operation: Operation): fc.Arbitrary<Asked> => {
  const kind = kindOf(route);
  const ids = fc.oneof(
    { weight: 8, arbitrary: fc.constant(kind ? things[kind] : '1') },
    // In a path nobody who calls: who is needed later keeps their roles.
    { weight: 1, arbitrary: fc.constantFrom(...around().texts.filter((text) => !text.startsWith('usr_'))) },
    { weight: 1, arbitrary: hostileText },
  );
  const allowed = callers().filter((who) => isAllowed(who, route));
  const query = Object.fromEntries(
    operation.parameters
      .filter((parameter) => parameter.in === 'query')
      .map((parameter) => [parameter.name, near(parameter.schema, around())]),
  );
  const schema = operation.requestBody?.content['application/json'].schema;
  return fc.record({
    who: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...(allowed.length > 0 ? allowed : callers())) },
      { weight: 1, arbitrary: fc.constantFrom(...callers()) },
    ),
    ids: fc.tuple(ids, fc.oneof({ weight: 4, arbitrary: fc.constant('1') }, { weight: 1, arbitrary: hostileText })),
    query: fc.oneof(
      { weight: 8, arbitrary: fc.record(query, { requiredKeys: [] }) },
      { weight: 1, arbitrary: fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), hostileText, { maxKeys: 2 }) },
    ),
    body: schema ? bodyOf(name, schema) : fc.constant(route.method === 'POST' ? {} : undefined),
    type: fc.oneof(
      { weight: 20, arbitrary: fc.constant('application/json') },
      { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/json;charset=utf-16', '') },
    ),
    key: fc.oneof(
      { weight: 8, arbitrary: fc.uuid() },
      { weight: 1, arbitrary: fc.constantFrom('same', 'x'.repeat(300), '"', "' --", '%00') },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
  });
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : write(value));

const send = async (name: RouteName, route: Route, asked: Asked): Promise<void> => {
  if (!mayCall(name, asked.who)) return;
  let at = 0;
  const path = route.path.replaceAll(/\{\w+\}/g, () => encoded(asked.ids[at++] ?? '') || '%20');
  // A wait takes as long as it is told to.
  const query =
    name === 'waitForApproval'
      ? {
          ...asked.query,
          timeout:
            asked.query['timeout'] === undefined || Number(asked.query['timeout']) > 0 ? 0 : asked.query['timeout'],
        }
      : asked.query;
  const search = Object.entries(query)
    .map(([key, value]) => `${encoded(key)}=${encoded(textOf(value))}`)
    .join('&');
  const url = search === '' ? path : `${path}?${search}`;
  total += 1;
  if (route.stream && route.method === 'GET') {
    const leave = new AbortController();
    const { who } = asked;
    const credential: Record<string, string> =
      typeof who === 'string'
        ? { authorization: who }
        : who === null
          ? {}
          : 'secret' in who
            ? { authorization: `Bearer ${who.secret}` }
            : { cookie: `countersign_session=${who.token}` };
    const { status } = await fetch(app.url + url, { headers: credential, signal: leave.signal });
    leave.abort();
    expect(status).toBeLessThan(500);
    statuses[status] = (statuses[status] ?? 0) + 1;
    return;
  }
  const body = asked.body === undefined ? undefined : new TextEncoder().encode(write(asked.body));
  const headers = { ...(body ? { 'content-type': asked.type } : {}), 'idempotency-key': asked.key };
  const { status, text } = await app.call(asked.who, route.method, url, body, headers);
  statuses[status] = (statuses[status] ?? 0) + 1;
  // The database is there all the time: this would be a bug in another dress.
  if (status === 503) throw new Error(text);
};

test.each(Object.entries(routes) as [RouteName, Route][])(
  'T59: %s answers whatever comes as the contract says',
  { timeout: 60_000 + REQUESTS * 100 },
  async (name, route) => {
    const operation = document.paths[route.path]?.[route.method.toLowerCase()];
    if (!operation) throw new Error('not in the document');
    // What the routes before it decided or withdrew is of no use to this one.
    if (route.method === 'POST' && kindOf(route) === 'approval')
      things = { ...things, approval: await freshApproval() };
    await fc.assert(
      fc.asyncProperty(requestOf(name, route, operation), (asked) => send(name, route, asked)),
      { numRuns: REQUESTS, endOnFailure: true },
    );
  },
);

test('and still works, having said yes often enough for that to mean something', async () => {
  // In the other workspace: in this one a lucky request may have set limits, or taken a right away.
  expect((await app.call(app.two.keys.asking, 'POST', '/v1/approvals', { title: 'still here' })).status).toBe(201);
  const yes = Object.entries(statuses).reduce((sum, [status, count]) => sum + (Number(status) < 300 ? count : 0), 0);
  expect(total).toBeGreaterThan(REQUESTS * 20);
  console.info(`${total} requests: ${JSON.stringify(statuses)}`);
  expect(yes / total).toBeGreaterThan(0.1);
  for (const status of [200, 201, 204, 400, 401, 403, 404, 415, 422])
    expect(Object.keys(statuses)).toContain(String(status));
});
