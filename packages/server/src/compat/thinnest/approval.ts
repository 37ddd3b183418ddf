/** An approval as thinnest shows it, and what its clients ask lists for. */
import type { Json, JsonObject } from '@countersign/core';
import type { ApprovalRow } from '@countersign/store';
import { invalid } from '../../http/problem.ts';

/** Its clients read times to the second. */
export const second = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

/** Our statuses in theirs, and theirs in ours. */
const STATUSES = {
  pending: 'pending',
  approved: 'approved',
  rejected: 'rejected',
  expired: 'timed_out',
  cancelled: 'cancelled',
} as const;

const ALL = Object.keys(STATUSES) as (keyof typeof STATUSES)[];
const FILTERS: Readonly<Record<string, readonly string[] | undefined>> = {
  ...Object.fromEntries(ALL.map((status) => [STATUSES[status], [status]])),
  completed: ALL.filter((status) => status !== 'pending'),
};

/** Which of ours a list is asked for; all of them if it does not say. @throws Problem `invalid` */
export const statusesOf = (asked: string | undefined): readonly string[] => {
  if (asked === undefined || asked === '') return ALL;
  const statuses = FILTERS[asked];
  if (!statuses)
    throw invalid([{ pointer: '/query/status', detail: `must be one of ${Object.keys(FILTERS).join(', ')}` }]);
  return statuses;
};

/** The node of a workflow; of an agent that runs by itself, the gate's name. */
const nodeOf = ({ metadata, checkpoint }: ApprovalRow): string => {
  const { node } = metadata;
  return typeof node === 'string' ? node : checkpoint;
};

/** @param numberOf the whole number under which a thing is shown */
export const presentApproval = (row: ApprovalRow, numberOf: (id: string) => number | null) => {
  const action = JSON.parse(row.action) as JsonObject;
  const { decision } = row;
  const isPersons = decision?.by.kind === 'person' || decision?.by.kind === 'key';
  const output: Json = action['output'] ?? null;
  return {
    id: numberOf(row.id),
    agent_id: row.agent_id === null ? null : numberOf(row.agent_id),
    node_id: nodeOf(row),
    status: STATUSES[row.status],
    context_summary: row.title,
    tool_name: row.tool,
    tool_args: action['arguments'] ?? null,
    ...(row.kind === 'output' ? { output } : {}),
    priority: row.priority,
    created_at: second(row.created_at),
    expires_at: row.expires_at && second(row.expires_at),
    comment: decision?.reason ?? null,
    responded_by: decision ? (isPersons ? decision.by.name : 'system') : null,
    responded_at: decision && second(new Date(decision.at)),
  };
};

/** What a response says. @throws Problem `invalid` */
export const readResponse = ({ action, comment }: JsonObject) => {
  if (action !== 'approve' && action !== 'reject')
    throw invalid([
      { pointer: '/action', detail: action === undefined ? 'field required' : 'must be approve or reject' },
    ]);
  return {
    decision: action === 'approve' ? ('approved' as const) : ('rejected' as const),
    reason: comment ?? undefined,
  };
};
