/** Rows of a list as their reader sees them, with what is not in the rows: how far each is, how many are alike, what is put off. */
import { type WireApprovalSummary, approvalShapes } from '@countersign/contract';
import { type ApprovalRow, type Scope, type VoteRow, countAlike, snoozesOf, votesOf } from '@countersign/store';
import { mayHaveVotes } from '@countersign/engine';
import { type Principal, personOf } from '../auth/principal.ts';
import { type Around, presentSummary } from './approval.ts';
import { topFlagsOf } from './unusual.ts';

/** What lies around each of these approvals, in three statements for all of them. */
export const aroundAll = async (
  scope: Scope,
  rows: readonly ApprovalRow[],
  principal: Principal,
): Promise<(row: ApprovalRow) => Around> => {
  const pending = rows.filter(({ status }) => status === 'pending');
  const ids = pending.map(({ id }) => id);
  const shapes = pending.flatMap(({ shape }) => (shape === null ? [] : [shape]));
  const [votes, alike, snoozes] = await Promise.all([
    votesOf(
      scope,
      pending.filter(mayHaveVotes).map(({ id }) => id),
    ),
    // One more, since each is alike to itself.
    countAlike(scope, shapes, approvalShapes.ALIKE_MAX + 1),
    snoozesOf(scope, personOf(principal), ids),
  ]);
  const votesById: ReadonlyMap<string, readonly VoteRow[]> = Map.groupBy(votes, (vote) => vote.approval_id);
  return ({ id, status, shape }) => ({
    votes: votesById.get(id) ?? [],
    alike: status === 'pending' && shape !== null ? Math.max(0, (alike.get(shape) ?? 1) - 1) : 0,
    snoozedUntil: snoozes.get(id) ?? null,
  });
};

export const summariesOf = async (
  scope: Scope,
  rows: readonly ApprovalRow[],
  principal: Principal,
  withFlags = false,
): Promise<(row: ApprovalRow) => WireApprovalSummary> => {
  const around = await aroundAll(scope, rows, principal);
  const flags = withFlags ? await topFlagsOf(scope, rows) : undefined;
  return (row) => presentSummary(row, around(row), flags?.get(row.id) ?? null);
};
