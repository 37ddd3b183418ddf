import type { WireInvitation, WireMember, WireSession, WireWorkspace } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, type TestPerson, addPerson, startTestServer } from '../testing/index.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

type Invited = WireInvitation & { url: string; code?: string };
let count = 0;
const fresh = (): string => `guest${(count += 1)}@join.example`;
const invite = (body: object, who: TestPerson = app.one.people.owner) =>
  app.call<Invited>(who, 'POST', '/v1/invitations', { roles: ['approver'], ...body });
const tokenOf = (url: string): string => new URL(url).hash.replace('#token=', '');
const accept = (url: string, more: object = {}, who: TestPerson | null = null) =>
  app.call<WireSession & { code: string }>(who, 'POST', '/v1/invitations/accept', { token: tokenOf(url), ...more });
const cookieOf = (headers: Headers): { cookie: string; origin: string } => ({
  cookie: headers.get('set-cookie')?.split(';')[0] ?? '',
  origin: app.url,
});
const list = async (): Promise<Map<string, WireInvitation>> =>
  new Map(
    (await app.call<{ data: WireInvitation[] }>(app.one.people.owner, 'GET', '/v1/invitations')).body.data.map(
      (one) => [one.id, one],
    ),
  );

describe('an invitation', () => {
  test('makes its reader a member with roles and groups, signed in, once', async () => {
    const group = await app.call<{ id: string }>(app.one.people.owner, 'POST', '/v1/groups', { name: 'welcome' });
    const email = fresh();
    const invited = await invite({ email, groups: [group.body.id] });
    expect(invited.status).toBe(201);
    const link = new URL(invited.body.url);
    expect([link.pathname, link.search, link.hash.length]).toEqual(['/join', '', '#token='.length + 43]);

    const look = await app.call(null, 'POST', '/v1/invitations/preview', { token: tokenOf(invited.body.url) });
    expect(look.body).toMatchObject({ workspace: 'One', email, roles: ['approver'], must_sign_in: false });

    const answers = await Promise.all(
      Array.from({ length: 10 }, () => accept(invited.body.url, { name: 'Gwen Guest' })),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    const { body, headers } = won[0] ?? { body: undefined, headers: new Headers() };
    expect(body).toMatchObject({
      person: { name: 'Gwen Guest', email },
      workspace: { id: app.one.id },
      roles: ['approver'],
    });
    expect((await app.call(null, 'GET', '/v1/session', undefined, cookieOf(headers))).status).toBe(200);
    const members = await app.call<{ data: WireMember[] }>(app.one.people.owner, 'GET', '/v1/members');
    expect(members.body.data.find((one) => one.email === email)).toMatchObject({
      groups: ['welcome'],
      status: 'active',
    });
    expect((await list()).get(invited.body.id)).toMatchObject({ status: 'accepted' });
    expect((await accept(invited.body.url)).status).toBe(404);
    const events = await app.sql<{ type: string }>('select type from event where subject = $1 order by position', [
      invited.body.id,
    ]);
    expect(events.map(({ type }) => type)).toEqual(['invitation.created', 'invitation.accepted']);
  });

  test('keeps no token: the database has its hash, and the list and a repeated answer do not tell it', async () => {
    const invited = await invite({ email: fresh() });
    const token = tokenOf(invited.body.url);
    const [dump] = await app.sql<{ text: string }>(
      `select string_agg(i::text, '') || (select string_agg(d::text, '') from idempotency d) as text from invitation i`,
    );
    expect(dump?.text).not.toContain(token);
    expect((await app.call(app.one.people.owner, 'GET', '/v1/invitations')).text).not.toContain(token);
  });

  test.each([
    ['revoked', (id: string) => app.call(app.one.people.owner, 'DELETE', `/v1/invitations/${id}`)],
    ['sent again', (id: string) => app.call(app.one.people.owner, 'POST', `/v1/invitations/${id}/resend`, {})],
    [
      'over',
      (id: string) => app.sql(`update invitation set expires_at = now() - interval '1 second' where id = $1`, [id]),
    ],
  ])('that was %s lets nobody in by its old link, and says no more than an unknown one', async (_, end) => {
    const invited = await invite({ email: fresh() });
    await end(invited.body.id);
    const refused = await accept(invited.body.url);
    const unknown = await accept(`${app.url}/join#token=${'x'.repeat(43)}`);
    expect([refused.status, refused.body.code]).toEqual([404, 'not_found']);
    expect({ ...refused.body, instance: '' }).toEqual({ ...unknown.body, instance: '' });
  });

  test('sent again works by its new link', async () => {
    const invited = await invite({ email: fresh() });
    const again = await app.call<Invited>(app.one.people.owner, 'POST', `/v1/invitations/${invited.body.id}/resend`, {
      expires_in_days: 1,
    });
    expect((await accept(again.body.url)).status).toBe(200);
    const closed = await app.call<Invited>(
      app.one.people.owner,
      'POST',
      `/v1/invitations/${invited.body.id}/resend`,
      {},
    );
    expect([closed.status, closed.body.code]).toEqual([409, 'invitation_closed']);
  });

  test('of an owner is for owners to give, also to send again', async () => {
    const { admin } = app.one.people;
    const refused = await invite({ email: fresh(), roles: ['owner'] }, admin);
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
    const given = await invite({ email: fresh(), roles: ['owner'] });
    expect(given.status).toBe(201);
    expect((await app.call(admin, 'POST', `/v1/invitations/${given.body.id}/resend`, {})).status).toBe(403);
    expect((await invite({ email: fresh(), roles: ['approver'] }, admin)).status).toBe(201);
  });

  test('ends with its giver: whoever is removed or demoted invites nobody any more', async () => {
    const inviter = await addPerson(app.store, app.one.id, 'invites', ['owner']);
    const invited = await invite({ email: fresh(), roles: ['owner'] }, inviter);
    await app.call(app.one.people.owner, 'PATCH', `/v1/members/${inviter.id}`, { roles: ['viewer'] });
    expect((await accept(invited.body.url)).status).toBe(404);
    expect((await list()).get(invited.body.id)).toMatchObject({ status: 'revoked' });
  });

  test('is for one address once, and not for a member', async () => {
    const email = fresh();
    expect((await invite({ email })).status).toBe(201);
    expect((await invite({ email: email.toUpperCase() })).status).toBe(409);
    expect((await invite({ email: app.one.people.viewer.email })).status).toBe(409);
    await app.sql(`update invitation set expires_at = now() - interval '1 second' where email = $1`, [email]);
    expect((await invite({ email })).status).toBe(201);
  });
});

describe('B5: an invitation to an address that has an account', () => {
  test('makes nobody that account: its holder signs in first, and only they can accept', async () => {
    const known = await addPerson(app.store, app.two.id, 'known', ['viewer']);
    const invited = await invite({ email: known.email });
    const look = await app.call(null, 'POST', '/v1/invitations/preview', { token: tokenOf(invited.body.url) });
    expect(look.body).toMatchObject({ must_sign_in: true });
    // The inviter has the link, too, and so has whoever reads their mail.
    for (const who of [null, app.one.people.owner, app.two.people.owner]) {
      const refused = await accept(invited.body.url, {}, who);
      expect([refused.status, refused.body.code]).toEqual([409, 'sign_in_first']);
    }
    const own = await accept(invited.body.url, { name: 'Another name' }, known);
    expect(own.body).toMatchObject({ person: { id: known.id, name: 'known' }, workspace: { id: app.one.id } });
    // A session belongs to one workspace: the one before has ended.
    expect((await app.call(known, 'GET', '/v1/session')).status).toBe(401);
  });
});

describe('workspaces', () => {
  test('are created by an owner, listed, and gone into without another sign-in', async () => {
    const person = await addPerson(app.store, app.one.id, 'founder', ['owner']);
    await app.sql(
      `update session set method = 'passkey', is_two_factor = true, stepped_up_at = now() where person_id = $1`,
      [person.id],
    );
    const made = await app.call<WireWorkspace>(person, 'POST', '/v1/workspaces', { name: 'Second' });
    expect([made.status, made.body.roles]).toEqual([201, ['owner', 'builder', 'approver']]);
    const mine = await app.call<{ data: WireWorkspace[] }>(person, 'GET', '/v1/workspaces');
    expect(mine.body.data.map(({ name, is_current: isCurrent }) => [name, isCurrent])).toEqual([
      ['One', true],
      ['Second', false],
    ]);
    const moved = await app.call<WireSession>(person, 'POST', '/v1/session/switch', { workspace_id: made.body.id });
    expect(moved.body.workspace).toEqual({ id: made.body.id, name: 'Second' });
    const own = cookieOf(moved.headers);
    const there = await app.call<{ data: WireMember[] }>(null, 'GET', '/v1/members', undefined, own);
    expect(there.body.data.map(({ id }) => id)).toEqual([person.id]);
    const policies = await app.call<{ data: { name: string }[] }>(null, 'GET', '/v1/policies', undefined, own);
    expect(policies.body.data.map(({ name }) => name)).toEqual(['Default']);
    // How they signed in goes along, and the end of the session; the step-up was for the other workspace.
    const sessions = await app.sql<Record<string, unknown>>(
      `select workspace_id, method, is_two_factor, stepped_up_at is not null as is_stepped_up, ended_at is not null as has_ended,
         expires_at from session where person_id = $1 order by created_at`,
      [person.id],
    );
    expect(sessions).toMatchObject([
      { workspace_id: app.one.id, has_ended: true },
      { workspace_id: made.body.id, method: 'passkey', is_two_factor: true, is_stepped_up: false, has_ended: false },
    ]);
    expect(sessions[1]?.['expires_at']).toEqual(sessions[0]?.['expires_at']);
    expect((await app.call(person, 'GET', '/v1/session')).status).toBe(401);
  });

  test('repeated with one Idempotency-Key are one', async () => {
    const body = { name: 'Once' };
    const answers = [];
    for (let time = 0; time < 2; time += 1)
      answers.push(
        await app.call<WireWorkspace>(app.one.people.owner, 'POST', '/v1/workspaces', body, {
          'idempotency-key': 'once',
        }),
      );
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(answers[0]?.body.id).toBe(answers[1]?.body.id);
  });

  test('of others are not gone into, and those one was removed from neither', async () => {
    const { viewer } = app.one.people;
    for (const id of [app.two.id, `wsp_${'0'.repeat(27)}`]) {
      const refused = await app.call<{ code: string }>(viewer, 'POST', '/v1/session/switch', { workspace_id: id });
      expect([refused.status, refused.body.code]).toEqual([404, 'not_found']);
    }
    expect((await app.call(viewer, 'GET', '/v1/session')).status).toBe(200);
    expect((await app.call(app.one.people.admin, 'POST', '/v1/workspaces', { name: 'Mine' })).status).toBe(403);
  });
});
