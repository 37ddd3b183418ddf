/** What HookPulse's clients list and we have no list of: what waits in workflows, templates, domains, schedules; by numbered pages. */
import type { Decision } from '@countersign/core';
import { type Scope, statement } from './database.ts';

type NumberedPage = { readonly page: number; readonly size: number };

type Page<Row> = { readonly rows: Row[]; readonly total: number };

/**
 * A list by pages. `$1` is the workspace; after what is asked for come size and offset.
 * @param from what is listed: from its tables to its conditions @param parameters of it, beside the workspace
 */
const paged = <Row extends object>(name: string, columns: string, from: string, order: string, parameters = 0) => {
  const size = parameters + 2;
  const rows = statement<Row>(name, `select ${columns} ${from} order by ${order} limit $${size} offset $${size + 1}`);
  const count = statement<{ total: number }>(`${name}_count`, `select count(*)::int as total ${from}`);
  return async (scope: Scope, page: NumberedPage, ...values: readonly string[]): Promise<Page<Row>> => ({
    rows: await rows.all(scope, scope.workspaceId, ...values, page.size, (page.page - 1) * page.size),
    total: (await count.one(scope, scope.workspaceId, ...values))?.total ?? 0,
  });
};

/** What waits in a workflow's execution, and for which of its nodes: also where it waits in what the node started. */
export type WaitingRow = {
  id: string;
  execution_id: string;
  workflow_id: string;
  workflow_version_id: string;
  workflow_name: string;
  node: string | null;
  inserted_at: Date;
};

const fromWaiting = `from approval a
  join execution e on e.workspace_id = a.workspace_id and e.id = coalesce(a.root_execution_id, a.execution_id)`;
const joinNode = `left join execution c on c.workspace_id = a.workspace_id and c.id = a.execution_id and c.parent_execution_id = e.id
  left join node_run n on n.workspace_id = a.workspace_id and n.execution_id = e.id and n.id = coalesce(c.parent_step_id, a.step_id)`;
const joinWorkflow = 'join workflow w on w.workspace_id = e.workspace_id and w.id = e.workflow_id';
const inWorkflow = (status: string): string =>
  `${fromWaiting} ${joinWorkflow} ${joinNode} where a.workspace_id = $1 and a.status ${status} 'pending' and e.workflow_id is not null`;
const WAITING = `a.id, e.id as execution_id, e.workflow_id, e.workflow_version_id, w.name as workflow_name, n.node,
  e.created_at as inserted_at`;
const NEWEST = 'a.created_at desc, a.id desc';

export const pageOfWaiting = paged<WaitingRow>('hookpulse_waiting', WAITING, inWorkflow('='), NEWEST);

/** What was decided of it, and how. */
export type DecidedRow = WaitingRow & {
  status: string;
  decision: Decision | null;
  title: string;
  action: string;
};

export const pageOfDecided = paged<DecidedRow>(
  'hookpulse_decided',
  `${WAITING}, a.status, a.decision, a.title, a.action`,
  inWorkflow('<>'),
  NEWEST,
);

/** What was shown under an execution: what still waits first, then the latest. */
export type ShownRow = { id: string; status: string; node: string | null };

const shown = statement<ShownRow>(
  'hookpulse_shown',
  `select a.id, a.status, n.node ${fromWaiting} ${joinNode}
   join compat_id i on i.workspace_id = a.workspace_id and i.dialect = 'hookpulse' and i.id = a.id
   where a.workspace_id = $1 and (a.execution_id = $2 or a.root_execution_id = $2)
   order by a.status = 'pending' desc, a.created_at desc, a.id desc`,
);

export const approvalsShownOf = (scope: Scope, executionId: string): Promise<ShownRow[]> =>
  shown.all(scope, scope.workspaceId, executionId);

/** A webhook by itself is a workflow of one step here, and none in their lists. */
export const pageOfTemplates = paged<{ id: string }>(
  'hookpulse_templates',
  'w.id',
  `from workflow w where w.workspace_id = $1 and w.archived_at is null and not exists (select from compat_note n
     where n.workspace_id = w.workspace_id and n.dialect = 'hookpulse' and n.id = w.id and n.note::jsonb ->> 'kind' = 'webhook')`,
  'w.created_at desc, w.id desc',
);

export const pageOfDomains = paged<{ id: string; note: string }>(
  'hookpulse_domains',
  'id, note',
  `from compat_note where workspace_id = $1 and dialect = 'hookpulse' and id like 'domain/%'`,
  'id',
);

const schedules = paged<{ id: string }>(
  'hookpulse_schedules',
  's.id',
  `from schedule s where s.workspace_id = $1 and s.deleted_at is null
     and case when s.paused_at is not null then 'paused' when s.next_at is null then 'ended' else 'active' end = $2`,
  's.created_at desc, s.id desc',
  1,
);

export const pageOfSchedules = (
  scope: Scope,
  status: 'active' | 'paused' | 'ended',
  page: NumberedPage,
): Promise<Page<{ id: string }>> => schedules(scope, page, status);

const triggered = statement<{ total: number }>(
  'hookpulse_schedule_triggered',
  `select count(*)::int as total from schedule_run where workspace_id = $1 and schedule_id = $2 and status = 'started'`,
);

/** How often a schedule has started something. */
export const countStarted = async (scope: Scope, scheduleId: string): Promise<number> =>
  (await triggered.one(scope, scope.workspaceId, scheduleId))?.total ?? 0;
