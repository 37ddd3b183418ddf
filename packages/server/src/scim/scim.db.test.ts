/** With the requests that Okta and Microsoft Entra ID document for their provisioning. */
import type { JsonObject } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, type TestKey, addKey, addPerson, startTestServer, until } from '../testing/index.ts';

let app: TestApp;
let key: TestKey;
let stranger: TestKey;
beforeAll(async () => {
  app = await startTestServer();
  key = await addKey(app.store, app.one.id, app.one.people.owner, ['scim:write']);
  stranger = await addKey(app.store, app.two.id, app.two.people.owner, ['scim:write']);
});
afterAll(() => app.stop());

type Resource = JsonObject & {
  id: string;
  userName: string;
  active: boolean;
  displayName: string;
  members: { value: string }[];
};
type Told = Resource & {
  Resources: Resource[];
  totalResults: number;
  detail: string;
  scimType: string;
  status: string;
};

const scim = async (method: string, path: string, body?: unknown, secret: string = key.secret) => {
  const response = await fetch(`${app.url}/scim/v2${path}`, {
    method,
    headers: {
      authorization: `Bearer ${secret}`,
      ...(body === undefined ? {} : { 'content-type': 'application/scim+json; charset=utf-8' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (text !== '') expect(response.headers.get('content-type')).toBe('application/scim+json');
  return { status: response.status, headers: response.headers, body: (text === '' ? {} : JSON.parse(text)) as Told };
};

let count = 0;
/** As Okta creates a user. */
const oktaUser = (over: object = {}) => {
  count += 1;
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    userName: `okta${count}@corp.example`,
    name: { givenName: 'Test', familyName: `User ${count}` },
    emails: [{ primary: true, value: `okta${count}@corp.example`, type: 'work' }],
    displayName: `Test User ${count}`,
    locale: 'en-US',
    externalId: `00u${count}`,
    groups: [],
    password: '1mz050nq',
    active: true,
    ...over,
  };
};
const createUser = async (over: object = {}): Promise<Resource> => {
  const made = await scim('POST', '/Users', oktaUser(over));
  expect(made.status).toBe(201);
  return made.body;
};
const find = async (filter: string, kind = 'Users'): Promise<string[]> =>
  (await scim('GET', `/${kind}?filter=${encodeURIComponent(filter)}`)).body.Resources.map(({ id }) => id);
const member = async (id: string) =>
  (
    await app.call<{ data: { id: string; name: string; status: string; roles: string[]; groups: string[] }[] }>(
      app.one.people.owner,
      'GET',
      '/v1/members',
    )
  ).body.data.find((one) => one.id === id);

test('what the server can do is told, to keys that may provision only', async () => {
  for (const path of [
    '/ServiceProviderConfig',
    '/ResourceTypes',
    '/ResourceTypes/User',
    '/Schemas',
    '/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group',
  ])
    expect([path, (await scim('GET', path)).status]).toEqual([path, 200]);
  expect((await scim('GET', '/ServiceProviderConfig')).body).toMatchObject({
    patch: { supported: true },
    filter: { supported: true },
  });
  for (const secret of [
    '',
    'csk_svc_x',
    app.one.keys.asking.secret,
    app.one.keys.governing.secret,
    app.one.keys.deciding.secret,
  ]) {
    const refused = await scim('GET', '/Users', undefined, secret);
    expect([401, 403]).toContain(refused.status);
    expect(refused.body['schemas']).toEqual(['urn:ietf:params:scim:api:messages:2.0:Error']);
  }
  // Nor does a person's session: a page of another site could use it.
  const cookie = `countersign_session=${app.one.people.owner.token}`;
  expect((await fetch(`${app.url}/scim/v2/Users`, { headers: { cookie } })).status).toBe(401);
});

test('what a known key was refused is in the audit log, as on /v1', async () => {
  const builder = await addKey(app.store, app.one.id, app.one.people.builder, ['approvals:create']);
  const revoked = await addKey(app.store, app.one.id, app.one.people.owner, ['scim:write']);
  await app.call(app.one.people.owner, 'DELETE', `/v1/api-keys/${revoked.id}`);
  const foreign = app.two.people.viewer.id;
  expect((await scim('GET', '/Users', undefined, builder.secret)).status).toBe(403);
  expect((await scim('GET', '/Users', undefined, revoked.secret)).status).toBe(401);
  expect((await scim('PATCH', `/Users/${foreign}`, { Operations: [{ op: 'remove', path: 'title' }] })).status).toBe(
    404,
  );
  const refusals = await until(
    () =>
      app.sql<{ actor: string; subject: string; data: object }>(
        `select actor ->> 'id' as actor, subject, data from event
         where type = 'request.refused' and actor ->> 'id' = any($1)`,
        [[builder.id, revoked.id, key.id]],
      ),
    (rows) => rows.length >= 3,
  );
  expect(refusals).toHaveLength(3);
  expect(refusals).toEqual(
    expect.arrayContaining([
      { actor: builder.id, subject: builder.id, data: { code: 'forbidden', route: 'scim' } },
      { actor: revoked.id, subject: revoked.id, data: { code: 'unauthenticated', route: 'scim' } },
      { actor: key.id, subject: foreign, data: { code: 'not_found', route: 'scim' } },
    ]),
  );
});

describe('a user', () => {
  test('as Okta creates one is found, read and listed, and is a member', async () => {
    const user = await createUser();
    expect(user).toMatchObject({
      active: true,
      externalId: `00u${count}`,
      name: { givenName: 'Test' },
      meta: { resourceType: 'User' },
    });
    expect(user).not.toHaveProperty('password');
    expect(await find(`userName eq "${user.userName.toUpperCase()}"`)).toEqual([user.id]);
    expect(await find(`externalId eq "00u${count}"`)).toEqual([user.id]);
    expect((await scim('GET', `/Users/${user.id}`)).body).toEqual(user);
    expect(await member(user.id)).toMatchObject({ name: user.displayName, roles: ['viewer'], status: 'active' });
    const again = await scim('POST', '/Users', oktaUser({ userName: user.userName }));
    expect([again.status, again.body.scimType, again.body.status]).toEqual([409, 'uniqueness', '409']);
    expect(await find('userName eq "nobody@corp.example"')).toEqual([]);
  });

  test('is listed by pages', async () => {
    for (let index = 0; index < 3; index += 1) await createUser();
    const all = (await scim('GET', '/Users?startIndex=1&count=200')).body;
    expect(all.Resources).toHaveLength(all.totalResults);
    const page = (await scim('GET', '/Users?startIndex=2&count=2')).body;
    expect(page).toMatchObject({ startIndex: 2, itemsPerPage: 2, totalResults: all.totalResults });
    expect(page.Resources.map(({ id }) => id)).toEqual(all.Resources.slice(1, 3).map(({ id }) => id));
    expect((await scim('GET', '/Users?count=0')).body.Resources).toEqual([]);
    expect((await scim('GET', '/Users?filter=userName')).body.scimType).toBe('invalidFilter');
  });

  test.each([
    [
      'Okta',
      {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'replace', value: { active: false } }],
      },
    ],
    [
      'Entra ID',
      {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'Replace', path: 'active', value: 'False' }],
      },
    ],
  ])('that %s deactivates can do nothing within a second, and comes back', async (_, body) => {
    const { id } = await createUser();
    const signedIn = await addPerson(app.store, app.one.id, 'not this one', ['viewer']);
    await app.sql(`update session set person_id = $1 where person_id = $2`, [id, signedIn.id]);
    expect((await app.call(signedIn, 'GET', '/v1/session')).status).toBe(200);
    const off = await scim('PATCH', `/Users/${id}`, body);
    expect([off.status, off.body.active]).toEqual([200, false]);
    await until(
      () => app.call(signedIn, 'GET', '/v1/session'),
      ({ status }) => status === 401,
      1100,
    );
    expect(await member(id)).toMatchObject({ status: 'deactivated' });
    const on = { Operations: [{ op: 'Replace', path: 'active', value: 'True' }] };
    expect((await scim('PATCH', `/Users/${id}`, on)).body.active).toBe(true);
    expect(await member(id)).toMatchObject({ status: 'active' });
  });

  test('is changed as Entra ID does it, and replaced as Okta does', async () => {
    const user = await createUser();
    const changed = await scim('PATCH', `/Users/${user.id}`, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [
        { op: 'Replace', path: 'emails[type eq "work"].value', value: `new${count}@corp.example` },
        { op: 'Replace', path: 'name.familyName', value: 'Updated' },
        { op: 'Add', path: 'displayName', value: 'Test Updated' },
      ],
    });
    expect(changed.body).toMatchObject({
      displayName: 'Test Updated',
      name: { givenName: 'Test', familyName: 'Updated' },
    });
    expect(await member(user.id)).toMatchObject({ name: 'Test Updated', email: `new${count}@corp.example` });
    const replaced = await scim('PUT', `/Users/${user.id}`, {
      ...oktaUser(),
      id: user.id,
      userName: user.userName,
      displayName: 'Replaced',
    });
    expect(replaced.body).toMatchObject({ id: user.id, displayName: 'Replaced' });
    const bad = await scim('PATCH', `/Users/${user.id}`, { Operations: [{ op: 'move', path: 'active' }] });
    expect([bad.status, bad.body.scimType]).toEqual([400, 'invalidSyntax']);
  });

  test('that is deleted is gone, and the last owner can not be', async () => {
    const { id } = await createUser();
    expect((await scim('DELETE', `/Users/${id}`)).status).toBe(204);
    expect((await scim('GET', `/Users/${id}`)).status).toBe(404);
    expect(await member(id)).toBeUndefined();
    const kept = await scim('DELETE', `/Users/${app.one.people.owner.id}`);
    expect([kept.status, await member(app.one.people.owner.id)]).toMatchObject([409, { status: 'active' }]);
  });

  test('of another workspace is as unknown as any other, and is not renamed', async () => {
    const other = app.two.people.viewer;
    for (const [method, body] of [
      ['GET'],
      ['DELETE'],
      ['PUT', oktaUser()],
      ['PATCH', { Operations: [{ op: 'replace', value: { active: false } }] }],
    ] as const) {
      const foreign = await scim(method, `/Users/${other.id}`, body);
      const unknown = await scim(method, ['', 'Users', `usr_${'0'.repeat(27)}`].join('/'), body);
      expect([method, foreign.status, foreign.body]).toEqual([method, 404, unknown.body]);
    }
    const joined = await createUser({
      userName: other.email,
      emails: [{ value: other.email, primary: true }],
      displayName: 'Renamed',
    });
    expect(joined.id).toBe(other.id);
    await scim('PATCH', `/Users/${other.id}`, {
      Operations: [{ op: 'replace', path: 'displayName', value: 'Renamed again' }],
    });
    expect((await app.call<{ person: { name: string } }>(other, 'GET', '/v1/session')).body.person.name).toBe(
      'the viewer',
    );
  });
});

describe('a group', () => {
  const createGroup = async (displayName: string, members: readonly string[] = []): Promise<Resource> => {
    const made = await scim('POST', '/Groups', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      displayName,
      externalId: `ext ${displayName}`,
      members: members.map((value) => ({ value })),
    });
    expect(made.status).toBe(201);
    return made.body;
  };

  test('is one of ours, under a name that rules can write', async () => {
    const user = await createUser();
    const group = await createGroup('Finance Approvers (EU)', [user.id]);
    expect(group).toMatchObject({ displayName: 'Finance Approvers (EU)', members: [{ value: user.id }] });
    expect((await member(user.id))?.groups).toEqual(['Finance-Approvers-EU']);
    expect(await find('displayName eq "finance approvers (eu)"', 'Groups')).toEqual([group.id]);
    expect(await find(`members.value eq "${user.id}"`, 'Groups')).toEqual([group.id]);
    expect(await find(`members[value eq "${user.id}"]`, 'Groups')).toEqual([group.id]);
    expect((await scim('GET', `/Groups/${group.id}?excludedAttributes=members`)).body).not.toHaveProperty('members');
    expect((await scim('POST', '/Groups', { displayName: 'finance approvers (EU)' })).status).toBe(409);
  });

  test('follows what Okta and Entra ID send', async () => {
    const [ann, bob] = [await createUser(), await createUser()];
    const { id } = await createGroup('Team');
    const members = async (Operations: object[]): Promise<string[]> => {
      const answer = await scim('PATCH', `/Groups/${id}`, {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations,
      });
      expect(answer.status).toBe(200);
      return answer.body.members.map(({ value }) => value).toSorted();
    };
    const both = [ann.id, bob.id].toSorted();
    expect(await members([{ op: 'Add', path: 'members', value: [{ value: ann.id }] }])).toEqual([ann.id]);
    expect(await members([{ op: 'add', path: 'members', value: [{ value: bob.id, display: 'Bob' }] }])).toEqual(both);
    expect(await members([{ op: 'remove', path: `members[value eq "${ann.id}"]` }])).toEqual([bob.id]);
    expect(await members([{ op: 'Remove', path: 'members', value: [{ value: bob.id }] }])).toEqual([]);
    expect(await members([{ op: 'replace', path: 'members', value: both.map((value) => ({ value })) }])).toEqual(both);
    const renamed = await scim('PATCH', `/Groups/${id}`, {
      Operations: [{ op: 'replace', value: { id, displayName: 'Team 2' } }],
    });
    expect(renamed.body).toMatchObject({ id, displayName: 'Team 2', members: [{}, {}] });
    const strangers = { Operations: [{ op: 'Add', path: 'members', value: [{ value: app.two.people.approver.id }] }] };
    expect((await scim('PATCH', `/Groups/${id}`, strangers)).status).toBe(400);
    expect((await scim('DELETE', `/Groups/${id}`)).status).toBe(204);
    expect((await member(ann.id))?.groups).toEqual([]);
  });

  test('gives the roles that the workspace has set for it, and takes them again', async () => {
    const scimSettings = { default_roles: ['viewer'], roles_by_group: { 'App Approvers': ['approver'] } };
    expect((await app.call(app.one.people.owner, 'PUT', '/v1/settings', { scim: scimSettings })).status).toBe(200);
    const user = await createUser();
    const { id } = await createGroup('App Approvers', [user.id]);
    expect((await member(user.id))?.roles).toEqual(['viewer', 'approver']);
    await scim('PATCH', `/Groups/${id}`, { Operations: [{ op: 'remove', path: `members[value eq "${user.id}"]` }] });
    expect((await member(user.id))?.roles).toEqual(['viewer']);
    const owners = { default_roles: ['owner'], roles_by_group: {} };
    expect((await app.call(app.one.people.owner, 'PUT', '/v1/settings', { scim: owners })).status).toBe(422);
  });

  test('of another workspace is as unknown as any other', async () => {
    const { id } = await createGroup('Ours');
    for (const [method, body] of [
      ['GET'],
      ['DELETE'],
      ['PUT', { displayName: 'x' }],
      ['PATCH', { Operations: [{ op: 'replace', value: { displayName: 'x' } }] }],
    ] as const) {
      const foreign = await scim(method, `/Groups/${id}`, body, stranger.secret);
      const unknown = await scim(method, `/Groups/grp_${'0'.repeat(27)}`, body, stranger.secret);
      expect([method, foreign.status, foreign.body]).toEqual([method, 404, unknown.body]);
    }
    expect((await scim('GET', '/Groups', undefined, stranger.secret)).body.Resources).toEqual([]);
  });
});

test('what is no SCIM at all is refused in its words, never with a 5xx', async () => {
  for (const [method, path, body] of [
    ['GET', '/Nothing', undefined],
    ['GET', '/Groups/%ff', undefined],
    ['GET', '/Groups/x/y', undefined],
    ['PUT', '/Users', {}],
    ['POST', '/Users', {}],
    ['POST', '/Users', { userName: 'no address' }],
    ['POST', '/Users', { userName: 1 }],
    ['POST', '/Users', []],
    ['POST', '/Groups', { displayName: '' }],
    ['POST', '/Groups', { displayName: 'x', members: [{ value: 'nobody' }] }],
    ['GET', '/Users?count=many', undefined],
  ] as const) {
    const { status, body: told } = await scim(method, path, body);
    expect([path, status >= 400 && status < 500, told['schemas']]).toEqual([
      path,
      true,
      ['urn:ietf:params:scim:api:messages:2.0:Error'],
    ]);
  }
});
