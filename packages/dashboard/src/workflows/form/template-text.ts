/** A template is JSON; in a field it is a text: what reads as JSON is a value, everything else the text itself. */
import { type Json, parseStrict } from '@countersign/core';

const LOOKS_LIKE_JSON = /^\s*(?:[[{"]|-?\d|true\s*$|false\s*$|null\s*$)/;

const valueIn = (text: string): Json | undefined => {
  // A reference alone begins with a brace too.
  if (!LOOKS_LIKE_JSON.test(text) || text.trimStart().startsWith('{{')) return undefined;
  const parsed = parseStrict(text);
  return parsed.ok ? parsed.value : undefined;
};

export const readTemplate = (text: string): Json => valueIn(text) ?? text;

export const writeTemplate = (value: Json | undefined): string => {
  if (value === undefined) return '';
  if (typeof value !== 'string') return JSON.stringify(value, null, 2);
  // A text that would be read as something else keeps its quotes.
  return valueIn(value) === undefined ? value : JSON.stringify(value);
};
