/** A request as a Slack message, and what happens to it on the way as lines of its thread. */
import type { JsonObject } from '@countersign/core';
import type { At, Notice, NoticeApproval } from '../channel.ts';
import { whyNotHere } from '../deciding.ts';
import { REPLY_WORDS, TEST_WORDS } from '../in-place.ts';
import { visible } from '../visible.ts';
import {
  HEADER_MAX,
  TEXT_MAX,
  actionButton,
  actions,
  context,
  cut,
  escapeText,
  header,
  openButton,
  plain,
  preformatted,
  section,
} from './elements.ts';

/** Of arguments or an output, and of all that is shown beside it: more is read in Countersign, where all of it is. */
const CONTENT_MAX = 2800;
const BESIDE_MAX = 1200;
const BESIDES_MAX = 6;

const PRIORITY_WORDS = { low: 'Low', medium: 'Medium', high: 'High', critical: '⚠ Critical' } as const;

const capital = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;

const statusLine = ({ status, decision, approvedBy, claimedBy }: NoticeApproval): string => {
  if (status === 'pending' || !decision) {
    const votes = approvedBy.length > 0 ? ` Approved so far by ${approvedBy.join(', ')}.` : '';
    const claim = claimedBy === null ? '' : ` ${claimedBy} is looking at it.`;
    return `Waiting for a decision.${votes}${claim}`;
  }
  const by = `${capital(decision.outcome)} by ${decision.by}`;
  return decision.reason === null ? by : `${by}: ${decision.reason}`;
};

/** What is shown beside the content, each with what it is. */
const besidesOf = ({ input, evidence, impact, explanation }: NoticeApproval): (readonly [string, string])[] => [
  ...Object.entries(impact ?? {}).map(([when, what]) => [capital(when.replaceAll('_', ' ')), what] as const),
  ...(explanation === null ? [] : [['Written by the agent, not verified', explanation] as const]),
  ...(input === null ? [] : [['What the agent worked on', input] as const]),
  ...evidence.map(({ label, content }) => [`Evidence: ${label}`, content] as const),
];

/** Whether the message shows all of the request (trust.md, A3, T28): nothing is approved on a part of it. */
const isShownWhole = (approval: NoticeApproval): boolean => {
  const besides = besidesOf(approval);
  return (
    visible(approval.content).length <= CONTENT_MAX &&
    visible(approval.title).length <= TEXT_MAX &&
    besides.length <= BESIDES_MAX &&
    besides.every(([label, text]) => visible(label).length + visible(text).length <= BESIDE_MAX)
  );
};

export const whyNotInSlack = (approval: NoticeApproval, { settings }: Pick<At, 'settings'>): string | null =>
  whyNotHere(approval, settings) ??
  (isShownWhole(approval) ? null : 'It is too long to be shown here whole: open it to decide.');

const contentBlocks = (content: string): JsonObject[] => {
  if (content === '') return [];
  const shown = visible(content);
  const left = shown.length - CONTENT_MAX;
  return [
    preformatted(shown.slice(0, CONTENT_MAX)),
    ...(left > 0 ? [context(`${left} more characters: open the request to see all of it.`)] : []),
  ];
};

const besideBlocks = (approval: NoticeApproval): JsonObject[] => {
  const all = besidesOf(approval);
  const left = all.length - BESIDES_MAX;
  return [
    ...all.slice(0, BESIDES_MAX).map(([label, text]) => section(cut(`${label}: ${text}`, BESIDE_MAX + 2))),
    ...(left > 0 ? [context(`${left} more parts: open the request to see them.`)] : []),
  ];
};

/** The deadline in the time zone of whoever reads it. The text is ours: only numbers come in. */
const deadline = (at: Date): JsonObject => ({
  type: 'mrkdwn',
  text: `Until <!date^${Math.floor(at.getTime() / 1000)}^{date_short_pretty} {time}|${at.toISOString()}>`,
});

const factsOf = (approval: NoticeApproval): string[] => [
  `${PRIORITY_WORDS[approval.priority]} priority`,
  approval.tool ?? approval.checkpoint,
  ...(approval.risk === null ? [] : [approval.risk.replace('_', ' ')]),
  ...(approval.agent === null ? [] : [`agent ${approval.agent}`]),
  `asked by ${approval.requestedBy}`,
];

/** What was seen comes back with the click: if it has changed since, nothing is decided on it. */
export const valueOf = ({ id, digest }: Pick<NoticeApproval, 'id' | 'digest'>): string => `${id} ${digest}`;

const CONFIRM = { title: 'Approve this?', text: 'Its priority is high. You have read all of it?' };

/** Only where clicks come back to us. */
const buttonsOf = (
  approval: NoticeApproval,
  url: string,
  at: Pick<At, 'settings'>,
  canAnswer: boolean,
): JsonObject[] => {
  if (approval.status !== 'pending' || !canAnswer) return [actions(openButton(url))];
  const why = whyNotInSlack(approval, at);
  const value = valueOf(approval);
  const isQuestion = approval.kind === 'question';
  const approve = isQuestion
    ? actionButton('answer', 'Answer…', value, 'primary')
    : actionButton('approve', 'Approve', value, 'primary', approval.priority === 'high' ? CONFIRM : null);
  const canFill = approval.fields !== null;
  return [
    ...(why === null ? [] : [context(why)]),
    actions(
      ...(why === null && (!isQuestion || canFill) ? [approve] : []),
      actionButton('reject', 'Reject…', value, 'danger'),
      ...(why === null && canFill && !isQuestion ? [actionButton('edit', 'Edit…', value)] : []),
      ...(approval.claimedBy === null ? [actionButton('claim', 'Claim', value)] : []),
      openButton(url),
    ),
  ];
};

const requestBlocks = (
  approval: NoticeApproval,
  url: string,
  at: Pick<At, 'settings'>,
  canAnswer: boolean,
): JsonObject[] => {
  const isPending = approval.status === 'pending';
  return [
    header(approval.title),
    ...(visible(approval.title).length > HEADER_MAX ? [section(approval.title)] : []),
    section(statusLine(approval)),
    {
      type: 'context',
      elements: [
        ...factsOf(approval).map((fact) => plain(fact, 300)),
        ...(isPending && approval.expiresAt ? [deadline(approval.expiresAt)] : []),
      ],
    },
    ...contentBlocks(approval.content),
    ...besideBlocks(approval),
    ...(isPending ? [context(`Why you are asked: ${approval.reason}`)] : []),
    context(`${approval.isEdited ? 'Changed by a reviewer. ' : ''}Content ${approval.digest}`),
    ...buttonsOf(approval, url, at, canAnswer),
  ];
};

/** What happened to a request, for its thread. */
const WORDS: Readonly<Record<string, string>> = { ...REPLY_WORDS, 'approval.commented': 'There is a new comment.' };

export type SlackMessage = { readonly text: string; readonly blocks: readonly JsonObject[] };

/** The message of the request itself: the same, with what became of it, after every change. */
export const requestMessage = (
  { approval, url, type, data }: Notice,
  at: Pick<At, 'settings'>,
  canAnswer: boolean,
): SlackMessage => {
  if (approval)
    return {
      text: cut(escapeText(`${approval.title} (${statusLine(approval)})`), TEXT_MAX),
      blocks: requestBlocks(approval, url, at, canAnswer),
    };
  const said = data['text'] ?? data['message'];
  const words = type === 'channel.test' ? TEST_WORDS : typeof said === 'string' ? said : type;
  return { text: cut(escapeText(words), TEXT_MAX), blocks: [section(words), actions(openButton(url))] };
};

/** A line in its thread, which those hear of who take part in it. */
export const threadMessage = ({ type, actor, url, comment }: Notice): SlackMessage => {
  const text = comment ? `${comment.author}: ${comment.body}` : `${WORDS[type] ?? type} (${actor.name})`;
  return { text: cut(escapeText(text), TEXT_MAX), blocks: [section(text), actions(openButton(url))] };
};
