/** Workflows, their versions and the steps of their executions as they go over the wire. */
import type { WireStep, WireWorkflow, WireWorkflowDefinition, WireWorkflowVersion } from '@countersign/contract';
import type { Json } from '@countersign/core';
import type { NodeRunRow, WorkflowRow, WorkflowVersionRow } from '@countersign/store';

const iso = (date: Date): string => date.toISOString();
const isoOrNull = (date: Date | null): string | null => date?.toISOString() ?? null;
const parse = (text: string | null): Json => (text === null ? null : (JSON.parse(text) as Json));

type VersionSummary = Omit<WireWorkflowVersion, 'definition'>;

export const presentWorkflowVersionSummary = (row: WorkflowVersionRow): VersionSummary => ({
  id: row.id,
  workflow_id: row.workflow_id,
  version: row.version,
  is_current: row.is_current,
  message: row.message,
  created_at: iso(row.created_at),
  created_by: { kind: row.created_by.kind, id: row.created_by.id, name: row.created_by.name },
});

export const presentWorkflowVersion = (row: WorkflowVersionRow): WireWorkflowVersion => ({
  ...presentWorkflowVersionSummary(row),
  // Checked when it was stored, and never changed since.
  definition: JSON.parse(row.definition) as WireWorkflowDefinition,
});

const presentFacts = (row: WorkflowRow): Omit<WireWorkflow, 'current_version'> => ({
  id: row.id,
  name: row.name,
  description: row.description,
  created_at: iso(row.created_at),
  updated_at: iso(row.updated_at),
  archived_at: isoOrNull(row.archived_at),
});

export const presentWorkflow = (row: WorkflowRow, version: WorkflowVersionRow | undefined): WireWorkflow => ({
  ...presentFacts(row),
  current_version: version ? presentWorkflowVersion(version) : null,
});

export const presentWorkflowSummary = (row: WorkflowRow, version: WorkflowVersionRow | undefined) => ({
  ...presentFacts(row),
  current_version: version ? presentWorkflowVersionSummary(version) : null,
});

export const presentNodeRun = (row: NodeRunRow, toolName: string | null): WireStep => ({
  id: row.id,
  position: row.position,
  turn: 0,
  kind: 'node',
  status: row.status,
  node: {
    id: row.node,
    type: row.type,
    scope: row.scope,
    output: parse(row.output),
    leads_to: row.leads_to,
    child_execution_id: row.child_execution_id,
    wake_at: isoOrNull(row.wake_at),
    timeout_at: isoOrNull(row.timeout_at),
  },
  attempt: row.attempt,
  tool: toolName,
  call_id: null,
  arguments: parse(row.input),
  original_arguments: null,
  result: null,
  is_error: row.status === 'failed' || row.status === 'rejected' || row.status === 'expired',
  gate: row.gate && { outcome: row.gate.outcome, reason: row.gate.reason },
  approval_id: row.approval_id,
  tokens: null,
  error: row.error,
  created_at: iso(row.created_at),
  started_at: isoOrNull(row.started_at),
  finished_at: isoOrNull(row.finished_at),
});
