/** A request as a text message, and as it is read out. Both say what waits and where, and neither shows it whole. */
import type { Notice } from '../channel.ts';
import { oneLine } from '../visible.ts';

const TITLE_MAX = 140;

/** What a message with a code is of: no event, since nothing happened. */
export const CODE_TYPE = 'channel.code';

const FACTS: Readonly<Record<string, string>> = {
  'approval.requested': 'waits for your decision',
  'approval.stage_passed': 'waits for your decision now',
  'approval.escalated': 'was escalated to you',
  'approval.reassigned': 'was given to you',
  'approval.reminder': 'still waits for your decision',
  'approval.overdue': 'is overdue',
  'approval.on_call': 'waits, and nobody has opened it',
};

/** No phone makes a link of what an agent wrote: the only one is ours. */
const unlinked = (text: string): string =>
  text.replace(/:\/\//g, ': //').replace(/([a-z0-9])\.([a-z]{2,})/gi, '$1 .$2');

const titleOf = ({ approval }: Notice): string => unlinked(oneLine(approval?.title ?? '', TITLE_MAX));

export const textOf = (notice: Notice): string => {
  const { approval, type, data, url, workspace } = notice;
  if (type === CODE_TYPE)
    return `${data['code'] as string} is your code for Countersign. Give it to nobody; whoever asks you for it is not us.`;
  if (!approval)
    return `Countersign (${oneLine(workspace.name, 60)}): this is a test. Text messages reach this number.`;
  const until = approval.expiresAt === null ? '' : `, until ${approval.expiresAt.toISOString().slice(11, 16)} UTC`;
  const by = unlinked(oneLine(approval.requestedBy, 60));
  return `Countersign (${unlinked(oneLine(workspace.name, 60))}): "${titleOf(notice)}" ${FACTS[type] ?? 'has news'}. ${approval.priority} priority, asked by ${by}${until}. Decide on its page: ${url} Answers to this message decide nothing.`;
};

/** What is said on the phone. */
export const speechOf = (notice: Notice): string => {
  const { approval, type, data, workspace } = notice;
  const digits = ((data['code'] as string | undefined) ?? '').split('').join(', ');
  if (type === CODE_TYPE)
    return `This is Countersign. Your code is: ${digits}. Once more: ${digits}. Give it to nobody.`;
  if (!approval) return 'This is Countersign. This is a test. Calls reach this number. Goodbye.';
  return `This is Countersign, for ${oneLine(workspace.name, 60)}. A request of ${approval.priority} priority ${FACTS[type] ?? 'has news'}. ${titleOf(notice)}. It was asked by ${oneLine(approval.requestedBy, 60)}. Sign in to Countersign to see it whole and decide. Nothing is decided on this call.`;
};

export const OFFER = 'Press 1 to say that you are looking at it.';
