/**
 * HookPulse's variables in ours: `{{ initial.key }}` and `{{ key }}` are of the input, `{{ step.response.key }}` of the step
 * before, `{{ charge-card.response.key }}` of the one of that name, `{{ #key }}` is a secret.
 */
import { type Json, type Result, ok, refuse } from '@countersign/core';

export type Names = {
  /** Node of the step before, if there is one. */
  readonly previous: string | undefined;
  /** Node of a step by its identifier. */
  readonly nodeOf: (identifier: string) => string | undefined;
};

const VARIABLE = /\{\{(.*?)\}\}/gs;
const WORD = /^[A-Za-z_][A-Za-z0-9_]*$/;
const INDEX = /^\d{1,9}$/;
/** CEL's own, which no member may be called without brackets. */
const RESERVED = new Set([
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
]);
const MORE_RESERVED = new Set(['package', 'namespace', 'return', 'var', 'void', 'while', 'true', 'false', 'null']);

const member = (part: string): string => {
  if (INDEX.test(part)) return `[${part}]`;
  return WORD.test(part) && !RESERVED.has(part) && !MORE_RESERVED.has(part) ? `.${part}` : `[${JSON.stringify(part)}]`;
};

const pathOf = (root: string, parts: readonly string[]): string => root + parts.map(member).join('');

/** `a.b[0].c` in its parts. */
const partsOf = (text: string): string[] => text.replaceAll(/\[(\d+)\]/g, '.$1').split('.');

/** The name under which a secret is kept here: theirs may be written otherwise. */
export const secretNameOf = (name: string): string =>
  name
    .trim()
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')
    .replace(/^([^A-Z])/, 'S_$1');

/** A variable as an expression of CEL. @returns the reason where it names nothing */
export const expressionOf = (variable: string, names: Names): Result<string, string> => {
  const text = variable.trim();
  const parts = partsOf(text);
  if (text === '' || parts.some((part) => part === '' || /[\s{}"'`]/.test(part)))
    return refuse(`{{ ${text} }} is no variable`);
  const [first = '', second, ...rest] = parts;
  if (first === 'initial') return ok(pathOf('input', parts.slice(1)));
  if (second !== 'response') return ok(pathOf('input', parts));
  const node = first === 'step' ? (names.nodeOf('step') ?? names.previous) : names.nodeOf(first);
  if (node === undefined)
    return refuse(
      first === 'step' ? `{{ ${text} }}: no step runs before this one` : `{{ ${text} }}: there is no step ${first}`,
    );
  return ok(pathOf(`steps.${node}.output`, rest));
};

const translateText = (text: string, names: Names): Result<string, string> => {
  let problem: string | undefined;
  const translated = text.replaceAll(VARIABLE, (_, variable: string) => {
    const secret = /^\s*#(.+)$/s.exec(variable)?.[1];
    if (secret !== undefined) return `{{ secrets.${secretNameOf(secret)} }}`;
    const expression = expressionOf(variable, names);
    if (expression.ok) return `{{ ${expression.value} }}`;
    problem ??= expression.refusal;
    return '';
  });
  return problem === undefined ? ok(translated) : refuse(problem);
};

/** A JSON value whose texts hold variables, as a template of ours. */
export const translate = (value: Json, names: Names): Result<Json, string> => {
  if (typeof value === 'string') return translateText(value, names);
  if (value === null || typeof value !== 'object') return ok(value);
  const entries: [string, Json][] = [];
  for (const [key, inner] of Object.entries(value)) {
    const translated = translate(inner, names);
    if (!translated.ok) return translated;
    entries.push([key, translated.value]);
  }
  return ok(Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries));
};

/** The pieces of a text: what stands in it, and what its variables are here. */
export type Piece = { readonly text: string } | { readonly template: string };

export const piecesOf = (text: string, names: Names): Result<Piece[], string> => {
  const pieces: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(VARIABLE)) {
    if (match.index > at) pieces.push({ text: text.slice(at, match.index) });
    const translated = translateText(match[0], names);
    if (!translated.ok) return translated;
    pieces.push({ template: translated.value });
    at = match.index + match[0].length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at) });
  return ok(pieces);
};

/** Whether a text names anything beside secrets. */
export const namesOnlySecrets = (text: string): boolean =>
  [...text.matchAll(VARIABLE)].every(([, variable = '']) => variable.trim().startsWith('#'));
