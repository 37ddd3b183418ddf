/** What is said to the one who clicked, in the answer to their click: a modal, or a message that only they see. */
import type { JsonObject } from '@countersign/core';
import type { Field, Form } from '../form.ts';
import { type HttpAnswer, type Reply, jsonAnswer } from '../inbound.ts';
import { idOf, linkButton, row } from './message.ts';
import { DEFERRED_UPDATE } from './receive.ts';
import { plainText, plainWithin } from './text.ts';

const MESSAGE = 4;
const MODAL = 9;
const ONLY_THEM = 64;
const FIELDS_MAX = 5;
const LABEL_MAX = 45;

const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`);

/** Discord's modals know text alone: choices stand in the hint, and what is none of them is refused by the schema. */
const inputOf = ({ name, label, type, value, isRequired, choices, hint }: Field): JsonObject =>
  row({
    type: 4,
    custom_id: name,
    label: cut(label, LABEL_MAX),
    style: type === 'long_text' ? 2 : 1,
    required: isRequired,
    placeholder: cut(
      type === 'boolean' ? 'true or false' : choices.length > 0 ? choices.join(', ') : (hint ?? ''),
      100,
    ),
    ...(value === '' ? {} : { value }),
  });

const modalOf = ({ kind, title, fields, about }: Form): JsonObject => ({
  custom_id: about ? idOf(kind, { id: about.approvalId, digest: about.digest }) : kind,
  title: cut(title, LABEL_MAX),
  components: fields.map(inputOf),
});

const whisper = (words: string, components: readonly JsonObject[]): HttpAnswer =>
  jsonAnswer({
    type: MESSAGE,
    data: {
      flags: ONLY_THEM,
      content: plainWithin(words, 1900),
      allowed_mentions: { parse: [] },
      ...(components.length > 0 ? { components: [row(...components)] } : {}),
    },
  });

const LINK_BUTTON: JsonObject = { type: 2, style: 2, label: 'Enter a code', custom_id: 'link' };

export const answerDiscord = (reply: Reply): HttpAnswer => {
  switch (reply.type) {
    case 'done':
    case 'request':
      return jsonAnswer(DEFERRED_UPDATE);
    case 'form':
      return reply.form.fields.length > FIELDS_MAX
        ? whisper('This is too much for a form: open the request.', [])
        : jsonAnswer({ type: MODAL, data: modalOf(reply.form) });
    case 'errors':
      return whisper(
        `Nothing was decided. ${reply.errors.map(({ field, detail }) => `${field}: ${plainText(detail)}`).join('; ')}`,
        [],
      );
    case 'words':
      return whisper(reply.words, [
        ...(reply.offersLink ? [LINK_BUTTON] : []),
        ...(reply.link ? [linkButton(reply.link.url, cut(reply.link.label, 80))] : []),
      ]);
  }
};
