/**
 * Elements of Block Kit. What agents wrote is plain or preformatted text, which Slack reads no markup, mention or link in
 * (trust.md, C5), with hidden characters as their code (C1). Slack refuses what is over its limits, so it is cut before.
 */
import type { JsonObject } from '@countersign/core';
import { visible } from '../visible.ts';

export const TEXT_MAX = 3000;
export const HEADER_MAX = 150;

/** In text that Slack reads as its markup: nothing in it can become a mention or a link. */
export const escapeText = (text: string): string =>
  visible(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`);

export const plain = (text: string, max = TEXT_MAX): JsonObject => ({
  type: 'plain_text',
  // An empty text is refused.
  text: cut(visible(text), max) || ' ',
  emoji: false,
});

export const header = (text: string): JsonObject => ({ type: 'header', text: plain(text, HEADER_MAX) });
export const section = (text: string): JsonObject => ({ type: 'section', text: plain(text) });
export const context = (...texts: readonly string[]): JsonObject => ({
  type: 'context',
  elements: texts.slice(0, 10).map((text) => plain(text, 300)),
});
export const preformatted = (text: string): JsonObject => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text }] }],
});

export const openButton = (url: string, label = 'Open in Countersign'): JsonObject => ({
  type: 'button',
  action_id: 'open',
  text: plain(label, 75),
  url,
});

type Look = 'primary' | 'danger' | null;

/** @param value what comes back when it is pressed */
export const actionButton = (
  action: string,
  label: string,
  value: string,
  look: Look = null,
  confirm: { readonly title: string; readonly text: string } | null = null,
): JsonObject => ({
  type: 'button',
  action_id: action,
  text: plain(label, 75),
  value,
  ...(look === null ? {} : { style: look }),
  ...(confirm === null
    ? {}
    : {
        confirm: {
          title: plain(confirm.title, 100),
          text: plain(confirm.text, 300),
          confirm: plain(label, 30),
          deny: plain('Back', 30),
        },
      }),
});

export const actions = (...elements: readonly JsonObject[]): JsonObject => ({
  type: 'actions',
  elements: [...elements],
});
