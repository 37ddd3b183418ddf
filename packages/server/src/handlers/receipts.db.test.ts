/** Receipts from the running server, verified as anybody would: with the published keys and nothing else. */
import type { ReceiptStatement } from '@countersign/core';
import type { WireApproval, WireReceipt } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ReceiptKeys, verifyReceipt } from '../../../sdk/src/index.ts';
import { type TestApp, type Who, startTestServer, until } from '../testing/index.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

let number = 0;
const ask = async (over: object = {}): Promise<WireApproval> => {
  number += 1;
  const body = { tool: 'pay', arguments: { amount: `${number}.00`, to: 'acct_1' }, ...over };
  const answer = await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', body);
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
};
type Told = WireApproval & { code: string; difference: unknown };
const decide = (approval: Pick<WireApproval, 'id' | 'digest'>, over: object = {}, who: Who = app.one.people.approver) =>
  app.call<Told>(who, 'POST', `/v1/approvals/${approval.id}/decide`, {
    decision: 'approved',
    digest: approval.digest,
    ...over,
  });
const consume = (approval: Pick<WireApproval, 'id' | 'digest'>) =>
  app.call<Told>(app.one.keys.asking, 'POST', '/v1/receipts/consume', {
    approval_id: approval.id,
    digest: approval.digest,
  });
const revoke = (id: string, who: Who = app.one.people.owner) =>
  app.call<Told>(who, 'POST', `/v1/approvals/${id}/revoke`, { reason: 'The order was cancelled' });
const publishedKeys = async (): Promise<ReceiptKeys> =>
  (await (await fetch(`${app.url}/.well-known/jwks.json`)).json()) as ReceiptKeys;

const receiptOf = async (id: string): Promise<ReceiptStatement['predicate']> => {
  const { text } = await until(
    () => app.call<WireReceipt>(app.one.people.auditor, 'GET', `/v1/approvals/${id}/receipt`),
    ({ status }) => status === 200,
  );
  const { statement } = await verifyReceipt(text, { keys: await publishedKeys() });
  expect(statement.predicate.approval).toBe(id);
  return statement.predicate;
};

describe('every end of an approval has a receipt that verifies offline:', () => {
  test('approved with an edit, by a person who is signed in', async () => {
    const approval = await ask({ timeout_seconds: 600 });
    const { approver } = app.one.people;
    const { body } = await decide(approval, { arguments: { amount: '0.50', to: 'acct_1' }, reason: 'Less' });
    expect(body.status).toBe('approved');
    const receipt = await receiptOf(approval.id);
    expect(receipt).toMatchObject({
      issuer: app.url,
      workspace: app.one.id,
      audience: `urn:countersign:${app.one.id}:${app.one.keys.asking.id}`,
      kind: 'tool_call',
      tool: 'pay',
      risk: 'irreversible',
      requested_by: { kind: 'key', id: app.one.keys.asking.id },
      revisions: [
        { revision: 0, action_digest: approval.digest },
        { revision: 1, action_digest: body.digest, by: { id: approver.id } },
      ],
      stages: [{ name: 'approval', approvers: '1 of anyone', rejections: 1 }],
      votes: [
        {
          vote: 'approved',
          person: { id: approver.id, name: approver.name },
          assurance: 'session',
          sign_in: { method: 'link', two_factor: false, stepped_up_at: null },
          counts: true,
          intent: { action_digest: body.digest, view_digest: body.view_digest, revision: 1, nonce: null },
        },
      ],
      decision: { outcome: 'approved', seen_digest: approval.digest, reason: 'Less', by: { id: approver.id } },
    });
    expect(receipt.requesters).toContain(app.one.keys.asking.owner.id);
    expect(Date.parse(receipt.decision.use_until ?? '') - Date.parse(receipt.decision.at)).toBe(15 * 60 * 1000);
    expect(receipt.decision.at).toBe(body.decision?.at);
    // Whoever waits has it at once.
    const { receipt: compact } = (
      await app.call<WireApproval>(app.one.keys.asking, 'GET', `/v1/approvals/${approval.id}/wait`)
    ).body;
    expect((await verifyReceipt(compact ?? '', { keys: await publishedKeys() })).statement.predicate).toEqual(receipt);
    expect(body.receipt).toBe(compact);
  });
  test('rejected by a key; withdrawn; expired', async () => {
    const rejected = await ask();
    await decide(rejected, { decision: 'rejected', reason: 'No' }, app.one.keys.deciding);
    expect(await receiptOf(rejected.id)).toMatchObject({
      decision: { outcome: 'rejected', assurance: 'key', use_until: null },
      votes: [{ key: app.one.keys.deciding.id, sign_in: null, person: { id: app.one.keys.deciding.owner.id } }],
    });
    const withdrawn = await ask();
    await app.call(app.one.keys.asking, 'POST', `/v1/approvals/${withdrawn.id}/cancel`, {});
    expect(await receiptOf(withdrawn.id)).toMatchObject({
      decision: { outcome: 'cancelled', assurance: 'automated' },
      votes: [],
    });
    const late = await ask({ timeout_seconds: 1 });
    expect(await receiptOf(late.id)).toMatchObject({
      decision: { outcome: 'expired', by: { kind: 'system' } },
      votes: [],
    });
  });
  test('a question, with the digest of its answer', async () => {
    const question = await ask({
      tool: undefined,
      arguments: undefined,
      title: 'Which one?',
      question: { type: 'string' },
    });
    await decide(question, { response: 'the blue one' });
    const { decision } = await receiptOf(question.id);
    expect(decision.response_digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
  test('a pending one has none, and says so', async () => {
    const { id } = await ask();
    const answer = await app.call<Told>(app.one.people.viewer, 'GET', `/v1/approvals/${id}/receipt`);
    expect([answer.status, answer.body.code]).toEqual([409, 'no_receipt_yet']);
    expect((await app.call(app.two.people.owner, 'GET', `/v1/approvals/${id}/receipt`)).status).toBe(404);
  });
  test('also as its compact form alone, of the type of JOSE', async () => {
    const approval = await ask();
    await decide(approval);
    const response = await fetch(`${app.url}/v1/approvals/${approval.id}/receipt`, {
      headers: { authorization: `Bearer ${app.one.keys.reading.secret}`, accept: 'application/jose' },
    });
    expect(response.headers.get('content-type')).toBe('application/jose');
    const compact = await response.text();
    expect((await verifyReceipt(compact, { keys: await publishedKeys() })).statement.predicate.approval).toBe(
      approval.id,
    );
  });
  test('the event of the decision names the digest of its receipt, so that the log holds it', async () => {
    const approval = await ask();
    const { body } = await decide(approval);
    const [event] = await app.sql<{ data: { receipt: { digest: string } } }>(
      `select data from event where subject = $1 and type = 'approval.decided'`,
      [approval.id],
    );
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body.receipt ?? ''));
    expect(event?.data.receipt.digest).toBe(`sha256:${Buffer.from(hash).toString('hex')}`);
  });
});

describe('keys', () => {
  test('T58: a rotation leaves what was signed before good, and says since when the old key signs no more', async () => {
    const before = await ask();
    await decide(before);
    await receiptOf(before.id);
    const next = await app.running.engine.signing.rotate('receipt');
    const keys = await until(publishedKeys, (set) => set.keys.length > 1);
    expect(keys.keys.map(({ kid, retired_at }) => [kid === next, retired_at === null])).toEqual([
      [true, true],
      [false, false],
    ]);
    const after = await ask();
    await decide(after);
    await receiptOf(before.id);
    const { text } = await app.call(app.one.people.auditor, 'GET', `/v1/approvals/${after.id}/receipt`);
    expect((await verifyReceipt(text, { keys })).kid).toBe(next);
  });
  test('T73: a process without the key has the receipt made by one that holds it; nobody but the api’s role can write one', async () => {
    const approval = await ask();
    const client = await app.store.pool.connect();
    client.release();
    // As the end by a worker does, which holds no key: the job alone.
    await decide(approval);
    await app.sql('delete from receipt where approval_id = $1', [approval.id]);
    await app.sql(`insert into job (kind, subject, workspace_id) values ('seal_receipt', $1, $2)`, [
      approval.id,
      app.one.id,
    ]);
    expect((await receiptOf(approval.id)).decision.outcome).toBe('approved');
    const grants = await app.sql<{ grantee: string; right: string }>(
      `select grantee, privilege_type as right from information_schema.role_table_grants
       where table_name in ('receipt', 'approval_revision') and grantee = 'countersign_worker' and privilege_type <> 'SELECT'`,
    );
    expect(grants).toEqual([]);
  });
});

describe('T5: a decision on what was changed since', () => {
  test('is refused with what changed, field by field', async () => {
    const approval = await ask();
    const policy = await app.call<{ id: string }>(app.one.people.owner, 'POST', '/v1/policies', {
      name: `Two for ${approval.id}`,
      source: JSON.stringify({
        rules: [
          {
            name: 'two',
            tools: ['wire_twice'],
            outcome: 'hold',
            hold: { stages: [{ approvers: '2 of role:approver' }] },
          },
        ],
      }),
    });
    expect(policy.status, policy.text).toBe(201);
    const held = await ask({ tool: 'wire_twice' });
    const edited = await decide(held, { arguments: { amount: '9.00', to: 'acct_1' } });
    expect(edited.body.status).toBe('pending');
    const stale = await decide(held, {}, app.one.keys.deciding);
    expect([stale.status, stale.body.code]).toEqual([409, 'digest_stale']);
    expect(stale.body.difference).toEqual([
      { pointer: '/arguments/amount', before: held.arguments?.['amount'], after: '9.00' },
      { pointer: '/revision', after: 1 },
    ]);
    const unknown = await decide({ id: held.id, digest: `sha256:${'0'.repeat(64)}` }, {}, app.one.keys.deciding);
    expect([unknown.status, unknown.body.difference]).toEqual([409, null]);
    // T6: the vote before was on what it was before; T10: both votes on one revision name the same view.
    const done = await decide(edited.body, {}, app.one.keys.deciding);
    expect(done.body.status).toBe('approved');
    const { votes } = await receiptOf(held.id);
    expect(votes.map(({ intent }) => intent.view_digest)).toEqual([edited.body.view_digest, edited.body.view_digest]);
  });
  test('T10: whoever was shown another view than there is now is refused', async () => {
    const approval = await ask({ explanation: 'It is due.' });
    const wrong = await decide(approval, { view_digest: `sha256:${'1'.repeat(64)}` });
    expect([wrong.status, wrong.body.code]).toEqual([409, 'digest_stale']);
    // Somebody rewrites, in the database, what the reviewer reads beside the content.
    await app.sql(`update approval set explanation = 'Your boss said so.' where id = $1`, [approval.id]);
    const shown = await decide(approval, { view_digest: approval.view_digest });
    expect([shown.status, shown.body.code]).toEqual([409, 'digest_stale']);
    const { body } = await app.call<WireApproval>(app.one.people.approver, 'GET', `/v1/approvals/${approval.id}`);
    expect((await decide(approval, { view_digest: body.view_digest })).status).toBe(200);
  });
  test('C8: two votes on one content that were shown something different do not make a quorum', async () => {
    const held = await ask({ tool: 'wire_twice', explanation: 'It is due.' });
    expect((await decide(held)).body.status).toBe('pending');
    await app.sql(`update approval set explanation = 'It is not due.' where id = $1`, [held.id]);
    const second = await decide(held, {}, app.one.keys.deciding);
    expect([second.status, second.body.code]).toEqual([409, 'digest_stale']);
  });
});

describe('T22: what was approved and not used', () => {
  test('can be revoked by an owner, once, and is then taken by nobody', async () => {
    const approval = await ask();
    expect((await revoke(approval.id)).body.code).toBe('not_approved');
    await decide(approval);
    expect((await revoke(approval.id, app.one.people.admin)).status).toBe(403);
    const { status, body } = await revoke(approval.id);
    expect([status, body.status, body.revoked?.by.id]).toEqual([200, 'approved', app.one.people.owner.id]);
    expect((await revoke(approval.id)).body.code).toBe('receipt_revoked');
    const taken = await consume(approval);
    expect([taken.status, taken.body.code]).toEqual([409, 'receipt_revoked']);
    const events = await app.sql<{ actor: { id: string } }>(
      `select actor from event where subject = $1 and type = 'approval.revoked'`,
      [approval.id],
    );
    expect(events.map(({ actor }) => actor.id)).toEqual([app.one.people.owner.id]);
  });
  test('is either taken or revoked where both come at once', async () => {
    for (let round = 0; round < 25; round += 1) {
      const approval = await ask();
      await decide(approval);
      const [revoked, taken] = await Promise.all([revoke(approval.id), consume(approval)]);
      expect([revoked.status, taken.status].toSorted()).toEqual([200, 409]);
      expect(revoked.status === 200 ? taken.body.code : revoked.body.code).toBe(
        revoked.status === 200 ? 'receipt_revoked' : 'already_consumed',
      );
    }
  });
});

test('T7: of a hundred that take it at once one does; nothing is taken after its time', async () => {
  const approval = await ask();
  await decide(approval);
  const answers = await Promise.all(Array.from({ length: 100 }, () => consume(approval)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ status, body }) => status === 409 && body.code === 'already_consumed')).toHaveLength(99);
});

describe('T17: a policy that changed meanwhile', () => {
  const putPolicy = async (tool: string, rule: object): Promise<void> => {
    const answer = await app.call(app.one.people.owner, 'POST', '/v1/policies', {
      name: `Policy for ${tool} ${(number += 1)}`,
      source: JSON.stringify({ rules: [{ name: `rule for ${tool}`, tools: [tool], ...rule }] }),
    });
    expect(answer.status, answer.text).toBe(201);
  };
  test('and blocks it by now refuses what was approved before', async () => {
    const approval = await ask({ tool: 'sell' });
    await decide(approval);
    await putPolicy('sell', { outcome: 'deny', reason: 'No sales this week' });
    const taken = await consume(approval);
    expect([taken.status, taken.body.code]).toEqual([403, 'policy_blocked']);
    expect(taken.text).toContain('No sales this week');
  });
  test('and blocks it by now lets it be rejected only', async () => {
    const approval = await ask({ tool: 'buy' });
    await putPolicy('buy', { outcome: 'block' });
    const approved = await decide(approval);
    expect([approved.status, approved.body.code]).toEqual([403, 'policy_blocked']);
    expect((await decide(approval, { decision: 'rejected', reason: 'No' })).body.status).toBe('rejected');
  });
  test('and asks for more people is met as well as the old one: the stricter holds', async () => {
    const approval = await ask({ tool: 'lend' });
    await putPolicy('lend', { outcome: 'hold', hold: { stages: [{ approvers: '2 of role:approver' }] } });
    expect((await decide(approval)).body.status).toBe('pending');
    expect((await decide(approval, {}, app.one.keys.deciding)).body.status).toBe('approved');
    const { policy, stages } = await receiptOf(approval.id);
    expect([policy?.rule, stages]).toEqual([
      expect.stringContaining('rule for lend'),
      [{ name: 'approval', approvers: '2 of anyone', rejections: 1 }],
    ]);
  });
});
