/** Taking a decision back, while the server holds it: how long that is asked for, and the draft to go on with. */
import type { WireApproval, WireApprovalSummary } from '@countersign/contract';
import type { Json } from '@countersign/core';

/** What the dashboard asks for above low risk (product.md, "Recall"); where a policy says how long, that holds. */
const RECALL_SECONDS = 5;

export const recallSecondsFor = (priority: WireApproval['priority']): number =>
  priority === 'low' ? 0 : RECALL_SECONDS;

/** Whether a request is only waiting for a decision of this person to take effect: nothing is left for them to do. */
export const isHeldBy = ({ held }: Pick<WireApprovalSummary, 'held'>, personId: string): boolean =>
  held !== null && held.by.id === personId;

export type Draft = { readonly edited: Json | undefined; readonly reason: string; readonly answer: Json | undefined };

/** In memory alone: nothing of a request goes into the browser's storage. */
const drafts = new Map<string, Draft>();
const DRAFTS_MAX = 20;

export const keepDraft = (digest: string, draft: Draft): void => {
  drafts.set(digest, draft);
  const [oldest] = drafts.keys();
  if (drafts.size > DRAFTS_MAX && oldest !== undefined) drafts.delete(oldest);
};

/** What was decided on this content before it was taken back. */
export const takeDraft = (digest: string): Draft | undefined => drafts.get(digest);
