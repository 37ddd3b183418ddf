/** Every path of every dialect, by whoever may not, from another workspace, and with whatever may be sent. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Everything, type TestApp, makeEverything, startTestServer } from '../testing/index.ts';
import type { TestWorkspace } from '../testing/workspace.ts';
import type { DialectRoute } from './dialect.ts';
import { bareId } from './ids.ts';
import { DOORS, type Door } from './testing/doors.ts';
import { type Send, type Sent, sender } from './testing/send.ts';

let app: TestApp;
let theirs: Everything;

beforeAll(async () => {
  app = await startTestServer();
  theirs = await makeEverything(app, app.one);
});
afterAll(async () => {
  await app.stop();
  await theirs.close();
});

/** Paths whose credential stands in them, or that tell everybody the same. */
const isOpen = ({ path }: DialectRoute): boolean => path.includes('/hooks/') || /^\/(info|ok|health|ready)$/.test(path);

const bodyFor = ({ method }: DialectRoute, body: unknown): unknown => (method === 'GET' ? undefined : body);

const withIds = ({ path }: DialectRoute, id: string): string => path.replaceAll(/:\w+/g, encodeURIComponent(id));

const as = ({ dialect, headers }: Door, workspace: TestWorkspace, secret: string): Send =>
  sender(app, `/compat/${dialect.name}`, headers(workspace, secret));

/** A refusal has a reason, where its clients look for it. */
const isTheirs = (door: Door, sent: Sent): void => {
  if (sent.status < 400) return;
  expect(door.reason(sent), sent.text).toEqual(expect.any(String));
  expect(sent.headers.get('content-type'), sent.text).toBe('application/json');
};

const ID = fc.oneof(
  fc.constantFrom(
    '',
    '0'.repeat(27),
    'appr_',
    `appr_${'z'.repeat(27)}`,
    '00000000-0000-4000-8000-000000000000',
    '..',
    '%2e%2e',
    'toString',
    '__proto__',
    '-1',
    '1',
    '1e9',
    '9'.repeat(15),
  ),
  fc.string({ maxLength: 60 }),
);
const QUERIED =
  'page limit page_size per_page status filter_status priority agent_id tool_name tool_id session_id days q x'.split(
    ' ',
  );
const QUERY = fc.dictionary(fc.constantFrom(...QUERIED), fc.string({ maxLength: 20 }), { maxKeys: 4 });

/** A right form with something else in some of its places, or no form at all. */
const bodyOf = ({ valid }: Door): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc
      .dictionary(fc.constantFrom(...Object.keys(valid), '__proto__', 'metadata'), fc.jsonValue({ maxDepth: 3 }), {
        maxKeys: 3,
      })
      .map((changed) => ({ ...valid, ...changed })),
    fc.jsonValue({ maxDepth: 2 }),
  );

describe.each(DOORS)('$dialect.name', (door) => {
  const { routes, name } = door.dialect;
  const closed = routes.filter((route) => !isOpen(route));

  test('nothing is answered without a credential', async () => {
    const send = sender(app, `/compat/${name}`, {});
    for (const route of closed) {
      const sent = await send(route.method, withIds(route, '0'.repeat(27)), bodyFor(route, {}));
      expect(sent.status, `${route.method} ${route.path}`).toBe(401);
      isTheirs(door, sent);
    }
  });

  test('a key that may do nothing of it is refused everywhere', async () => {
    const made = await app.call<{ secret: string }>(app.one.people.owner, 'POST', '/v1/api-keys', {
      name: `nothing ${name} ${Math.random()}`,
      scopes: ['policies:read'],
    });
    const send = as(door, app.one, made.body.secret);
    for (const route of closed) {
      const sent = await send(route.method, withIds(route, '0'.repeat(27)), bodyFor(route, door.valid));
      expect(sent.status, `${route.method} ${route.path}: ${sent.text}`).toBe(403);
      isTheirs(door, sent);
    }
  });

  test('of another workspace nothing is seen, and nothing of it changes', async () => {
    const { held, execution, agent, conversation, tool, schedule, incomingWebhook } = theirs;
    const ids = [held, execution, agent, conversation, tool, schedule, incomingWebhook].map(bareId);
    const before = await tables();
    const visit = async (send: Send, route: DialectRoute, id: string): Promise<void> => {
      const sent = await send(route.method, withIds(route, id), bodyFor(route, door.valid));
      const what = `${route.method} ${route.path} ${id}: ${sent.status} ${sent.text}`;
      // The figures of a tool that there is not are those of a name that nobody has used.
      if (sent.status < 400) expect(sent.body, what).toMatchObject({ tool_name: id, total: 0 });
      for (const secret of ['refund', 'deploy', 'Workflow ', 'Schedule ', 'Incoming ', 'amount'])
        expect(sent.text, what).not.toContain(secret);
    };
    const named = closed.filter(({ path }) => path.includes(':'));
    const [asks, decides] = [app.two.keys.asking, app.two.keys.deciding].map(({ secret }) => as(door, app.two, secret));
    if (!asks || !decides) throw new Error('no keys');
    for (const route of named) {
      for (const id of ids) await visit(asks, route, id);
      await visit(asks, route, held);
      if (route.method === 'POST')
        for (const id of [held, bareId(held), bareId(execution)]) await visit(decides, route, id);
    }
    expect(await tables()).toEqual(before);
  });

  test('whatever is sent, it is answered in their words and never as a failure of ours', async () => {
    const sends = [app.one.keys.asking, app.one.keys.deciding].map(({ secret }) => as(door, app.one, secret));
    const route = fc.constantFrom(...routes.filter(({ path }) => !/stream|watch/.test(path)));
    await fc.assert(
      fc.asyncProperty(route, ID, bodyOf(door), QUERY, fc.nat(1), async (one, id, body, query, who) => {
        const path = `${withIds(one, id)}?${new URLSearchParams(query).toString()}`;
        const sent = await sends[who]?.(one.method, path, bodyFor(one, body));
        if (!sent) throw new Error('nobody sent it');
        expect(sent.status, `${one.method} ${path}: ${sent.text}`).toBeLessThan(500);
        isTheirs(door, sent);
      }),
      { numRuns: 150 },
    );
  });

  test('a path is known with a last slash, by HEAD where by GET, and what it does not know it refuses', async () => {
    const send = as(door, app.one, app.one.keys.reading.secret);
    for (const route of routes) {
      const path = withIds(route, '0'.repeat(27));
      const odd = await send('PROPFIND', path);
      expect([400, 405], `${path}: ${odd.status}`).toContain(odd.status);
      isTheirs(door, odd);
      if (/stream|watch/.test(path)) continue;
      const plain = await send(route.method, path, bodyFor(route, {}));
      expect((await send(route.method, `${path}/`, bodyFor(route, {}))).status, path).toBe(plain.status);
      if (route.method !== 'GET') continue;
      const head = await send('HEAD', path);
      expect([head.status, head.text], path).toEqual([plain.status, '']);
    }
  });
});

/** What workspace one has, to see that a stranger changed none of it. */
const tables = async (): Promise<unknown> => {
  const rows = async (table: string, columns: string) =>
    app.sql(`select ${columns} from ${table} where workspace_id = $1 order by id`, [app.one.id]);
  return {
    approvals: await rows('approval', 'id, status'),
    executions: await rows('execution', 'id, status'),
    conversations: await rows('conversation', 'id, archived_at'),
    agents: await rows('agent', 'id, archived_at, current_version_id'),
    schedules: await rows('schedule', 'id, paused_at, deleted_at'),
    tools: await rows('tool', 'id'),
  };
};
