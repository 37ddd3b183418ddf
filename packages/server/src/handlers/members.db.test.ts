import { randomUUID } from 'node:crypto';
import type { WireApproval, WireMember } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type TestApp,
  type TestPerson,
  type TestServer,
  addKey,
  addPerson,
  addWorkspace,
  startTestServer,
  until,
} from '../testing/index.ts';

let app: TestApp;
let replica: TestServer;
beforeAll(async () => {
  app = await startTestServer();
  replica = await app.replica();
});
afterAll(() => app.stop());

const owner = (): TestPerson => app.one.people.owner;
const member = async (id: string): Promise<WireMember | undefined> =>
  (await app.call<{ data: WireMember[] }>(owner(), 'GET', '/v1/members')).body.data.find((one) => one.id === id);

/** Asks for something; `approvers` as a policy of its own names them. */
const ask = async (approvers?: string): Promise<WireApproval> => {
  if (approvers === undefined)
    return (await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', { title: 'Deploy' })).body;
  const tool = `deploy_${randomUUID().replaceAll('-', '_')}`;
  const rule = { name: 'held', tools: [tool], outcome: 'hold', hold: { stages: [{ approvers }] } };
  const policy = await app.call(owner(), 'POST', '/v1/policies', {
    name: tool,
    source: JSON.stringify({ rules: [rule] }),
  });
  expect(policy.status).toBe(201);
  return (await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', { tool })).body;
};
type Told = { code: string; why?: string };
type Assignments = { data: { approval_id: string; can_unblock: { id: string }[]; is_stuck: boolean }[] };

describe('T33: a member who is', () => {
  test.each([
    ['deactivated', 'POST', '/deactivate'],
    ['removed', 'DELETE', ''],
  ])('%s can do nothing any more within a second, by session or key, on every replica', async (_, method, path) => {
    const person = await addPerson(app.store, app.one.id, 'leaves', ['builder', 'approver']);
    const key = await addKey(app.store, app.one.id, person, ['approvals:read']);
    for (const server of [app, replica])
      for (const who of [person, key]) expect((await server.call(who, 'GET', '/v1/approvals')).status).toBe(200);
    const answer = await app.call(owner(), method, `/v1/members/${person.id}${path}`);
    expect(answer.status).toBeLessThan(300);
    const sinceMs = Date.now();
    for (const server of [app, replica])
      for (const who of [person, key])
        await until(
          () => server.call(who, 'GET', '/v1/approvals'),
          ({ status }) => status === 401,
          1100,
        );
    expect(Date.now() - sinceMs).toBeLessThan(1100);
  });

  test('deactivated is listed as such, and comes back without sessions and keys', async () => {
    const person = await addPerson(app.store, app.one.id, 'pauses', ['approver']);
    await app.call(owner(), 'POST', `/v1/members/${person.id}/deactivate`);
    expect(await member(person.id)).toMatchObject({ status: 'deactivated', roles: ['approver'] });
    const back = await app.call<WireMember>(owner(), 'POST', `/v1/members/${person.id}/reactivate`);
    expect(back.body.status).toBe('active');
    expect((await app.call(person, 'GET', '/v1/session')).status).toBe(401);
  });

  test('removed is gone from list, groups and delegations, and nothing names them any more', async () => {
    const person = await addPerson(app.store, app.one.id, 'goes', ['approver']);
    const group = await app.call<{ id: string }>(owner(), 'POST', '/v1/groups', {
      name: `left_${person.id.slice(-6)}`,
      members: [person.id],
    });
    await app.call(person, 'POST', '/v1/delegations', {
      to: app.one.people.approver.id,
      ends_at: '2090-01-01T00:00:00Z',
    });
    expect((await app.call(owner(), 'DELETE', `/v1/members/${person.id}`)).status).toBe(204);
    expect(await member(person.id)).toBeUndefined();
    const groups = await app.call<{ data: { id: string; members: string[] }[] }>(owner(), 'GET', '/v1/groups');
    expect(groups.body.data.find(({ id }) => id === group.body.id)?.members).toEqual([]);
    const delegations = await app.call<{ data: { from: { id: string } }[] }>(owner(), 'GET', '/v1/delegations');
    expect(delegations.body.data.map(({ from }) => from.id)).not.toContain(person.id);
    for (const [method, path] of [
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/reactivate'],
    ] as const)
      expect(
        (
          await app.call(
            owner(),
            method,
            `/v1/members/${person.id}${path}`,
            method === 'PATCH' ? { roles: ['viewer'] } : undefined,
          )
        ).status,
      ).toBe(404);
  });

  test('removed leaves the events that say so, with the keys that ended', async () => {
    const person = await addPerson(app.store, app.one.id, 'on record', ['builder']);
    const key = await addKey(app.store, app.one.id, person, ['approvals:read']);
    await app.call(owner(), 'DELETE', `/v1/members/${person.id}`);
    const events = await app.sql<{ type: string; data: unknown }>(
      'select type, data from event where subject in ($1, $2) order by position',
      [person.id, key.id],
    );
    expect(events).toEqual([
      { type: 'member.removed', data: { sessions: 1, keys: [key.id] } },
      { type: 'key.revoked', data: {} },
    ]);
  });
});

describe('the last owner', () => {
  test.each([
    ['removed', 'DELETE', '', undefined],
    ['deactivated', 'POST', '/deactivate', undefined],
    ['demoted', 'PATCH', '', { roles: ['admin'] }],
  ])('can not be %s', async (_, method, path, body) => {
    const answer = await app.call<Told>(owner(), method, `/v1/members/${owner().id}${path}`, body);
    expect([answer.status, answer.body.code]).toEqual([409, 'last_owner']);
    expect(await member(owner().id)).toMatchObject({ roles: ['owner'], status: 'active' });
  });

  test('stays when two owners demote each other at the same moment, twenty times', async () => {
    const workspace = await addWorkspace(app.store, 'Duel');
    for (let round = 0; round < 20; round += 1) {
      const first = await addPerson(app.store, workspace.id, 'first', ['owner']);
      const second = await addPerson(app.store, workspace.id, 'second', ['owner']);
      await app.sql(`update member set roles = '{viewer}' where workspace_id = $1 and person_id not in ($2, $3)`, [
        workspace.id,
        first.id,
        second.id,
      ]);
      const answers = await Promise.all([
        app.call(first, 'PATCH', `/v1/members/${second.id}`, { roles: ['viewer'] }),
        replica.call(second, 'PATCH', `/v1/members/${first.id}`, { roles: ['viewer'] }),
      ]);
      const left = await app.sql(`select 1 from member where workspace_id = $1 and 'owner' = any (roles)`, [
        workspace.id,
      ]);
      // One demotes the other, who is then no owner any more, or finds that nobody else is left.
      expect([left.length, answers.filter(({ status }) => status === 200).length]).toEqual([1, 1]);
    }
  });
});

test('an admin invites, but changes nobody’s roles: they could make themselves an owner', async () => {
  const { admin } = app.one.people;
  for (const [method, path, body] of [
    ['PATCH', `/v1/members/${admin.id}`, { roles: ['owner'] }],
    ['POST', '/v1/members', { name: 'X', email: 'x@test.example', roles: ['owner'] }],
    ['DELETE', `/v1/members/${owner().id}`, undefined],
    ['PUT', '/v1/settings', {}],
  ] as const)
    expect((await app.call(admin, method, path, body)).status).toBe(403);
});

test('a person of another workspace is joined as they are: nobody renames somebody who is not theirs', async () => {
  const stranger = app.two.people.viewer;
  const body = { name: 'Renamed', email: stranger.email, roles: ['viewer'] };
  const added = await app.call<WireMember>(owner(), 'POST', '/v1/members', body);
  expect([added.status, added.body.id]).toEqual([201, stranger.id]);
  expect((await app.call<{ person: { name: string } }>(stranger, 'GET', '/v1/session')).body.person.name).toBe(
    'the viewer',
  );
  const again = await app.call<Told>(owner(), 'POST', '/v1/members', body);
  expect([again.status, again.body.code]).toEqual([409, 'name_taken']);
});

describe('waiting requests of a member', () => {
  test('are shown with who else can decide them, and as stuck where nobody can', async () => {
    const only = await addPerson(app.store, app.one.id, 'the only one', ['approver']);
    const alone = { name: `alone_${only.id.slice(-6)}`, members: [only.id] };
    await app.call(owner(), 'POST', '/v1/groups', alone);
    const [{ id: stuck }, { id: shared }] = [await ask(`1 of ${alone.name}`), await ask()];
    const look = async () =>
      new Map(
        (await app.call<Assignments>(owner(), 'GET', `/v1/members/${only.id}/assignments`)).body.data.map((one) => [
          one.approval_id,
          one,
        ]),
      );
    const before = await look();
    expect(before.get(stuck)).toMatchObject({ is_stuck: true, can_unblock: [] });
    expect(before.get(shared)).toMatchObject({ is_stuck: false });
    expect(before.get(shared)?.can_unblock.map(({ id }) => id)).toContain(app.one.people.approver.id);
    expect(before.get(shared)?.can_unblock.map(({ id }) => id)).not.toContain(only.id);
    await app.call(owner(), 'POST', `/v1/members/${only.id}/deactivate`);
    expect((await look()).get(stuck)).toMatchObject({ is_stuck: true });
  });
});

describe('B11: a workspace that waits with newcomers', () => {
  const decide = async (who: TestPerson, approvers?: string) => {
    const { id, digest } = await ask(approvers);
    return app.call<Told>(who, 'POST', `/v1/approvals/${id}/decide`, { decision: 'approved', digest });
  };
  const wait = async (hours: number): Promise<void> => {
    const { status } = await app.call(owner(), 'PUT', '/v1/settings', { newcomer_wait_hours: hours });
    expect(status).toBe(200);
  };

  test('counts no role and no group that was given within the time, and counts it afterwards', async () => {
    const promoted = await addPerson(app.store, app.one.id, 'promoted', ['viewer']);
    const old = await addPerson(app.store, app.one.id, 'long here', ['approver']);
    await app.sql(
      `update member set role_since = '{"viewer": "2020-01-01T00:00:00Z", "approver": "2020-01-01T00:00:00Z"}' where person_id = any ($1)`,
      [[promoted.id, old.id]],
    );
    const group = `finance_${old.id.slice(-6)}`;
    await wait(24);
    try {
      // With somebody who is in it for long, or nobody could decide and the request would be refused.
      const settled = app.one.people.approver.id;
      await app.call(owner(), 'POST', '/v1/groups', { name: group, members: [old.id, settled] });
      await app.sql(`update group_member set joined_at = '2020-01-01' where person_id = $1`, [settled]);
      await app.sql(`update member set role_since = '{}' where person_id = $1`, [settled]);
      await app.call(owner(), 'PATCH', `/v1/members/${promoted.id}`, { roles: ['viewer', 'approver'] });
      // Their session has ended with the roles that it had; they sign in again.
      await app.sql('update session set ended_at = null where person_id = $1', [promoted.id]);

      const byRole = await decide(promoted);
      expect([byRole.status, byRole.body.code, byRole.body.why]).toEqual([403, 'not_eligible', 'too_new']);
      const byGroup = await decide(old, `1 of ${group}`);
      expect([byGroup.status, byGroup.body.code, byGroup.body.why]).toEqual([403, 'not_eligible', 'too_new']);
      expect((await decide(old)).status).toBe(200);

      // A day later.
      await app.sql(`update group_member set joined_at = joined_at - interval '25 hours' where person_id = $1`, [
        old.id,
      ]);
      await app.sql(
        `update member set role_since = role_since || jsonb_build_object('approver', now() - interval '25 hours') where person_id = $1`,
        [promoted.id],
      );
      expect((await decide(old, `1 of ${group}`)).status).toBe(200);
      expect((await decide(promoted)).status).toBe(200);

      // Whoever stays in a group that changes, and keeps a role, does not begin anew.
      const groups = await app.call<{ data: { id: string; name: string }[] }>(owner(), 'GET', '/v1/groups');
      const id = groups.body.data.find(({ name }) => name === group)?.id ?? '';
      await app.call(owner(), 'PATCH', `/v1/groups/${id}`, { members: [old.id, promoted.id] });
      await app.call(owner(), 'PATCH', `/v1/members/${old.id}`, { roles: ['approver', 'viewer'] });
      await app.sql('update session set ended_at = null where person_id = $1', [old.id]);
      expect((await decide(old, `1 of ${group}`)).status).toBe(200);
    } finally {
      await wait(0);
    }
  });

  test('waits not at all unless told to', async () => {
    const fresh = await addPerson(app.store, app.one.id, 'fresh', ['approver']);
    expect((await decide(fresh)).status).toBe(200);
  });
});
