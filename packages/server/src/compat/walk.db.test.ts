/** Every path of the dialects, by whoever may not, and with whatever may be sent. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, startTestServer } from '../testing/test-app.ts';
import { agentflow } from './agentflow/agentflow.ts';
import type { Dialect, DialectRoute } from './dialect.ts';
import { promptrails } from './promptrails/promptrails.ts';
import { type Sent, sender } from './testing/send.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

const KEYED = {
  promptrails: (secret: string) => ({ 'x-api-key': secret }),
  agentflow: (secret: string) => ({ authorization: `Bearer ${secret}` }),
} as const;

const bodyFor = ({ method }: DialectRoute, body: unknown): unknown => (method === 'GET' ? undefined : body);

const withIds = ({ path }: DialectRoute, id: string): string => path.replaceAll(/:\w+/g, encodeURIComponent(id));

const isTheirs = (dialect: Dialect, { status, body, text }: Sent): void => {
  if (status < 400) return;
  const told = dialect.name === 'promptrails' ? body?.error?.message : body?.detail;
  expect(told, text).toEqual(expect.any(String));
};

const ID = fc.oneof(
  fc.constantFrom(
    '',
    '0'.repeat(27),
    'appr_',
    `appr_${'z'.repeat(27)}`,
    '..',
    '%2e%2e',
    'toString',
    '__proto__',
    '-1',
    '1e9',
  ),
  fc.string({ maxLength: 60 }),
);
const NAMES = [
  'decision',
  'action',
  'reason',
  'input',
  'config',
  'name',
  'agent_id',
  'content',
  'message',
  'arguments',
  'responses',
  'enabled',
  'source',
  'source_config',
  'title',
  'metadata',
  'version_id',
  'conversation_id',
  'message_id',
  '__proto__',
];
const BODY = fc.oneof(
  fc.dictionary(fc.constantFrom(...NAMES), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 }),
  fc.jsonValue({ maxDepth: 2 }),
);
const QUERY = fc.dictionary(
  fc.constantFrom(
    'page',
    'limit',
    'page_size',
    'status',
    'agent_id',
    'tool_name',
    'tool_id',
    'session_id',
    'days',
    'q',
    'x',
  ),
  fc.string({ maxLength: 20 }),
  { maxKeys: 4 },
);

describe.each([promptrails, agentflow])('$name', (dialect) => {
  const name = dialect.name as keyof typeof KEYED;

  test('nothing is answered without a credential', async () => {
    const send = sender(app, `/compat/${name}`, {});
    for (const route of dialect.routes.filter(({ path }) => !path.includes('/hooks/'))) {
      const sent = await send(route.method, withIds(route, '0'.repeat(27)), bodyFor(route, {}));
      expect(sent.status, `${route.method} ${route.path}`).toBe(401);
      isTheirs(dialect, sent);
    }
  });

  test('a key that may do nothing of it is refused everywhere', async () => {
    const made = await app.call<{ secret: string }>(app.one.people.owner, 'POST', '/v1/api-keys', {
      name: `nothing ${name} ${Math.random()}`,
      scopes: ['policies:read'],
    });
    const send = sender(app, `/compat/${name}`, KEYED[name](made.body.secret));
    for (const route of dialect.routes.filter(({ path }) => !path.includes('/hooks/'))) {
      const sent = await send(route.method, withIds(route, '0'.repeat(27)), bodyFor(route, VALID));
      expect([403, 400, 422], `${route.method} ${route.path}: ${sent.status}`).toContain(sent.status);
    }
  });

  test('whatever is sent, it is answered in their words and never as a failure of ours', async () => {
    const keys = [app.one.keys.asking, app.one.keys.deciding].map(({ secret }) =>
      sender(app, `/compat/${name}`, KEYED[name](secret)),
    );
    const streams = /stream|watch/;
    const route = fc.constantFrom(...dialect.routes.filter(({ path }) => !streams.test(path)));
    await fc.assert(
      fc.asyncProperty(route, ID, BODY, QUERY, fc.nat(1), async (one, id, body, query, who) => {
        const path = `${withIds(one, id)}?${new URLSearchParams(query).toString()}`;
        const sent = await keys[who]?.(one.method, path, bodyFor(one, body));
        if (!sent) throw new Error('nobody sent it');
        expect(sent.status, `${one.method} ${path}: ${sent.text}`).toBeLessThan(500);
        isTheirs(dialect, sent);
      }),
      { numRuns: 150 },
    );
  });
});

/** What gets a request past its form, so that what is left to refuse is who sends it. */
const VALID = {
  decision: 'approved',
  enabled: true,
  message: 'Hi',
  content: 'Hi',
  input: 'Hi',
  name: 'A name',
  config: {},
  agent_id: `agt_${'0'.repeat(27)}`,
  arguments: {},
  title: 'A title',
  responses: [{ id: '0'.repeat(27), action: 'approve' }],
};
