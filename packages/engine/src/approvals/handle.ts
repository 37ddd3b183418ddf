/** The heart: lock, load, decide (in core), save, enqueue, record; one transaction, which the caller commits. */
import {
  type Actor,
  type ApprovalEvent,
  type ApprovalState,
  type Decision,
  type Digest,
  type Edit,
  type Json,
  type JsonObject,
  type Result,
  type Voter,
  canonicalize,
  decideApproval,
  diffJson,
  digestText,
  isLate,
  ok,
  refuse,
} from '@countersign/core';
import {
  type ApprovalRow,
  type Scope,
  appendEvent,
  dropJob,
  getConsumption,
  insertConsumption,
  insertVote,
  lockApproval,
  lockExecutionOf,
  saveDecision,
  saveEnd,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { resumeAfterDecision } from '../executions/resume.ts';
import type { Refusal } from '../refusal.ts';
import { validateArguments } from '../tools/validate-arguments.ts';

/** Receipts that programs outside consume are good for this long after the decision; our own executions need no limit. */
export const RECEIPT_VALID_SECONDS = 15 * 60;

const toState = (row: ApprovalRow, consumedAt: Date | null): ApprovalState => ({
  status: row.status,
  digest: row.digest as Digest,
  requesters: row.requesters,
  expiresAtMs: row.expires_at?.getTime() ?? null,
  decision: row.decision,
  consumedAtMs: consumedAt?.getTime() ?? null,
});

export type DecideCommand = {
  readonly voter: Voter;
  readonly decision: 'approved' | 'rejected';
  readonly digest: string | undefined;
  readonly reason: string | null;
  readonly arguments?: JsonObject | undefined;
  readonly output?: Json | undefined;
};

/** Locks the execution first and then the approval: the one order, so that no two commands wait for each other. */
const lockBoth = async (scope: Scope, id: string) => {
  await lockExecutionOf(scope, id);
  return lockApproval(scope, id);
};

/** A person's vote. After the deadline it first lets the approval expire, so that both are told the same end. */
export const decide = async (
  engine: Engine,
  scope: Scope,
  id: string,
  command: DecideCommand,
): Promise<Result<null, Refusal>> => {
  const locked = await lockBoth(scope, id);
  if (!locked) return refuse({ type: 'not_found' });
  const { row, now } = locked;
  const state = toState(row, null);
  if (row.status === 'pending' && isLate(state, now.getTime())) {
    await apply(engine, scope, locked, decideApproval(state, { type: 'expire', atMs: now.getTime() }));
    return refuse({ type: 'approval_expired', expiredAtMs: state.expiresAtMs ?? 0 });
  }
  const decideWith = (edit: Edit | null) =>
    decideApproval(state, {
      type: 'decide',
      atMs: now.getTime(),
      voter: command.voter,
      decision: command.decision,
      digest: command.digest,
      reason: command.reason,
      edit,
    });
  // Whether this voter may decide this at all comes before what they would change.
  const unedited = decideWith(null);
  if (!unedited.ok) return unedited;
  const edit = editOf(row, command);
  if (!edit.ok) return edit;
  return apply(engine, scope, locked, edit.value ? decideWith(edit.value) : unedited);
};

const editOf = (row: ApprovalRow, command: DecideCommand) => {
  if (command.arguments === undefined && command.output === undefined) return ok(null);
  const problem = (pointer: string, detail: string) => refuse({ type: 'invalid', errors: [{ pointer, detail }] } as const);
  if (command.decision === 'rejected') return problem('/decision', 'an edit can only be approved');
  const action = JSON.parse(row.action) as JsonObject;
  if (command.output !== undefined) {
    if (row.kind !== 'output') return problem('/output', 'this approval is not about an output');
    if (command.arguments !== undefined) return problem('/arguments', 'this approval is about an output');
    return ok(editTo(action, { ...action, output: command.output }, 'output'));
  }
  if (row.kind !== 'tool_call') return problem('/arguments', 'this approval is not about a tool call');
  const args = command.arguments ?? {};
  if (row.arguments_schema) {
    const errors = validateArguments(JSON.parse(row.arguments_schema) as JsonObject, args);
    if (errors.length > 0)
      return refuse({
        type: 'invalid',
        errors: errors.map(({ pointer, detail }) => ({ pointer: `/arguments${pointer}`, detail })),
      } as const);
  }
  return ok(editTo(action, { ...action, arguments: args }, 'arguments'));
};

const editTo = (before: JsonObject, after: JsonObject, member: 'arguments' | 'output') => {
  const differences = diffJson(before[member], after[member]);
  return differences.length === 0 ? null : { action: after, digest: digestText(canonicalize(after)), differences };
};

/** The asker withdraws. */
export const cancel = async (
  engine: Engine,
  scope: Scope,
  id: string,
  by: Actor,
  reason: string | null,
): Promise<Result<null, Refusal>> => {
  const locked = await lockBoth(scope, id);
  if (!locked) return refuse({ type: 'not_found' });
  const { row, now } = locked;
  return apply(engine, scope, locked, decideApproval(toState(row, null), { type: 'cancel', atMs: now.getTime(), by, reason }));
};

/**
 * The deadline's job. Does nothing if the approval was decided.
 * @returns when to come again, if the deadline is not over yet: its own millisecond still belongs to the voters
 */
export const expire = async (engine: Engine, scope: Scope, id: string): Promise<Date | null> => {
  const locked = await lockBoth(scope, id);
  if (!locked || locked.row.status !== 'pending') return null;
  const { row, now } = locked;
  const state = toState(row, null);
  if (!isLate(state, now.getTime())) return row.expires_at && new Date(row.expires_at.getTime() + 1);
  await apply(engine, scope, locked, decideApproval(state, { type: 'expire', atMs: now.getTime() }));
  return null;
};

/** Writes an approval's events: rows, outcome, what follows from it; all in the caller's transaction. */
const apply = async (
  engine: Engine,
  scope: Scope,
  { row, now }: { row: ApprovalRow; now: Date },
  result: Result<readonly ApprovalEvent[], Refusal>,
): Promise<Result<null, Refusal>> => {
  if (!result.ok) return result;
  for (const event of result.value) {
    if (event.type === 'vote_cast')
      await insertVote(scope, {
        approvalId: row.id,
        digest: event.digest,
        personId: event.voter.personId,
        vote: event.vote,
        keyId: event.voter.keyId,
        assurance: event.voter.assurance,
        reason: event.reason,
        at: now,
      });
    if (event.type === 'decided') await saveOutcome(engine, scope, row, event.decision, event.editedAction);
  }
  return ok(null);
};

const saveOutcome = async (
  engine: Engine,
  scope: Scope,
  row: ApprovalRow,
  decision: Decision,
  editedAction: JsonObject | null,
): Promise<void> => {
  const action = editedAction ? canonicalize(editedAction) : row.action;
  const byVote = decision.outcome === 'approved' || decision.outcome === 'rejected';
  const saved = byVote
    ? await saveDecision(scope, row.id, decision, {
        action,
        digest: editedAction ? digestText(action) : row.digest,
        originalAction: editedAction ? row.action : null,
      })
    : await saveEnd(scope, row.id, decision);
  if (saved !== 1) throw new Error(`the approval ${row.id} changed under its lock`);
  await appendEvent(scope, {
    type: byVote ? 'approval.decided' : `approval.${decision.outcome}`,
    subject: row.id,
    actor: decision.by,
    data: {
      outcome: decision.outcome,
      assurance: decision.assurance,
      edited: decision.edits.length > 0,
      execution_id: row.execution_id,
    },
    detail: { digest: decision.digest, reason: decision.reason, edits: decision.edits },
  });
  if (row.expires_at && decision.outcome !== 'expired') await dropJob(scope, 'expire_approval', row.id);
  if (row.execution_id && row.step_id) await resumeAfterDecision(engine, scope, row, decision, action);
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [row.id, ...(row.execution_id ? [row.execution_id] : [])]));
};

/**
 * Takes an approved call for execution: digest checked, once, by whoever acts, right before acting. `by` is kept, so
 * that the same taker may see its own taking again (`consumedByMe`).
 */
export const consume = async (
  engine: Pick<Engine, 'wake'>,
  scope: Scope,
  id: string,
  digest: string,
  by: Actor,
  validSeconds: number | null,
): Promise<Result<{ row: ApprovalRow; at: Date }, Refusal>> => {
  // Sent together: the second looks when the first has its lock.
  const [locked, before] = await Promise.all([lockApproval(scope, id), getConsumption(scope, id)]);
  if (!locked) return refuse({ type: 'not_found' });
  const { row, now } = locked;
  const validUntilMs = validSeconds === null || !row.decided_at ? null : row.decided_at.getTime() + validSeconds * 1000;
  const result = decideApproval(toState(row, before?.at ?? null), { type: 'consume', atMs: now.getTime(), digest, validUntilMs });
  if (!result.ok) return result;
  if (!(await insertConsumption(scope, id, digest, by, now)))
    throw new Error(`the approval ${id} was consumed under its lock`);
  await appendEvent(scope, { type: 'approval.consumed', subject: id, actor: by, data: { digest } });
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [id]));
  return ok({ row, at: now });
};
