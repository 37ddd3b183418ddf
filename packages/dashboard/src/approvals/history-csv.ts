/** The history as a file for a spreadsheet, as far as the filter reaches. */
import type { WireApprovalSummary } from '@countersign/contract';
import { call } from '../api.ts';
import { csvText } from '../files/csv.ts';
import type { HistorySearch } from '../search.ts';
import { historyRequest } from './queries.ts';

/** More rows than this are for the API, or the export of the audit log. */
export const ROWS_MAX = 10_000;
const PAGE = 200;

const COLUMNS = [
  'id',
  'title',
  'outcome',
  'edited',
  'priority',
  'risk',
  'agent',
  'tool',
  'checkpoint',
  'requested_by',
  'decided_by',
  'reason',
  'created_at',
  'decided_at',
  'seconds',
] as const;

const rowOf = (approval: WireApprovalSummary): readonly (string | number | null)[] => {
  const { decision } = approval;
  return [
    approval.id,
    approval.title,
    approval.status,
    decision !== null && decision.edits.length > 0 ? 'true' : 'false',
    approval.priority,
    approval.risk,
    approval.agent?.name ?? null,
    approval.tool,
    approval.checkpoint,
    approval.requested_by.name,
    decision?.by.name ?? null,
    decision?.reason ?? null,
    approval.created_at,
    decision?.at ?? null,
    decision === null ? null : Math.round((Date.parse(decision.at) - Date.parse(approval.created_at)) / 1000),
  ];
};

/** @returns the file, and whether there is more than it holds */
export const historyCsv = async (
  search: HistorySearch,
): Promise<{ readonly text: string; readonly rows: number; readonly isCut: boolean }> => {
  const rows: WireApprovalSummary[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await call('listApprovals', {
      query: { ...historyRequest(search), limit: PAGE, ...(cursor ? { cursor } : {}) },
    });
    rows.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor && rows.length < ROWS_MAX);
  return { text: csvText([COLUMNS, ...rows.map(rowOf)]), rows: rows.length, isCut: Boolean(cursor) };
};
