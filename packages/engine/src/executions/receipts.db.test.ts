/** What becomes of an approval between the decision and the call of an execution. */
import { expect, test } from 'vitest';
import { type Run, type WireApproval, APPROVE, setScene, toldOf, until, useApp } from '../testing/scene.ts';

const app = useApp();
const CALL = { amount: 50 };

const held = async (tool: string) => {
  const script = [{ calls: [{ tool, arguments: CALL }] }, { text: 'Done.' }];
  const scene = await setScene(app(), script, { [tool]: {} });
  const run = await scene.start();
  await run.reaches('awaiting_approval');
  const [approval] = await run.held();
  if (!approval) throw new Error('nothing is held');
  return { scene, run, approval };
};

/** Approves while the execution waits for its next attempt, which keeps the call from being made at once. */
const approveWithoutRunning = async (run: Run, approval: WireApproval): Promise<void> => {
  const later = `clock_timestamp() + interval '1 hour'`;
  await app().sql(`update execution set next_attempt_at = ${later}, status = 'waiting' where id = $1`, [run.id]);
  await run.decide(approval, APPROVE);
};
const goOn = async (run: Run): Promise<void> => {
  await app().sql(`update execution set next_attempt_at = null where id = $1`, [run.id]);
  await app().sql(`update job set run_at = clock_timestamp() where subject = $1`, [run.id]);
};
const get = async (id: string): Promise<WireApproval> =>
  (await app().call<WireApproval>(app().one.people.viewer, 'GET', `/v1/approvals/${id}`)).body;

test('T17: a call that a policy blocks by the time it would be made is not made, and the model is told', async () => {
  const { scene, run, approval } = await held('wire_out');
  await approveWithoutRunning(run, approval);
  const source = JSON.stringify({
    rules: [{ name: 'stop', tools: ['wire_out'], outcome: 'deny', reason: 'All wires are stopped' }],
  });
  const made = await app().call(app().one.people.owner, 'POST', '/v1/policies', { name: 'Stop', source });
  expect(made.status, made.text).toBe(201);
  await goOn(run);
  await run.reaches('completed');
  expect(scene.tool.ledger).toEqual([]);
  expect(toldOf(scene)[0]).toContain('All wires are stopped');
  expect((await get(approval.id)).consumed_at).toBeNull();
});

test('T22: the end of an execution revokes what was approved in it and not done; what was done stays done', async () => {
  const { scene, run, approval } = await held('refund_late');
  await approveWithoutRunning(run, approval);
  expect(await run.cancel()).toBe(200);
  expect((await run.get()).status).toBe('cancelled');
  const after = await get(approval.id);
  expect(after.status).toBe('approved');
  expect(after.revoked).toMatchObject({
    by: { kind: 'execution', id: run.id },
    reason: 'the execution was cancelled',
  });
  expect(scene.tool.ledger).toEqual([]);

  const other = await held('refund_now');
  await other.run.decide(other.approval, APPROVE);
  await other.run.reaches('completed');
  const done = await get(other.approval.id);
  expect([done.revoked, done.consumed_at === null, other.scene.tool.ledger.length]).toEqual([null, false, 1]);
});

test('T73: what ends with an execution has a receipt too, made by whoever holds the key', async () => {
  const { run, approval } = await held('refund_never');
  expect(await run.cancel()).toBe(200);
  const after = await until(
    () => get(approval.id),
    ({ receipt }) => receipt !== null,
  );
  expect(after.status).toBe('cancelled');
  const { actor } = (
    await app().sql<{ actor: { kind: string } }>(
      `select actor from event where type = 'receipt.issued' and subject = $1`,
      [approval.id],
    )
  )[0] ?? { actor: { kind: '' } };
  expect(actor.kind).toBe('system');
});
