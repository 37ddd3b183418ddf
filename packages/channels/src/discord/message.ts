/** A request as a Discord message: https://docs.discord.com/developers/resources/message and components/reference */
import type { JsonObject } from '@countersign/core';
import type { At, Notice, NoticeApproval } from '../channel.ts';
import { whyNotHere } from '../deciding.ts';
import { REPLY_WORDS, TEST_WORDS } from '../in-place.ts';
import { plainText, plainWithin } from './text.ts';

const TITLE_MAX = 256;
const DESCRIPTION_MAX = 4096;
const FIELD_MAX = 1024;
const FIELDS_MAX = 12;
/** Of everything in an embed together; the rest of the 6,000 is for what is always short. */
const ALL_MAX = 5000;

const COLORS = { pending: 0xb7791f, approved: 0x2f855a, rejected: 0xc53030, expired: 0x6b6860, cancelled: 0x6b6860 };

type Named = readonly [name: string, text: string];

const capital = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;

const besidesOf = ({ input, evidence, impact, explanation }: NoticeApproval): Named[] => [
  ...Object.entries(impact ?? {}).map(([when, what]): Named => [capital(when.replaceAll('_', ' ')), what]),
  ...(explanation === null ? [] : [['Written by the agent, not verified', explanation] as const]),
  ...(input === null ? [] : [['What the agent worked on', input] as const]),
  ...evidence.map(({ label, content }): Named => [`Evidence: ${label}`, content]),
];

/** Whether the message shows all of it (trust.md, A3, T28). */
const isShownWhole = (approval: NoticeApproval): boolean => {
  const besides = besidesOf(approval);
  const fields = besides.map(([name, text]) => plainText(name).length + plainText(text).length);
  const all = fields.reduce((sum, length) => sum + length, plainText(approval.content).length);
  return (
    plainText(approval.title).length < TITLE_MAX &&
    plainText(approval.content).length < DESCRIPTION_MAX &&
    besides.length <= FIELDS_MAX &&
    besides.every(([name, text]) => plainText(name).length < TITLE_MAX && plainText(text).length < FIELD_MAX) &&
    all <= ALL_MAX
  );
};

export const whyNotInDiscord = (approval: NoticeApproval, { settings }: Pick<At, 'settings'>): string | null =>
  whyNotHere(approval, settings) ??
  (isShownWhole(approval) ? null : 'It is too long to be shown here whole: open it to decide.');

const statusOf = ({ decision, approvedBy, claimedBy, status }: NoticeApproval): string => {
  if (status !== 'pending' && decision) {
    const by = `${capital(decision.outcome)} by ${decision.by}`;
    return decision.reason === null ? by : `${by}: ${decision.reason}`;
  }
  const votes = approvedBy.length > 0 ? ` Approved so far by ${approvedBy.join(', ')}.` : '';
  return `Waiting for a decision.${votes}${claimedBy === null ? '' : ` ${claimedBy} is looking at it.`}`;
};

/** Of at most 100 characters: the digest as base 64. */
export const idOf = (action: string, { id, digest }: Pick<NoticeApproval, 'id' | 'digest'>): string =>
  `${action}:${id}:${Buffer.from(digest.replace('sha256:', ''), 'hex').toString('base64url')}`;

const button = (style: number, label: string, customId: string): JsonObject => ({
  type: 2,
  style,
  label,
  custom_id: customId,
});
export const linkButton = (url: string, label = 'Open in Countersign'): JsonObject => ({
  type: 2,
  style: 5,
  label,
  url,
});
export const row = (...components: readonly JsonObject[]): JsonObject => ({ type: 1, components: [...components] });

const buttonsOf = (approval: NoticeApproval, url: string, at: Pick<At, 'settings'>): JsonObject => {
  if (approval.status !== 'pending') return row(linkButton(url));
  const canApprove = whyNotInDiscord(approval, at) === null;
  const canFill = approval.fields !== null && approval.fields.length <= 5;
  const isQuestion = approval.kind === 'question';
  return row(
    ...(canApprove && !isQuestion ? [button(3, 'Approve', idOf('approve', approval))] : []),
    ...(canApprove && isQuestion && canFill ? [button(3, 'Answer…', idOf('answer', approval))] : []),
    button(4, 'Reject…', idOf('reject', approval)),
    ...(canApprove && !isQuestion && canFill ? [button(2, 'Edit…', idOf('edit', approval))] : []),
    ...(approval.claimedBy === null ? [button(2, 'Claim', idOf('claim', approval))] : []),
    linkButton(url),
  );
};

const embedOf = (approval: NoticeApproval, at: Pick<At, 'settings'>): JsonObject => {
  const facts = [
    `${capital(approval.priority)} priority`,
    approval.tool ?? approval.checkpoint,
    ...(approval.risk === null ? [] : [approval.risk.replace('_', ' ')]),
    `asked by ${approval.requestedBy}`,
  ];
  const why = approval.status === 'pending' ? whyNotInDiscord(approval, at) : null;
  const shown = [
    ['Status', statusOf(approval)] as const,
    ['About', facts.join(' · ')] as const,
    ...besidesOf(approval).slice(0, FIELDS_MAX),
    ...(why === null ? [] : [['Not approved here', why] as const]),
  ];
  const isWhole = isShownWhole(approval);
  return {
    title: plainWithin(approval.title, TITLE_MAX),
    description: plainWithin(approval.content, isWhole ? DESCRIPTION_MAX : 1500),
    color: COLORS[approval.status],
    fields: shown.map(([name, text]) => ({
      name: plainWithin(name, TITLE_MAX),
      value: plainWithin(text, isWhole ? FIELD_MAX : 200) || '–',
    })),
    footer: { text: `Content ${approval.digest}` },
  };
};

const quiet = { allowed_mentions: { parse: [] } };

export const requestMessage = ({ approval, url, type, data }: Notice, at: Pick<At, 'settings'>): JsonObject => {
  if (approval) return { ...quiet, embeds: [embedOf(approval, at)], components: [buttonsOf(approval, url, at)] };
  const said = data['text'] ?? data['message'];
  const words = type === 'channel.test' ? TEST_WORDS : typeof said === 'string' ? said : type;
  return { ...quiet, content: plainWithin(words, 1900), components: [row(linkButton(url))] };
};

/** An answer to the message of the request, for what happens on the way. */
export const replyMessage = ({ type, actor, comment }: Notice, messageId: string): JsonObject => ({
  ...quiet,
  content: plainWithin(
    comment ? `${comment.author}: ${comment.body}` : `${REPLY_WORDS[type] ?? type} (${actor.name})`,
    1900,
  ),
  message_reference: { message_id: messageId, fail_if_not_exists: false },
});
