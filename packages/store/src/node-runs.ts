/** What runs of a workflow's execution, and what reaches it from outside. */
import { type Scope, statement, statementOfRows } from './database.ts';
import type { NodeRunRow } from './rows.ts';

const columns = `execution_id, position, id, node, scope, type, status, attempt, input, output, error, leads_to, is_left, items,
  assigned, approval_id, child_execution_id, tool_id, gate, wake_at, timeout_at, created_at, started_at, finished_at`;

const list = statement<NodeRunRow>(
  'node_run_list',
  `select ${columns} from node_run where workspace_id = $1 and execution_id = $2 order by position`,
);

export const listNodeRuns = (scope: Scope, executionId: string): Promise<NodeRunRow[]> =>
  list.all(scope, scope.workspaceId, executionId);

/**
 * One statement however many there are: a thousand branches begin in one round. $1 is the workspace.
 * @param rows the parameter that holds them @param where which of them (`r`)
 */
export const upsertNodeRuns = (rows: string, where = 'true'): string =>
  `insert into node_run (workspace_id, execution_id, position, id, node, scope, type, status, attempt, input, output, error,
     leads_to, is_left, items, assigned, approval_id, child_execution_id, tool_id, gate, wake_at, timeout_at, started_at,
     finished_at, created_at)
   select $1, r.execution_id, r.position, r.id, r.node, r.scope, r.type, r.status, r.attempt, r.input, r.output, r.error, r.leads_to,
     r.is_left, r.items, r.assigned, r.approval_id, r.child_execution_id, r.tool_id, r.gate, r.wake_at, r.timeout_at,
     case when r.attempt > 0 or r.status not in ('ready', 'waiting') then clock_timestamp() end,
     case when r.status in ('completed', 'failed', 'rejected', 'expired', 'cancelled') then clock_timestamp() end,
     clock_timestamp()
   from jsonb_to_recordset(${rows}) as r (execution_id text, position int, id text, node text, scope text, type text, status text, attempt int,
     input text, output text, error jsonb, leads_to text, is_left boolean, items text, assigned text, approval_id text,
     child_execution_id text, tool_id text, gate jsonb, wake_at timestamptz, timeout_at timestamptz)
   where ${where}
   on conflict (workspace_id, execution_id, position) do update set
     id = excluded.id, status = excluded.status, attempt = excluded.attempt, input = excluded.input, output = excluded.output,
     error = excluded.error, leads_to = excluded.leads_to, is_left = excluded.is_left, items = excluded.items,
     assigned = excluded.assigned, approval_id = excluded.approval_id, child_execution_id = excluded.child_execution_id,
     tool_id = excluded.tool_id, gate = excluded.gate, wake_at = excluded.wake_at, timeout_at = excluded.timeout_at,
     started_at = coalesce(node_run.started_at, excluded.started_at),
     finished_at = case when excluded.finished_at is null then null else coalesce(node_run.finished_at, excluded.finished_at) end`;

export const NODE_RUN_ROWS = 'node_run_save';
const save = statementOfRows<NodeRunFacts & { execution_id: string }>(NODE_RUN_ROWS, upsertNodeRuns('$2'));

export type NodeRunFacts = Omit<NodeRunRow, 'execution_id' | 'created_at' | 'started_at' | 'finished_at'>;

/** Writes new runs and changed ones; once in a transaction for each execution. */
export const saveNodeRuns = (scope: Scope, executionId: string, rows: readonly NodeRunFacts[]): void =>
  save.send(scope, ...rows.map((row) => ({ ...row, execution_id: executionId })));

const byId = statement<NodeRunRow>(
  'node_run_get',
  `select ${columns} from node_run where workspace_id = $1 and execution_id = $2 and id = $3`,
);

export const getNodeRun = (scope: Scope, executionId: string, id: string): Promise<NodeRunRow | undefined> =>
  byId.one(scope, scope.workspaceId, executionId, id);

export type SignalKind = 'decided' | 'child' | 'event' | 'retry';
export type SignalRow = { id: number; kind: SignalKind; run_id: string | null; data: string | null };

const send = statement(
  'signal_send',
  'insert into execution_signal (workspace_id, execution_id, kind, run_id, data) values ($1, $2, $3, $4, $5)',
);

/** Tells an execution what happened outside; whoever carries it on takes it. The caller wakes it. */
export const sendSignal = async (
  scope: Scope,
  executionId: string,
  signal: { kind: SignalKind; runId: string | null; data: unknown },
): Promise<void> => {
  send.send(scope, scope.workspaceId, executionId, signal.kind, signal.runId, JSON.stringify(signal.data));
};

const take = statement<SignalRow>(
  'signal_take',
  `with taken as (delete from execution_signal where workspace_id = $1 and execution_id = $2 returning id, kind, run_id, data)
   select id, kind, run_id, data from taken order by id`,
);

/** Takes all that came, in the order in which it came. */
export const takeSignals = (scope: Scope, executionId: string): Promise<SignalRow[]> =>
  take.all(scope, scope.workspaceId, executionId);

export type SentEventRow = { id: number; name: string; data: string; created_at: Date };

const insertEvent = statement<SentEventRow>(
  'sent_event_insert',
  `insert into sent_event (workspace_id, execution_id, name, data, sent_by) values ($1, $2, $3, $4, $5)
   returning id, name, data, created_at`,
);

export const insertSentEvent = async (
  scope: Scope,
  row: { executionId: string; name: string; data: string; by: unknown },
): Promise<SentEventRow> => {
  const inserted = await insertEvent.one(scope, scope.workspaceId, row.executionId, row.name, row.data, row.by);
  if (!inserted) throw new Error('insert returned no row');
  return inserted;
};

const kept = statement<SentEventRow>(
  'sent_event_kept',
  `select id, name, data, created_at from sent_event
   where workspace_id = $1 and execution_id = $2 and name = $3 and taken_by is null order by id`,
);

/** Events of this name that no step has taken, oldest first. */
export const keptEvents = (scope: Scope, executionId: string, name: string): Promise<SentEventRow[]> =>
  kept.all(scope, scope.workspaceId, executionId, name);

const takeEvent = statement(
  'sent_event_take',
  `update sent_event set taken_by = $4 where workspace_id = $1 and execution_id = $2 and id = $3`,
);

export const takeSentEvent = async (scope: Scope, executionId: string, id: number, runId: string): Promise<void> => {
  takeEvent.send(scope, scope.workspaceId, executionId, id, runId);
};

const cancelOpen = statement(
  'node_run_cancel_open',
  `update node_run set status = 'cancelled', finished_at = clock_timestamp(), wake_at = null, timeout_at = null
   where workspace_id = $1 and execution_id = $2 and status in ('ready', 'running', 'awaiting_approval', 'waiting')`,
);

export const cancelOpenNodeRuns = async (scope: Scope, executionId: string): Promise<void> => {
  cancelOpen.send(scope, scope.workspaceId, executionId);
};

const dropAll = statement('node_run_drop', 'delete from node_run where workspace_id = $1 and execution_id = $2');

/** For a retry from the first step. */
export const dropNodeRuns = (scope: Scope, executionId: string): Promise<number> =>
  dropAll.run(scope, scope.workspaceId, executionId);
