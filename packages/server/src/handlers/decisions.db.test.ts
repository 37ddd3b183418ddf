import type { WireApproval, WireDecision } from '@countersign/contract';
import { canonicalize, digestText } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type TestApp,
  type TestKey,
  type Who,
  addPerson,
  defineAgent,
  startModel,
  startTestServer,
  startTool,
  until,
} from '../testing/index.ts';

let app: TestApp;
let asking: TestKey;
let deciding: TestKey;
beforeAll(async () => {
  app = await startTestServer();
  ({ asking, deciding } = app.one.keys);
});
afterAll(() => app.stop());

type Told = { code: string; decision?: WireDecision; current?: string; errors?: { pointer: string; detail: string }[] };
type Approval = WireApproval & Told;

const SCHEMA = {
  type: 'object',
  properties: { amount: { type: 'integer', minimum: 1, maximum: 500 }, to: { type: 'string' } },
  required: ['amount', 'to'],
  additionalProperties: false,
};

let count = 0;
/** A call that nobody asked for before. */
const askFor = async (more: object = {}, who: Who = asking): Promise<Approval> => {
  count += 1;
  const body = { tool: 'pay', arguments: { amount: 100, to: `account ${count}` }, arguments_schema: SCHEMA, ...more };
  const answer = await app.call<Approval>(who, 'POST', '/v1/approvals', body);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body;
};
const decide = (id: string, body: object, who: Who = deciding) =>
  app.call<Approval>(who, 'POST', `/v1/approvals/${id}/decide`, body);
const get = async (id: string): Promise<Approval> =>
  (await app.call<Approval>(deciding, 'GET', `/v1/approvals/${id}`)).body;
const consume = (id: string, digest: string, who: Who = asking) =>
  app.call<Told>(who, 'POST', '/v1/receipts/consume', { approval_id: id, digest });

/** All there is of it in the database, but for the entries that say what was refused. */
const rowsOf = async (id: string): Promise<unknown> => [
  await app.sql('select * from approval where id = $1', [id]),
  await app.sql('select * from vote where approval_id = $1', [id]),
  await app.sql(`select id from event where subject = $1 and type <> 'request.refused' order by position`, [id]),
  await app.sql('select * from consumption where approval_id = $1', [id]),
];

/** Nothing of it changes meanwhile. */
const unchanged = async <T>(id: string, work: () => Promise<T>): Promise<T> => {
  const before = await rowsOf(id);
  const result = await work();
  expect(await rowsOf(id)).toEqual(before);
  return result;
};

describe('what is asked', () => {
  test('has the digest of its canonical bytes, which anybody can compute', async () => {
    const { action, digest, id } = await askFor();
    expect(digest).toBe(digestText(canonicalize(action)));
    expect(action).toMatchObject({
      approval: id,
      workspace: app.one.id,
      kind: 'tool_call',
      arguments: { amount: 100 },
      tool: { name: 'pay' },
    });
    expect(action['nonce']).toMatch(/^[\w-]{22}$/);
    const [row] = await app.sql<{ action: string }>('select action from approval where id = $1', [id]);
    expect(row?.action).toBe(canonicalize(action));
  });
  test('gets another digest each time, also for the same content', async () => {
    const twice = { arguments: { amount: 1, to: 'the same' } };
    expect((await askFor(twice)).digest).not.toBe((await askFor(twice)).digest);
  });
  test('says to whoever looks what they may do, and why not', async () => {
    const { id } = await askFor();
    const can = async (who: Who) => (await app.call<Approval>(who, 'GET', `/v1/approvals/${id}`)).body.can;
    const { people, keys } = app.one;
    expect(await can(deciding)).toMatchObject({
      approve: { ok: true },
      reject: { ok: true },
      edit: { ok: true },
      cancel: { ok: false },
    });
    expect(await can(people.approver)).toMatchObject({ approve: { ok: true, why: null } });
    expect(await can(people.viewer)).toMatchObject({ approve: { ok: false, why: 'You are not an approver.' } });
    expect(await can(asking)).toMatchObject({ approve: { ok: false }, cancel: { ok: true } });
    expect(await can(keys.asking2)).toMatchObject({ cancel: { ok: false } });
  });
});

describe('a decision', () => {
  test('without the digest of what was seen is refused, and changes nothing', async () => {
    const { id } = await askFor();
    const { status, body } = await unchanged(id, () => decide(id, { decision: 'approved' }));
    expect([status, body.code]).toEqual([428, 'digest_required']);
  });
  test('with the digest of something else is refused with the current one, and changes nothing', async () => {
    const { id, digest } = await askFor();
    for (const stale of ['sha256:0', digest.toUpperCase(), `${digest} `, (await askFor()).digest]) {
      const { status, body } = await unchanged(id, () => decide(id, { decision: 'approved', digest: stale }));
      expect([status, body.code, body.current]).toEqual([409, 'digest_stale', digest]);
    }
  });
  test('is once and for all: who comes second is told who decided what and when, and changes nothing', async () => {
    const { id, digest } = await askFor();
    const first = await decide(id, { decision: 'approved', digest, reason: 'it is fine' });
    expect(first.body).toMatchObject({
      status: 'approved',
      decision: {
        outcome: 'approved',
        assurance: 'key',
        reason: 'it is fine',
        by: { kind: 'key', id: deciding.id },
        digest,
      },
    });
    for (const [who, decision] of [
      [deciding, 'approved'],
      [deciding, 'rejected'],
      [app.one.people.approver, 'rejected'],
    ] as const) {
      const { status, body } = await unchanged(id, () =>
        decide(id, { decision, digest, arguments: { amount: 'nonsense' } }, who),
      );
      expect([status, body.code, body.decision]).toEqual([409, 'already_decided', first.body.decision]);
    }
    const cancelled = await unchanged(id, () => app.call<Told>(asking, 'POST', `/v1/approvals/${id}/cancel`, {}));
    expect([cancelled.status, cancelled.body.decision]).toEqual([409, first.body.decision]);
  });
  test('of a signed-in person is theirs, with the assurance of a session', async () => {
    const { approver } = app.one.people;
    const { id, digest } = await askFor();
    const { body } = await decide(id, { decision: 'rejected', digest, reason: 'Too much' }, approver);
    expect(body).toMatchObject({
      status: 'rejected',
      decision: {
        by: { kind: 'person', id: approver.id, name: approver.name },
        assurance: 'session',
        reason: 'Too much',
      },
    });
    const timeline = await app.call<{ data: { type: string }[] }>(approver, 'GET', `/v1/approvals/${id}/timeline`);
    expect(timeline.body.data.map(({ type }) => type)).toEqual([
      'approval.requested',
      'approval.vote',
      'approval.decided',
    ]);
  });
  test('of a key is one vote of the person who owns it', async () => {
    const { id, digest } = await askFor();
    await decide(id, { decision: 'approved', digest });
    const votes = await app.sql('select person_id, key_id, vote, assurance from vote where approval_id = $1', [id]);
    expect(votes).toEqual([{ person_id: deciding.owner.id, key_id: deciding.id, vote: 'approved', assurance: 'key' }]);
  });
  test('of a key whose owner is no approver any more counts for nothing', async () => {
    const { id, digest } = await askFor();
    await app.sql(`update member set roles = '{viewer}' where person_id = $1`, [deciding.owner.id]);
    try {
      const { status } = await unchanged(id, () => decide(id, { decision: 'approved', digest }));
      expect(status).toBe(403);
    } finally {
      await app.sql(`update member set roles = '{approver}' where person_id = $1`, [deciding.owner.id]);
    }
  });
  test('on an unknown approval is a 404', async () => {
    expect((await decide(`apr_${'0'.repeat(27)}`, { decision: 'approved', digest: 'sha256:0' })).status).toBe(404);
  });
});

describe('who asked', () => {
  const selfRefused = async (id: string, digest: string, who: Who): Promise<void> => {
    for (const decision of ['approved', 'rejected']) {
      const { status, body } = await unchanged(id, () => decide(id, { decision, digest }, who));
      expect([status, body.code]).toEqual([403, 'self_approval']);
    }
  };
  test('through a key can not decide as the person who owns the key', async () => {
    await app.sql(`update member set roles = '{builder,approver}' where person_id = $1`, [asking.owner.id]);
    const { id, digest } = await askFor();
    await selfRefused(id, digest, asking.owner);
    expect((await app.call<Approval>(asking.owner, 'GET', `/v1/approvals/${id}`)).body.can.approve.ok).toBe(false);
  });
  test('as a person can not decide, nor can a deciding key of theirs', async () => {
    const both = await addPerson(app.store, app.one.id, 'asks and approves', ['builder', 'approver']);
    const made = await app.call<{ secret: string }>(both, 'POST', '/v1/api-keys', {
      name: 'mine',
      scopes: ['approvals:decide', 'approvals:read'],
    });
    const { id, digest } = await askFor({}, both);
    await selfRefused(id, digest, both);
    await selfRefused(id, digest, `Bearer ${made.body.secret}`);
    expect((await decide(id, { decision: 'approved', digest })).status).toBe(200);
  });
  test('is also the member on whose behalf it is', async () => {
    const { approver } = app.one.people;
    const { id, digest } = await askFor({ on_behalf_of: approver.id });
    await selfRefused(id, digest, approver);
    expect((await decide(id, { decision: 'approved', digest })).status).toBe(200);
  });
  test('T15: is also who started the execution, and the member for whom it runs', async () => {
    const both = await addPerson(app.store, app.one.id, 'starts and approves', ['builder', 'approver']);
    const tool = await startTool();
    const model = await startModel(({ messages }) =>
      messages.some(({ role }) => role === 'tool')
        ? { text: 'ok' }
        : { calls: [{ tool: 'wire', arguments: { amount: 1 } }] },
    );
    const agent = await defineAgent(app, asking, model, { wire: { http: { url: tool.url } } });
    const { approver } = app.one.people;
    for (const [starter, body] of [
      [both, {}],
      [app.one.keys.asking2, { on_behalf_of: both.id }],
    ] as const) {
      const { body: execution } = await app.call<{ id: string }>(starter, 'POST', `/v1/agents/${agent.id}/execute`, {
        input: 'x',
        ...body,
      });
      const held = await until(
        async () =>
          (await app.call<{ data: { id: string }[] }>(asking, 'GET', `/v1/executions/${execution.id}/pending-approval`))
            .body.data,
        ({ length }) => length === 1,
      );
      const { id, digest } = await get(held[0]?.id ?? '');
      await selfRefused(id, digest, both);
      // Who asked for the execution can't withdraw its gate or take its receipt: it does so itself.
      expect((await app.call(starter, 'POST', `/v1/approvals/${id}/cancel`, {})).status).toBe(403);
      expect((await decide(id, { decision: 'approved', digest }, approver)).status).toBe(200);
      expect((await consume(id, digest, starter)).status).toBe(403);
      await until(
        async () => (await app.call<{ status: string }>(asking, 'GET', `/v1/executions/${execution.id}`)).body.status,
        (status) => status === 'completed',
      );
    }
    expect(tool.ledger).toHaveLength(2);
    await Promise.all([tool.close(), model.close()]);
  });
});

describe('an edit', () => {
  test('that violates the schema is refused with the places, and the approval stays pending', async () => {
    const { id, digest } = await askFor();
    const { status, body } = await unchanged(id, () =>
      decide(id, { decision: 'approved', digest, arguments: { amount: 900, cc: 'me' } }),
    );
    expect([status, body.code]).toEqual([422, 'invalid']);
    expect(body.errors?.map(({ pointer }) => pointer).toSorted()).toEqual([
      '/arguments/amount',
      '/arguments/cc',
      '/arguments/to',
    ]);
    expect((await get(id)).status).toBe('pending');
  });
  test('is approved with a digest of its own, a difference, and the original kept', async () => {
    const { id, digest, arguments: before } = await askFor();
    const after = { ...before, amount: 40 };
    const { body } = await decide(id, { decision: 'approved', digest, arguments: after });
    expect(body).toMatchObject({ status: 'approved', arguments: after, original: { arguments: before } });
    expect(body.decision?.edits).toEqual([{ pointer: '/amount', before: 100, after: 40 }]);
    expect(body.digest).not.toBe(digest);
    expect(body.digest).toBe(digestText(canonicalize(body.action)));
    // Only what was approved can be taken.
    expect((await consume(id, digest)).body).toMatchObject({ code: 'digest_stale', current: body.digest });
    expect((await consume(id, body.digest)).body).toMatchObject({ arguments: after });
  });
  test('to the same is no edit', async () => {
    const { id, digest, arguments: same } = await askFor();
    const { body } = await decide(id, { decision: 'approved', digest, arguments: same });
    expect([body.digest, body.original, body.decision?.edits]).toEqual([digest, null, []]);
  });
  test('of an output is approved like one of arguments', async () => {
    const { id, digest } = await askFor({
      tool: undefined,
      arguments: undefined,
      arguments_schema: undefined,
      title: 'Answer',
      output: { text: 'Helo', tags: ['a'] },
    });
    const { body } = await decide(id, { decision: 'approved', digest, output: { text: 'Hello', tags: ['a'] } });
    expect(body).toMatchObject({ kind: 'output', output: { text: 'Hello' }, original: { output: { text: 'Helo' } } });
    expect(body.decision?.edits).toEqual([{ pointer: '/text', before: 'Helo', after: 'Hello' }]);
  });
  test('of something that it has not, or of something that is rejected, is refused', async () => {
    const call = await askFor();
    const output = await askFor({
      tool: undefined,
      arguments: undefined,
      arguments_schema: undefined,
      title: 'Answer',
      output: 'x',
    });
    const words = await askFor({ tool: undefined, arguments: undefined, arguments_schema: undefined, title: 'Deploy' });
    const tries: [Approval, object, string][] = [
      [call, { output: 'x' }, '/output'],
      [output, { arguments: {} }, '/arguments'],
      [output, { arguments: {}, output: 'y' }, '/arguments'],
      [words, { arguments: { a: 1 } }, '/arguments'],
      [words, { output: 1 }, '/output'],
    ];
    for (const [{ id, digest }, edit, pointer] of tries) {
      const { status, body } = await unchanged(id, () => decide(id, { decision: 'approved', digest, ...edit }));
      expect([status, body.errors?.[0]?.pointer]).toEqual([422, pointer]);
    }
    const rejected = await unchanged(call.id, () =>
      decide(call.id, { decision: 'rejected', digest: call.digest, arguments: call.arguments }),
    );
    expect([rejected.status, rejected.body.errors?.[0]?.pointer]).toEqual([422, '/decision']);
  });
  test('comes after the question whether its author may decide at all', async () => {
    const { id, digest } = await askFor({ on_behalf_of: app.one.people.approver.id });
    const bad = { decision: 'approved', arguments: { amount: 'nonsense' } };
    expect((await decide(id, { ...bad, digest }, app.one.people.approver)).body.code).toBe('self_approval');
    expect((await decide(id, bad)).body.code).toBe('digest_required');
    expect((await decide(id, { ...bad, digest: 'sha256:0' })).body.code).toBe('digest_stale');
  });
});

describe('withdrawing', () => {
  test('is for who asked, through the same key or as its owner; what is withdrawn can not be decided', async () => {
    for (const who of [asking, asking.owner]) {
      const { id, digest } = await askFor();
      const { status, body } = await app.call<Approval>(who, 'POST', `/v1/approvals/${id}/cancel`, {
        reason: 'not needed',
      });
      expect([status, body.status, body.decision?.reason]).toEqual([200, 'cancelled', 'not needed']);
      const late = await unchanged(id, () => decide(id, { decision: 'approved', digest }));
      expect([late.status, late.body.code]).toEqual([409, 'already_decided']);
    }
  });
  test('is not for a stranger', async () => {
    const { id } = await askFor();
    for (const who of [app.one.keys.asking2, app.one.people.builder, deciding]) {
      const { status } = await unchanged(id, () => app.call(who, 'POST', `/v1/approvals/${id}/cancel`, {}));
      expect(status).toBe(403);
    }
  });
});

describe('after the deadline', () => {
  test('nobody decides: the approval is expired, and everybody is told the same', async () => {
    const { id, digest } = await askFor({ timeout_seconds: 3600 });
    // The job that would expire it is late; the voter is what meets the deadline.
    await app.sql(`delete from job where subject = $1`, [id]);
    await app.sql(`update approval set expires_at = now() - interval '1 second' where id = $1`, [id]);
    expect((await get(id)).can.approve).toEqual({ ok: false, why: 'The time to decide is over.' });
    const { status, body } = await decide(id, { decision: 'approved', digest });
    expect([status, body.code]).toEqual([409, 'approval_expired']);
    expect(await get(id)).toMatchObject({
      status: 'expired',
      decision: { outcome: 'expired', by: { kind: 'system' }, assurance: 'automated' },
    });
    expect((await decide(id, { decision: 'rejected', digest })).body.code).toBe('already_decided');
    expect(await app.sql('select from vote where approval_id = $1', [id])).toHaveLength(0);
  });
  test('it expires by itself', async () => {
    const { id } = await askFor({ timeout_seconds: 1 });
    const expired = await until(
      () => get(id),
      ({ status }) => status !== 'pending',
    );
    expect(expired.status).toBe('expired');
    expect(Date.parse(expired.decision?.at ?? '')).toBeGreaterThan(Date.parse(expired.expires_at ?? ''));
  });
});

describe('an approved call', () => {
  test('is taken once by a hundred at once: one 200 and 99 × 409', async () => {
    const { id, digest } = await askFor();
    await decide(id, { decision: 'approved', digest });
    const answers = await Promise.all(Array.from({ length: 100 }, () => consume(id, digest)));
    const codes = answers.map(({ status, body }) => `${status} ${body.code}`);
    expect(codes.filter((code) => code === '200 undefined')).toHaveLength(1);
    expect(codes.filter((code) => code === '409 already_consumed')).toHaveLength(99);
    expect((await get(id)).consumed_at).not.toBeNull();
  });
  test('is not taken with another digest, by a stranger, or before it is approved', async () => {
    const { id, digest } = await askFor();
    expect((await unchanged(id, () => consume(id, digest))).body.code).toBe('not_approved');
    await decide(id, { decision: 'approved', digest });
    expect((await unchanged(id, () => consume(id, 'sha256:0'))).body.code).toBe('digest_stale');
    expect((await unchanged(id, () => consume(id, digest, app.one.keys.asking2))).status).toBe(403);
    expect((await unchanged(id, () => consume(id, digest, app.two.keys.asking))).status).toBe(404);
    expect((await consume(id, digest)).status).toBe(200);
  });
  test.each(['rejected', 'expired', 'cancelled'])('that is %s in truth is never taken', async (outcome) => {
    const { id, digest } = await askFor({ timeout_seconds: 3600 });
    if (outcome === 'rejected') await decide(id, { decision: 'rejected', digest });
    if (outcome === 'cancelled') await app.call(asking, 'POST', `/v1/approvals/${id}/cancel`, {});
    if (outcome === 'expired') {
      await app.sql(`update approval set expires_at = now() - interval '1 second' where id = $1`, [id]);
      await decide(id, { decision: 'approved', digest });
    }
    const { status, body } = await unchanged(id, () => consume(id, digest));
    expect([status, body.code]).toEqual([409, 'not_approved']);
  });
  test('is good for 15 minutes, and not for longer', async () => {
    for (const [minutes, status] of [
      [14.9, 200],
      [15.1, 409],
    ] as const) {
      const { id, digest } = await askFor();
      await decide(id, { decision: 'approved', digest });
      await app.sql(`update approval set decided_at = now() - make_interval(secs => $2) where id = $1`, [
        id,
        minutes * 60,
      ]);
      const answer = await consume(id, digest);
      expect([minutes, answer.status, answer.body.code]).toEqual([
        minutes,
        status,
        status === 200 ? undefined : 'approval_expired',
      ]);
    }
  });
  test('taken with an Idempotency-Key is told again to who repeats it', async () => {
    const { id, digest } = await askFor();
    await decide(id, { decision: 'approved', digest });
    const take = () =>
      app.call(
        asking,
        'POST',
        '/v1/receipts/consume',
        { approval_id: id, digest },
        { 'idempotency-key': `take ${id}` },
      );
    const first = await take();
    const again = await take();
    expect([first.status, again.status, again.text]).toEqual([200, 200, first.text]);
  });
});

test('T13: two voters at the same moment: one wins, the other is told so within a second', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { id, digest } = await askFor();
    const startedMs = Date.now();
    const answers = await Promise.all([
      decide(id, { decision: 'approved', digest }),
      decide(id, { decision: 'rejected', digest }, app.one.people.approver),
    ]);
    expect(Date.now() - startedMs).toBeLessThan(1000);
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409']);
    const winner = answers.find(({ status }) => status === 200)?.body;
    const loser = answers.find(({ status }) => status === 409)?.body;
    expect(loser?.decision).toEqual(winner?.decision);
    expect(await app.sql('select from vote where approval_id = $1', [id])).toHaveLength(1);
  }
});
