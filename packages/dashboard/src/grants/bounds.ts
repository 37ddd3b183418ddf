/** The bounds of a grant: prefilled from a call, and in words. Pure. */
import type { WireGrant } from '@countersign/contract';
import { type Json, type JsonObject, isArray, isObject } from '@countersign/core';

export type BoundKind = 'equals' | 'like' | 'at_most' | 'any';

/** One argument in the dialog. `text` is what stands in its field. */
export type BoundRow = {
  readonly argument: string;
  readonly value: Json;
  readonly kind: BoundKind;
  readonly text: string;
};

/** Arguments by dotted path; lists and names that a path can't hold are left to "equals". */
const leavesOf = (args: JsonObject, before = ''): { readonly argument: string; readonly value: Json }[] =>
  Object.entries(args).flatMap(([name, value]) => {
    const argument = `${before}${name}`;
    if (!/^[A-Za-z0-9_]+$/.test(name)) return [];
    return isObject(value) && Object.keys(value).length > 0 ? leavesOf(value, `${argument}.`) : [{ argument, value }];
  });

/** Whether every argument can be named in a bound; one that can't would be left open by the grant without being seen. */
export const hasUnnameable = (args: JsonObject): boolean =>
  Object.entries(args).some(
    ([name, value]) => !/^[A-Za-z0-9_]+$/.test(name) || (isObject(value) && hasUnnameable(value)),
  );

export const kindsFor = (value: Json): readonly BoundKind[] => {
  if (typeof value === 'number') return ['equals', 'at_most', 'any'];
  return typeof value === 'string' ? ['equals', 'like', 'any'] : ['equals', 'any'];
};

/** The narrowest grant: everything as in this call. Widening is a choice for each argument. */
export const rowsFrom = (args: JsonObject): BoundRow[] =>
  leavesOf(args).map(({ argument, value }) => ({
    argument,
    value,
    kind: 'equals',
    text: typeof value === 'string' ? value : JSON.stringify(value),
  }));

type WireBound = WireGrant['bounds']['bounds'][number];

/** @returns the bound, `null` for none, or an Error that says what is wrong with its text. */
export const boundOf = (row: BoundRow): WireBound | null | Error => {
  switch (row.kind) {
    case 'any':
      return null;
    case 'equals':
      return { argument: row.argument, equals: row.value as Exclude<WireBound['equals'], undefined> };
    case 'like':
      return row.text.trim() === ''
        ? new Error('write a pattern, such as ch_*')
        : { argument: row.argument, like: row.text };
    case 'at_most': {
      const limit = Number(row.text);
      return row.text.trim() === '' || !Number.isFinite(limit)
        ? new Error('must be a number')
        : { argument: row.argument, at_most: limit };
    }
  }
};

const written = (value: Json | undefined): string =>
  typeof value === 'string'
    ? `“${value}”`
    : value !== undefined && isArray(value)
      ? JSON.stringify(value)
      : JSON.stringify(value);

/** Each bound as words after the argument's name. */
export const boundWords = (bound: WireBound): string => {
  if (bound.at_most !== undefined) return `at most ${bound.at_most}`;
  return bound.like === undefined ? `is ${written(bound.equals)}` : `like ${bound.like}`;
};

export const grantSentence = (grant: Pick<WireGrant, 'bounds'>): string => {
  const { bounds, uses_max: uses, total } = grant.bounds;
  const limits = bounds.map((bound) => `${bound.argument} ${boundWords(bound)}`);
  return [
    limits.length === 0 ? 'any arguments' : limits.join(', '),
    `${uses} ${uses === 1 ? 'use' : 'uses'}`,
    ...(total === undefined ? [] : [`${total.argument} up to ${total.at_most} in all`]),
  ].join('; ');
};
