/**
 * What is said to the one who pressed a button: in the answer to it, which only they see. To one who wrote a message, in a chat
 * with them alone, since Teams shows everybody what stands in a channel.
 */
import type { JsonObject } from '@countersign/core';
import type { At } from '../channel.ts';
import { CODE_FIELD } from '../form.ts';
import { type HttpAnswer, type InboundCommand, type Reply, jsonAnswer, nothingToSay } from '../inbound.ts';
import type { CallBot } from './bot-api.ts';
import { cardActivity, requestCard } from './card.ts';
import { type Card, cardOf, execute, openUrl, textBlocks } from './elements.ts';

/** Teams waits longer for its answer, but not for what we say beside it. */
const TIMEOUT_MS = 4000;

const invokeAnswer = (type: string, value: string | object): HttpAnswer =>
  jsonAnswer({ statusCode: 200, type: `application/vnd.microsoft.${type}`, value });

const messageAnswer = (text: string): HttpAnswer => invokeAnswer('activity.message', text);
const cardAnswer = (card: Card): HttpAnswer => invokeAnswer('card.adaptive', card);

type Words = Extract<Reply, { type: 'words' }>;

const codeInput: JsonObject = {
  type: 'Input.Text',
  id: CODE_FIELD,
  label: 'Code of your account page',
  isRequired: true,
  errorMessage: 'Enter the code.',
  maxLength: 40,
};

/** It takes the card's place for them alone: so it leads back to it. */
const wordsCard = ({ words, link, offersLink }: Words, reference: string | null): Card =>
  cardOf(
    [...textBlocks(words), ...(offersLink ? [codeInput] : [])],
    [
      ...(offersLink ? [execute('link', 'Link', {}, { style: 'positive', takesInputs: true })] : []),
      ...(link ? [openUrl(link.url, link.label)] : []),
      ...(reference === null ? [] : [execute('look', 'Show the request', { reference })]),
    ],
  );

const sayAlone = async (callBot: CallBot, words: Words, { who }: InboundCommand, at: At): Promise<void> => {
  if (who.handle === undefined) return;
  const { app_id: appId, tenant_id: tenantId } = at.settings as { readonly app_id: string; readonly tenant_id: string };
  const chat = {
    bot: { id: `28:${appId}` },
    members: [{ id: who.handle }],
    isGroup: false,
    tenantId,
    channelData: { tenant: { id: tenantId } },
  };
  const made = await callBot({ method: 'POST', path: '/v3/conversations', body: chat }, at, TIMEOUT_MS);
  const { id } = made.answer;
  if (typeof id !== 'string') return;
  const path = `/v3/conversations/${encodeURIComponent(id)}/activities`;
  await callBot({ method: 'POST', path, body: cardActivity(wordsCard(words, null), words.words) }, at, TIMEOUT_MS);
};

const plainWords = (reply: Reply): string | null => {
  switch (reply.type) {
    case 'done':
      return 'Done.';
    case 'form':
      return 'Nothing was done: open the request.';
    case 'errors':
      return `Nothing was decided. ${reply.errors.map(({ field, detail }) => `${field}: ${detail}`).join('; ')}`;
    default:
      return null;
  }
};

export const answerTeams =
  (callBot: CallBot) =>
  async (reply: Reply, command: InboundCommand, at: At): Promise<HttpAnswer> => {
    const { is_press: isPress, reference } = command.context;
    if (isPress !== true) {
      // Nothing more can be said to them, and what they did is done.
      if (reply.type === 'words') await sayAlone(callBot, reply, command, at).catch(() => undefined);
      return nothingToSay;
    }
    if (reply.type === 'request') return cardAnswer(requestCard(reply.approval, reply.url, at));
    if (reply.type !== 'words') return messageAnswer(plainWords(reply) ?? '');
    if (reply.offersLink) return cardAnswer(wordsCard(reply, typeof reference === 'string' ? reference : null));
    return messageAnswer(reply.link ? `${reply.words} ${reply.link.label}: ${reply.link.url}` : reply.words);
  };
