/** An approval's rows as the state that core decides on. */
import {
  type ApprovalState,
  type Digest,
  type HeldDecision,
  NO_TIMEOUT,
  ONE_APPROVER,
  type Vote,
} from '@countersign/core';
import { type ApprovalRow, type Scope, type VoteRow, listVotes } from '@countersign/store';

export const toVote = (row: VoteRow): Vote => ({
  stage: row.stage,
  voter: { personId: row.person_id, groups: row.standing?.groups ?? [], roles: row.standing?.roles ?? ['approver'] },
  representsId: row.represents ?? row.person_id,
  vote: row.vote,
  digest: row.digest as Digest,
  viewDigest: row.view_digest,
});

export const toState = (
  row: ApprovalRow,
  votes: readonly VoteRow[],
  consumedAt: Date | null,
  revokedAt: Date | null = null,
): ApprovalState => ({
  status: row.status,
  digest: row.digest as Digest,
  requesters: row.requesters,
  createdAtMs: row.created_at.getTime(),
  expiresAtMs: row.expires_at?.getTime() ?? null,
  decision: row.decision,
  consumedAtMs: consumedAt?.getTime() ?? null,
  revokedAtMs: revokedAt?.getTime() ?? null,
  requirement: row.requirement ?? ONE_APPROVER,
  isGrave: row.priority === 'high' || row.priority === 'critical',
  // Votes on earlier content stay in the table for the record, and count no more.
  votes: votes.filter(({ digest }) => digest === row.digest).map(toVote),
  edits: row.edits,
  timeout: row.timeout ?? NO_TIMEOUT,
  isOverdue: row.is_overdue,
  claim: row.claim,
  recallSeconds: row.recall_seconds,
  held: heldOf(row),
});

/** The decision that is held back, if one is. The end of an execution leaves one in the row, where it means nothing more. */
export const heldOf = (row: Pick<ApprovalRow, 'held' | 'status'>): HeldDecision | null =>
  row.held === null || row.status !== 'pending' ? null : (JSON.parse(row.held) as HeldDecision);

/** The policy and the requirement that a held decision was made under: an edit may have brought in others than the request's. */
export const heldRule = (row: ApprovalRow): Pick<ApprovalRow, 'policy' | 'requirement'> => {
  if (row.held === null) return row;
  const { policy, requirement } = JSON.parse(row.held) as Pick<ApprovalRow, 'policy' | 'requirement'>;
  return { policy, requirement };
};

/**
 * Whether a request can have votes already: with one stage of one person there are none before the last, unless it once
 * asked for more people and was given to others.
 */
export const mayHaveVotes = (row: ApprovalRow): boolean => {
  if (row.assigned_to.length > 0) return true;
  const [stage, ...more] = (row.requirement ?? ONE_APPROVER).stages;
  return more.length > 0 || !stage || stage.rejections > 1 || stage.rule.type !== 'count' || stage.rule.count > 1;
};

export const loadState = async (scope: Scope, row: ApprovalRow): Promise<ApprovalState> =>
  toState(row, mayHaveVotes(row) ? await listVotes(scope, row.id) : [], null);
