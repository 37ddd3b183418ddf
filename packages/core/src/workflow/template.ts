/** JSON with CEL between `{{` and `}}` in its texts. A text that is one expression alone becomes that expression's value. */
import type { Json } from '../json.ts';
import type { Bindings } from '../policy/expression.ts';
import { type Result, ok, refuse } from '../result.ts';
import { evaluateExpression } from './expression.ts';

type Part = { readonly text: string } | { readonly source: string };
export type TemplateProblem = { readonly pointer: string; readonly detail: string };

/** Where the expression that begins here ends: at the first `}}` outside of its own texts and braces; -1 if nowhere. */
const endOf = (text: string, from: number): number => {
  let depth = 0;
  let quote = '';
  for (let at = from; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (quote !== '') {
      if (char === '\\') at += 1;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '{') depth += 1;
    else if (char === '}' && depth > 0) depth -= 1;
    else if (char === '}' && text[at + 1] === '}') return at;
  }
  return -1;
};

const known = new Map<string, Result<readonly Part[], string>>();
const KNOWN_MAX = 5000;

export const parseTemplate = (text: string): Result<readonly Part[], string> => {
  const before = known.get(text);
  if (before) return before;
  const made = split(text);
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(text, made);
  return made;
};

const split = (text: string): Result<readonly Part[], string> => {
  const parts: Part[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf('{{', at);
    if (open === -1) break;
    const close = endOf(text, open + 2);
    if (close === -1) return refuse('has a {{ without its }}');
    if (open > at) parts.push({ text: text.slice(at, open) });
    parts.push({ source: text.slice(open + 2, close).trim() });
    at = close + 2;
  }
  if (at < text.length) parts.push({ text: text.slice(at) });
  return ok(parts);
};

const token = (key: string | number): string => String(key).replaceAll('~', '~0').replaceAll('/', '~1');

/** Calls back for every text of a template with its place (JSON Pointer). */
export const eachText = (value: Json, visit: (text: string, pointer: string) => void, pointer = ''): void => {
  if (typeof value === 'string') visit(value, pointer);
  else if (Array.isArray(value)) value.forEach((item: Json, index) => eachText(item, visit, `${pointer}/${index}`));
  else if (value !== null && typeof value === 'object')
    for (const [key, member] of Object.entries(value)) eachText(member, visit, `${pointer}/${token(key)}`);
};

/** The expressions of a template, each with the place of its text. */
export const expressionsOf = (value: Json): { readonly pointer: string; readonly source: string }[] => {
  const found: { pointer: string; source: string }[] = [];
  eachText(value, (text, pointer) => {
    const parts = parseTemplate(text);
    if (parts.ok) for (const part of parts.value) if ('source' in part) found.push({ pointer, source: part.source });
  });
  return found;
};

/** `{{ secrets.NAME }}`: stays a reference here, is put in where the call is made, and shows nowhere. */
export const SECRET_REFERENCE = /^secrets\.([A-Za-z_][A-Za-z0-9_]*)$/;

/** How a reference is written in what is kept and shown. */
export const secretText = (name: string): string => `{{secrets.${name}}}`;

export const textOfValue = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

const evaluatePart = (source: string, bindings: Bindings): Result<Json, string> => {
  const secret = SECRET_REFERENCE.exec(source)?.[1];
  return secret === undefined ? evaluateExpression(source, bindings) : ok(secretText(secret));
};

/** Fills a template in; refuses with the first text that can not be filled in. */
export const render = (template: Json, bindings: Bindings, pointer = ''): Result<Json, TemplateProblem> => {
  if (typeof template === 'string') return renderText(template, bindings, pointer);
  if (Array.isArray(template)) {
    const items: Json[] = [];
    for (const [index, item] of template.entries()) {
      const value = render(item as Json, bindings, `${pointer}/${index}`);
      if (!value.ok) return value;
      items.push(value.value);
    }
    return ok(items);
  }
  if (template === null || typeof template !== 'object') return ok(template);
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(template)) {
    const value = render(member, bindings, `${pointer}/${token(key)}`);
    if (!value.ok) return value;
    members.push([key, value.value]);
  }
  return ok(Object.fromEntries(members));
};

const renderText = (text: string, bindings: Bindings, pointer: string): Result<Json, TemplateProblem> => {
  const parts = parseTemplate(text);
  if (!parts.ok) return refuse({ pointer, detail: parts.refusal });
  const values: Json[] = [];
  for (const part of parts.value) {
    if ('text' in part) values.push(part.text);
    else {
      const value = evaluatePart(part.source, bindings);
      if (!value.ok) return refuse({ pointer, detail: `{{ ${part.source} }}: ${value.refusal}` });
      values.push(value.value);
    }
  }
  const [only] = parts.value;
  if (parts.value.length === 1 && only && 'source' in only) return ok(values[0] ?? null);
  return ok(values.map(textOfValue).join(''));
};
