/** T45 for the directory's interface, whose paths are no part of the contract: another workspace's ids are as unknown as any. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, type TestKey, addKey, startTestServer, until } from '../testing/index.ts';

let app: TestApp;
let stranger: TestKey;
/** What workspace one has: a person and a group. */
let ids: Readonly<Record<'Users' | 'Groups', string>>;
beforeAll(async () => {
  app = await startTestServer();
  stranger = await addKey(app.store, app.two.id, app.two.people.owner, ['scim:write']);
  const { owner, approver } = app.one.people;
  const group = { name: 'theirs', members: [approver.id] };
  const made = await app.call<{ id: string }>(owner, 'POST', '/v1/groups', group);
  ids = { Users: approver.id, Groups: made.body.id };
});
afterAll(() => app.stop());

const SCHEMAS = 'urn:ietf:params:scim:schemas:core:2.0';
const BODIES = {
  Users: { schemas: [`${SCHEMAS}:User`], userName: 'mine@test.example', emails: [{ value: 'mine@test.example' }] },
  Groups: { schemas: [`${SCHEMAS}:Group`], displayName: 'mine', members: [] },
} as const;
const PATCH = {
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations: [{ op: 'replace', path: 'displayName', value: 'mine' }],
};

/** Everything that an answer says, without the id that was asked for. */
const send = async (method: string, path: string, body: unknown, id: string) => {
  const response = await fetch(`${app.url}/scim/v2/${path}`, {
    method,
    headers: { authorization: `Bearer ${stranger.secret}`, 'content-type': 'application/scim+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: (await response.text()).replaceAll(id, 'ID') };
};

const WALK = (['Users', 'Groups'] as const).flatMap((kind) =>
  (['GET', 'PUT', 'PATCH', 'DELETE'] as const).map((method) => [method, kind] as const),
);

test.each(WALK)(
  'T45: %s /%s/{id} tells nothing of another workspace, changes nothing in it, and is written down',
  async (method, kind) => {
    const real = ids[kind];
    const unknown = `${real.slice(0, 4)}${'0'.repeat(27)}`;
    const body = { GET: undefined, DELETE: undefined, PUT: BODIES[kind], PATCH }[method];
    const foreign = await send(method, `${kind}/${real}`, body, real);
    expect(foreign.status).toBe(404);
    expect(foreign).toEqual(await send(method, `${kind}/${unknown}`, body, unknown));
    await until(
      () =>
        app.sql(
          `select from event where type = 'request.refused' and workspace_id = $1 and subject = $2 and actor ->> 'id' = $3`,
          [app.two.id, real, stranger.id],
        ),
      (rows) => rows.length > 0,
    );
  },
);

test('lists and filters show nobody of it, and a group takes no member of it', async () => {
  for (const kind of ['Users', 'Groups'] as const) {
    const { text } = await send('GET', `${kind}?count=1000`, undefined, 'none');
    expect(text).not.toContain(ids[kind]);
  }
  const { email } = app.one.people.approver;
  for (const filter of [`userName eq "${email}"`, `id eq "${ids.Users}"`, `emails.value eq "${email}"`]) {
    const { text } = await send('GET', `Users?filter=${encodeURIComponent(filter)}`, undefined, 'none');
    expect(JSON.parse(text)).toMatchObject({ totalResults: 0 });
  }
  const body = { ...BODIES.Groups, displayName: 'with a stranger', members: [{ value: ids.Users }] };
  const made = await send('POST', 'Groups', body, 'none');
  expect(made.status).toBeGreaterThanOrEqual(400);
  const unchanged = await app.sql<{ name: string; removed: boolean }>(
    `select p.name, exists (select from member m where m.workspace_id = $1 and m.person_id = p.id) as removed from person p where id = $2`,
    [app.one.id, ids.Users],
  );
  expect(unchanged).toEqual([{ name: 'the approver', removed: true }]);
  expect(
    await app.sql('select from people_group where workspace_id = $1 and name = $2', [app.one.id, 'theirs']),
  ).toHaveLength(1);
});
