/** The heart: lock, load, decide (in core), save, enqueue, record; one transaction, which the caller commits. */
import {
  type Actor,
  type Edit,
  type Json,
  type JsonObject,
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
} from '@countersign/core';
import {
  type ApprovalRow,
  type Scope,
  appendEvent,
  approverStandings,
  getConsumption,
  insertConsumption,
  insertLateAnswer,
  lockApproval,
  lockExecutionOf,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { judgeEdit } from '../policies/judge-edit.ts';
import type { Refusal } from '../refusal.ts';
import { validateArguments } from '../tools/validate-arguments.ts';
import { type Locked, apply } from './apply.ts';
import { placeOf } from './ask.ts';
import { loadState, toState } from './state.ts';

/** Receipts that programs outside consume are good for this long after the decision; our own executions need no limit. */
export const RECEIPT_VALID_SECONDS = 15 * 60;

export type DecideCommand = {
  readonly voter: Voter;
  readonly decision: 'approved' | 'rejected';
  readonly digest: string | undefined;
  readonly reason: string | null;
  readonly arguments?: JsonObject | undefined;
  readonly output?: Json | undefined;
  readonly response?: Json | undefined;
  readonly singleOperator: SingleOperator;
};

/** Locks the execution first and then the approval: the one order, so that no two commands wait for each other. */
const lockBoth = async (scope: Scope, id: string): Promise<Locked | undefined> => {
  await lockExecutionOf(scope, id);
  const locked = await lockApproval(scope, id);
  return locked && { ...locked, state: await loadState(scope, locked.row) };
};

/** A person's vote. What lateness leads to happens first, so that the vote meets the approval as it then is. */
export const decide = async (
  engine: Engine,
  scope: Scope,
  id: string,
  given: DecideCommand,
): Promise<Result<null, Refusal>> => {
  const found = await lockBoth(scope, id);
  if (!found) return refuse({ type: 'not_found' });
  const locked = await settleDeadline(engine, scope, found);
  const wasLate = locked !== found && locked.state.status === 'expired';
  if (locked.state.status === 'expired') await keepLateAnswer(scope, id, await withoutSecrets(engine, scope, given));
  if (wasLate) return refuse({ type: 'approval_expired', expiredAtMs: found.state.expiresAtMs ?? 0 });
  const { row, now } = locked;
  const command = await withoutSecrets(engine, scope, given);
  const decideOn = ({ state }: Locked, edit: Edit | null) =>
    decideApproval(state, {
      type: 'decide',
      atMs: now.getTime(),
      voter: command.voter,
      decision: command.decision,
      digest: command.digest,
      reason: command.reason,
      edit,
      singleOperator: command.singleOperator,
      ...(command.response === undefined ? {} : { response: command.response }),
    });
  // Whether this voter may decide this at all comes before what they would change.
  const unedited = decideOn(locked, null);
  if (!unedited.ok) return unedited;
  const response = checkResponse(row, command);
  if (!response.ok) return response;
  const edit = await editOf(engine, scope, row, command);
  if (!edit.ok) return edit;
  if (!edit.value) return done(engine, scope, locked, unedited);
  const judged = await judgeEdit(scope, locked, edit.value.real);
  if (!judged.ok) return judged;
  return done(engine, scope, judged.value, decideOn(judged.value, edit.value));
};

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

/** An edit, and the arguments with the secrets in them that the edited markers stand for: that is what would run. */
type RealEdit = Edit & { readonly real: JsonObject };

const editOf = async (
  { redaction }: Engine,
  scope: Scope,
  row: ApprovalRow,
  command: DecideCommand,
): Promise<Result<RealEdit | null, Refusal>> => {
  if (command.arguments === undefined && command.output === undefined) return ok(null);
  if (command.decision === 'rejected') return invalid('/decision', 'an edit can only be approved');
  const action = JSON.parse(row.action) as JsonObject;
  if (command.output !== undefined) {
    if (row.kind !== 'output') return invalid('/output', 'this approval is not about an output');
    if (command.arguments !== undefined) return invalid('/arguments', 'this approval is about an output');
    const output = await redaction.keep(scope, secretsOf(row), command.output);
    const edit = editTo(action, { ...action, output }, 'output');
    return ok(edit && { ...edit, real: {} });
  }
  if (row.kind !== 'tool_call') return invalid('/arguments', 'this approval is not about a tool call');
  const real = await redaction.restore(scope, secretsOf(row), command.arguments ?? {});
  const schema = row.arguments_schema === null ? null : (JSON.parse(row.arguments_schema) as JsonObject);
  if (schema) {
    const errors = validateArguments(schema, real);
    if (errors.length > 0)
      return refuse({
        type: 'invalid',
        errors: errors.map(({ pointer, detail }) => ({ pointer: `/arguments${pointer}`, detail })),
      } as const);
  }
  const args = await redaction.keep(scope, secretsOf(row), real, schema);
  const edit = editTo(action, { ...action, arguments: args }, 'arguments');
  return ok(edit && { ...edit, real });
};

const secretsOf = (row: ApprovalRow): string =>
  placeOf(row.id, { executionId: row.execution_id, conversationId: row.conversation_id });

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
    command.type === 'extend' || command.type === 'cancel' ? found : await settleDeadline(engine, scope, found);
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
  const { row, state } = await settleDeadline(engine, scope, found);
  return state.status === 'pending' && row.expires_at ? new Date(row.expires_at.getTime() + 1) : null;
};

/**
 * Takes an approved call for execution: digest checked, once, by whoever acts, right before acting. `by` is kept, so
 * that the same taker may see its own taking again.
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
  const result = decideApproval(toState(row, [], before?.at ?? null), {
    type: 'consume',
    atMs: now.getTime(),
    digest,
    validUntilMs,
  });
  if (!result.ok) return result;
  if (!(await insertConsumption(scope, id, digest, by, now)))
    throw new Error(`the approval ${id} was consumed under its lock`);
  await appendEvent(scope, { type: 'approval.consumed', subject: id, actor: by, data: { digest } });
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [id]));
  return ok({ row, at: now });
};
