import { digestJson } from '../digest.ts';
import type { ApprovalEvent, ApprovalState } from './approval.ts';

/** The state after an event. After an edit the digest is that of the edited action: what runs must match it (I6). */
export const evolveApproval = (state: ApprovalState, event: ApprovalEvent): ApprovalState => {
  switch (event.type) {
    case 'vote_cast':
      return state;
    case 'decided':
      return {
        ...state,
        status: event.decision.outcome,
        decision: event.decision,
        digest: event.editedAction ? digestJson(event.editedAction) : state.digest,
      };
    case 'consumed':
      return { ...state, consumedAtMs: event.atMs };
  }
};
