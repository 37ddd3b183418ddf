/**
 * What issue and threat table (trust.md, 1) name as attacks, against the running server: none has an effect, and each
 * leaves an entry in the audit log that says who tried it.
 */
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { WireApproval, WireReceipt } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Answer,
  type TestApp,
  type TestPerson,
  type Who,
  addKey,
  addPerson,
  startTestServer,
  until,
} from '../testing/index.ts';

type Told = WireApproval & { code: string };

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

let number = 0;
const ask = async (over: object = {}, who: Who = app.one.keys.asking): Promise<WireApproval> => {
  number += 1;
  const body = { tool: 'pay', arguments: { amount: number, to: 'acct_1' }, ...over };
  const answer = await app.call<Told>(who, 'POST', '/v1/approvals', body);
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
};
const decide = (who: Who, approval: Pick<WireApproval, 'id' | 'digest'>, over: object = {}, headers = {}) =>
  app.call<Told>(
    who,
    'POST',
    `/v1/approvals/${approval.id}/decide`,
    { decision: 'approved', digest: approval.digest, ...over },
    headers,
  );
const statusOf = async (id: string): Promise<string> =>
  (await app.call<Told>(app.one.people.viewer, 'GET', `/v1/approvals/${id}`)).body.status;
const votesOn = async (id: string): Promise<number> =>
  Number((await app.sql<{ count: string }>('select count(*) from vote where approval_id = $1', [id]))[0]?.count);
/** What the audit log says was refused about a thing, by whom. */
const refused = (subject: string, code: string) =>
  until(
    () =>
      app.sql<{ actor: { id: string } }>(
        `select actor from event where type = 'request.refused' and subject = $1 and data ->> 'code' = $2`,
        [subject, code],
      ),
    (rows) => rows.length > 0,
  );

describe('A7: a decision that is sent again', () => {
  test('with its key is the first answer; with another is told who decided; nothing is voted twice', async () => {
    const approval = await ask();
    const { approver } = app.one.people;
    const headers = { 'idempotency-key': randomUUID() };
    const first = await decide(approver, approval, {}, headers);
    const again = await decide(approver, approval, {}, headers);
    expect([first.status, again.status, again.text === first.text]).toEqual([200, 200, true]);
    const replayed = await decide(approver, approval, { decision: 'rejected', reason: 'no' });
    expect([replayed.status, replayed.body.code]).toEqual([409, 'already_decided']);
    expect([await statusOf(approval.id), await votesOn(approval.id)]).toEqual(['approved', 1]);
    expect((await refused(approval.id, 'already_decided'))[0]?.actor.id).toBe(approver.id);
  });
  test('to another approval carries a digest that is not its', async () => {
    const [one, other] = [await ask(), await ask()];
    const moved = await decide(app.one.people.approver, { id: other.id, digest: one.digest });
    expect([moved.status, moved.body.code, await statusOf(other.id)]).toEqual([409, 'digest_stale', 'pending']);
    await refused(other.id, 'digest_stale');
  });
});

describe('A1: arguments swapped between approval and call', () => {
  test('are not what was approved: the asker can’t take it under their digest', async () => {
    const approval = await ask();
    await decide(app.one.people.approver, approval);
    const { asking } = app.one.keys;
    const digest = `sha256:${'0'.repeat(64)}`;
    const answer = await app.call<Told>(asking, 'POST', '/v1/receipts/consume', { approval_id: approval.id, digest });
    expect([answer.status, answer.body.code]).toEqual([409, 'digest_stale']);
    expect((await refused(approval.id, 'digest_stale'))[0]?.actor.id).toBe(asking.id);
  });
  test('in the database itself are refused by it: what was decided stays as it is', async () => {
    const approval = await ask();
    await decide(app.one.people.approver, approval);
    const client = await app.store.pool.connect();
    try {
      await client.query(`begin; select set_config('app.workspace', '${app.one.id}', true)`);
      const swap = client.query(`update approval set action = replace(action, 'acct_1', 'acct_9') where id = $1`, [
        approval.id,
      ]);
      await expect(swap).rejects.toThrow(/was decided and stays as it is/);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });
});

describe('A1, A5: a forged receipt at the taking', () => {
  const take = (approval: Pick<WireApproval, 'id' | 'digest'>, receipt: string) =>
    app.call<Told>(app.one.keys.asking, 'POST', '/v1/receipts/consume', {
      approval_id: approval.id,
      digest: approval.digest,
      receipt,
    });
  const receiptOf = async ({ id }: Pick<WireApproval, 'id'>): Promise<string> =>
    (await app.call<WireReceipt>(app.one.keys.asking, 'GET', `/v1/approvals/${id}/receipt`)).body.jws;
  /** The same statement, or another, signed with a key of the attacker’s own. */
  const signed = (jws: string, change: (payload: string) => string): string => {
    const [header = '', payload = ''] = jws.split('.');
    const text = `${header}.${Buffer.from(change(Buffer.from(payload, 'base64url').toString())).toString('base64url')}`;
    return `${text}.${sign(null, Buffer.from(text), generateKeyPairSync('ed25519').privateKey).toString('base64url')}`;
  };
  const same = (text: string): string => text;

  test('takes nothing, for what is pending and for what was rejected', async () => {
    const [approved, pending, rejected] = [await ask(), await ask(), await ask()];
    const { approver } = app.one.people;
    await decide(approver, approved);
    await decide(approver, rejected, { decision: 'rejected', reason: 'no' });
    const good = await receiptOf(approved);
    const moved = (to: WireApproval): string =>
      signed(good, (text) =>
        text.replaceAll(approved.id, to.id).replaceAll(approved.digest.slice(7), to.digest.slice(7)),
      );
    for (const [approval, receipt] of [
      [pending, good],
      [pending, moved(pending)],
      [rejected, moved(rejected)],
      [rejected, await receiptOf(rejected).then((jws) => signed(jws, (text) => text.replace('rejected', 'approved')))],
    ] as const) {
      const answer = await take(approval, receipt);
      expect([answer.status, answer.body.code]).toEqual([403, 'receipt_invalid']);
      expect((await refused(approval.id, 'receipt_invalid'))[0]?.actor.id).toBe(app.one.keys.asking.id);
    }
    // Its own does not help what was rejected.
    expect((await take(rejected, await receiptOf(rejected))).body.code).toBe('not_approved');
    const taken = await app.sql('select from consumption where approval_id = any ($1)', [[pending.id, rejected.id]]);
    expect(taken).toHaveLength(0);
  });
  test('is refused for what was approved, too, byte by byte; the true one is taken once', async () => {
    const approval = await ask();
    await decide(app.one.people.approver, approval);
    const good = await receiptOf(approval);
    const [header = '', payload = '', signature = ''] = good.split('.');
    for (const forged of [
      signed(good, same),
      signed(good, (text) => text.replace('"amount"', '"amounts"')),
      `${header}.${payload}.${'A'.repeat(86)}`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`,
      `${header}.${payload}`,
      `${good}=`,
      `${good} `,
      `${header}.${payload}.${signature.slice(0, -1)}${signature.endsWith('A') ? 'B' : 'A'}`,
    ])
      expect((await take(approval, forged)).body.code).toBe('receipt_invalid');
    await refused(approval.id, 'receipt_invalid');
    expect((await take(approval, good)).status).toBe(200);
    expect((await take(approval, good)).body.code).toBe('already_consumed');
  });
});

test('A8: a decision on what somebody edited meanwhile is refused with the difference, and written down', async () => {
  const source = JSON.stringify({
    rules: [
      { name: 'two', tools: ['pay_twice'], outcome: 'hold', hold: { stages: [{ approvers: '2 of role:approver' }] } },
    ],
  });
  const policy = { name: 'Two for it', source };
  expect((await app.call(app.one.people.owner, 'POST', '/v1/policies', policy)).status).toBe(201);
  const approval = await ask({ tool: 'pay_twice' });
  const editor = await addPerson(app.store, app.one.id, 'Editor', ['approver']);
  const edited = await decide(editor, approval, { arguments: { amount: 1_000_000, to: 'acct_1' } });
  expect([edited.status, edited.body.status]).toEqual([200, 'pending']);
  const late = await decide(app.one.people.approver, approval);
  expect([late.status, late.body.code]).toEqual([409, 'digest_stale']);
  const { difference } = late.body as unknown as { difference: unknown[] };
  expect(difference).toContainEqual({ pointer: '/arguments/amount', before: number, after: 1_000_000 });
  expect([await statusOf(approval.id), await votesOn(approval.id)]).toEqual(['pending', 1]);
  expect((await refused(approval.id, 'digest_stale'))[0]?.actor.id).toBe(app.one.people.approver.id);
});

test('A7: an approval is taken once, by a hundred at the same moment', async () => {
  const approval = await ask();
  await decide(app.one.people.approver, approval);
  const { asking } = app.one.keys;
  const take = () =>
    app.call<Told>(asking, 'POST', '/v1/receipts/consume', { approval_id: approval.id, digest: approval.digest });
  const answers = await Promise.all(Array.from({ length: 100 }, take));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ body }) => body.code === 'already_consumed')).toHaveLength(99);
  const entries = await until(
    () => refused(approval.id, 'already_consumed'),
    (rows) => rows.length > 0,
  );
  expect(entries[0]?.actor.id).toBe(asking.id);
});

describe('F3: a foreign workspace', () => {
  test('finds nothing to decide, read, take or withdraw, and is written down in its own log', async () => {
    const approval = await ask();
    const { approver } = app.two.people;
    const { asking } = app.two.keys;
    const answers = [
      await decide(approver, approval),
      await app.call<Told>(approver, 'GET', `/v1/approvals/${approval.id}`),
      await app.call<Told>(asking, 'POST', `/v1/approvals/${approval.id}/cancel`, {}),
      await app.call<Told>(asking, 'POST', '/v1/receipts/consume', {
        approval_id: approval.id,
        digest: approval.digest,
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect(await statusOf(approval.id)).toBe('pending');
    await refused(approval.id, 'not_found');
    const rows = await app.sql<{ workspace_id: string }>(
      `select distinct workspace_id from event where type = 'request.refused' and subject = $1`,
      [approval.id],
    );
    expect(rows).toEqual([{ workspace_id: app.two.id }]);
  });
});

describe('B1: who asked does not approve it', () => {
  let ann: TestPerson;
  beforeAll(async () => {
    ann = await addPerson(app.store, app.one.id, 'Ann who asks', ['builder', 'approver']);
  });
  const mustRefuse = async (who: Who, by: string, approval: WireApproval, code = 'self_approval'): Promise<void> => {
    const answer = await decide(who, approval);
    expect([answer.status, answer.body.code]).toEqual([403, code]);
    expect([await statusOf(approval.id), await votesOn(approval.id)]).toEqual(['pending', 0]);
    const entries = await until(
      () => refused(approval.id, code),
      (rows) => rows.some(({ actor }) => actor.id === by),
    );
    expect(entries.filter(({ actor }) => actor.id === by)).toHaveLength(1);
  };

  test('by the key that asked: it can’t decide at all', async () => {
    const { asking } = app.one.keys;
    await mustRefuse(asking, asking.id, await ask(), 'forbidden');
  });
  test('by a deciding key of the same person', async () => {
    const asking = await addKey(app.store, app.one.id, ann, ['approvals:create', 'approvals:read']);
    const deciding = await addKey(app.store, app.one.id, ann, ['approvals:decide', 'approvals:read']);
    const approval = await ask({}, asking);
    await mustRefuse(deciding, deciding.id, approval);
    await mustRefuse(ann, ann.id, approval);
  });
  test('by the person on whose behalf it is', async () => {
    const { approver } = app.one.people;
    await mustRefuse(approver, approver.id, await ask({ on_behalf_of: approver.id }));
  });
  test('by delegation: whoever stands in for the asker has no place to fill, and the asker none but their own', async () => {
    const bob = await addPerson(app.store, app.one.id, 'Bob who is away', ['approver']);
    const endsAt = new Date(Date.now() + 3_600_000).toISOString();
    const made = await app.call(bob, 'POST', '/v1/delegations', { to: ann.id, ends_at: endsAt });
    expect(made.status, made.text).toBe(201);
    await mustRefuse(ann, ann.id, await ask({}, ann));
  });
  test('by a second account of the same mailbox in the same group', async () => {
    const second = await addPerson(app.store, app.one.id, 'Ann again', ['approver']);
    const [local, domain] = ann.email.split('@');
    await app.sql('update person set email = $2 where id = $1', [second.id, `${local}+second@${domain}`]);
    const members = [ann.id, second.id];
    const group = await app.call(app.one.people.owner, 'POST', '/v1/groups', { name: 'askers', members });
    expect(group.status).toBe(201);
    await mustRefuse(second, second.id, await ask({}, ann));
  });
});

describe('B8: a link that is opened by a scanner, or fetched before anybody clicks', () => {
  test('changes nothing: every address of the approval, every reading method, with and without a session', async () => {
    const approval = await ask();
    const paths = [
      `/approvals/${approval.id}`,
      `/v1/approvals/${approval.id}`,
      `/v1/approvals/${approval.id}/decide`,
      `/v1/approvals/${approval.id}/decide?decision=approved&digest=${approval.digest}`,
      `/v1/approvals/${approval.id}/cancel`,
    ];
    const prefetch = { 'sec-purpose': 'prefetch', purpose: 'prefetch', 'x-moz': 'prefetch' };
    for (const path of paths)
      for (const method of ['GET', 'HEAD', 'OPTIONS'])
        for (const who of [null, app.one.people.approver])
          for (const headers of [{}, prefetch])
            await fetch(app.url + path, {
              method,
              headers: { ...headers, ...(who ? { cookie: `countersign_session=${who.token}` } : {}) },
            });
    expect((await refused(approval.id, 'unauthenticated'))[0]?.actor.id).toBe('anonymous');
    expect([await statusOf(approval.id), await votesOn(approval.id)]).toEqual(['pending', 0]);
  });
  test('nor does one that posts: without a session there is nobody, with one there is no word of our own page', async () => {
    const approval = await ask();
    const body = { decision: 'approved', digest: approval.digest };
    const path = `/v1/approvals/${approval.id}/decide`;
    expect((await app.call(null, 'POST', path, body)).status).toBe(401);
    // Whose approval it was hears of it, though nobody knows who tried.
    expect((await refused(approval.id, 'unauthenticated'))[0]?.actor.id).toBe('anonymous');
    await app.call(null, 'POST', `/v1/approvals/apr_${'0'.repeat(27)}/decide`, body);
    const cookie = `countersign_session=${app.one.people.approver.token}`;
    for (const headers of [
      { cookie, origin: null, 'sec-fetch-site': null },
      { cookie, origin: 'https://mail.example', 'sec-fetch-site': 'cross-site' },
      { cookie, origin: app.url, 'sec-fetch-site': 'cross-site' },
    ])
      expect((await app.call<Told>(null, 'POST', path, body, headers)).body.code).toBe('cross_site');
    expect([await statusOf(approval.id), await votesOn(approval.id)]).toEqual(['pending', 0]);
  });
});

test('E1, E2: a thousand decisions at the same moment by twenty people, approving and rejecting: one outcome, one vote each', async () => {
  const approval = await ask();
  const crowd = await Promise.all(
    Array.from({ length: 20 }, (_, index) => addPerson(app.store, app.one.id, `crowd ${index}`, ['approver'])),
  );
  // Who is told to come again, or is cut off, does: with the same key, so that it is the same decision.
  const decideInTheEnd = async (index: number): Promise<Answer<Told>> => {
    const over = index % 3 === 0 ? { decision: 'rejected', reason: 'no' } : {};
    const headers = { 'idempotency-key': randomUUID() };
    for (let tries = 0; ; tries += 1) {
      const answer = await decide(crowd[index % crowd.length] ?? null, approval, over, headers).catch(
        (error: unknown) => {
          if (error instanceof TypeError) return null;
          throw error;
        },
      );
      if (answer && answer.status !== 503 && answer.body.code !== 'idempotency_in_progress') return answer;
      if (tries === 20) throw new Error(`never answered: ${answer?.text}`);
      const seconds = Number(answer?.headers.get('retry-after') ?? 1);
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000 * (1 + Math.random())));
    }
  };
  const answers = await Promise.all(Array.from({ length: 1000 }, (_, index) => decideInTheEnd(index)));
  const done = answers.filter(({ status }) => status === 200);
  expect(done).toHaveLength(1);
  const losers = answers.filter(({ status }) => status !== 200).map(({ body }) => body.code);
  expect(losers).toEqual(Array.from({ length: 999 }, () => 'already_decided'));
  expect([await statusOf(approval.id), await votesOn(approval.id)]).toEqual([done[0]?.body.status, 1]);
  const decided = await app.sql(`select id from event where subject = $1 and type = 'approval.decided'`, [approval.id]);
  expect(decided).toHaveLength(1);
  await refused(approval.id, 'already_decided');
}, 180_000);
