/** How PromptRails answers: one thing in `data`, a list with `meta`, a refusal in `error`. */
import type { Problem } from '../../http/problem.ts';
import type { Answer, Asked } from '../dialect.ts';
import { type NumberedPage, numberedPage, pageCount } from '../page.ts';

/** The name under which what is its own is kept. */
export const DIALECT = 'promptrails';

export const pageOf = ({ query }: Asked): NumberedPage => numberedPage(query, { size: 'limit', usual: 20, max: 100 });

export const one = (data: unknown, status = 200): Answer => ({ status, body: { data } });

/** Both generations of its clients read the number of pages, each under a name of its own. */
export const list = (data: readonly unknown[], total: number, page: NumberedPage): Answer => {
  const pages = pageCount(total, page);
  return { body: { data, meta: { total, page: page.page, limit: page.size, total_pages: pages, pages } } };
};

/**
 * Its clients know these statuses; they take every other for a failure of the server and send the request again, with a
 * growing wait. So what a repeat can't mend must be one of them, and what it can must not.
 */
const KNOWN = new Set([400, 401, 403, 404, 429]);

const statusOf = ({ code, status }: Problem): number =>
  KNOWN.has(status) || status >= 500 || code === 'idempotency_in_progress' ? status : 400;

const CODES: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  429: 'rate_limit_exceeded',
};

const codeOf = (problem: Problem, status: number): string =>
  problem.code === 'invalid' ? 'validation_error' : (CODES[status] ?? 'internal_error');

const MESSAGES: Partial<Record<Problem['code'], string>> = {
  already_decided: 'approval has already been decided',
  approval_expired: 'approval has expired',
};

export const refuse = (problem: Problem, requestId: string): Answer => {
  const status = statusOf(problem);
  const message = MESSAGES[problem.code];
  const details = {
    ...problem.facts,
    reason: problem.code,
    request_id: requestId,
    ...(message === undefined ? {} : { detail: problem.message }),
  };
  return { status, body: { error: { code: codeOf(problem, status), message: message ?? problem.message, details } } };
};
