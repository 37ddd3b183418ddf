/** What is unusual about a call, compared with calls like it that were approved: facts with numbers, each at its value. */
import { type Json, type JsonObject, canonicalize, diffJson, isArray, isObject } from '../json.ts';

export type Flag = {
  readonly pointer: string;
  readonly kind: 'changed' | 'unusual' | 'new_value' | 'mutable_reference';
  /** 1 to 3: how much it departs. */
  readonly severity: 1 | 2 | 3;
  readonly text: string;
};

const FLAGS_MAX = 5;
/** With fewer calls to compare with, a ratio says little. */
const SAMPLE_MIN = 5;
const RATIO_HIGH = 10;
const RATIO_NOTABLE = 3;
/** A value that differs in most calls (an id, a date) is not marked: it would only be noise. */
const VARIES_SHARE = 0.5;

/** Tool and the names and types of its arguments: calls of one shape can be compared. */
export const shapeOf = (tool: string, args: JsonObject | null): string => `${tool}(${args ? describe(args) : ''})`;

const describe = (value: Json): string => {
  if (isArray(value)) return `[${[...new Set(value.map(describe))].toSorted().join('|')}]`;
  if (isObject(value))
    return `{${Object.keys(value)
      .toSorted()
      .map((key) => `${key}:${describe(value[key] ?? null)}`)
      .join(',')}}`;
  return value === null ? 'null' : typeof value;
};

type Leaf = { readonly pointer: string; readonly value: Json };

const leaves = (value: Json, pointer = ''): Leaf[] => {
  if (isObject(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([key, member]) =>
      leaves(member, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
    );
  return [{ pointer, value }];
};

const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

const round = (number: number): string =>
  number >= 100 ? Math.round(number).toString() : number.toFixed(1).replace(/\.0$/, '');

/**
 * At most five flags, the strongest first.
 *
 * @param past arguments of approved calls of the same shape, newest first
 */
export const findUnusual = (args: JsonObject, past: readonly JsonObject[]): Flag[] => {
  if (past.length === 0) return [];
  const before = past.map((call) => new Map(leaves(call).map(({ pointer, value }) => [pointer, value])));
  return leaves(args)
    .flatMap(({ pointer, value }) => flagsAt(pointer, value, before))
    .toSorted((a, b) => b.severity - a.severity)
    .slice(0, FLAGS_MAX);
};

const flagsAt = (pointer: string, value: Json, before: readonly ReadonlyMap<string, Json>[]): Flag[] => {
  const values = before.map((call) => call.get(pointer)).filter((known) => known !== undefined);
  if (typeof value === 'number')
    return numberFlags(
      pointer,
      value,
      values.filter((known) => typeof known === 'number'),
    );
  if (typeof value !== 'string' || values.length < SAMPLE_MIN) return [];
  const distinct = new Set(values.map((known) => canonicalize(known)));
  if (distinct.has(canonicalize(value)) || distinct.size / values.length > VARIES_SHARE) return [];
  const usual = distinct.size === 1 ? ` (always ${[...distinct][0]})` : '';
  return [
    { pointer, kind: 'new_value', severity: 2, text: `never seen in the last ${values.length} approved calls${usual}` },
  ];
};

const numberFlags = (pointer: string, value: number, past: readonly number[]): Flag[] => {
  if (past.length < SAMPLE_MIN) return [];
  const typical = median(past);
  const most = Math.max(...past);
  if (typical <= 0 || value <= most) return [];
  const ratio = value / typical;
  if (ratio < RATIO_NOTABLE) return [];
  const text = `${round(ratio)}× the median of ${round(typical)} in the last ${past.length} approved calls; the most so far was ${round(most)}`;
  return [{ pointer, kind: 'unusual', severity: ratio >= RATIO_HIGH ? 3 : 2, text }];
};

/** Where a call differs from the last approved one like it. */
export const differencesFrom = (args: JsonObject, baseline: JsonObject | undefined) =>
  baseline === undefined ? [] : diffJson(baseline, args);
