/**
 * A request as a Slack message (Block Kit). What agents wrote is plain text or preformatted text, which Slack reads no markup,
 * mention or link in (trust.md, D6). Slack cuts at limits of its own, so everything is cut before, and said to be.
 */
import type { JsonObject } from '@countersign/core';
import type { Notice, NoticeApproval } from '../channel.ts';

const HEADER_MAX = 150;
const TEXT_MAX = 3000;
/** Of arguments or an output: more is read in Countersign, where all of it is. */
export const CONTENT_MAX = 2800;

/** In text that Slack reads as its markup: nothing in it can become a mention or a link. */
export const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`);

const plain = (text: string, max = TEXT_MAX): JsonObject => ({
  type: 'plain_text',
  // An empty text is refused.
  text: cut(text, max) || ' ',
  emoji: false,
});
const section = (text: string): JsonObject => ({ type: 'section', text: plain(text) });
const context = (...texts: readonly string[]): JsonObject => ({
  type: 'context',
  elements: texts.slice(0, 10).map((text) => plain(text, 300)),
});

const PRIORITY_WORDS = { low: 'Low', medium: 'Medium', high: 'High', critical: '⚠ Critical' } as const;

const statusLine = ({ status, decision }: NoticeApproval): string => {
  if (status === 'pending' || !decision) return 'Waiting for a decision';
  const by = `${decision.outcome.slice(0, 1).toUpperCase()}${decision.outcome.slice(1)} by ${decision.by}`;
  return decision.reason === null ? by : `${by}: ${decision.reason}`;
};

const contentBlocks = (content: string): JsonObject[] => {
  if (content === '') return [];
  const left = content.length - CONTENT_MAX;
  return [
    {
      type: 'rich_text',
      elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: content.slice(0, CONTENT_MAX) }] }],
    },
    ...(left > 0 ? [context(`${left} more characters: open the request to see all of it.`)] : []),
  ];
};

const openButton = (url: string): JsonObject => ({
  type: 'actions',
  elements: [{ type: 'button', action_id: 'open', text: plain('Open in Countersign', 75), url }],
});

/** The deadline in the time zone of whoever reads it. The text is ours: only numbers come in. */
const deadline = (at: Date): JsonObject => ({
  type: 'mrkdwn',
  text: `Until <!date^${Math.floor(at.getTime() / 1000)}^{date_short_pretty} {time}|${at.toISOString()}>`,
});

const requestBlocks = (approval: NoticeApproval, url: string): JsonObject[] => {
  const facts = [
    `${PRIORITY_WORDS[approval.priority]} priority`,
    approval.tool ?? approval.checkpoint,
    ...(approval.risk === null ? [] : [approval.risk.replace('_', ' ')]),
    ...(approval.agent === null ? [] : [`agent ${approval.agent}`]),
    `asked by ${approval.requestedBy}`,
  ];
  const isPending = approval.status === 'pending';
  return [
    { type: 'header', text: plain(approval.title, HEADER_MAX) },
    section(statusLine(approval)),
    {
      type: 'context',
      elements: [
        ...facts.map((fact) => plain(fact, 300)),
        ...(isPending && approval.expiresAt ? [deadline(approval.expiresAt)] : []),
      ],
    },
    ...contentBlocks(approval.content),
    ...Object.values(approval.impact ?? {})
      .slice(0, 3)
      .map(section),
    ...(isPending ? [context(`Why you are asked: ${approval.reason}`)] : []),
    ...(isPending && approval.explanation !== null
      ? [context(`Written by the agent, not verified: ${approval.explanation}`)]
      : []),
    openButton(url),
  ];
};

/** What happened to a request, for its thread. */
const WORDS: Readonly<Record<string, string>> = {
  'approval.stage_passed': 'The next stage is asked.',
  'approval.escalated': 'It was escalated.',
  'approval.reassigned': 'It was given to others.',
  'approval.reminder': 'It still waits.',
  'approval.overdue': 'It is overdue.',
  'approval.commented': 'There is a new comment.',
  'approval.extended': 'It has more time.',
  'approval.on_call': 'Nobody has opened it in time.',
  'approval.requested': 'It was asked again.',
};

export type SlackMessage = { readonly text: string; readonly blocks: readonly JsonObject[] };

/** The message of the request itself: the same, with what became of it, after every change. */
export const requestMessage = ({ approval, url, type }: Notice): SlackMessage =>
  approval
    ? {
        text: escapeText(cut(`${approval.title} (${statusLine(approval)})`, TEXT_MAX)),
        blocks: requestBlocks(approval, url),
      }
    : { text: escapeText(type), blocks: [section(type), openButton(url)] };

/** A line in its thread, which those hear of who take part in it. */
export const threadMessage = ({ type, actor, url }: Notice): SlackMessage => {
  const text = `${WORDS[type] ?? type} (${actor.name})`;
  return { text: escapeText(cut(text, TEXT_MAX)), blocks: [section(text), openButton(url)] };
};
