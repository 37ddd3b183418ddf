/** Schedules and their runs as they go over the wire. */
import type { WireSchedule, WireScheduleRun } from '@countersign/contract';
import { type Json, nextMoments } from '@countersign/core';
import type { ListedRun, ScheduleRow } from '@countersign/store';

const NEXT_RUNS = 5;

/** What a schedule's or webhook's row names, with its name as it is now. */
export const presentTarget = (
  row: { readonly agent_id: string | null; readonly workflow_id: string | null; readonly version: number | null },
  names: ReadonlyMap<string, string>,
): WireSchedule['target'] => {
  const id = row.agent_id ?? row.workflow_id ?? '';
  return { kind: row.agent_id === null ? 'workflow' : 'agent', id, name: names.get(id) ?? '', version: row.version };
};

export const presentScheduleRun = (row: ListedRun): WireScheduleRun => ({
  id: row.id,
  planned_at: row.planned_at.toISOString(),
  status: row.status,
  count: row.count,
  reason: row.reason,
  execution:
    row.execution_id === null || row.execution_status === null
      ? null
      : { id: row.execution_id, status: row.execution_status },
  created_at: row.created_at.toISOString(),
});

const nextRuns = (row: ScheduleRow): string[] => {
  const first = row.next_at?.getTime();
  if (first === undefined) return [];
  return [first, ...nextMoments(row.timing, first, NEXT_RUNS - 1)].map((ms) => new Date(ms).toISOString());
};

export const presentSchedule = (
  row: ScheduleRow,
  names: ReadonlyMap<string, string>,
  last: ListedRun | undefined,
): WireSchedule => ({
  id: row.id,
  name: row.name,
  target: presentTarget(row, names),
  input: JSON.parse(row.input) as Json,
  timing: row.timing,
  overlap: row.overlap,
  missed: row.missed,
  on_behalf_of: row.on_behalf_of,
  status: row.paused_at ? 'paused' : row.next_at ? 'active' : 'ended',
  next_runs: nextRuns(row),
  last_run: last ? presentScheduleRun(last) : null,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  created_by: { kind: row.created_by.kind, id: row.created_by.id, name: row.created_by.name },
});
