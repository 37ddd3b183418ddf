/** What the end of the time does, in words, for each way a policy can put it. */
import type { WireApproval } from '@countersign/contract';

type OnTimeout = WireApproval['on_timeout'];

/** Before a countdown. */
export const TIMEOUT_LABEL: Readonly<Record<OnTimeout, string>> = {
  reject: 'Auto-reject in',
  approve: 'Auto-approve in',
  escalate: 'Goes to the next level in',
  retry: 'Asked anew in',
  park: 'Overdue in',
};

/** As a sentence about a moment such as `14:20`. */
export const timeoutSentence = (on: OnTimeout, at: string): string => {
  switch (on) {
    case 'reject':
      return `It is rejected by itself at ${at}.`;
    case 'approve':
      return `It is approved by itself at ${at}, without anybody having looked.`;
    case 'escalate':
      return `At ${at} the next level is asked as well; after the last level it is rejected.`;
    case 'retry':
      return `It is asked anew at ${at}; after the last attempt it is rejected.`;
    case 'park':
      return `It is marked as overdue at ${at}, and goes on waiting.`;
  }
};

/** In the decision bar. */
export const timeoutShort = (on: OnTimeout, at: string): string => {
  const words: Readonly<Record<OnTimeout, string>> = {
    reject: 'rejected by itself at',
    approve: 'approved by itself at',
    escalate: 'goes to the next level at',
    retry: 'asked anew at',
    park: 'overdue from',
  };
  return `${words[on]} ${at}`;
};
