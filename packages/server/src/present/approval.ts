/** Rows to wire shapes, and what the one who asks may do with them. */
import type { WireApproval, WireApprovalSummary } from '@countersign/contract';
import {
  type DemandedAssurance,
  type Flag,
  type Json,
  type JsonObject,
  PLAN_TOOL,
  type Standing,
  diffJson,
  eligibility,
  stricterAssurance,
  isKeyEnough,
  progressOf,
  tally,
  unblockers,
  writeMissing,
  writeRule,
} from '@countersign/core';
import { heldOf, toState, viewDigestOf, viewedContent } from '@countersign/engine';
import type { ApprovalRow, LateAnswerRow, StepRow, VoteRow } from '@countersign/store';
import { toWireDecision } from './decision.ts';
import { presentPlan } from './plan.ts';
import { type Principal, personOf } from '../auth/principal.ts';

const iso = (date: Date): string => date.toISOString();
const isoOrNull = (date: Date | null): string | null => date?.toISOString() ?? null;
const parse = (text: string | null): Json => (text === null ? null : (JSON.parse(text) as Json));

/** What a summary says and its row does not. */
export type Around = {
  readonly votes: readonly VoteRow[];
  /** Null where it was not counted. */
  readonly alike: number | null;
  readonly snoozedUntil: Date | null;
};

export const presentSummary = (row: ApprovalRow, around: Around, topFlag: Flag | null): WireApprovalSummary => ({
  id: row.id,
  status: row.status,
  kind: row.kind,
  title: row.title,
  checkpoint: row.checkpoint,
  priority: row.priority,
  tool: row.tool,
  agent: row.agent,
  execution_id: row.execution_id,
  conversation_id: row.conversation_id,
  requested_by: row.requested_by,
  created_at: iso(row.created_at),
  expires_at: isoOrNull(row.expires_at),
  is_overdue: row.is_overdue,
  risk: row.risk,
  claim: row.claim && {
    person_id: row.claim.personId,
    name: row.claim.name,
    until: new Date(row.claim.untilMs).toISOString(),
  },
  assigned_to: row.assigned_to,
  held: presentHeld(row),
  progress: presentProgress(row, around.votes),
  alike: around.alike,
  top_flag: topFlag && { ...topFlag },
  snoozed_until: isoOrNull(around.snoozedUntil),
  decision: row.decision && toWireDecision(row.decision),
});

const presentProgress = (row: ApprovalRow, votes: readonly VoteRow[]): WireApprovalSummary['progress'] => {
  const { status, requirement, votes: counted } = toState(row, votes, null);
  const open = status === 'pending' ? progressOf(requirement, counted) : null;
  return open && { approvals: open.filled, needed: open.places, stage: open.stage, stages: requirement.stages.length };
};

export const presentHeld = (row: ApprovalRow): WireApprovalSummary['held'] => {
  const held = heldOf(row);
  if (held === null) return null;
  const { outcome, by, at, edits } = held.decision;
  return {
    outcome: outcome === 'approved' ? 'approved' : 'rejected',
    by,
    at,
    until: iso(new Date(held.untilMs)),
    edited: edits.length > 0,
  };
};

export type ApprovalFacts = Around & {
  readonly row: ApprovalRow;
  readonly earlierSteps: readonly StepRow[];
  readonly lateAnswers: readonly LateAnswerRow[];
  /** Everybody who can fill a place, while it is pending. */
  readonly approvers: readonly (Standing & { readonly name: string })[];
  /** Approved calls like it, newest first. */
  readonly past: readonly { readonly id: string; readonly action: string; readonly decided_at: Date }[];
  readonly flags: readonly Flag[];
  /** Ids of the people for whom the reader stands in now. */
  readonly absentFor: readonly string[];
  /** How often each line was used, where it is about a plan. */
  readonly planUses: readonly number[];
  /** Without the comparison: the answer to a command, not what a reviewer reads. */
  readonly isBrief: boolean;
  /** What the workspace demands of who approves something critical. */
  readonly criticalAssurance: DemandedAssurance | null;
  readonly now: Date;
};

const argumentsOf = (action: JsonObject): JsonObject | null => (action['arguments'] ?? null) as JsonObject | null;

/** The content that votes are on (see core's view model), without what the summary has already. */
const presentContent = (row: ApprovalRow) => {
  const content = viewedContent(row);
  const { action, arguments_schema, original, input, gate_reason, explanation, metadata, response_schema } = content;
  return {
    action,
    arguments: argumentsOf(action),
    output: action['output'] ?? null,
    arguments_schema,
    original,
    input,
    gate_reason,
    explanation,
    metadata,
    response_schema,
    impact: row.impact,
    evidence: row.evidence,
    view_digest: viewDigestOf(content),
  };
};

export const presentApproval = (facts: ApprovalFacts, principal: Principal): WireApproval => {
  const { row, votes, now } = facts;
  const content = presentContent(row);
  return {
    ...presentSummary(row, facts, facts.flags.toSorted((a, b) => b.severity - a.severity)[0] ?? null),
    ...content,
    workspace_id: row.workspace_id,
    digest: row.digest,
    earlier_steps: facts.earlierSteps.map((step) => ({
      step_id: step.id,
      tool: step.tool ?? '',
      arguments: parse(step.arguments),
      result: step.result,
      status: step.status,
    })),
    step_id: row.step_id,
    on_timeout: row.timeout?.action ?? 'reject',
    quorum: presentQuorum(facts),
    votes: votes.map((vote) => ({
      person: { id: vote.person_id, name: vote.person_name },
      represents: vote.represents === null || vote.represents === vote.person_id ? null : vote.represents,
      vote: vote.vote,
      stage: vote.stage,
      reason: vote.reason,
      assurance: vote.assurance,
      at: iso(vote.cast_at),
      // An edit that decides at once writes the digest of what it made; every vote before it was on other content.
      counts: vote.digest === row.digest,
    })),
    can_unblock: canUnblock(facts),
    policy: row.policy,
    flags: facts.flags.map((flag) => ({ ...flag })),
    baseline: presentBaseline(facts, content.arguments),
    compared_with: facts.past.length,
    late_answers: facts.lateAnswers.map((late) => ({
      person: { id: late.person_id, name: late.name },
      vote: late.vote,
      reason: late.reason,
      at: iso(late.at),
    })),
    reopened_from: row.reopened_from,
    plan: presentPlan(row, facts.planUses, now),
    departures: row.departures,
    consumed_at: isoOrNull(row.consumed_at),
    revoked: row.revoked ? { ...row.revoked, at: iso(new Date(row.revoked.at)) } : null,
    receipt: row.receipt ?? null,
    can: permissionsFor(facts, principal, now),
    server_time: iso(now),
  };
};

const presentQuorum = ({ row, votes, criticalAssurance }: ApprovalFacts): WireApproval['quorum'] => {
  const state = toState(row, votes, null);
  const count = tally(state.requirement, state.votes);
  return {
    stage: count.outcome === 'approved' ? state.requirement.stages.length - 1 : count.stage,
    stages: state.requirement.stages.map(({ name, rule, rejections }) => ({
      name,
      approvers: writeRule(rule),
      rejections,
    })),
    missing: count.outcome === 'open' ? writeMissing(count.ways) : [],
    distinct_people: state.requirement.isDistinctAcrossStages,
    assurance: stricterAssurance(state.requirement.assurance, row.priority === 'critical' ? criticalAssurance : null),
    reason_required: state.requirement.isReasonRequired,
  };
};

const canUnblock = ({ row, votes, approvers }: ApprovalFacts): WireApproval['can_unblock'] => {
  if (row.status !== 'pending') return [];
  const state = toState(row, votes, null);
  const names = new Map(approvers.map(({ personId, name }) => [personId, name]));
  return unblockers(state.requirement, state.votes, approvers, state.requesters).map(({ personId }) => ({
    id: personId,
    name: names.get(personId) ?? '',
  }));
};

const presentBaseline = ({ past }: ApprovalFacts, args: JsonObject | null): WireApproval['baseline'] => {
  const last = past[0];
  if (!last || args === null) return null;
  const before = argumentsOf(JSON.parse(last.action) as JsonObject) ?? {};
  return { id: last.id, arguments: before, decided_at: iso(last.decided_at), differences: [...diffJson(before, args)] };
};

type Can = { ok: boolean; why: string | null };
const YES: Can = { ok: true, why: null };
const no = (why: string): Can => ({ ok: false, why });

/** The same rules that the command will apply, told beforehand, so that every disabled control can say why. */
const permissionsFor = (facts: ApprovalFacts, principal: Principal, now: Date): WireApproval['can'] => {
  const { row } = facts;
  const handle = handleRule(facts, principal);
  const decide = handle.ok ? decideRule(facts, principal, now) : handle;
  const nothingToEdit = row.kind === 'action' || row.kind === 'question';
  return {
    approve: decide.ok && principal.kind === 'key' && !isKeyEnough(toState(row, [], null)) ? no(WHY_NOT.key) : decide,
    reject: decide,
    edit: decide.ok && nothingToEdit ? no('There is nothing to edit: this is a request in words.') : decide,
    cancel: cancelRule(row, principal),
    recall: recallRule(row, principal, now),
    claim: decide,
    reassign: handle,
    escalate: handle,
    extend: handle.ok && row.expires_at === null ? no('It has no deadline.') : handle,
    grant: grantRule(row, principal),
    reopen: reopenRule(row, principal),
    revoke: revokeRule(row, principal),
  };
};

const identities = (principal: Principal): string[] =>
  principal.kind === 'key' ? [principal.keyId, principal.ownerId] : [principal.personId];

const isRequester = (row: ApprovalRow, principal: Principal): boolean =>
  identities(principal).some((identity) => row.requesters.includes(identity));

/** Moving a request on is for approvers who did not ask for it. */
const handleRule = (facts: ApprovalFacts, principal: Principal): Can => {
  const { row } = facts;
  if (row.decision) return no(`It was ${row.decision.outcome} by ${row.decision.by.name}.`);
  if (!principal.permissions.has('approvals:decide')) return no('You are not an approver.');
  const held = heldOf(row);
  if (held) return no(`It was ${held.decision.outcome} by ${held.decision.by.name}, who can still take that back.`);
  if (isRequester(row, principal)) return no(WHY_NOT.requester);
  if (facts.isBrief) return YES;
  const why = whyNotIn(facts, personOf(principal));
  const isAsked = why !== 'not_asked' && why !== 'too_new' && why !== 'requester';
  // Where nobody is left who could decide, any approver may ask others.
  return isAsked || canUnblock(facts).length === 0 ? YES : no(WHY_NOT[why]);
};

const WHY_NOT = {
  key: 'Its priority is high or critical: a person who is signed in has to approve it.',
  not_asked: 'You are not among those who are asked in this stage.',
  too_new: 'You have the role or the group for this too short a time: the workspace waits before it counts.',
  requester: 'You asked for this, or it is done on your behalf: somebody else has to decide.',
  already_voted: 'You have voted on this already.',
  voted_earlier: 'You voted in an earlier stage, and this one asks for other people.',
} as const;

const decideRule = (facts: ApprovalFacts, principal: Principal, now: Date): Can => {
  const { row } = facts;
  if (row.expires_at && now > row.expires_at) return no('The time to decide is over.');
  if (facts.isBrief) return YES;
  const personId = personOf(principal);
  if (row.claim && row.claim.untilMs > now.getTime() && row.claim.personId !== personId)
    return no(`${row.claim.name} is looking at it.`);
  const why = whyNotIn(facts, personId);
  return why === null ? YES : no(WHY_NOT[why]);
};

/** Why a person may not vote in the open stage, for themselves or for somebody who is away. */
const whyNotIn = ({ row, votes, approvers, absentFor }: ApprovalFacts, personId: string) => {
  const state = toState(row, votes, null);
  const count = tally(state.requirement, state.votes);
  const stage = count.outcome === 'open' ? count.stage : 0;
  const self = approvers.find((person) => person.personId === personId) ?? { personId, groups: [], roles: [] };
  const why = eligibility(state.requirement, state.votes, stage, self, state.requesters);
  if (why === null || why === 'already_voted') return why;
  const standsIn = approvers.some(
    (person) =>
      absentFor.includes(person.personId) &&
      eligibility(state.requirement, state.votes, stage, person, state.requesters) === null,
  );
  return standsIn ? null : why;
};

const cancelRule = (row: ApprovalRow, principal: Principal): Can => {
  if (row.decision) return no(`It was ${row.decision.outcome} by ${row.decision.by.name}.`);
  if (row.execution_id) return no('It belongs to an execution: cancel the execution.');
  return mayWithdraw(row, principal) ? YES : no('Only who asked for it can withdraw it.');
};

const recallRule = (row: ApprovalRow, principal: Principal, now: Date): Can => {
  const held = heldOf(row);
  if (held === null || now.getTime() >= held.untilMs) return no('No decision is held back.');
  return held.personId === personOf(principal) ? YES : no('Only who decided it can take that back.');
};

const grantRule = (row: ApprovalRow, principal: Principal): Can => {
  if (row.kind !== 'tool_call') return no('Only tool calls can be granted.');
  if (row.tool === PLAN_TOOL) return no('A plan is a permission already.');
  if (!principal.permissions.has('approvals:decide') || principal.kind !== 'person')
    return no('Only approvers who are signed in give grants.');
  if (isRequester(row, principal)) return no('You asked for this, or it is done on your behalf.');
  return row.risk === 'irreversible' ? no('What can not be undone is asked for each time.') : YES;
};

const reopenRule = (row: ApprovalRow, principal: Principal): Can => {
  if (row.status !== 'expired') return no('Only what expired can be taken up again.');
  if (row.execution_id) return no('The execution went on without it.');
  return principal.permissions.has('approvals:decide') ? YES : no('You are not an approver.');
};

const revokeRule = (row: ApprovalRow, principal: Principal): Can => {
  if (row.status !== 'approved') return no('Only what was approved can be revoked.');
  if (row.revoked) return no('It was revoked.');
  if (row.consumed_at || row.kind === 'output') return no('It was taken for execution already.');
  return principal.permissions.has('receipts:revoke') && principal.kind === 'person'
    ? YES
    : no('You are not an owner.');
};

/** Whoever is behind the request may withdraw it: the key, the person who owns it, the member on whose behalf it is. */
export const mayWithdraw = (row: ApprovalRow, principal: Principal): boolean =>
  identities(principal).some((identity) => row.requesters.includes(identity));

/** Whether the credential is the one that asked, or a key of the person who did. */
export const isAsker = (row: ApprovalRow, principal: Principal): boolean =>
  identities(principal).some((identity) => identity === row.requested_by.id) ||
  (principal.kind === 'key' && row.requesters.includes(principal.keyId));
