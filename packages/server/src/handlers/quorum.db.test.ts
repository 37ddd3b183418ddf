/** Groups, several signatures, stages, who may not sign, who stands in; over the real server. */
import type { WireApproval } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type TestApp,
  type TestPerson,
  type Who,
  addPerson,
  defineAgent,
  startModel,
  startTestServer,
} from '../testing/index.ts';

let app: TestApp;
let owner: TestPerson;
let ann: TestPerson;
let bob: TestPerson;
let cid: TestPerson;
let dan: TestPerson;
type Told = { code: string; why?: string; by?: string; errors?: { pointer: string; detail: string }[] };
type Approval = WireApproval & Told;

beforeAll(async () => {
  app = await startTestServer();
  ({ owner } = app.one.people);
  const approver = (name: string) => addPerson(app.store, app.one.id, name, ['approver']);
  [ann, bob, cid, dan] = await Promise.all([approver('Ann'), approver('Bob'), approver('Cid'), approver('Dan')]);
  for (const [name, members] of [
    ['eng', [ann, bob]],
    ['fin', [bob, cid]],
  ] as const)
    await must('POST', '/v1/groups', { name, members: members.map(({ id }) => id) });
});
afterAll(() => app.stop());

const must = async <T>(method: string, path: string, body?: unknown, who: Who = owner): Promise<T> => {
  const answer = await app.call<T>(who, method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
};
let number = 0;
/** Asks for a call that a policy of its own holds in this way. */
const held = async (hold: object, more: object = {}, asker: Who = app.one.keys.asking): Promise<Approval> => {
  number += 1;
  const tool = `tool_${number}`;
  await must('POST', '/v1/policies', {
    name: tool,
    source: JSON.stringify({ rules: [{ name: 'held', tools: [tool], outcome: 'hold', hold }] }),
  });
  return must<Approval>('POST', '/v1/approvals', { tool, arguments: { n: number }, ...more }, asker);
};
const decide = (who: Who, approval: Approval, over: object = {}) =>
  app.call<Approval>(who, 'POST', `/v1/approvals/${approval.id}/decide`, {
    decision: 'approved',
    digest: approval.digest,
    ...over,
  });
const get = async (id: string, who: Who = dan): Promise<Approval> =>
  (await app.call<Approval>(who, 'GET', `/v1/approvals/${id}`)).body;
const act = (who: Who, approval: Approval, what: string, body?: object) =>
  app.call<Approval>(who, 'POST', `/v1/approvals/${approval.id}/${what}`, body ?? {});
const stages = (...approvers: string[]) => ({ stages: approvers.map((text) => ({ approvers: text })) });
const unblockers = async (id: string): Promise<string[]> =>
  (await get(id)).can_unblock.map(({ name }) => name).toSorted();

describe('a quorum', () => {
  test('T12: of three is met by the third person, each of whom has one vote', async () => {
    const approval = await held(stages('3 of (eng | fin)'));
    expect(await unblockers(approval.id)).toEqual(['Ann', 'Bob', 'Cid']);
    expect((await decide(ann, approval)).body).toMatchObject({
      status: 'pending',
      quorum: { missing: ['2 of (eng | fin)'] },
    });
    const again = await decide(ann, approval);
    expect([again.status, again.body.code, again.body.why]).toEqual([403, 'not_eligible', 'already_voted']);
    expect((await decide(dan, approval)).body).toMatchObject({ code: 'not_eligible', why: 'not_asked' });
    await decide(bob, approval);
    expect(await unblockers(approval.id)).toEqual(['Cid']);
    expect((await decide(cid, approval)).body).toMatchObject({ status: 'approved', decision: { by: { id: cid.id } } });
  });
  test('of two groups is not met by one person who is in both', async () => {
    const approval = await held(stages('eng and fin'));
    expect((await decide(bob, approval)).body.status).toBe('pending');
    expect((await decide(bob, approval)).body).toMatchObject({ why: 'already_voted' });
    expect((await decide(ann, approval)).body.status).toBe('approved');
  });
  test('is ended by one rejection, or by as many as its stage says', async () => {
    const strict = await held(stages('2 of eng'));
    await decide(ann, strict);
    expect((await decide(bob, strict, { decision: 'rejected' })).body.status).toBe('rejected');
    const lenient = await held({ stages: [{ approvers: '2 of (eng | fin)', rejections: 2 }] });
    expect((await decide(ann, lenient, { decision: 'rejected' })).body.status).toBe('pending');
    await decide(bob, lenient);
    expect((await decide(cid, lenient)).body.status).toBe('approved');
  });
  test('begins again when somebody edits', async () => {
    const approval = await held(stages('2 of eng'));
    await decide(ann, approval);
    const edited = (await decide(bob, approval, { arguments: { n: 0 } })).body;
    expect(edited).toMatchObject({ status: 'pending', arguments: { n: 0 }, quorum: { missing: ['1 of eng'] } });
    expect(edited.votes.map(({ counts }) => counts)).toEqual([false, true]);
    expect((await decide(ann, approval)).body.code).toBe('digest_stale');
    expect((await decide(ann, edited)).body).toMatchObject({
      status: 'approved',
      original: { arguments: approval.arguments },
    });
  });
  test('that nobody could meet is refused when it is saved', async () => {
    const answer = await app.call<Told>(owner, 'POST', '/v1/policies', {
      name: 'never',
      source: JSON.stringify({ rules: [{ name: 'a', outcome: 'hold', hold: stages('eng', '3 of fin') }] }),
    });
    expect([answer.status, answer.body.errors?.map(({ pointer }) => pointer)]).toEqual([
      422,
      ['/source/rules/0/hold/stages/1'],
    ]);
  });
  test('can come from the request', async () => {
    const hold = {
      stages: [{ approvers_expression: 'request.arguments.amount > 1000 ? group("fin") : group("eng")' }],
    };
    const large = await held(hold, { arguments: { amount: 2000 } });
    expect((await decide(ann, large)).body.code).toBe('not_eligible');
    expect((await decide(cid, large)).body.status).toBe('approved');
    const small = await held(hold, { arguments: { amount: 10 } });
    expect((await decide(ann, small)).body.status).toBe('approved');
  });
  test('demands a reason for a rejection where the policy says so', async () => {
    const approval = await held({ ...stages('eng'), reason_required: true });
    expect((await decide(ann, approval, { decision: 'rejected' })).body.errors?.[0]?.pointer).toBe('/reason');
    expect((await decide(ann, approval, { decision: 'rejected', reason: 'no' })).body.status).toBe('rejected');
  });
});

describe('stages', () => {
  test('come in order, and may demand distinct people', async () => {
    const approval = await held({ ...stages('eng', 'fin'), distinct_people: true });
    expect((await decide(cid, approval)).body.why).toBe('not_asked');
    expect((await decide(bob, approval)).body).toMatchObject({ status: 'pending', quorum: { stage: 1 } });
    expect((await decide(bob, approval)).body.why).toBe('voted_earlier');
    expect(await unblockers(approval.id)).toEqual(['Cid']);
    expect((await decide(cid, approval)).body.status).toBe('approved');
    const timeline = await app.call<{ data: { type: string }[] }>(cid, 'GET', `/v1/approvals/${approval.id}/timeline`);
    expect(timeline.body.data.map(({ type }) => type)).toEqual([
      'approval.requested',
      'approval.vote',
      'approval.stage_passed',
      'approval.vote',
      'approval.decided',
    ]);
  });
});

describe('who is behind a request', () => {
  const settings = (self_approval: object, single_operator: object | null = null) =>
    must('PUT', '/v1/settings', {
      self_approval: { requester: true, on_behalf_of: true, builder: true, ...self_approval },
      single_operator,
      reason_presets: [],
    });
  const mayDecide = async (who: Who, approval: Approval): Promise<string> => {
    const { body } = await decide(who, approval);
    return body.status === 'approved' ? 'approved' : body.code;
  };
  test('T15: can not decide it by any relation, each of which can be switched off', async () => {
    const both = await addPerson(app.store, app.one.id, 'Asks and approves', ['builder', 'approver']);
    const asked = () => held({}, {}, both);
    const forAnn = () => held({}, { on_behalf_of: ann.id });
    expect([await mayDecide(both, await asked()), await mayDecide(ann, await forAnn())]).toEqual([
      'self_approval',
      'self_approval',
    ]);
    await settings({ requester: false });
    expect([await mayDecide(both, await asked()), await mayDecide(ann, await forAnn())]).toEqual([
      'approved',
      'self_approval',
    ]);
    await settings({ on_behalf_of: false });
    expect([await mayDecide(both, await asked()), await mayDecide(ann, await forAnn())]).toEqual([
      'self_approval',
      'approved',
    ]);
    await settings({});
  });
  test('T15: nor the builder of the agent, unless that is switched off', async () => {
    const builder = await addPerson(app.store, app.one.id, 'Builds and approves', ['builder', 'approver']);
    const model = await startModel([{ text: '' }]);
    const agent = await defineAgent(app, builder, model, {});
    const ask = async (tool: string) =>
      (
        await must<{ approval: Approval }>(
          'POST',
          '/v1/gate',
          { tool, arguments: {}, agent_id: agent.id },
          app.one.keys.asking,
        )
      ).approval;
    expect(await mayDecide(builder, await ask('built1'))).toBe('self_approval');
    await settings({ builder: false });
    expect(await mayDecide(builder, await ask('built2'))).toBe('approved');
    await settings({});
    await model.close();
  });
  test('may decide alone in the mode for a team of one, after cooling off, and it is marked', async () => {
    const alone = await addPerson(app.store, app.one.id, 'Alone', ['builder', 'approver']);
    await settings({}, { cooling_off_seconds: 60 });
    const approval = await held({}, {}, alone);
    expect(await mayDecide(alone, approval)).toBe('self_approval');
    await app.sql(`update approval set created_at = created_at - interval '61 seconds' where id = $1`, [approval.id]);
    const { body } = await decide(alone, approval);
    expect(body).toMatchObject({ status: 'approved', decision: { single_operator: true } });
    await settings({});
  });
});

describe('somebody who is away', () => {
  const ends_at = new Date(Date.now() + 3_600_000).toISOString();
  test('is stood in for: the vote fills their place, once, and chains are followed', async () => {
    const delegation = await must<{ id: string }>('POST', '/v1/delegations', { to: dan.id, ends_at }, ann);
    const approval = await held(stages('2 of eng'));
    expect((await get(approval.id)).can.approve.ok).toBe(true);
    const { body } = await decide(dan, approval);
    expect(body.votes).toMatchObject([{ person: { id: dan.id }, represents: ann.id }]);
    expect((await decide(ann, approval)).body.why).toBe('already_voted');
    expect((await decide(dan, approval)).body.why).toBe('already_voted');
    expect((await decide(bob, approval)).body.status).toBe('approved');
    expect((await app.call(ann, 'DELETE', `/v1/delegations/${delegation.id}`)).status).toBe(204);
    expect((await decide(dan, await held(stages('eng')))).body.why).toBe('not_asked');
  });
  test('is not stood in for in a circle, nor by themselves, nor by who is no approver', async () => {
    await must('POST', '/v1/delegations', { to: bob.id, ends_at }, ann);
    await must('POST', '/v1/delegations', { to: cid.id, ends_at }, bob);
    for (const [who, to] of [
      [cid, ann],
      [bob, ann],
      [dan, dan],
      [dan, app.one.people.viewer],
    ] as const) {
      const { status, body } = await app.call<Told>(who, 'POST', '/v1/delegations', { to: to.id, ends_at });
      expect([status, body.errors?.[0]?.pointer]).toEqual([422, '/to']);
    }
    expect((await app.call(dan, 'POST', '/v1/delegations', { from: cid.id, to: dan.id, ends_at })).status).toBe(403);
    // Cid stands in for Bob, and through him for Ann.
    expect((await decide(cid, await held(stages(`member:${ann.id}`)))).body.status).toBe('approved');
    await app.sql('delete from delegation');
  });
});

describe('a claim', () => {
  test('keeps the others from deciding until it is given back or taken over', async () => {
    const approval = await held({});
    expect((await act(ann, approval, 'claim')).body.claim).toMatchObject({ person_id: ann.id });
    expect((await decide(bob, approval)).body).toMatchObject({ code: 'claimed', by: 'Ann' });
    expect((await act(bob, approval, 'claim')).status).toBe(409);
    expect((await act(bob, approval, 'release')).body.claim).toMatchObject({ person_id: ann.id });
    expect((await act(bob, approval, 'claim', { force: true })).body.claim).toMatchObject({ person_id: bob.id });
    expect((await act(bob, approval, 'release')).body.claim).toBeNull();
    await act(cid, approval, 'claim');
    await app.sql(`update approval set claim = jsonb_set(claim, '{untilMs}', '1') where id = $1`, [approval.id]);
    expect((await decide(bob, approval)).body.status).toBe('approved');
  });
});

describe('a request given on', () => {
  test('to other people is theirs alone, and takes as many as before', async () => {
    const approval = await held(stages('2 of eng'));
    expect(
      (await act(ann, approval, 'reassign', { people: [cid.id, dan.id], reason: 'they know' })).body,
    ).toMatchObject({
      assigned_to: [cid.id, dan.id],
      quorum: { stages: [{ approvers: `2 of (member:${cid.id} | member:${dan.id})` }] },
    });
    expect((await decide(ann, approval)).body.why).toBe('not_asked');
    expect((await decide(cid, approval)).body.status).toBe('pending');
    expect((await decide(dan, approval)).body.status).toBe('approved');
  });
  test('can not be given to strangers, nor by who asked', async () => {
    const both = await addPerson(app.store, app.one.id, 'Asks and moves', ['builder', 'approver']);
    const approval = await held({}, {}, both);
    expect((await act(both, approval, 'reassign', { people: [ann.id] })).body.code).toBe('self_approval');
    for (const body of [
      { people: [app.one.people.viewer.id] },
      { people: [app.two.people.approver.id] },
      { groups: ['nobody'] },
      {},
    ])
      expect((await act(ann, approval, 'reassign', body)).status).toBe(422);
    expect((await act(app.one.people.viewer, approval, 'reassign', { people: [ann.id] })).status).toBe(403);
  });
  test('is refused where so many people are not there, and says by whom it can be brought forward at once', async () => {
    const approval = await held(stages('2 of (eng | fin)'));
    expect(approval.can_unblock.map(({ name }) => name).toSorted()).toEqual(['Ann', 'Bob', 'Cid']);
    const given = await act(ann, approval, 'reassign', { people: [dan.id] });
    expect([given.status, given.body.code]).toEqual([409, 'nobody_can_meet']);
    expect((await act(ann, approval, 'escalate', { to: '4 of (eng | fin)' })).body.code).toBe('nobody_can_meet');
    expect((await act(ann, approval, 'escalate', { to: '1 of nobody' })).body.code).toBe('nobody_can_meet');
    expect((await get(approval.id)).quorum).toEqual(approval.quorum);
  });
  test('by hand to a further level asks them as well, and never lowers the number', async () => {
    const approval = await held(stages('2 of eng'));
    expect((await act(ann, approval, 'escalate')).body.code).toBe('no_further_level');
    expect((await act(ann, approval, 'escalate', { to: '1 of (' })).status).toBe(422);
    const bomb = Array.from({ length: 70 }, () => '(a or b)').join(' and ');
    expect((await act(ann, approval, 'escalate', { to: bomb })).status).toBe(422);
    await act(ann, approval, 'escalate', { to: 'anyone', reason: 'urgent' });
    expect((await decide(dan, approval)).body.status).toBe('pending');
    expect((await decide(cid, approval)).body.status).toBe('approved');
  });
});

describe('B1: two accounts of one person', () => {
  const account = async (email: string): Promise<TestPerson> => {
    const person = await addPerson(app.store, app.one.id, email, ['approver', 'builder']);
    await app.sql('update person set email = $2 where id = $1', [person.id, email]);
    return person;
  };
  test('have one voice: neither approves what the other asked, nor votes after it, in any stage', async () => {
    const eve = await account('eve@accounts.example');
    const second = await account('Eve+second@accounts.example');
    const other = await account('eve@elsewhere.example');
    for (const name of ['eves', 'evils'])
      await must('POST', '/v1/groups', { name, members: [eve.id, second.id, other.id] });

    const own = await held(stages('1 of eves'), {}, eve);
    expect((await decide(second, own)).body.code).toBe('self_approval');
    expect((await act(second, own, 'reassign', { people: [second.id] })).body.code).toBe('self_approval');
    expect((await get(own.id, second)).can.approve.ok).toBe(false);
    expect((await get(own.id)).can_unblock.map(({ id }) => id)).toEqual([other.id]);
    expect((await decide(other, own)).body.status).toBe('approved');

    const two = await held(stages('2 of eves'));
    expect((await decide(eve, two)).status).toBe(200);
    expect((await decide(second, two)).body).toMatchObject({ code: 'not_eligible', why: 'already_voted' });
    expect((await get(two.id)).status).toBe('pending');
    expect((await decide(other, two)).body.status).toBe('approved');

    const staged = await held({ ...stages('1 of eves', '1 of evils'), distinct_people: true });
    expect((await decide(eve, staged)).status).toBe(200);
    expect((await decide(second, staged)).body).toMatchObject({ code: 'not_eligible', why: 'voted_earlier' });
  });
  test('nor through a delegation to the second account', async () => {
    const fay = await account('fay@accounts.example');
    const second = await account('fay+2@accounts.example');
    await must('POST', '/v1/groups', { name: 'fays', members: [fay.id] });
    const endsAt = new Date(Date.now() + 3_600_000).toISOString();
    await must('POST', '/v1/delegations', { to: second.id, ends_at: endsAt }, fay);
    const own = await held(stages('1 of fays'), {}, fay);
    expect((await decide(second, own)).body.code).toBe('self_approval');
  });
});
