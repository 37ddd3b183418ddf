/** What HookPulse's clients list and we have no list of: what waits in workflows, templates, domains, schedules; by numbered pages. */
import type { Decision } from '@countersign/core';
import { type Scope, statement } from './database.ts';

type NumberedPage = { readonly page: number; readonly size: number };

const offsetOf = ({ page, size }: NumberedPage): number => (page - 1) * size;

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
const waits = `a.workspace_id = $1 and a.status = 'pending' and e.workflow_id is not null`;

const waiting = statement<WaitingRow>(
  'hookpulse_waiting',
  `select a.id, e.id as execution_id, e.workflow_id, e.workflow_version_id, w.name as workflow_name, n.node,
     e.created_at as inserted_at
   ${fromWaiting} join workflow w on w.workspace_id = e.workspace_id and w.id = e.workflow_id ${joinNode}
   where ${waits} order by a.created_at desc, a.id desc limit $2 offset $3`,
);
const countWaiting = statement<{ total: number }>(
  'hookpulse_waiting_count',
  `select count(*)::int as total ${fromWaiting} where ${waits}`,
);

export const pageOfWaiting = async (
  scope: Scope,
  page: NumberedPage,
): Promise<{ readonly rows: WaitingRow[]; readonly total: number }> => ({
  rows: await waiting.all(scope, scope.workspaceId, page.size, offsetOf(page)),
  total: (await countWaiting.one(scope, scope.workspaceId))?.total ?? 0,
});

/** What was decided of it, and how. */
export type DecidedRow = WaitingRow & {
  status: string;
  decision: Decision | null;
  title: string;
  action: string;
};

const wasDecided = `a.workspace_id = $1 and a.status <> 'pending' and e.workflow_id is not null`;
const decided = statement<DecidedRow>(
  'hookpulse_decided',
  `select a.id, e.id as execution_id, e.workflow_id, e.workflow_version_id, w.name as workflow_name, n.node,
     e.created_at as inserted_at, a.status, a.decision, a.title, a.action
   ${fromWaiting} join workflow w on w.workspace_id = e.workspace_id and w.id = e.workflow_id ${joinNode}
   where ${wasDecided} order by a.created_at desc, a.id desc limit $2 offset $3`,
);
const countDecided = statement<{ total: number }>(
  'hookpulse_decided_count',
  `select count(*)::int as total ${fromWaiting} where ${wasDecided}`,
);

export const pageOfDecided = async (
  scope: Scope,
  page: NumberedPage,
): Promise<{ readonly rows: DecidedRow[]; readonly total: number }> => ({
  rows: await decided.all(scope, scope.workspaceId, page.size, offsetOf(page)),
  total: (await countDecided.one(scope, scope.workspaceId))?.total ?? 0,
});

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
const isWorkflow = `w.workspace_id = $1 and w.archived_at is null and not exists (select from compat_note n
  where n.workspace_id = w.workspace_id and n.dialect = 'hookpulse' and n.id = w.id and n.note::jsonb ->> 'kind' = 'webhook')`;
const templates = statement<{ id: string }>(
  'hookpulse_templates',
  `select w.id from workflow w where ${isWorkflow} order by w.created_at desc, w.id desc limit $2 offset $3`,
);
const countTemplates = statement<{ total: number }>(
  'hookpulse_templates_count',
  `select count(*)::int as total from workflow w where ${isWorkflow}`,
);

export const pageOfTemplates = async (
  scope: Scope,
  page: NumberedPage,
): Promise<{ readonly ids: string[]; readonly total: number }> => ({
  ids: (await templates.all(scope, scope.workspaceId, page.size, offsetOf(page))).map(({ id }) => id),
  total: (await countTemplates.one(scope, scope.workspaceId))?.total ?? 0,
});

const domains = statement<{ id: string; note: string }>(
  'hookpulse_domains',
  `select id, note from compat_note where workspace_id = $1 and dialect = 'hookpulse' and id like 'domain/%'
   order by id limit $2 offset $3`,
);
const countDomains = statement<{ total: number }>(
  'hookpulse_domains_count',
  `select count(*)::int as total from compat_note where workspace_id = $1 and dialect = 'hookpulse' and id like 'domain/%'`,
);

export const pageOfDomains = async (
  scope: Scope,
  page: NumberedPage,
): Promise<{ readonly rows: { id: string; note: string }[]; readonly total: number }> => ({
  rows: await domains.all(scope, scope.workspaceId, page.size, offsetOf(page)),
  total: (await countDomains.one(scope, scope.workspaceId))?.total ?? 0,
});

const isSchedule = `s.workspace_id = $1 and s.deleted_at is null
  and case when s.paused_at is not null then 'paused' when s.next_at is null then 'ended' else 'active' end = $2`;
const schedules = statement<{ id: string }>(
  'hookpulse_schedules',
  `select s.id from schedule s where ${isSchedule} order by s.created_at desc, s.id desc limit $3 offset $4`,
);
const countSchedules = statement<{ total: number }>(
  'hookpulse_schedules_count',
  `select count(*)::int as total from schedule s where ${isSchedule}`,
);

export const pageOfSchedules = async (
  scope: Scope,
  status: 'active' | 'paused' | 'ended',
  page: NumberedPage,
): Promise<{ readonly ids: string[]; readonly total: number }> => ({
  ids: (await schedules.all(scope, scope.workspaceId, status, page.size, offsetOf(page))).map(({ id }) => id),
  total: (await countSchedules.one(scope, scope.workspaceId, status))?.total ?? 0,
});

const triggered = statement<{ total: number }>(
  'hookpulse_schedule_triggered',
  `select count(*)::int as total from schedule_run where workspace_id = $1 and schedule_id = $2 and status = 'started'`,
);

/** How often a schedule has started something. */
export const countStarted = async (scope: Scope, scheduleId: string): Promise<number> =>
  (await triggered.one(scope, scope.workspaceId, scheduleId))?.total ?? 0;
