/** What a mail says of a thing that happened: one sentence, and whether somebody is asked for something. */
import type { Notice } from '../channel.ts';

type Words = { readonly sentence: string; readonly button: string };

const decided = ({ approval }: Notice): string => {
  const decision = approval?.decision;
  return decision ? `It was ${decision.outcome} by ${decision.by}.` : 'It was decided.';
};

const nameOf = (notice: Notice): string => {
  const name = notice.data['name'];
  return typeof name === 'string' ? name : notice.subject;
};

const WORDS: Readonly<Record<string, (notice: Notice) => Words>> = {
  'approval.requested': () => ({ sentence: 'Your decision is asked for.', button: 'Open the request' }),
  'approval.stage_passed': () => ({
    sentence: 'The stage before is passed: your decision is asked for.',
    button: 'Open the request',
  }),
  'approval.escalated': () => ({ sentence: 'A request was escalated to you.', button: 'Open the request' }),
  'approval.reassigned': () => ({ sentence: 'A request was given to you.', button: 'Open the request' }),
  'approval.reminder': () => ({ sentence: 'A request still waits for your decision.', button: 'Open the request' }),
  'approval.overdue': () => ({
    sentence: 'A request is overdue, and waits for your decision.',
    button: 'Open the request',
  }),
  'approval.on_call': () => ({
    sentence: 'Nobody has opened a request in time. You are on call.',
    button: 'Open the request',
  }),
  'approval.decided': (notice) => ({ sentence: decided(notice), button: 'See the decision' }),
  'approval.expired': () => ({ sentence: 'What you asked for was not decided in time.', button: 'See the request' }),
  'approval.cancelled': () => ({ sentence: 'What you asked for was withdrawn.', button: 'See the request' }),
  'channel.disabled': (notice) => ({
    sentence: `The channel ${nameOf(notice)} was disabled: ${typeof notice.data['reason'] === 'string' ? notice.data['reason'] : 'nothing gets through'}.`,
    button: 'Open Countersign',
  }),
  'channel.test': () => ({
    sentence: 'This is a test. Mail from Countersign reaches you.',
    button: 'Open Countersign',
  }),
};

/** A notice to owners of a changed rule has no words of its own. */
export const wordsOf = (notice: Notice): Words =>
  WORDS[notice.type]?.(notice) ?? {
    sentence: `${notice.actor.name} changed the rules: ${notice.type.replaceAll(/[._]/g, ' ')} (${nameOf(notice)}). If that was not meant to be, look now.`,
    button: 'Open Countersign',
  };
