/** Writes what happened to an approval: rows, outcome, jobs, events, what follows; all in the caller's transaction. */
import {
  type ApprovalEvent,
  type ApprovalState,
  type Decision,
  NO_TIMEOUT,
  canonicalize,
  digestText,
  evolveApproval,
  tally,
} from '@countersign/core';
import {
  type ApprovalRow,
  type Scope,
  appendEvent,
  dropJob,
  insertRevision,
  insertVote,
  lockExecution,
  moveJob,
  saveDecision,
  saveEnd,
  saveHeld,
  saveProgress,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { resumeAfterDecision } from '../executions/resume.ts';
import { deadlineAfter, remindersIn } from './deadline.ts';
import { intentOfVote, readFacts, revisionNumber, sealNow } from './seal.ts';

export type Locked = { readonly row: ApprovalRow; readonly state: ApprovalState; readonly now: Date };

/** @returns the approval as it is after the events */
export const apply = async (
  engine: Engine,
  scope: Scope,
  locked: Locked,
  events: readonly ApprovalEvent[],
): Promise<Locked> => {
  const { now } = locked;
  const row: ApprovalRow = { ...locked.row };
  let state = locked.state;
  for (const event of events) {
    state = evolveApproval(state, event);
    await write(scope, row, event, now);
  }
  if (events.length === 0) return locked;
  row.digest = state.digest;
  row.edits = [...state.edits];
  if (state.decision) await saveOutcome(engine, scope, row, state.decision);
  else if (state.held) {
    // Only that: taken back, the request asks for what it asked for.
    scope.afterCommit(() => engine.wake.jobs());
    if (
      (await saveHeld(
        scope,
        row.id,
        JSON.stringify({ ...state.held, policy: row.policy, requirement: row.requirement }),
      )) !== 1
    )
      throw new Error(`the approval ${row.id} changed under its lock`);
  } else {
    row.requirement = state.requirement;
    row.timeout = state.timeout;
    row.is_overdue = state.isOverdue;
    row.claim = state.claim;
    row.held = null;
    const count = tally(state.requirement, state.votes);
    row.open_stage = count.outcome === 'open' ? count.stage : row.open_stage;
    if ((await saveProgress(scope, row.id, row)) !== 1)
      throw new Error(`the approval ${row.id} changed under its lock`);
  }
  scope.afterCommit(() =>
    engine.wake.changed(scope.workspaceId, [row.id, ...(row.execution_id ? [row.execution_id] : [])]),
  );
  // Core knows how long, not until when: the vote that comes right after must meet the new deadline.
  return { row, state: { ...state, expiresAtMs: row.expires_at?.getTime() ?? null }, now };
};

/** What one event writes beside the approval's own row, which is written once at the end. */
const write = async (scope: Scope, row: ApprovalRow, event: ApprovalEvent, now: Date): Promise<void> => {
  const announce = (type: string, actor: Decision['by'], data: Record<string, unknown> = {}): Promise<void> =>
    appendEvent(scope, { type, subject: row.id, actor, data });
  switch (event.type) {
    case 'vote_cast': {
      const intent = intentOfVote(row, event);
      await insertVote(scope, {
        approvalId: row.id,
        digest: event.digest,
        viewDigest: intent.view_digest,
        // What a person signed is kept as they signed it.
        intent: event.voter.signed?.intent ?? canonicalize(intent),
        assertion: event.voter.signed?.assertion ?? null,
        signIn: event.voter.signIn ?? null,
        personId: event.voter.personId,
        vote: event.vote,
        keyId: event.voter.keyId,
        assurance: event.voter.assurance,
        reason: event.reason,
        at: now,
        stage: event.stage,
        represents: event.represents.personId,
        standing: event.represents,
      });
      return announce('approval.vote', event.voter.actor, {
        vote: event.vote,
        stage: event.stage,
        ...(event.represents.personId === event.voter.personId ? {} : { represents: event.represents.personId }),
      });
    }
    case 'edited':
      row.original_action ??= row.action;
      row.action = canonicalize(event.edit.action);
      insertRevision(scope, row.id, {
        revision: revisionNumber(row.action),
        action: row.action,
        digest: digestText(row.action),
        made_by: event.by,
        made_at: now,
      });
      return undefined;
    case 'escalated':
      if (event.seconds !== null) await startTime(scope, row, now, event.seconds);
      return announce('approval.escalated', event.by, { reason: event.reason });
    case 'asked_again':
      await startTime(scope, row, now, event.seconds);
      return announce('approval.reminder', SYSTEM, { asked_again: true });
    case 'extended': {
      const from = row.expires_at && row.expires_at > now ? row.expires_at : now;
      const toCome = row.remind_at.filter((at) => at > now);
      await startTime(scope, row, from, event.seconds, toCome);
      return announce('approval.extended', event.by, { expires_at: row.expires_at?.toISOString() });
    }
    case 'parked':
      row.expires_at = null;
      return announce('approval.overdue', SYSTEM);
    case 'claimed':
      return announce('approval.claimed', event.by, { until: new Date(event.untilMs).toISOString() });
    case 'released':
      return announce('approval.released', event.by);
    case 'reassigned':
      row.assigned_to = event.rule.type === 'count' ? [...event.rule.of.members, ...event.rule.of.groups] : [];
      return announce('approval.reassigned', event.by, { to: row.assigned_to, reason: event.reason });
    case 'stage_passed':
      return announce('approval.stage_passed', SYSTEM, { stage: event.stage });
    case 'held_back': {
      const { decision, untilMs } = event.held;
      await moveJob(scope, 'end_recall', row.id, new Date(untilMs));
      const until = new Date(untilMs).toISOString();
      return announce('approval.held_back', decision.by, { outcome: decision.outcome, until });
    }
    case 'recalled':
      await dropJob(scope, 'end_recall', row.id);
      return announce('approval.recalled', event.by, { outcome: event.outcome });
    case 'decided':
    case 'consumed':
    case 'revoked':
      return undefined;
  }
};

const SYSTEM = { kind: 'system', id: 'system', name: 'Countersign' } as const;

/** A time begins: its deadline and its reminders are set, beside those still to come of the time that it prolongs. */
const startTime = async (
  scope: Scope,
  row: ApprovalRow,
  from: Date,
  seconds: number,
  toCome: readonly Date[] = [],
): Promise<void> => {
  const { calendar } = row;
  row.expires_at = await deadlineAfter(scope, calendar, from, seconds);
  row.remind_at = [
    ...toCome,
    ...(await remindersIn(scope, calendar, row.timeout ?? NO_TIMEOUT, from, seconds)),
  ].toSorted((a, b) => a.getTime() - b.getTime());
  await moveJob(scope, 'expire_approval', row.id, row.expires_at);
  if (row.remind_at[0]) await moveJob(scope, 'remind_approval', row.id, row.remind_at[0]);
};

const saveOutcome = async (engine: Engine, scope: Scope, row: ApprovalRow, decision: Decision): Promise<void> => {
  const byVote = decision.outcome === 'approved' || decision.outcome === 'rejected';
  const saving = byVote
    ? saveDecision(scope, row.id, decision, {
        action: row.action,
        digest: row.digest,
        originalAction: row.original_action,
        edits: row.edits,
        policy: row.policy,
        requirement: row.requirement,
      })
    : saveEnd(scope, row.id, decision);
  const [saved, facts, execution] = await Promise.all([
    saving,
    readFacts(scope, row),
    row.execution_id === null ? undefined : lockExecution(scope, row.execution_id),
  ]);
  if (saved !== 1) throw new Error(`the approval ${row.id} changed under its lock`);
  const receipt = await sealNow(engine, scope, row, decision, facts);
  await appendEvent(scope, {
    type: byVote ? 'approval.decided' : `approval.${decision.outcome}`,
    subject: row.id,
    actor: decision.by,
    data: {
      outcome: decision.outcome,
      assurance: decision.assurance,
      edited: decision.edits.length > 0,
      execution_id: row.execution_id,
      policy: row.policy && { id: row.policy.id, version: row.policy.version },
      receipt,
    },
    detail: { digest: decision.digest, reason: decision.reason, edits: decision.edits, policy: row.policy },
  });
  if (row.expires_at) await dropJob(scope, 'expire_approval', row.id);
  if (row.held !== null) await dropJob(scope, 'end_recall', row.id);
  if (row.remind_at.length > 0) await dropJob(scope, 'remind_approval', row.id);
  await resumeAfterDecision(engine, scope, row, decision, execution);
};
