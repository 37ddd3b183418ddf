/** What is unusual about pending calls, compared with approved ones like them. */
import { type Flag, type JsonObject, PLAN_TOOL, findMutable, findUnusual, mutableWords } from '@countersign/core';
import { type ApprovalRow, type PastCall, type Scope, pastAlike } from '@countersign/store';

/** So many approved calls are compared with. */
const COMPARED_MAX = 200;

const argumentsOf = (action: string): JsonObject =>
  ((JSON.parse(action) as JsonObject)['arguments'] ?? {}) as JsonObject;

/** What can not be undone and names something that can change (trust.md, T9). */
const mutableFlags = ({ risk, action }: ApprovalRow): Flag[] =>
  risk !== 'irreversible'
    ? []
    : findMutable(argumentsOf(action)).map((reference) => ({
        pointer: reference.pointer,
        kind: 'mutable_reference',
        severity: 2,
        text: mutableWords(reference),
      }));

const isComparable = ({ kind, status, tool }: ApprovalRow): boolean =>
  kind === 'tool_call' && status === 'pending' && tool !== PLAN_TOOL;

const flagsOf = (row: ApprovalRow, past: readonly PastCall[]): Flag[] => [
  ...findUnusual(
    argumentsOf(row.action),
    past.filter(({ id }) => id !== row.id).map(({ action }) => argumentsOf(action)),
  ),
  ...mutableFlags(row),
];

/** One call, with those it is compared with, newest first. */
export const comparisonOf = async (
  scope: Scope,
  row: ApprovalRow,
): Promise<{ readonly past: readonly PastCall[]; readonly flags: readonly Flag[] }> => {
  if (!isComparable(row)) return { past: [], flags: [] };
  const past = row.shape === null ? [] : await pastAlike(scope, [row.shape], COMPARED_MAX);
  return { past, flags: flagsOf(row, past) };
};

/** The strongest flag of each of these calls. */
export const topFlagsOf = async (scope: Scope, rows: readonly ApprovalRow[]): Promise<ReadonlyMap<string, Flag>> => {
  const calls = rows.filter(isComparable);
  const shapes = [...new Set(calls.flatMap(({ shape }) => (shape === null ? [] : [shape])))];
  const past = Map.groupBy(
    shapes.length === 0 ? [] : await pastAlike(scope, shapes, COMPARED_MAX),
    ({ shape }) => shape,
  );
  return new Map(
    calls.flatMap((row) => {
      const [strongest] = flagsOf(row, past.get(row.shape ?? '') ?? []).toSorted((a, b) => b.severity - a.severity);
      return strongest === undefined ? [] : [[row.id, strongest]];
    }),
  );
};
