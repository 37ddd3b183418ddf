/** The time of a workflow's approval node: reminders, levels, and what follows when nobody decides. */
import type { WireApproval } from '@countersign/contract';
import { addPerson } from '../../../server/src/testing/index.ts';
import { expect, test } from 'vitest';
import { type Run, until, useApp } from '../testing/scene.ts';
import { between, pathOf, setFlow } from '../testing/workflow-scene.ts';

const app = useApp();

let count = 0;
const fresh = (name: string): string => `${name}-${(count += 1)}-${Date.now()}`;

const setNode = async (hold: object) =>
  setFlow(
    app(),
    between([
      { id: 'ask', type: 'approval', title: 'Pay', hold, on_success: 'paid', on_fail: 'told' } as never,
      { id: 'paid', type: 'end', output: { by: '{{ steps.ask.output.decided_by }}' } },
      { id: 'told', type: 'end', output: { code: '{{ steps.ask.error.code }}' } },
    ]),
  );
const held = async (run: Run): Promise<WireApproval> => {
  const [approval] = await until(run.held, (approvals) => approvals.length === 1, 20_000);
  if (!approval) throw new Error('nothing is held');
  return approval;
};
const happened = async (id: string): Promise<string[]> => {
  const path = `/v1/approvals/${id}/timeline`;
  const { body } = await app().call<{ data: { type: string }[] }>(app().one.keys.deciding, 'GET', path);
  return body.data.map(({ type }) => type);
};

test('reminds, asks the next level when its time is over, and goes on with what they say', async () => {
  const group = fresh('leads');
  const lead = await addPerson(app().store, app().one.id, fresh('Lea'), ['approver']);
  const made = await app().call(app().one.people.owner, 'POST', '/v1/groups', { name: group, members: [lead.id] });
  expect(made.status, made.text).toBe(201);
  const other = fresh('clerks');
  const clerks = { name: other, members: [app().one.people.approver.id] };
  expect((await app().call(app().one.people.owner, 'POST', '/v1/groups', clerks)).status).toBe(201);
  const flow = await setNode({
    stages: [{ approvers: `1 of ${other}` }],
    timeout_seconds: 2,
    on_timeout: 'escalate',
    escalate_to: [{ approvers: `1 of ${group}`, timeout_seconds: 600 }],
    remind_after: [0.5],
  });
  const run = await flow.start();
  const approval = await held(run);
  // Not among those who are asked at first.
  const early = await app().call<{ code: string }>(lead, 'POST', `/v1/approvals/${approval.id}/decide`, {
    decision: 'approved',
    digest: approval.digest,
  });
  const types = await until(
    () => happened(approval.id),
    (all) => all.includes('approval.escalated'),
    20_000,
  );
  expect(types.indexOf('approval.reminder')).toBeGreaterThan(types.indexOf('approval.requested'));
  expect(types.indexOf('approval.escalated')).toBeGreaterThan(types.indexOf('approval.reminder'));
  // On a slow machine the level may have come before the attempt: then that was the decision.
  if (early.status !== 200) {
    expect(early.body.code).toBe('not_eligible');
    const answer = await app().call(lead, 'POST', `/v1/approvals/${approval.id}/decide`, {
      decision: 'approved',
      digest: approval.digest,
    });
    expect(answer.status, answer.text).toBe(200);
  }
  expect(await run.reaches('completed')).toMatchObject({ output: { by: lead.name } });
});

test('after the last level its own end follows: the failure path, with the reason', async () => {
  const flow = await setNode({
    timeout_seconds: 1,
    on_timeout: 'escalate',
    escalate_to: [{ approvers: 'anyone', timeout_seconds: 1 }],
  });
  const run = await flow.start();
  const approval = await held(run);
  expect(await run.reaches('completed')).toMatchObject({ output: { code: 'expired' } });
  expect(await pathOf(run)).toEqual(['begin completed', 'ask expired', 'told completed']);
  const types = await happened(approval.id);
  expect(types.indexOf('approval.expired')).toBeGreaterThan(types.indexOf('approval.escalated'));
});
