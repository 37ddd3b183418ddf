/** What is said to the one who clicked: a modal, an error in it, or a message that only they see. */
import type { JsonObject } from '@countersign/core';
import type { At } from '../channel.ts';
import { type HttpAnswer, type InboundCommand, type Reply, jsonAnswer, nothingToSay } from '../inbound.ts';
import { actionButton, actions, escapeText, openButton, section } from './elements.ts';
import { modalOf, wordsModal } from './modal.ts';
import { callSlack } from './web-api.ts';

/** Slack waits three seconds for its answer, and shows a warning after that. */
const TIMEOUT_MS = 2500;

type Words = Extract<Reply, { type: 'words' }>;

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

const ephemeralBlocks = ({ words, link, offersLink }: Words): JsonObject[] => {
  const buttons = [
    ...(offersLink ? [actionButton('link', 'Enter a code', 'link')] : []),
    ...(link ? [openButton(link.url, link.label)] : []),
  ];
  return [section(words), ...(buttons.length > 0 ? [actions(...buttons)] : [])];
};

const isSaid = async (call: Promise<{ readonly answer: { readonly ok?: boolean } | null }>): Promise<boolean> =>
  (await call.catch(() => null))?.answer?.ok === true;

/** In words only they see; by the click's own address where the app may not write to them by itself. */
const whisper = async (fetcher: typeof fetch, words: Words, command: InboundCommand, at: At): Promise<void> => {
  const { channel, thread, response_url: url } = command.context;
  const message = { text: escapeText(words.words), blocks: ephemeralBlocks(words) };
  const place = textOf(channel);
  const inThread = textOf(thread) === null ? {} : { thread_ts: textOf(thread) };
  const body = { channel: place, user: command.who.user, ...inThread, ...message };
  if (place && (await isSaid(callSlack(fetcher, 'chat.postEphemeral', body, at, { timeoutMs: TIMEOUT_MS })))) return;
  const address = textOf(url);
  if (address === null) return;
  await fetcher(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({ response_type: 'ephemeral', replace_original: false, ...message }),
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(() => undefined); // nothing more can be said to them, and what they did is done
};

export const answerSlack =
  (fetcher: typeof fetch) =>
  async (reply: Reply, command: InboundCommand, at: At): Promise<HttpAnswer> => {
    const { trigger, view, channel } = command.context;
    const isModal = typeof view === 'string';
    switch (reply.type) {
      case 'done':
      case 'request':
        return nothingToSay;
      case 'form': {
        const body = { trigger_id: trigger ?? '', view: modalOf(reply.form, textOf(channel)) };
        const opened = await isSaid(callSlack(fetcher, 'views.open', body, at, { timeoutMs: TIMEOUT_MS }));
        if (!opened) await whisper(fetcher, NOT_OPENED, command, at);
        return nothingToSay;
      }
      case 'errors': {
        const errors = reply.errors.map(({ field, detail }) => [`field:${field}`, detail]);
        return jsonAnswer({ response_action: 'errors', errors: Object.fromEntries(errors) });
      }
      case 'words':
        if (isModal) return jsonAnswer({ response_action: 'update', view: wordsModal(reply.words, reply.link) });
        await whisper(fetcher, reply, command, at);
        return nothingToSay;
    }
  };

const NOT_OPENED: Words = {
  type: 'words',
  words: 'Slack did not open the form in time. Nothing was decided: try again, or open the request.',
  link: null,
  offersLink: false,
};
