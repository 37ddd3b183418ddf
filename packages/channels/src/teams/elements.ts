/**
 * Elements of adaptive cards: https://adaptivecards.io/explorer. What agents wrote stands in text runs, in which no markup, mention
 * or link is read (trust.md, C5), with hidden characters as their code (C1).
 */
import type { JsonObject } from '@countersign/core';
import type { Field } from '../form.ts';
import { visible } from '../visible.ts';

export const cut = (text: string, max: number): string => (text.length <= max ? text : `${text.slice(0, max - 1)}…`);

/** Runs of spaces come together where they are shown: these do not. */
const keepSpaces = (line: string): string => line.replaceAll(/^ +| {2,}/g, (spaces) => '\u{a0}'.repeat(spaces.length));

/** A block a line: a run shows no line’s end. */
export const textBlocks = (text: string, look: JsonObject = {}): JsonObject[] =>
  visible(text)
    .split('\n')
    .map((line, index) => ({
      type: 'RichTextBlock',
      ...(index === 0 ? {} : { spacing: 'None' }),
      inlines: [{ type: 'TextRun', text: keepSpaces(line) || ' ', ...look }],
    }));

export const quiet = { isSubtle: true, size: 'Small' };

export const boxed = (items: readonly JsonObject[]): JsonObject => ({
  type: 'Container',
  style: 'emphasis',
  items: [...items],
});

/** What was seen, or whatever else comes back when it is pressed. */
export type Data = Readonly<Record<string, string>>;

export const execute = (
  verb: string,
  title: string,
  data: Data,
  { style, takesInputs = false }: { readonly style?: 'positive' | 'destructive'; readonly takesInputs?: boolean } = {},
): JsonObject => ({
  type: 'Action.Execute',
  verb,
  title,
  data,
  associatedInputs: takesInputs ? 'auto' : 'none',
  ...(style === undefined ? {} : { style }),
});

export const openUrl = (url: string, title = 'Open in Countersign'): JsonObject => ({
  type: 'Action.OpenUrl',
  title,
  url,
});

export const showCard = (
  title: string,
  body: readonly JsonObject[],
  action: JsonObject,
  style?: 'positive' | 'destructive',
): JsonObject => ({
  type: 'Action.ShowCard',
  title,
  ...(style === undefined ? {} : { style }),
  card: { type: 'AdaptiveCard', body: [...body], actions: [action] },
});

/** A label is read as markup, and may be an agent's word. */
const isPlain = (text: string): boolean => /^[\p{L}\p{N}_ .,:-]+$/u.test(text);

/** @param prefix the form's: the inputs of all forms of a card have one set of names */
export const inputOf = (prefix: string, field: Field): JsonObject[] => {
  const { name, label, hint, type, choices, value, isRequired } = field;
  const shown = cut(visible(label), 100);
  const common = {
    id: `${prefix}:${name}`,
    isRequired,
    ...(isRequired ? { errorMessage: 'This is needed.' } : {}),
    ...(isPlain(shown) ? { label: shown } : {}),
  };
  const before = isPlain(shown) ? [] : textBlocks(shown);
  const placeholder = hint === null ? {} : { placeholder: cut(visible(hint), 200) };
  switch (type) {
    case 'boolean':
      return [
        ...before,
        { type: 'Input.Toggle', ...common, title: 'yes', value: value || 'false', valueOn: 'true', valueOff: 'false' },
      ];
    case 'choice':
      return [
        ...before,
        {
          type: 'Input.ChoiceSet',
          ...common,
          choices: choices.map((one) => ({ title: visible(one), value: one })),
          ...(value === '' ? {} : { value }),
        },
      ];
    case 'number':
    case 'text':
    case 'long_text':
      // A number as text, too: what is no number comes back as it is, and the schema says so.
      return [
        ...before,
        { type: 'Input.Text', ...common, ...placeholder, isMultiline: type === 'long_text', value, maxLength: 3000 },
      ];
  }
};

export type Card = JsonObject & { readonly type: 'AdaptiveCard' };

export const cardOf = (body: readonly JsonObject[], actions: readonly JsonObject[]): Card => ({
  type: 'AdaptiveCard',
  version: '1.5',
  body: [...body],
  actions: [...actions],
  msteams: { width: 'Full' },
});

/** What Teams takes of a message, with some to spare: https://learn.microsoft.com/microsoftteams/limits-specifications-teams */
export const CARD_BYTES_MAX = 24_000;

export const bytesOf = (value: object): number => Buffer.byteLength(JSON.stringify(value));
