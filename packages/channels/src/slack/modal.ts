/** Forms as Slack's modals: https://docs.slack.dev/surfaces/modals */
import type { JsonObject } from '@countersign/core';
import type { Field, Form } from '../form.ts';
import { cut, plain, section } from './elements.ts';

/** What a modal keeps for us, and gives back when it is submitted. */
export type ModalContext = {
  readonly kind: Form['kind'];
  readonly about: Form['about'];
  readonly channel: string | null;
};

const option = (value: string, label = value): JsonObject => ({ text: plain(label, 75), value });

const CHOICES_OF_BOOLEAN = [option('true', 'Yes'), option('false', 'No')];

const elementOf = ({ type, value, choices }: Field): JsonObject => {
  const input = { action_id: 'value' };
  if (type === 'boolean' || type === 'choice') {
    const options = type === 'boolean' ? CHOICES_OF_BOOLEAN : choices.map((choice) => option(choice));
    const chosen = options.find((one) => one['value'] === value);
    return { ...input, type: 'static_select', options, ...(chosen ? { initial_option: chosen } : {}) };
  }
  // Numbers are text here: what Slack calls a number has no more than its own precision.
  return {
    ...input,
    type: 'plain_text_input',
    multiline: type === 'long_text',
    ...(value === '' ? {} : { initial_value: value }),
  };
};

const inputOf = (field: Field): JsonObject => ({
  type: 'input',
  block_id: `field:${field.name}`,
  label: plain(field.label, 2000),
  optional: !field.isRequired,
  ...(field.hint === null ? {} : { hint: plain(field.hint, 2000) }),
  element: elementOf(field),
});

export const modalOf = (form: Form, channel: string | null): JsonObject => {
  const context: ModalContext = { kind: form.kind, about: form.about, channel };
  return {
    type: 'modal',
    callback_id: form.kind,
    private_metadata: JSON.stringify(context),
    title: plain(form.title, 24),
    submit: plain(form.submit, 24),
    close: plain('Back', 24),
    blocks: [...form.lines.map(section), ...form.fields.map(inputOf)],
  };
};

/** A modal that only says something, in place of the one that was submitted. */
export const wordsModal = (
  words: string,
  link: { readonly label: string; readonly url: string } | null,
): JsonObject => ({
  type: 'modal',
  title: plain('Countersign', 24),
  close: plain('Close', 24),
  blocks: [
    section(words),
    ...(link === null
      ? []
      : [
          {
            type: 'actions',
            elements: [{ type: 'button', action_id: 'open', text: plain(cut(link.label, 75), 75), url: link.url }],
          },
        ]),
  ],
});
