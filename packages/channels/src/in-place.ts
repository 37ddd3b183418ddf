/** For channels in which a request has one message, changed in place by what becomes of it: what each event does there. */

/** They change what the message of the request says. */
export const CHANGES: ReadonlySet<string> = new Set([
  'approval.decided',
  'approval.expired',
  'approval.cancelled',
  'approval.vote',
  'approval.claimed',
  'approval.released',
  'approval.recalled',
]);

/** They are said below it. */
export const REPLIES: ReadonlySet<string> = new Set([
  'approval.stage_passed',
  'approval.escalated',
  'approval.reassigned',
  'approval.reminder',
  'approval.overdue',
  'approval.commented',
  'approval.extended',
  'approval.on_call',
]);

export const TEST_WORDS = 'This is a test. Messages from Countersign reach this channel.';

/** What is said of each; a comment is said in its author's words. */
export const REPLY_WORDS: Readonly<Record<string, string>> = {
  'approval.stage_passed': 'The next stage is asked.',
  'approval.escalated': 'It was escalated.',
  'approval.reassigned': 'It was given to others.',
  'approval.reminder': 'It still waits.',
  'approval.overdue': 'It is overdue.',
  'approval.extended': 'It has more time.',
  'approval.on_call': 'Nobody has opened it in time.',
};

const FOLLOWS: ReadonlySet<string> = new Set([
  'approval.vote',
  'approval.claimed',
  'approval.released',
  'approval.recalled',
  'approval.commented',
]);

export const saysInPlace = (type: string): boolean =>
  type === 'approval.requested' || type === 'workflow.notification' || CHANGES.has(type) || REPLIES.has(type);

/** They say nothing to whom the request itself was not told. */
export const followsInPlace = (type: string): boolean => FOLLOWS.has(type);
