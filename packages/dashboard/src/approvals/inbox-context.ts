import type { WireApproval } from '@countersign/contract';
import { createContext, useContext } from 'react';

export type Outcome = 'approved' | 'approved with edits' | 'rejected';

/** What the open request may do to the queue beside it. */
export type InboxHandle = {
  /** The request was decided here: its row goes, and the next one opens. */
  readonly decided: (approval: Pick<WireApproval, 'id' | 'title' | 'held'>, outcome: Outcome) => void;
  /** The reader has put it off: in a list of what needs them its row goes, and the next one opens. */
  readonly putOff: (id: string) => void;
  /** What the list beside shows; `null` while it is not known or not beside. */
  readonly listed: ReadonlySet<string> | null;
};

export const InboxContext = createContext<InboxHandle | null>(null);
export const useInbox = (): InboxHandle | null => useContext(InboxContext);
