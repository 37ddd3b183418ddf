/** A request as an adaptive card. Forms unfold in it: nothing has to be asked of us before they are filled in. */
import type { JsonObject } from '@countersign/core';
import type { At, Notice, NoticeApproval } from '../channel.ts';
import { whyNotHere } from '../deciding.ts';
import { REPLY_WORDS, TEST_WORDS } from '../in-place.ts';
import {
  CARD_BYTES_MAX,
  type Card,
  type Data,
  boxed,
  bytesOf,
  cardOf,
  cut,
  execute,
  inputOf,
  openUrl,
  quiet,
  showCard,
  textBlocks,
} from './elements.ts';

/** Of what is shown of a request; the rest of a card is for its forms. */
const SHOWN_BYTES_MAX = 18_000;
const BESIDES_MAX = 12;
const REASON_MAX = 2000;

const capital = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;

const statusOf = ({ status, decision, approvedBy, claimedBy }: NoticeApproval): string => {
  if (status !== 'pending' && decision) {
    const by = `${capital(decision.outcome)} by ${decision.by}`;
    return decision.reason === null ? by : `${by}: ${decision.reason}`;
  }
  const votes = approvedBy.length > 0 ? ` Approved so far by ${approvedBy.join(', ')}.` : '';
  return `Waiting for a decision.${votes}${claimedBy === null ? '' : ` ${claimedBy} is looking at it.`}`;
};

const COLORS = {
  pending: 'warning',
  approved: 'good',
  rejected: 'attention',
  expired: 'default',
  cancelled: 'default',
} as const;

const besidesOf = ({ input, evidence, impact, explanation }: NoticeApproval): (readonly [string, string])[] => [
  ...Object.entries(impact ?? {}).map(([when, what]) => [capital(when.replaceAll('_', ' ')), what] as const),
  ...(explanation === null ? [] : [['Written by the agent, not verified', explanation] as const]),
  ...(input === null ? [] : [['What the agent worked on', input] as const]),
  ...evidence.map(({ label, content }) => [`Evidence: ${label}`, content] as const),
];

const labelled = (label: string, text: string): JsonObject[] => [
  ...textBlocks(label, { weight: 'Bolder', size: 'Small' }),
  ...textBlocks(text),
];

const wholeContent = (approval: NoticeApproval): JsonObject[] => [
  ...textBlocks(approval.title, { weight: 'Bolder', size: 'Large' }),
  ...(approval.content === '' ? [] : [boxed(textBlocks(approval.content, { fontType: 'Monospace' }))]),
  ...besidesOf(approval).flatMap(([label, text]) => labelled(label, text)),
];

/** Whether the card shows all of the request (trust.md, A3, T28): nothing is approved on a part of it. */
const isShownWhole = (approval: NoticeApproval): boolean =>
  besidesOf(approval).length <= BESIDES_MAX && bytesOf(wholeContent(approval)) <= SHOWN_BYTES_MAX;

export const whyNotInTeams = (approval: NoticeApproval, { settings }: Pick<At, 'settings'>): string | null =>
  whyNotHere(approval, settings) ??
  (isShownWhole(approval) ? null : 'It is too long to be shown here whole: open it to decide.');

const LEFT_OUT = 'There is more: open the request to see all of it.';

const partOfContent = (approval: NoticeApproval): JsonObject[] => [
  ...textBlocks(cut(approval.title, 300), { weight: 'Bolder', size: 'Large' }),
  boxed(textBlocks(firstLines(approval.content), { fontType: 'Monospace' })),
  ...besidesOf(approval)
    .slice(0, 6)
    .flatMap(([label, text]) => labelled(cut(label, 100), cut(text.replaceAll('\n', ' '), 300))),
  ...textBlocks(LEFT_OUT, quiet),
];

const firstLines = (text: string): string => cut(text.split('\n').slice(0, 30).join('\n'), 1500);

/** The deadline in the time zone of whoever reads it. The text is ours: only numbers come in. */
const deadline = (at: Date): JsonObject => {
  const moment = `${at.toISOString().slice(0, 19)}Z`;
  return { type: 'TextBlock', text: `Until {{DATE(${moment}, SHORT)}}, {{TIME(${moment})}}`, ...quiet, wrap: true };
};

const factsOf = (approval: NoticeApproval): string =>
  [
    `${capital(approval.priority)} priority`,
    approval.tool ?? approval.checkpoint,
    ...(approval.risk === null ? [] : [approval.risk.replace('_', ' ')]),
    ...(approval.agent === null ? [] : [`agent ${approval.agent}`]),
    `asked by ${approval.requestedBy}`,
  ].join(' · ');

const bodyOf = (approval: NoticeApproval, why: string | null): JsonObject[] => {
  const isPending = approval.status === 'pending';
  return [
    ...textBlocks(statusOf(approval), { weight: 'Bolder', color: COLORS[approval.status] }),
    ...(isShownWhole(approval) ? wholeContent(approval) : partOfContent(approval)),
    ...textBlocks(factsOf(approval), quiet),
    ...(isPending && approval.expiresAt ? [deadline(approval.expiresAt)] : []),
    ...(isPending ? textBlocks(`Why you are asked: ${approval.reason}`, quiet) : []),
    ...textBlocks(`${approval.isEdited ? 'Changed by a reviewer. ' : ''}Content ${approval.digest}`, quiet),
    ...(why === null ? [] : textBlocks(why, { weight: 'Bolder' })),
  ];
};

/** What was seen comes back with the click: if it has changed since, nothing is decided on it. */
export const dataOf = ({ id, digest }: Pick<NoticeApproval, 'id' | 'digest'>): Data => ({ approval: id, digest });

const reasonInput = (isRequired: boolean): JsonObject => ({
  type: 'Input.Text',
  id: 'reject:reason',
  label: 'Reason',
  placeholder: 'The agent is told it, and it stands in the record.',
  isMultiline: true,
  isRequired,
  ...(isRequired ? { errorMessage: 'A reason is needed.' } : {}),
  maxLength: REASON_MAX,
});

const approveAction = (approval: NoticeApproval): JsonObject => {
  const approve = execute('approve', 'Approve', dataOf(approval), { style: 'positive' });
  return approval.priority === 'high'
    ? showCard('Approve…', textBlocks('Its priority is high. You have read all of it?'), approve, 'positive')
    : approve;
};

const formAction = (approval: NoticeApproval): JsonObject | null => {
  if (approval.fields === null) return null;
  const isQuestion = approval.kind === 'question';
  const verb = isQuestion ? 'answer' : 'edit';
  const send = execute(verb, isQuestion ? 'Send the answer' : 'Approve the edit', dataOf(approval), {
    style: 'positive',
    takesInputs: true,
  });
  const inputs = approval.fields.flatMap((field) => inputOf(verb, field));
  return isQuestion ? showCard('Answer…', inputs, send, 'positive') : showCard('Edit…', inputs, send);
};

const rejectAction = (approval: NoticeApproval): JsonObject =>
  showCard(
    'Reject…',
    [reasonInput(approval.isReasonRequired)],
    execute('reject', 'Reject', dataOf(approval), { style: 'destructive', takesInputs: true }),
    'destructive',
  );

/** A form is left out where the card would get too long by it. */
export const requestCard = (approval: NoticeApproval, url: string, at: Pick<At, 'settings'>): Card => {
  if (approval.status !== 'pending') return cardOf(bodyOf(approval, null), [openUrl(url)]);
  const why = whyNotInTeams(approval, at);
  const form = why === null ? formAction(approval) : null;
  const actionsWith = (filled: JsonObject | null): JsonObject[] => [
    ...(why === null && approval.kind !== 'question' ? [approveAction(approval)] : []),
    ...(filled && approval.kind === 'question' ? [filled] : []),
    rejectAction(approval),
    ...(filled && approval.kind !== 'question' ? [filled] : []),
    ...(approval.claimedBy === null ? [execute('claim', 'Claim', dataOf(approval))] : []),
    openUrl(url),
  ];
  const body = bodyOf(approval, why);
  const whole = cardOf(body, actionsWith(form));
  return bytesOf(whole) <= CARD_BYTES_MAX ? whole : cardOf(body, actionsWith(null));
};

/** A message with a card. `summary` is what a notification shows of it. */
export const cardActivity = (card: Card, summary: string): JsonObject => ({
  type: 'message',
  summary: cut(summary, 300),
  attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: card }],
});

/** The message of the request itself: the same, with what became of it, after every change. */
export const requestActivity = ({ approval, url, type, data }: Notice, at: Pick<At, 'settings'>): JsonObject => {
  if (approval)
    return cardActivity(
      requestCard(approval, url, at),
      `${approval.title} (${statusOf(approval)})`.replaceAll('\n', ' '),
    );
  const said = data['text'] ?? data['message'];
  const words = type === 'channel.test' ? TEST_WORDS : typeof said === 'string' ? said : type;
  return cardActivity(cardOf(textBlocks(cut(words, 5000)), [openUrl(url)]), words);
};

/** A line below the message of the request. */
export const replyActivity = ({ type, actor, url, comment }: Notice): JsonObject => {
  const text = comment ? `${comment.author}: ${comment.body}` : `${REPLY_WORDS[type] ?? type} (${actor.name})`;
  return cardActivity(cardOf(textBlocks(cut(text, 5000)), [openUrl(url)]), text);
};
