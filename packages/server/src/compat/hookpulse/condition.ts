/** A step's condition as an expression of ours. */
import { type Json, type Result, ok, refuse } from '@countersign/core';
import type { Condition } from './template.ts';
import { type Names, expressionOf } from './variables.ts';

const NUMBER = /^-?\d+(\.\d+)?$/;

const ORDER = { lt: '<', gt: '>', lte: '<=', gte: '>=' } as const;

/** All of JSON's numbers are doubles in CEL. */
const numberText = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));

const literal = (value: Json): string => {
  if (typeof value === 'number') return numberText(value);
  return value === null || typeof value === 'boolean' ? String(value) : JSON.stringify(value);
};

const listOf = (value: Json): Json[] => {
  if (Array.isArray(value)) return [...(value as Json[])];
  return typeof value === 'string' ? value.split(',').map((item) => item.trim()) : [value];
};

/**
 * Their clients write numbers as texts, too: `amount > "1000"` compares numbers, and `amount = "1000"` is true for both
 * the number and the text.
 */
export const conditionOf = ({ operator, field, value }: Condition, names: Names): Result<string, string> => {
  const inner = /^\s*\{\{(.*)\}\}\s*$/s.exec(field)?.[1] ?? field;
  const expression = expressionOf(inner, names);
  if (!expression.ok) return expression;
  const left = expression.value;
  switch (operator) {
    case 'eq':
      return ok(equals(left, value));
    case 'ne':
      return ok(`!(${equals(left, value)})`);
    case 'lt':
    case 'gt':
    case 'lte':
    case 'gte':
      return compare(left, ORDER[operator], value);
    case 'in':
      return ok(
        `(${
          listOf(value)
            .map((item) => equals(left, item))
            .join(' || ') || 'false'
        })`,
      );
    case 'contains':
      return ok(
        `(type(${left}) == type([]) ? ${literal(value)} in ${left} : string(${left}).contains(${JSON.stringify(textOf(value))}))`,
      );
  }
};

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

const equals = (left: string, value: Json): string =>
  typeof value === 'string' && NUMBER.test(value)
    ? `(${left} == ${JSON.stringify(value)} || ${left} == ${numberText(Number(value))})`
    : `${left} == ${literal(value)}`;

const compare = (left: string, order: string, value: Json): Result<string, string> => {
  if (typeof value === 'number') return ok(`double(${left}) ${order} ${numberText(value)}`);
  if (typeof value !== 'string') return refuse('execution_condition compares a number or a text');
  return ok(
    NUMBER.test(value)
      ? `double(${left}) ${order} ${numberText(Number(value))}`
      : `string(${left}) ${order} ${JSON.stringify(value)}`,
  );
};
