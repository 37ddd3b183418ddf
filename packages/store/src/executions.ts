import { type Scope, statement } from './database.ts';
import type { PageStart } from './approval-lists.ts';
import type { ExecutionRow, ExecutionStatusColumn, StepRow } from './rows.ts';

export const EXECUTION_COLUMNS = `workspace_id, id, agent_id, agent_version_id, workflow_id, workflow_version_id, parent_execution_id,
  parent_step_id, root_execution_id, depth, gate, chain_risk, trigger_id, conversation_id, status, input, output, error, requesters,
  started_by, turns, input_tokens, output_tokens, pending_approvals, next_attempt_at, created_at, started_at, finished_at`;

const insert = statement<ExecutionRow>(
  'execution_insert',
  `insert into execution (workspace_id, id, agent_id, agent_version_id, conversation_id, status, input, requesters, started_by,
     workflow_id, workflow_version_id, parent_execution_id, parent_step_id, root_execution_id, depth, gate, chain_risk,
     trigger_id)
   values ($1, $2, $3, $4, $5, 'queued', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) returning ${EXECUTION_COLUMNS}`,
);

export type NewExecution = Pick<ExecutionRow, 'id' | 'input' | 'requesters' | 'started_by'> &
  Partial<
    Pick<
      ExecutionRow,
      | 'agent_id'
      | 'agent_version_id'
      | 'workflow_id'
      | 'workflow_version_id'
      | 'conversation_id'
      | 'parent_execution_id'
      | 'parent_step_id'
      | 'root_execution_id'
      | 'depth'
      | 'gate'
      | 'chain_risk'
      | 'trigger_id'
    >
  >;

export const insertExecution = async (scope: Scope, row: NewExecution): Promise<ExecutionRow> => {
  const inserted = await insert.one(
    scope,
    scope.workspaceId,
    row.id,
    row.agent_id ?? null,
    row.agent_version_id ?? null,
    row.conversation_id ?? null,
    row.input,
    row.requesters,
    row.started_by,
    row.workflow_id ?? null,
    row.workflow_version_id ?? null,
    row.parent_execution_id ?? null,
    row.parent_step_id ?? null,
    row.root_execution_id ?? row.id,
    row.depth ?? 0,
    row.gate ?? null,
    row.chain_risk ?? null,
    row.trigger_id ?? null,
  );
  if (!inserted) throw new Error('insert returned no row');
  return inserted;
};

const get = statement<ExecutionRow>(
  'execution_get',
  `select ${EXECUTION_COLUMNS} from execution where workspace_id = $1 and id = $2`,
);
const lock = statement<ExecutionRow>(
  'execution_lock',
  `select ${EXECUTION_COLUMNS} from execution where workspace_id = $1 and id = $2 for update`,
);

export const getExecution = (scope: Scope, id: string): Promise<ExecutionRow | undefined> =>
  get.one(scope, scope.workspaceId, id);

const lockOf = statement(
  'execution_lock_of_approval',
  `select from execution where workspace_id = $1
     and id = (select execution_id from approval where workspace_id = $1 and id = $2) for update`,
);

/** Locks the execution that an approval belongs to, if it belongs to one; which that is never changes. */
export const lockExecutionOf = async (scope: Scope, approvalId: string): Promise<void> => {
  lockOf.send(scope, scope.workspaceId, approvalId);
};

/** Reads the row and keeps others from changing the execution until the transaction ends. */
export const lockExecution = (scope: Scope, id: string): Promise<ExecutionRow | undefined> =>
  lock.one(scope, scope.workspaceId, id);

const update = statement(
  'execution_update',
  `update execution set status = $3, output = $4, error = $5, turns = $6, input_tokens = $7, output_tokens = $8,
     next_attempt_at = $9, started_at = coalesce(started_at, clock_timestamp()),
     finished_at = case when $3 in ('completed', 'failed', 'rejected', 'cancelled', 'expired') then clock_timestamp() end,
     pending_approvals = (select count(*) from approval a
       where a.workspace_id = $1 and (a.execution_id = $2 or a.root_execution_id = $2) and a.status = 'pending')
   where workspace_id = $1 and id = $2`,
);

/** Writes the row back; the count of pending approvals is taken from the approvals themselves. */
export const saveExecution = async (
  scope: Scope,
  row: Pick<
    ExecutionRow,
    'id' | 'status' | 'output' | 'error' | 'turns' | 'input_tokens' | 'output_tokens' | 'next_attempt_at'
  >,
): Promise<void> => {
  update.send(
    scope,
    scope.workspaceId,
    row.id,
    row.status,
    row.output,
    row.error,
    row.turns,
    row.input_tokens,
    row.output_tokens,
    row.next_attempt_at,
  );
};

const activeChildren = statement<{ id: string }>(
  'execution_active_children',
  `select id from execution where workspace_id = $1 and parent_execution_id = $2
     and status in ('queued', 'running', 'awaiting_approval', 'waiting') order by id`,
);

/** Executions that its steps started and that have not ended. */
export const activeChildrenOf = async (scope: Scope, id: string): Promise<string[]> =>
  (await activeChildren.all(scope, scope.workspaceId, id)).map((row) => row.id);

const stepColumns = `id, execution_id, position, turn, kind, status, attempt, tool, tool_id, call_id, arguments,
  original_arguments, call_digest, result, is_error, gate, approval_id, input_tokens, output_tokens, error, created_at,
  started_at, finished_at`;

const steps = statement<StepRow>(
  'step_list',
  `select ${stepColumns} from step where workspace_id = $1 and execution_id = $2 order by position`,
);

export const listSteps = (scope: Scope, executionId: string): Promise<StepRow[]> =>
  steps.all(scope, scope.workspaceId, executionId);

export type StepFactsRow = Pick<StepRow, 'id' | 'position' | 'turn' | 'kind' | 'status' | 'attempt' | 'gate'>;

const facts = statement<StepFactsRow>(
  'step_facts',
  `select id, position, turn, kind, status, attempt, gate from step
   where workspace_id = $1 and execution_id = $2 order by position`,
);

/** What the stepping needs of each step, without the payloads. */
export const listStepFacts = (scope: Scope, executionId: string): Promise<StepFactsRow[]> =>
  facts.all(scope, scope.workspaceId, executionId);

const step = statement<StepRow>('step_get', `select ${stepColumns} from step where workspace_id = $1 and id = $2`);

export const getStep = (scope: Scope, id: string): Promise<StepRow | undefined> =>
  step.one(scope, scope.workspaceId, id);

const insertOne = statement(
  'step_insert',
  `insert into step (workspace_id, id, execution_id, position, turn, kind, status, attempt, tool, tool_id, call_id,
     arguments, call_digest, result, is_error, gate, approval_id, started_at, finished_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
     case when $7 = 'running' then clock_timestamp() end,
     case when $7 in ('refused', 'completed') then clock_timestamp() end)`,
);

export type NewStep = Pick<StepRow, 'id' | 'execution_id' | 'position' | 'turn' | 'kind' | 'status'> &
  Partial<
    Pick<
      StepRow,
      | 'attempt'
      | 'tool'
      | 'tool_id'
      | 'call_id'
      | 'arguments'
      | 'call_digest'
      | 'result'
      | 'is_error'
      | 'gate'
      | 'approval_id'
    >
  >;

export const insertStep = async (scope: Scope, row: NewStep): Promise<void> => {
  insertOne.send(
    scope,
    scope.workspaceId,
    row.id,
    row.execution_id,
    row.position,
    row.turn,
    row.kind,
    row.status,
    row.attempt ?? 0,
    row.tool ?? null,
    row.tool_id ?? null,
    row.call_id ?? null,
    row.arguments ?? null,
    row.call_digest ?? null,
    row.result ?? null,
    row.is_error ?? false,
    row.gate ?? null,
    row.approval_id ?? null,
  );
};

const start = statement(
  'step_start',
  `update step set status = 'running', attempt = attempt + 1, started_at = clock_timestamp(), error = null
   where workspace_id = $1 and id = $2`,
);

/** Records that an attempt begins: written before the world is touched. */
export const startStep = async (scope: Scope, id: string): Promise<void> => {
  start.send(scope, scope.workspaceId, id);
};

const finish = statement(
  'step_finish',
  `update step set status = $3, result = $4, is_error = $5, input_tokens = $6, output_tokens = $7, error = $8,
     finished_at = case when $3 in ('ready', 'awaiting_approval') then null else clock_timestamp() end
   where workspace_id = $1 and id = $2`,
);

export const finishStep = async (
  scope: Scope,
  row: Pick<StepRow, 'id' | 'status'> &
    Partial<Pick<StepRow, 'result' | 'is_error' | 'input_tokens' | 'output_tokens' | 'error'>>,
): Promise<void> => {
  finish.send(
    scope,
    scope.workspaceId,
    row.id,
    row.status,
    row.result ?? null,
    row.is_error ?? false,
    row.input_tokens ?? null,
    row.output_tokens ?? null,
    row.error ?? null,
  );
};

const setApproval = statement(
  'step_hold',
  `update step set status = 'awaiting_approval', approval_id = $3, error = $4 where workspace_id = $1 and id = $2`,
);

/** Puts a step before a person. */
export const holdStep = async (
  scope: Scope,
  id: string,
  approvalId: string,
  error: StepRow['error'],
): Promise<void> => {
  setApproval.send(scope, scope.workspaceId, id, approvalId, error);
};

const approve = statement(
  'step_approve',
  `update step set status = 'ready', arguments = $3,
     original_arguments = case when arguments is distinct from $3 then coalesce(original_arguments, arguments) else original_arguments end
   where workspace_id = $1 and id = $2`,
);

/** Lets an approved call go ahead with these arguments (the edited ones where there was an edit). */
export const approveStep = async (scope: Scope, id: string, args: string | null): Promise<void> => {
  approve.send(scope, scope.workspaceId, id, args);
};

const cancelOpen = statement(
  'step_cancel_open',
  `update step set status = 'cancelled', finished_at = clock_timestamp()
   where workspace_id = $1 and execution_id = $2 and status in ('ready', 'running', 'waiting', 'awaiting_approval')`,
);

export const cancelOpenSteps = async (scope: Scope, executionId: string): Promise<void> => {
  cancelOpen.send(scope, scope.workspaceId, executionId);
};

const rejectedStep = statement<{ reason: string | null }>(
  'step_rejected_call',
  `select a.decision ->> 'reason' as reason from step s
   join approval a on a.workspace_id = s.workspace_id and a.id = s.approval_id
   where s.workspace_id = $1 and s.execution_id = $2 and s.call_digest = $3 and s.status = 'rejected' limit 1`,
);

/** The rejection of the same call with the same arguments earlier in this execution, if there was one. */
export const findRejectedStep = (
  scope: Scope,
  executionId: string,
  callDigest: string,
): Promise<{ reason: string | null } | undefined> =>
  rejectedStep.one(scope, scope.workspaceId, executionId, callDigest);

const reopen = statement(
  'step_reopen',
  `update step set status = 'ready', attempt = 0, error = null, finished_at = null
   where workspace_id = $1 and execution_id = $2 and status = 'failed'`,
);

/** For a retry by hand: failed steps may be attempted again; what is done stays done. */
export const reopenFailedSteps = (scope: Scope, executionId: string): Promise<number> =>
  reopen.run(scope, scope.workspaceId, executionId);

const history = statement<StepRow & { execution_input: string; execution_status: ExecutionStatusColumn }>(
  'step_history',
  `select ${stepColumns
    .split(',')
    .map((column) => `s.${column.trim()}`)
    .join(', ')},
     e.input as execution_input, e.status as execution_status
   from execution e join step s on s.workspace_id = e.workspace_id and s.execution_id = e.id
   where e.workspace_id = $1 and e.conversation_id = $2
     and (e.created_at, e.id) < (select created_at, id from execution where workspace_id = $1 and id = $3)
   order by e.created_at, e.id, s.position`,
);

/** The steps of the conversation's executions before this one, in order, each with its execution's input. */
export const conversationHistory = (
  scope: Scope,
  conversationId: string,
  beforeExecutionId: string,
): Promise<(StepRow & { execution_input: string; execution_status: ExecutionStatusColumn })[]> =>
  history.all(scope, scope.workspaceId, conversationId, beforeExecutionId);

const ofConversation = statement<ExecutionRow>(
  'execution_of_conversation_from',
  `select ${EXECUTION_COLUMNS} from execution where workspace_id = $1 and conversation_id = $2
     and ($3::text is null or id = $4 or (created_at, id) >= (select created_at, id from execution where workspace_id = $1 and id = $3))
   order by created_at, id limit $5`,
);

/** Those of a conversation from one of them on, with the one that is active, oldest first. */
export const executionsOfConversation = (
  scope: Scope,
  conversationId: string,
  from: string | null,
  activeId: string | null,
  limit: number,
): Promise<ExecutionRow[]> => ofConversation.all(scope, scope.workspaceId, conversationId, from, activeId, limit);

export type ExecutionFilter = {
  readonly status?: string | undefined;
  readonly agent_id?: string | undefined;
  readonly workflow_id?: string | undefined;
  readonly parent_execution_id?: string | undefined;
  readonly trigger_id?: string | undefined;
  readonly conversation_id?: string | undefined;
};

/** A page, newest first; one row more than the limit says that there is a next page. */
export const listExecutions = async (
  scope: Scope,
  filter: ExecutionFilter,
  after: PageStart,
  limit: number,
): Promise<(ExecutionRow & { cursor_at: string })[]> => {
  const values: unknown[] = [scope.workspaceId];
  const conditions = ['workspace_id = $1'];
  if (filter.status === 'active') conditions.push(`status in ('queued', 'running', 'awaiting_approval', 'waiting')`);
  else if (filter.status !== undefined) conditions.push(`status = $${values.push(filter.status)}`);
  if (filter.agent_id !== undefined) conditions.push(`agent_id = $${values.push(filter.agent_id)}`);
  if (filter.workflow_id !== undefined) conditions.push(`workflow_id = $${values.push(filter.workflow_id)}`);
  if (filter.parent_execution_id !== undefined)
    conditions.push(`parent_execution_id = $${values.push(filter.parent_execution_id)}`);
  if (filter.trigger_id !== undefined) conditions.push(`trigger_id = $${values.push(filter.trigger_id)}`);
  if (filter.conversation_id !== undefined)
    conditions.push(`conversation_id = $${values.push(filter.conversation_id)}`);
  if (after) conditions.push(`(created_at, id) < ($${values.push(after.at)}::timestamptz, $${values.push(after.id)})`);
  const { rows } = await scope.client.query<ExecutionRow & { cursor_at: string }>(
    `select ${EXECUTION_COLUMNS}, created_at::text as cursor_at from execution where ${conditions.join(' and ')}
     order by created_at desc, id desc limit $${values.push(limit + 1)}`,
    values,
  );
  return rows;
};
