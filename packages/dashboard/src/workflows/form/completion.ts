/** What can follow at a place in an expression: names, members, secrets. */
import { type Names, type ValueType, nameOf } from '@countersign/core';

export type Option = {
  readonly text: string;
  /** Its type, in a word. */
  readonly type: string;
};

export type Completion = {
  /** Where what is replaced begins; it ends at the caret. */
  readonly from: number;
  readonly options: readonly Option[];
};

const OPTIONS_MAX = 12;

/** Where in a text an expression is being written: after the last open `{{`; the whole text where it is one. */
const expressionAt = (text: string, caret: number, isWhole: boolean): { readonly start: number } | null => {
  if (isWhole) return { start: 0 };
  const open = text.lastIndexOf('{{', caret - 1);
  if (open === -1 || text.slice(open, caret).includes('}}')) return null;
  return { start: open + 2 };
};

const membersOf = (type: ValueType | undefined): ReadonlyMap<string, ValueType> =>
  type !== undefined && type.kind === 'object' && 'members' in type ? type.members : new Map();

const PATH = /(?:^|[^\w.)\]"'])((?:[A-Za-z_]\w*\.)*)([A-Za-z_]\w*)?$/;

/** Inside of a text in the expression there is nothing to complete. */
const isQuoted = (expression: string): boolean => {
  let quote = '';
  for (let at = 0; at < expression.length; at += 1) {
    const char = expression[at] ?? '';
    if (quote === '') {
      if (char === '"' || char === "'") quote = char;
    } else if (char === '\\') at += 1;
    else if (char === quote) quote = '';
  }
  return quote !== '';
};

/**
 * @param names what expressions at the node may name
 * @param secrets names of secrets, where the field takes them
 */
export const complete = (
  text: string,
  caret: number,
  isWhole: boolean,
  names: Names,
  secrets: readonly string[] | null,
): Completion | null => {
  const place = expressionAt(text, caret, isWhole);
  if (place === null) return null;
  const before = text.slice(place.start, caret);
  if (isQuoted(before)) return null;
  const found = PATH.exec(before);
  if (found === null) return null;
  const path = (found[1] ?? '').split('.').slice(0, -1);
  const typed = found[2] ?? '';
  const [root, ...rest] = path;
  let candidates: readonly Option[];
  if (root === 'secrets' && secrets !== null && rest.length === 0)
    candidates = secrets.map((name) => ({ text: name, type: 'secret' }));
  else if (root === undefined) {
    const known = [...names].filter(([name]) => !name.startsWith('@'));
    candidates = [
      ...known.map(([name, type]) => ({ text: name, type: nameOf(type) })),
      ...(secrets === null ? [] : [{ text: 'secrets', type: 'by name alone' }]),
    ];
  } else {
    const type = rest.reduce<ValueType | undefined>((at, name) => membersOf(at).get(name), names.get(root));
    candidates = [...membersOf(type)].map(([name, member]) => ({ text: name, type: nameOf(member) }));
  }
  const lower = typed.toLowerCase();
  const options = candidates
    .filter((option) => option.text.toLowerCase().startsWith(lower) && option.text !== typed)
    .slice(0, OPTIONS_MAX);
  return options.length === 0 ? null : { from: caret - typed.length, options };
};
