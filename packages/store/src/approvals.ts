import type { Decision, JsonDifference } from '@countersign/core';
import { type Database, type Scope, statement, unscoped } from './database.ts';
import type { ApprovalRow } from './rows.ts';

export type NewApproval = Omit<
  ApprovalRow,
  | 'workspace_id'
  | 'status'
  | 'created_at'
  | 'decided_at'
  | 'decision'
  | 'consumed_at'
  | 'original_action'
  | 'edits'
  | 'is_overdue'
  | 'claim'
  | 'assigned_to'
  | 'held'
  | 'receipt'
  | 'revoked'
  | 'open_stage'
>;

const insert = statement(
  'approval_insert',
  `insert into approval (workspace_id, id, kind, title, checkpoint, priority, action, digest, call_digest, tool,
     arguments_schema, agent, agent_id, execution_id, step_id, conversation_id, requested_by, requesters, input,
     gate_reason, explanation, impact, evidence, metadata, expires_at, requirement, timeout, calendar, risk, policy,
     remind_at, response_schema, shape, reopened_from, recall_seconds, root_execution_id, channels, departures)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
     $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38)`,
);

export const insertApproval = async (scope: Scope, row: NewApproval): Promise<void> => {
  insert.send(
    scope,
    scope.workspaceId,
    row.id,
    row.kind,
    row.title,
    row.checkpoint,
    row.priority,
    row.action,
    row.digest,
    row.call_digest,
    row.tool,
    row.arguments_schema,
    row.agent,
    row.agent_id,
    row.execution_id,
    row.step_id,
    row.conversation_id,
    row.requested_by,
    row.requesters,
    row.input,
    row.gate_reason,
    row.explanation,
    row.impact,
    JSON.stringify(row.evidence),
    row.metadata,
    row.expires_at,
    row.requirement,
    row.timeout,
    row.calendar,
    row.risk,
    row.policy,
    row.remind_at,
    row.response_schema,
    row.shape,
    row.reopened_from,
    row.recall_seconds,
    row.root_execution_id,
    row.channels,
    row.departures && JSON.stringify(row.departures),
  );
};

/** Every column of an approval but its consumption, under the alias `a`. */
export const approvalColumns = `a.workspace_id, a.id, a.kind, a.status, a.title, a.checkpoint, a.priority, a.action, a.digest,
  a.original_action, a.call_digest, a.tool, a.arguments_schema, a.agent, a.agent_id, a.execution_id, a.step_id,
  a.conversation_id, a.requested_by, a.requesters, a.input, a.gate_reason, a.explanation, a.impact, a.evidence,
  a.metadata, a.created_at, a.expires_at, a.decided_at, a.decision, a.requirement, a.timeout, a.edits, a.is_overdue, a.claim,
  a.assigned_to, a.calendar, a.risk, a.policy, a.remind_at, a.response_schema, a.shape, a.reopened_from, a.recall_seconds, a.held, a.root_execution_id,
  a.channels, a.open_stage, a.departures`;

/** What became of an approval after its decision: told with the one, not with lists. */
const afterwards = `(select c.at from consumption c
   where c.workspace_id = a.workspace_id and c.approval_id = a.id) as consumed_at,
  (select r.jws from receipt r where r.workspace_id = a.workspace_id and r.approval_id = a.id) as receipt,
  (select jsonb_build_object('by', v.revoked_by, 'reason', v.reason, 'at', v.at)
   from revocation v where v.workspace_id = a.workspace_id and v.approval_id = a.id) as revoked`;

const get = statement<ApprovalRow>(
  'approval_get',
  `select ${approvalColumns}, ${afterwards} from approval a where a.workspace_id = $1 and a.id = $2`,
);

export const getApproval = (scope: Scope, id: string): Promise<ApprovalRow | undefined> =>
  get.one(scope, scope.workspaceId, id);

const lock = statement<ApprovalRow>(
  'approval_lock',
  `select ${approvalColumns}, null as consumed_at from approval a where a.workspace_id = $1 and a.id = $2 for update`,
);
const now = statement<{ now: Date }>('clock', 'select clock_timestamp() as now');

/**
 * Locks the row, then reads the time in a statement of its own: a time read with the lock may be as old as the wait for
 * it (trust.md, short answer 5). The row itself is read again by PostgreSQL after the wait. `consumed_at` is not read.
 */
export const lockApproval = async (scope: Scope, id: string): Promise<{ row: ApprovalRow; now: Date } | undefined> => {
  // Sent together: the second begins when the first has its lock.
  const [row, time] = await Promise.all([lock.one(scope, scope.workspaceId, id), readClock(scope)]);
  return row && { row, now: time };
};

/** The database's clock, which decides every deadline; of this statement, not of the transaction. */
export const readClock = async (scope: Pick<Scope, 'client'>): Promise<Date> => {
  const read = await now.one(scope);
  if (!read) throw new Error('the clock returned no row');
  return read.now;
};

const decide = statement(
  'approval_decide',
  `update approval set status = $3, decision = $4, decided_at = $5, action = $6, digest = $7, original_action = $8, edits = $9,
     claim = null, policy = $10, requirement = $11, held = null
   where workspace_id = $1 and id = $2 and status = 'pending'`,
);

/** Writes an approver's outcome. */
export const saveDecision = (
  scope: Scope,
  id: string,
  decision: Decision,
  content: {
    action: string;
    digest: string;
    originalAction: string | null;
    edits: readonly JsonDifference[];
    policy: ApprovalRow['policy'];
    requirement: ApprovalRow['requirement'];
  },
): Promise<number> =>
  decide.run(
    scope,
    scope.workspaceId,
    id,
    decision.outcome,
    decision,
    decision.at,
    content.action,
    content.digest,
    content.originalAction,
    JSON.stringify(content.edits),
    content.policy,
    content.requirement,
  );

const end = statement(
  'approval_end',
  `update approval set status = $3, decision = $4, decided_at = $5, claim = null
   where workspace_id = $1 and id = $2 and status = 'pending'`,
);

/** Writes an end without a vote (expired, cancelled); the one change that the worker may make to an outcome. */
export const saveEnd = (scope: Scope, id: string, decision: Decision): Promise<number> =>
  end.run(scope, scope.workspaceId, id, decision.outcome, decision, decision.at);

const progress = statement(
  'approval_progress',
  `update approval set action = $3, digest = $4, original_action = $5, edits = $6, requirement = $7, timeout = $8,
     is_overdue = $9, claim = $10, assigned_to = $11, expires_at = $12, remind_at = $13,
     policy = $14, held = $15, open_stage = $16
   where workspace_id = $1 and id = $2 and status = 'pending'`,
);

export type ApprovalProgress = Pick<
  ApprovalRow,
  | 'action'
  | 'digest'
  | 'original_action'
  | 'edits'
  | 'requirement'
  | 'timeout'
  | 'is_overdue'
  | 'claim'
  | 'assigned_to'
  | 'expires_at'
  | 'remind_at'
  | 'policy'
  | 'held'
  | 'open_stage'
>;

/** Writes what happened to a request that still waits: votes on other content, another deadline, other approvers. */
export const saveProgress = (scope: Scope, id: string, row: ApprovalProgress): Promise<number> =>
  progress.run(
    scope,
    scope.workspaceId,
    id,
    row.action,
    row.digest,
    row.original_action,
    JSON.stringify(row.edits),
    row.requirement,
    row.timeout,
    row.is_overdue,
    row.claim,
    row.assigned_to,
    row.expires_at,
    row.remind_at,
    row.policy,
    row.held,
    row.open_stage,
  );

const hold = statement(
  'approval_hold_decision',
  `update approval set held = $3, claim = null where workspace_id = $1 and id = $2 and status = 'pending'`,
);

/** Writes a decision that is held back: as text, because a digest hangs on the bytes of what it changes. */
export const saveHeld = (scope: Scope, id: string, held: string): Promise<number> =>
  hold.run(scope, scope.workspaceId, id, held);

const workspaceNamed = statement<{ workspace_id: string | null }>(
  'approval_workspace',
  'select workspace_of_approval($1) as workspace_id',
);

/** Where an approval is, for somebody without a credential who named it. */
export const workspaceOfApproval = (database: Database, id: string): Promise<string | undefined> =>
  unscoped(database, async (scope) => (await workspaceNamed.one(scope, id))?.workspace_id ?? undefined);
