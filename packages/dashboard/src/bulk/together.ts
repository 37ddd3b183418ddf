/** What can be decided together with others: each on its own record, and nothing grave by one click (trust.md, T21). */
import type { WireApproval, WireApprovalSummary } from '@countersign/contract';

export type Verdict = 'approved' | 'rejected';
/** Nothing is decided of what is left. */
export type Choice = Verdict | 'left';

/** Whether its row alone keeps it from being approved together. */
export const isApprovable = ({ priority, kind }: Pick<WireApprovalSummary, 'priority' | 'kind'>): boolean =>
  priority !== 'high' && priority !== 'critical' && kind !== 'question';

/** Why it can't be decided so now; null if it can. */
export const whyNotTogether = (approval: WireApproval, verdict: Verdict): string | null => {
  if (approval.status !== 'pending') return 'no longer waiting';
  const can = verdict === 'approved' ? approval.can.approve : approval.can.reject;
  if (!can.ok) return can.why ?? 'not yours to decide';
  if (verdict === 'rejected' || isApprovable(approval)) return null;
  return approval.kind === 'question'
    ? 'a question is answered on its own'
    : 'high and critical ones are approved on their own';
};

/** What is done with it until somebody says otherwise. */
export const firstChoice = (approval: WireApproval, wanted: Verdict): Choice =>
  whyNotTogether(approval, wanted) === null ? wanted : 'left';

/** "Approve 2, reject 1". */
export const verdictWords = (approved: number, rejected: number): string =>
  [approved > 0 ? `approve ${approved}` : '', rejected > 0 ? `reject ${rejected}` : '']
    .filter((words) => words !== '')
    .join(', ')
    .replace(/^./, (letter) => letter.toUpperCase());
