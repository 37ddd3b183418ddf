/**
 * Takes secrets out of JSON before it is stored, and puts them back right before a call. Where one was stands a marker
 * that says what it was and carries a salted digest of it: the same secret has the same marker in a workspace, so that
 * what is digested, compared and approved still stands for exactly one value (ADR 0046).
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Role } from '../authz.ts';
import { type Json, type JsonObject, canonicalize, isArray } from '../json.ts';
import { isCardNumber } from './checks.ts';
import { CERTAIN_FORMATS, LIKELY_FORMATS, LIKELY_NAME, type SecretFormat } from './formats.ts';
import { type Marks, marksOf, rootMarks } from './schema-marks.ts';

/** `marked`: fields that a tool's schema marks. `standard`: also what is surely a secret. `strict`: also what likely is one. */
export const REDACTION_MODES = ['off', 'marked', 'standard', 'strict'] as const;
export type RedactionMode = (typeof REDACTION_MODES)[number];

/** A workspace's own: members of these names, wherever they stand in a payload, and which roles are shown them. */
export type FieldRule = {
  readonly name: string;
  /** Compared without regard to case. */
  readonly fields: readonly string[];
  readonly visible_to: readonly Role[];
};

export type RedactionRules = {
  readonly mode: RedactionMode;
  readonly salt: Uint8Array;
  readonly fields?: readonly FieldRule[];
};

export type TakenSecret = { readonly marker: string; readonly plain: Json };
export type Redacted<T> = { readonly value: T; readonly taken: readonly TakenSecret[] };

const MARKER = /\[redacted: ([A-Za-z0-9. -]{1,60}), \d{1,7} characters?, [0-9a-f]{24}\]/g;
const DIGEST_BYTES = 12;
/** No format is shorter. */
const TEXT_LENGTH_MIN = 8;

/** Every marker in a value, also where it is part of a longer text. */
export const markersIn = (value: Json | undefined): string[] => [
  ...new Set(value === undefined ? [] : JSON.stringify(value).match(MARKER)),
];

/** What took out what the marker stands for: a rule of the workspace, or the name of a format. */
export const ruleOf = (marker: string): string => [...marker.matchAll(MARKER)][0]?.[1] ?? '';

const isMarker = (text: string): boolean => text.match(MARKER)?.[0] === text;

const markerOf = (name: string, plain: Json, { salt }: RedactionRules): string => {
  const text = canonicalize(plain);
  const { length } = typeof plain === 'string' ? plain : text;
  const digest = bytesToHex(hmac(sha256, salt, utf8ToBytes(text)).subarray(0, DIGEST_BYTES));
  return `[redacted: ${name}, ${length} character${length === 1 ? '' : 's'}, ${digest}]`;
};

type Span = { readonly from: number; readonly to: number; readonly name: string | null };

const spansOf = (text: string, formats: readonly SecretFormat[]): Span[] =>
  formats.flatMap(({ name, pattern, check }) =>
    [...text.matchAll(pattern)].flatMap((match): Span[] => {
      const secret = match.slice(1).find((group) => group !== undefined) ?? match[0];
      if (check && !check(secret)) return [];
      const from = match.index + match[0].lastIndexOf(secret);
      return [{ from, to: from + secret.length, name }];
    }),
  );

/** Takes secrets out of a text. What overlaps counts once: the one that begins first, the longer of two. */
const redactText = (text: string, rules: RedactionRules, taken: Map<string, Json>): string => {
  if (text.length < TEXT_LENGTH_MIN || rules.mode === 'off' || rules.mode === 'marked') return text;
  const formats = rules.mode === 'strict' ? [...CERTAIN_FORMATS, ...LIKELY_FORMATS] : CERTAIN_FORMATS;
  const found = spansOf(text, formats);
  if (found.length === 0) return text;
  // A marker that stands there already is no text to look into.
  const markers = [...text.matchAll(MARKER)].map(({ 0: all, index }): Span => ({
    from: index,
    to: index + all.length,
    name: null,
  }));
  const spans = [...markers, ...found].toSorted((a, b) => a.from - b.from || b.to - a.to);
  let result = '';
  let at = 0;
  for (const { from, to, name } of spans) {
    if (from < at) continue;
    const plain = text.slice(from, to);
    const marker = name === null ? plain : markerOf(name, plain, rules);
    if (name !== null) taken.set(marker, plain);
    result += text.slice(at, from) + marker;
    at = to;
  }
  return result + text.slice(at);
};

/** @param schema of the value, whose marks (`x-secret`, `writeOnly`, `format: password`) say what is secret whatever it looks like */
export const redact = <T extends Json>(
  value: T,
  rules: RedactionRules,
  schema: JsonObject | null = null,
): Redacted<T> => {
  if (rules.mode === 'off' && !rules.fields?.length) return { value, taken: [] };
  const taken = new Map<string, Json>();
  const named = new Map(
    (rules.fields ?? []).flatMap((rule) => rule.fields.map((field) => [field.toLowerCase(), rule.name])),
  );
  const whole = (plain: Json, name: string): Json => {
    if (plain === null || plain === '' || (typeof plain === 'string' && isMarker(plain))) return plain;
    const marker = markerOf(name, plain, rules);
    taken.set(marker, plain);
    return marker;
  };
  const walk = (at: Json, marks: Marks, name: string): Json => {
    if (marks.isSecret && rules.mode !== 'off') return whole(at, 'secret field');
    const rule = named.get(name.toLowerCase());
    if (rule !== undefined) return whole(at, rule);
    if (typeof at === 'string')
      return rules.mode === 'strict' && LIKELY_NAME.test(name)
        ? whole(at, 'named secret')
        : redactText(at, rules, taken);
    if (typeof at === 'number')
      return rules.mode !== 'marked' && rules.mode !== 'off' && Number.isSafeInteger(at) && isCardNumber(String(at))
        ? whole(at, 'card number')
        : at;
    if (at === null || typeof at !== 'object') return at;
    if (isArray(at)) return at.map((item, index) => walk(item, marksOf(marks, index), name));
    return Object.fromEntries(
      Object.entries(at).map(([key, member]) => [
        redactText(key, rules, taken),
        walk(member, marksOf(marks, key), key),
      ]),
    );
  };
  const result = walk(value, rootMarks(schema), '') as T;
  return { value: result, taken: [...taken].map(([marker, plain]) => ({ marker, plain })) };
};

/** Puts secrets back. A marker that `plainOf` does not know stays as it is: it is only a text. */
export const putBack = <T extends Json>(value: T, plainOf: (marker: string) => Json | undefined): T => {
  const text = (from: string): string =>
    from.replaceAll(MARKER, (marker) => {
      const plain = plainOf(marker);
      return plain === undefined ? marker : typeof plain === 'string' ? plain : canonicalize(plain);
    });
  const walk = (at: Json): Json => {
    if (typeof at === 'string') return isMarker(at) ? (plainOf(at) ?? at) : text(at);
    if (at === null || typeof at !== 'object') return at;
    if (isArray(at)) return at.map(walk);
    return Object.fromEntries(Object.entries(at).map(([key, member]) => [text(key), walk(member)]));
  };
  return walk(value) as T;
};
