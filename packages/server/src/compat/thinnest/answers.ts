/** How thinnest answers: things bare, lists in `data`, refusals in `detail`. */
import type { FieldProblem } from '@countersign/contract';
import type { Problem } from '../../http/problem.ts';
import type { Answer } from '../dialect.ts';

export const list = (data: readonly unknown[], total: number): Answer => ({
  body: { data, total, message: 'Success', status: 200 },
});

/** What their clients know; what a repeat can't mend is for them a bad request. */
const KNOWN = new Set([401, 403, 404, 405, 413, 415, 429]);

const statusOf = ({ code, status }: Problem): number =>
  KNOWN.has(status) || status >= 500 || code === 'idempotency_in_progress' ? status : 400;

/** Our name of a field in theirs. */
const FIELDS: Readonly<Record<string, string>> = { decision: 'action', reason: 'comment', content: 'message' };
const PLACES = new Set(['query', 'path']);

const toDetail = ({ pointer, detail }: FieldProblem) => {
  const [first = '', ...rest] = pointer.split('/').slice(1);
  const loc = PLACES.has(first)
    ? [first, ...rest]
    : ['body', ...(first === '' ? [] : [FIELDS[first] ?? first]), ...rest];
  return { loc, msg: detail, type: 'value_error' };
};

export const refuse = (problem: Problem): Answer => {
  const status = statusOf(problem);
  const errors =
    problem.code === 'invalid' ? (problem.facts['errors'] as readonly FieldProblem[] | undefined) : undefined;
  return { status, body: { detail: errors ? errors.map(toDetail) : problem.message, status } };
};
