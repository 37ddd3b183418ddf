/** The heart: lock, load, decide (in core), save, enqueue, record; one transaction, which the caller commits. */
import {
  type Actor,
  type ApprovalEvent,
  type DemandedAssurance,
  type Edit,
  type Intent,
  type Json,
  type JsonObject,
  PLAN_TOOL,
  type PeopleSet,
  type Result,
  type Rule,
  type SingleOperator,
  type Voter,
  canonicalize,
  decideApproval,
  diffJson,
  digestText,
  isLate,
  ok,
  refuse,
  signableIntent,
  withPlanTools,
} from '@countersign/core';
import {
  type ApprovalRow,
  type Scope,
  approverStandings,
  insertLateAnswer,
  lockApproval,
  lockExecutionOf,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { checkEditedPlan } from '../plans/edit-plan.ts';
import { judgeEdit, judgeVote } from '../policies/judge-again.ts';
import type { Refusal } from '../refusal.ts';
import { validateArguments } from '../tools/validate-arguments.ts';
import { type Locked, apply } from './apply.ts';
import { placeOfRow } from './ask.ts';
import { withDifference } from './difference.ts';
import { intentOfVote } from './seal.ts';
import { heldRule, loadState } from './state.ts';
import { viewDigestOf, viewedContent } from './view.ts';

export type DecideCommand = {
  readonly voter: Voter;
  readonly decision: 'approved' | 'rejected';
  readonly digest: string | undefined;
  /** Of the view that the voter was shown, where they name it. */
  readonly viewDigest?: string | undefined;
  readonly reason: string | null;
  readonly arguments?: JsonObject | undefined;
  readonly output?: Json | undefined;
  readonly response?: Json | undefined;
  readonly singleOperator: SingleOperator;
  /** What is demanded of who approves something critical, where the policy demands nothing more. */
  readonly criticalAssurance?: DemandedAssurance | null;
  readonly recallSeconds?: number | undefined;
};

/** Locks the execution first and then the approval: the one order, so that no two commands wait for each other. */
export const lockBoth = (scope: Scope, id: string): Promise<Locked | undefined> => {
  const locking = (async () => {
    await lockExecutionOf(scope, id);
    const locked = await lockApproval(scope, id);
    return locked && { ...locked, state: await loadState(scope, locked.row) };
  })();
  scope.later(locking);
  return locking;
};

/** What a decision would do, and to what. */
type Judged = { readonly locked: Locked; readonly events: readonly ApprovalEvent[] };

/** A person's vote. @param locking the approval, for callers that read more while it is locked */
export const decide = async (
  engine: Engine,
  scope: Scope,
  id: string,
  command: DecideCommand,
  locking = lockBoth(scope, id),
): Promise<Result<null, Refusal>> => {
  const judged = await judgeDecision(engine, scope, id, command, locking);
  if (!judged.ok) return judged;
  const { signed } = command.voter;
  if (signed && !isWhatWasSigned(judged.value, signed.intent)) return refuse({ type: 'intent_stale' });
  await apply(engine, scope, judged.value.locked, judged.value.events);
  return ok(null);
};

/** The intent of a decision that could be made now: what a person would sign. Nothing is decided by it. */
export const previewIntent = async (
  engine: Engine,
  scope: Scope,
  id: string,
  command: DecideCommand,
): Promise<Result<Intent, Refusal>> => {
  const judged = await judgeDecision(engine, scope, id, command, lockBoth(scope, id));
  if (!judged.ok) return judged;
  return ok(intentIn(judged.value));
};

const intentIn = ({ locked: { row }, events: now }: Judged): Intent => {
  // One that is held back keeps what it will do.
  const events = now.flatMap((event) => (event.type === 'held_back' ? event.held.events : [event]));
  const edit = events.find((event) => event.type === 'edited')?.edit;
  const cast = events.find((event) => event.type === 'vote_cast');
  if (!cast) throw new Error('a decision without a vote');
  const edited = edit
    ? { ...row, original_action: row.original_action ?? row.action, action: canonicalize(edit.action) }
    : row;
  return intentOfVote(edited, cast);
};

/** Whether the signed intent says of this very vote what it is (trust.md, T56): all but when and how often it is good. */
const isWhatWasSigned = (judged: Judged, text: string): boolean => {
  const signed = JSON.parse(text) as Intent;
  const { nonce, issued_at: issuedAt, expires_at: expiresAt } = signed;
  if (nonce === null || issuedAt === null || expiresAt === null) return false;
  return canonicalize(signableIntent(intentIn(judged), { nonce, issuedAt, expiresAt })) === text;
};

/** What lateness leads to happens first, so that the vote meets the approval as it then is. */
const judgeDecision = async (
  engine: Engine,
  scope: Scope,
  id: string,
  given: DecideCommand,
  locking: Promise<Locked | undefined>,
): Promise<Result<Judged, Refusal>> => {
  const found = await locking;
  if (!found) return refuse({ type: 'not_found' });
  const locked = await settleTime(engine, scope, found);
  const wasLate = locked !== found && locked.state.status === 'expired';
  if (locked.state.status === 'expired') await keepLateAnswer(scope, id, await withoutSecrets(engine, scope, given));
  if (wasLate) return refuse({ type: 'approval_expired', expiredAtMs: found.state.expiresAtMs ?? 0 });
  const { row, now } = locked;
  const command = await withoutSecrets(engine, scope, given);
  const kept = await keepResponse(engine, scope, row, command.response);
  const decideOn = ({ state }: Locked, edit: Edit | null) =>
    decideApproval(state, {
      type: 'decide',
      atMs: now.getTime(),
      voter: command.voter,
      decision: command.decision,
      digest: command.digest,
      view: { current: viewDigestOf(viewedContent(row)), given: command.viewDigest },
      reason: command.reason,
      edit,
      singleOperator: command.singleOperator,
      assurance: row.priority === 'critical' ? (command.criticalAssurance ?? null) : null,
      ...(kept === undefined ? {} : { response: kept }),
      ...(command.recallSeconds === undefined ? {} : { recallSeconds: command.recallSeconds }),
    });
  // Whether this voter may decide this at all comes before what they would change.
  const unedited = decideOn(locked, null);
  if (!unedited.ok) return refuse(await withDifference(scope, row, unedited.refusal));
  const response = checkResponse(row, command);
  if (!response.ok) return response;
  const edit = await editOf(engine, scope, row, command);
  if (!edit.ok) return edit;
  if (!edit.value) {
    if (command.decision === 'rejected') return doing(locked, unedited);
    const judged = await judgeVote(engine, scope, locked);
    if (!judged.ok) return judged;
    return doing(judged.value, judged.value === locked ? unedited : decideOn(judged.value, null));
  }
  const judged = await judgeEdit(engine, scope, locked, edit.value.action);
  if (!judged.ok) return judged;
  return doing(judged.value, decideOn(judged.value, underPolicy(edit.value, judged.value.row.policy)));
};

/** The edited content says which rule holds it now. */
const underPolicy = (edit: Edit, policy: ApprovalRow['policy']): Edit => {
  const reference = policy && { id: policy.id, version: policy.version, rule: policy.rule };
  const action: JsonObject = { ...edit.action, policy: reference };
  return { ...edit, action, digest: digestText(canonicalize(action)) };
};

const doing = (locked: Locked, result: ReturnType<typeof decideApproval>): Result<Judged, Refusal> =>
  result.ok ? ok({ locked, events: result.value }) : result;
/** What people write beside the content is read by others: its secrets are gone. */
const withoutSecrets = async ({ redaction }: Engine, scope: Scope, command: DecideCommand): Promise<DecideCommand> => ({
  ...command,
  reason: command.reason === null ? null : await redaction.mask(scope, command.reason),
});

const done = async (
  engine: Engine,
  scope: Scope,
  locked: Locked,
  result: ReturnType<typeof decideApproval>,
): Promise<Result<null, Refusal>> => {
  if (!result.ok) return result;
  await apply(engine, scope, locked, result.value);
  return ok(null);
};

/** What time has done before the command came, in the order in which it did: a held decision's effect, a deadline's end. */
const settleTime = async (engine: Engine, scope: Scope, locked: Locked): Promise<Locked> =>
  settleDeadline(engine, scope, await settleHeld(engine, scope, locked));

const settleHeld = async (engine: Engine, scope: Scope, locked: Locked): Promise<Locked> => {
  const { row, state, now } = locked;
  if (!state.held) return locked;
  const result = decideApproval(state, { type: 'take_effect', atMs: now.getTime() });
  if (!result.ok || result.value.length === 0) return locked;
  // It is recorded as of when it was made, under the policy that was asked about it then.
  const madeAt = new Date(state.held.decision.at);
  const settled = await apply(engine, scope, { row: { ...row, ...heldRule(row) }, state, now: madeAt }, result.value);
  return { ...settled, now };
};

const settleDeadline = async (engine: Engine, scope: Scope, locked: Locked): Promise<Locked> => {
  if (locked.state.status !== 'pending' || !isLate(locked.state, locked.now.getTime())) return locked;
  const result = decideApproval(locked.state, { type: 'expire', atMs: locked.now.getTime() });
  return result.ok ? apply(engine, scope, locked, result.value) : locked;
};

const keepLateAnswer = (
  scope: Scope,
  id: string,
  { voter, decision, digest, reason }: DecideCommand,
): Promise<number> =>
  insertLateAnswer(scope, { approvalId: id, personId: voter.personId, vote: decision, digest: digest ?? null, reason });

const invalid = (pointer: string, detail: string) =>
  refuse({ type: 'invalid', errors: [{ pointer, detail }] } as const);

/** A question is answered by approving with a response that fits its form. */
const checkResponse = (row: ApprovalRow, command: DecideCommand): Result<null, Refusal> => {
  if (row.kind !== 'question')
    return command.response === undefined ? ok(null) : invalid('/response', 'this approval asks no question');
  if (command.decision === 'rejected') return ok(null);
  if (command.response === undefined) return invalid('/response', 'is the answer to the question, and needed');
  if (!row.response_schema) return ok(null);
  const errors = validateArguments(JSON.parse(row.response_schema) as JsonObject, command.response);
  if (errors.length === 0) return ok(null);
  return refuse({
    type: 'invalid',
    errors: errors.map(({ pointer, detail }) => ({ pointer: `/response${pointer}`, detail })),
  });
};

/** The answer is read by everybody who reads the decision; who asked gets what was taken out of it, as with a call's arguments. */
const keepResponse = async (
  { redaction }: Engine,
  scope: Scope,
  row: ApprovalRow,
  response: Json | undefined,
): Promise<Json | undefined> => {
  if (response === undefined) return undefined;
  const schema = row.response_schema === null ? null : (JSON.parse(row.response_schema) as JsonObject);
  return redaction.keep(scope, placeOfRow(row), response, schema);
};

const editOf = async (
  { redaction }: Engine,
  scope: Scope,
  row: ApprovalRow,
  command: DecideCommand,
): Promise<Result<Edit | null, Refusal>> => {
  if (command.arguments === undefined && command.output === undefined) return ok(null);
  if (command.decision === 'rejected') return invalid('/decision', 'an edit can only be approved');
  const action = JSON.parse(row.action) as JsonObject;
  if (command.output !== undefined) {
    if (row.kind !== 'output') return invalid('/output', 'this approval is not about an output');
    if (command.arguments !== undefined) return invalid('/arguments', 'this approval is about an output');
    const output = await redaction.keep(scope, placeOfRow(row), command.output);
    return ok(editTo(action, { ...action, output }, 'output'));
  }
  if (row.kind !== 'tool_call') return invalid('/arguments', 'this approval is not about a tool call');
  const real = await redaction.restore(scope, placeOfRow(row), command.arguments ?? {});
  const schema = row.arguments_schema === null ? null : (JSON.parse(row.arguments_schema) as JsonObject);
  if (schema) {
    const errors = validateArguments(schema, real);
    if (errors.length > 0)
      return refuse({
        type: 'invalid',
        errors: errors.map(({ pointer, detail }) => ({ pointer: `/arguments${pointer}`, detail })),
      } as const);
  }
  const planned = row.tool === PLAN_TOOL ? await checkEditedPlan(scope, action, real) : null;
  if (planned && !planned.ok)
    return refuse({
      type: 'invalid',
      errors: planned.refusal.map(({ pointer, detail }) => ({ pointer: `/arguments${pointer}`, detail })),
    } as const);
  const whole = planned ? (planned.value.plan as unknown as JsonObject) : real;
  const args = await redaction.keep(scope, placeOfRow(row), whole, schema);
  const edited: JsonObject = { ...action, arguments: args };
  return ok(editTo(action, planned ? withPlanTools(edited, planned.value.tools) : edited, 'arguments'));
};

/** Each edit is a revision with a digest of its own: changed there and back, it is not what somebody voted on before (I6). */
const editTo = (before: JsonObject, edited: JsonObject, member: 'arguments' | 'output'): Edit | null => {
  const differences = diffJson(before[member], edited[member]);
  if (differences.length === 0) return null;
  const action = { ...edited, revision: Number(before['revision'] ?? 0) + 1 };
  return { action, digest: digestText(canonicalize(action)), differences };
};

/** What people do with a request beside voting; and its asker's withdrawal. Time is read after the lock. */
export type ActCommand =
  | { readonly type: 'cancel'; readonly by: Actor; readonly reason: string | null }
  | { readonly type: 'claim'; readonly by: Actor; readonly voter: Voter; readonly isForced: boolean }
  | { readonly type: 'release'; readonly by: Actor; readonly personId: string }
  | { readonly type: 'recall'; readonly by: Actor; readonly personId: string }
  | MoveCommand;

type MoveCommand = { readonly by: Actor; readonly voter: Voter } & (
  | { readonly type: 'reassign'; readonly to: PeopleSet; readonly reason: string | null }
  | { readonly type: 'escalate'; readonly to: Rule | null; readonly reason: string | null }
  | { readonly type: 'extend'; readonly seconds: number }
);

export const act = async (
  engine: Engine,
  scope: Scope,
  id: string,
  command: ActCommand,
): Promise<Result<null, Refusal>> => {
  const found = await lockBoth(scope, id);
  if (!found) return refuse({ type: 'not_found' });
  const locked =
    command.type === 'extend' || command.type === 'cancel'
      ? await settleHeld(engine, scope, found)
      : await settleTime(engine, scope, found);
  const atMs = locked.now.getTime();
  const result = isMove(command)
    ? await move(scope, locked, command)
    : decideApproval(locked.state, { ...command, atMs });
  return done(engine, scope, locked, result);
};

const isMove = (command: ActCommand): command is MoveCommand =>
  command.type === 'reassign' || command.type === 'escalate' || command.type === 'extend';

const move = async (scope: Scope, { state, now }: Locked, command: MoveCommand) => {
  const mover = { voter: command.voter, approvers: await approverStandings(scope) };
  return decideApproval(state, { ...command, atMs: now.getTime(), mover });
};

/**
 * The deadline's job. Does nothing if the approval was decided.
 * @returns when to come again, if there is a deadline still: its own millisecond belongs to the voters
 */
export const expire = async (engine: Engine, scope: Scope, id: string): Promise<Date | null> => {
  const found = await lockBoth(scope, id);
  if (!found || found.row.status !== 'pending') return null;
  const { row, state } = await settleTime(engine, scope, found);
  if (state.status !== 'pending' || !row.expires_at) return null;
  return new Date(Math.max(row.expires_at.getTime() + 1, state.held?.untilMs ?? 0));
};

/** The job at the end of a recall time: the decision takes effect. @returns when to come again, if it came too early */
export const endRecall = async (engine: Engine, scope: Scope, id: string): Promise<Date | null> => {
  const found = await lockBoth(scope, id);
  if (!found || found.row.status !== 'pending') return null;
  const { state } = await settleHeld(engine, scope, found);
  return state.held ? new Date(state.held.untilMs) : null;
};
