/** When a session has to show more than that it is there (trust.md, T33, T35, T38, T40). */
import { type Route, type RouteName, type WireSession, routes } from '@countersign/contract';
import { ROLES, type Role } from '@countersign/core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  BODIES,
  type TestApp,
  type TestPerson,
  type TestServer,
  type Visitor,
  addPerson,
  createTestAuthenticator,
  createVisitor,
  kindOf,
  pathWith,
  startTestServer,
} from '../testing/index.ts';

const PUBLIC = 'https://countersign.test.example';
const PASSWORD = 'blue-kettle-sings-42';

let app: TestApp;
/** At an address that is not this machine's own. */
let open: TestServer;
beforeAll(async () => {
  app = await startTestServer();
  open = await app.replica({ publicUrl: PUBLIC });
});
afterAll(() => app.stop());
beforeEach(() => app.sql('delete from sign_in_failure'));

type Told = { code: string; ways?: string[]; second_factor?: string };
type Options = { options: { challenge: string } | null; ways: string[]; needs_password: boolean };

const signedIn = async (roles: readonly Role[]): Promise<{ person: TestPerson; visitor: Visitor }> => {
  const person = await addPerson(app.store, app.one.id, 'somebody', roles);
  const visitor = createVisitor(app);
  visitor.cookies.set('countersign_session', person.token);
  return { person, visitor };
};
const withPassword = async (roles: readonly Role[]) => {
  const made = await signedIn(roles);
  expect((await made.visitor.call('PUT', '/v1/account/password', { password: PASSWORD })).status).toBe(200);
  return made;
};
const withPasskey = async (roles: readonly Role[]) => {
  const made = await signedIn(roles);
  const key = createTestAuthenticator(made.visitor.origin);
  const { body } = await made.visitor.call<Options>('POST', '/v1/account/passkey-options');
  const credential = key.create(body.options ?? { challenge: '' });
  expect((await made.visitor.call('POST', '/v1/account/passkeys', { name: 'Key', credential })).status).toBe(200);
  return { ...made, key };
};
const forget = (person: TestPerson) =>
  app.sql(`update session set stepped_up_at = now() - interval '5 minutes 1 second' where person_id = $1`, [person.id]);
const policy = (name: string) => ({ ...(BODIES.createPolicy as object), name });

describe('T40: a fresh proof', () => {
  const guarded = (Object.entries(routes) as [RouteName, Route][]).filter(([, route]) => route.stepUp);

  test('is asked for by everything that changes the rules or who signs in', () => {
    const names = guarded.map(([name]) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'createPolicy',
        'updatePolicy',
        'deletePolicy',
        'createPolicyVersion',
        'promotePolicyVersion',
        'createGroup',
        'updateGroup',
        'deleteGroup',
        'createMember',
        'updateMember',
        'createMemberSignInLink',
        'putSettings',
        'putPassword',
        'startPasskey',
        'addPasskey',
        'removePasskey',
        'startTotp',
        'removeTotp',
        'createRecoveryCodes',
        'startIdentity',
        'unlinkIdentity',
      ]),
    );
  });
  test.each(guarded)(
    '%s is refused to whoever gave none for five minutes, and not to whoever just did',
    async (name, route) => {
      const { person, visitor } = await withPassword(['owner', 'approver']);
      const path = pathWith(route, kindOf(route) ? 'x' : '');
      await forget(person);
      const refused = await visitor.call<Told>(route.method, path, BODIES[name]);
      expect([refused.status, refused.body.code, refused.body.ways]).toEqual([403, 'step_up_required', ['password']]);
      expect((await visitor.call('POST', '/v1/session/step-up', { password: PASSWORD })).status).toBe(200);
      const again = await visitor.call<Told | null>(route.method, path, BODIES[name]);
      expect(again.body?.code).not.toBe('step_up_required');
    },
  );
  test('is not asked of whoever has nothing to give it with, on one’s own machine', async () => {
    const { visitor } = await signedIn(['owner']);
    expect((await visitor.call('POST', '/v1/policies', policy('a first start stays short'))).status).toBe(201);
  });
  test('is no matter for a key', async () => {
    const { status } = await app.call(app.one.keys.governing, 'POST', '/v1/policies', policy('by a key'));
    expect(status).toBe(201);
  });
  test('is a passkey where there is one: its password by itself does not do', async () => {
    const { person, visitor, key } = await withPasskey(['owner']);
    await visitor.call('PUT', '/v1/account/password', { password: PASSWORD });
    await forget(person);
    expect((await visitor.call<Told>('POST', '/v1/groups', { name: 'g1' })).body.ways).toEqual(['passkey']);
    expect((await visitor.call<Told>('POST', '/v1/session/step-up', { password: PASSWORD })).status).toBe(422);
    const begun = await visitor.call<Options>('POST', '/v1/session/step-up-options');
    const credential = key.get(begun.body.options ?? { challenge: '' });
    const done = await visitor.call<WireSession>('POST', '/v1/session/step-up', { credential });
    expect([done.status, Date.parse(done.body.stepped_up_until ?? '') > Date.now() + 250_000]).toEqual([200, true]);
    expect((await visitor.call('POST', '/v1/groups', { name: 'g1' })).status).toBe(201);
    // The answer is used up, and so is the challenge.
    await forget(person);
    expect((await visitor.call('POST', '/v1/session/step-up', { credential })).status).toBe(403);
    expect((await visitor.call('POST', '/v1/groups', { name: 'g2' })).status).toBe(403);
  });
  test('of somebody else is none', async () => {
    const mine = await withPasskey(['owner']);
    const theirs = await withPasskey(['owner']);
    await forget(mine.person);
    const begun = await mine.visitor.call<Options>('POST', '/v1/session/step-up-options');
    const credential = theirs.key.get(begun.body.options ?? { challenge: '' });
    expect((await mine.visitor.call('POST', '/v1/session/step-up', { credential })).status).toBe(403);
    expect((await mine.visitor.call('POST', '/v1/groups', { name: 'g3' })).status).toBe(403);
  });
  test('T39: is looked at five times, and its failures are on record', async () => {
    const { person, visitor } = await withPassword(['owner']);
    const statuses = [];
    for (let index = 0; index < 6; index += 1)
      statuses.push((await visitor.call('POST', '/v1/session/step-up', { password: 'not my password' })).status);
    expect(statuses).toEqual([403, 403, 403, 403, 403, 429]);
    const rows = await app.sql(`select 1 from event where subject = $1 and type = 'sign_in.failed'`, [person.id]);
    expect(rows).toHaveLength(5);
  });
});

describe('T38: where a second factor is asked for', () => {
  test.each(['owner', 'admin', 'approver'] as const)(
    'a session of one factor opens nothing to the role %s but the account, beyond loopback by default',
    async (role) => {
      const { person } = await signedIn([role]);
      const refused = await open.call<Told>(person, 'GET', '/v1/approvals');
      expect([refused.status, refused.body.code, refused.body.second_factor]).toEqual([
        403,
        'second_factor_required',
        'to_enrol',
      ]);
      expect((await open.call<WireSession>(person, 'GET', '/v1/session')).body.second_factor).toBe('to_enrol');
      expect((await open.call(person, 'GET', '/v1/account')).status).toBe(200);
    },
  );
  test('no route but those of one’s own account is open, whatever its method', async () => {
    const { person } = await signedIn(ROLES);
    for (const [name, route] of Object.entries(routes) as [RouteName, Route][]) {
      if (route.permission === 'session' || route.permission === 'public') continue;
      const path = pathWith(route, kindOf(route) ? 'x' : '');
      const { status, body } = await open.call<Told>(person, route.method, path, BODIES[name], { origin: PUBLIC });
      expect([name, status, body.code]).toEqual([name, 403, 'second_factor_required']);
    }
  });
  test.each(['builder', 'viewer', 'auditor'] as const)('the role %s is not asked', async (role) => {
    const { person } = await signedIn([role]);
    expect((await open.call(person, 'GET', '/v1/approvals')).status).toBe(200);
  });
  test('a session of two opens everything, and adding the first factor makes it one, under another token', async () => {
    const { person, visitor } = await withPasskey(['approver']);
    const token = visitor.cookies.get('countersign_session') ?? '';
    expect(token).not.toBe(person.token);
    expect((await app.call(person, 'GET', '/v1/session')).status).toBe(401);
    expect((await open.call({ ...person, token }, 'GET', '/v1/approvals')).status).toBe(200);
  });
  test('the workspace’s switch decides, and is itself behind a fresh proof', async () => {
    const { person, visitor } = await withPassword(['owner', 'approver']);
    const settings = await visitor.call('GET', '/v1/settings');
    expect(settings.body['require_second_factor']).toBe(false);
    const put = await visitor.call('PUT', '/v1/settings', { ...settings.body, require_second_factor: true });
    expect(put.status).toBe(200);
    try {
      expect((await visitor.call<Told>('GET', '/v1/approvals')).body.code).toBe('second_factor_required');
      // Not even to switch it off again.
      expect((await visitor.call<Told>('PUT', '/v1/settings', settings.body)).body.code).toBe('second_factor_required');
      expect((await open.call(app.two.people.viewer, 'GET', '/v1/approvals')).status).toBe(200);
      const events = await app.sql<{ data: { after: { require_second_factor: boolean } } }>(
        `select data from event where type = 'settings.changed' and actor->>'id' = $1`,
        [person.id],
      );
      expect(events.at(-1)?.data.after.require_second_factor).toBe(true);
    } finally {
      await app.sql(`update workspace set settings = '{}'`);
    }
  });
});

describe('a session', () => {
  test('is listed with device, address, way and time, for its person only', async () => {
    const { person } = await withPassword(['approver']);
    const visitor = createVisitor(app);
    await visitor.call('POST', '/v1/session/password', { email: person.email, password: PASSWORD });
    const { body } = await visitor.call<{ data: Record<string, unknown>[] }>('GET', '/v1/sessions');
    expect(body.data).toHaveLength(2);
    expect(body.data[0]).toMatchObject({
      is_current: true,
      method: 'password',
      is_two_factor: false,
      user_agent: 'A test browser',
      address: expect.stringContaining('1') as string,
    });
    const stranger = await signedIn(['approver']);
    expect((await stranger.visitor.call('DELETE', `/v1/sessions/${String(body.data[1]?.['id'])}`)).status).toBe(404);
  });
  test('T33: that is ended is refused on every replica within a second', async () => {
    const { person, visitor } = await withPassword(['viewer']);
    const other = createVisitor(app);
    await other.call('POST', '/v1/session/password', { email: person.email, password: PASSWORD });
    const token = other.cookies.get('countersign_session') ?? '';
    const onOpen = { ...person, token };
    expect((await open.call(onOpen, 'GET', '/v1/approvals')).status).toBe(200);
    const list = await other.call<{ data: { id: string; is_current: boolean }[] }>('GET', '/v1/sessions');
    const own = list.body.data.find((row) => row.is_current)?.id ?? '';
    const started = Date.now();
    expect((await visitor.call('DELETE', `/v1/sessions/${own}`)).status).toBe(204);
    for (const server of [app, open]) expect((await server.call(onOpen, 'GET', '/v1/approvals')).status).toBe(401);
    expect(Date.now() - started).toBeLessThan(1000);
    const [ended] = await app.sql<{ type: string }>(
      `select type from event where subject = $1 and type = 'session.ended'`,
      [own],
    );
    expect(ended?.type).toBe('session.ended');
  });
  test('of a member is ended by an owner or admin, and by nobody else', async () => {
    const { person } = await signedIn(['approver']);
    for (const [who, status] of [
      [app.one.people.builder, 403],
      [app.two.people.owner, 404],
      [app.one.people.admin, 204],
    ] as const)
      expect((await app.call(who, 'DELETE', `/v1/members/${person.id}/sessions`)).status).toBe(status);
    expect((await app.call(person, 'GET', '/v1/session')).status).toBe(401);
  });
  test('T35: begins anew when the roles of its person change; one’s own goes on under another token', async () => {
    const { person, visitor } = await signedIn(['owner', 'viewer']);
    const target = await signedIn(['viewer']);
    expect((await visitor.call('PATCH', `/v1/members/${target.person.id}`, { roles: ['approver'] })).status).toBe(200);
    expect((await target.visitor.call('GET', '/v1/session')).status).toBe(401);
    expect((await visitor.call('PATCH', `/v1/members/${person.id}`, { roles: ['owner', 'approver'] })).status).toBe(
      200,
    );
    expect(visitor.cookies.get('countersign_session')).not.toBe(person.token);
    expect((await visitor.call<WireSession>('GET', '/v1/session')).body.roles).toEqual(['owner', 'approver']);
    expect((await app.call(person, 'GET', '/v1/session')).status).toBe(401);
  });
});
