/**
 * What a notification says: what the channel may say, in the few lines that a notification shows. Its buttons decide only
 * what is shown there whole, of low or medium priority (trust.md, T28); all else opens the page.
 */
import type { JsonObject } from '@countersign/core';
import type { At, Notice, NoticeApproval } from '../channel.ts';
import { whyNotHere } from '../deciding.ts';
import { wordsOf } from '../email/words.ts';
import { oneLine, visible } from '../visible.ts';

/** Systems cut a notification at about as much. */
const TITLE_MAX = 60;
const CONTENT_MAX = 120;

/** A value a line takes less room than indented JSON. */
const compact = (content: string): string => {
  try {
    return visible(JSON.stringify(JSON.parse(content)));
  } catch {
    return visible(content);
  }
};

const isShownWhole = (approval: NoticeApproval): boolean =>
  visible(approval.title).length <= TITLE_MAX &&
  compact(approval.content).length <= CONTENT_MAX &&
  approval.explanation === null &&
  approval.input === null &&
  approval.impact === null &&
  approval.evidence.length === 0;

const whyNotByPush = (approval: NoticeApproval, { settings }: Pick<At, 'settings'>): string | null => {
  const why = whyNotHere(approval, settings);
  if (why !== null) return why;
  if (approval.priority !== 'low' && approval.priority !== 'medium')
    return `Of ${approval.priority} priority nothing is decided in a notification.`;
  if (approval.kind === 'question') return 'It has to be answered.';
  return isShownWhole(approval) ? null : 'It is too long to be shown here whole.';
};

const pendingBody = (approval: NoticeApproval): string => {
  const content = compact(approval.content);
  return [
    `${approval.tool ?? approval.checkpoint}, asked by ${oneLine(approval.requestedBy, 60)}`,
    ...(approval.content === '' ? [] : [content.length <= CONTENT_MAX ? content : `${content.slice(0, CONTENT_MAX)}…`]),
  ].join('\n');
};

const outcomeOf = ({ decision, status }: NoticeApproval): string =>
  decision ? `${decision.outcome} by ${decision.by}` : status;

const capital = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;

/** What the service worker gets: its other half is dashboard/public/sw.js. */
export const pushPayload = (notice: Notice, at: Pick<At, 'settings'>, personId: string): JsonObject => {
  const { approval, url, subject, type } = notice;
  const common = { id: notice.id, tag: subject, for: personId, url };
  if (!approval) {
    const title = type === 'channel.test' ? 'This is a test' : wordsOf(notice).sentence;
    const body = type === 'channel.test' ? 'Notifications from Countersign reach this browser.' : notice.workspace.name;
    return { ...common, title: oneLine(title, TITLE_MAX), body: oneLine(body), actions: [], is_quiet: false };
  }
  const title = oneLine(approval.title, TITLE_MAX);
  if (approval.status !== 'pending')
    return { ...common, title, body: capital(oneLine(outcomeOf(approval))), actions: [], is_quiet: true };
  const canDecide = whyNotByPush(approval, at) === null;
  return {
    ...common,
    title: canDecide ? title : oneLine(`${capital(approval.priority)}: ${approval.title}`, TITLE_MAX),
    body: pendingBody(approval),
    approval: approval.id,
    digest: approval.digest,
    // A reason can't be written in a notification.
    actions: canDecide ? (approval.isReasonRequired ? ['approve'] : ['approve', 'reject']) : [],
    is_quiet: false,
  };
};
