import type { WireApprovalSummary } from '@countersign/contract';

/** The claim that holds now; one whose time is over is none. */
export const claimNow = (claim: WireApprovalSummary['claim'], now: number): WireApprovalSummary['claim'] =>
  claim !== null && Date.parse(claim.until) > now ? claim : null;
