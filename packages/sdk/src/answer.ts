/** Reading an answer: JSON of a success, or the error that a problem document stands for. */
import type { FieldProblem } from '@countersign/contract';
import { ApiError, type ProblemDetails } from './errors.ts';
import { retryAfterSeconds } from './timing.ts';

const MEMBERS = new Set(['type', 'title', 'status', 'detail', 'instance', 'code', 'errors']);

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const unexpected = (detail: string): ProblemDetails => ({
  code: 'unexpected_answer',
  title: 'Not an answer of a Countersign server',
  detail,
  instance: null,
  errors: [],
  facts: {},
});

const problemOf = (body: unknown, status: number): ProblemDetails => {
  if (!isObject(body) || typeof body['code'] !== 'string')
    return unexpected(
      `The answer is ${status} without a problem document: is something else between here and the server?`,
    );
  return {
    code: body['code'] as ProblemDetails['code'], // A newer server may know more codes than our types do.
    title: text(body['title']),
    detail: text(body['detail']),
    instance: typeof body['instance'] === 'string' ? body['instance'] : null,
    errors: Array.isArray(body['errors']) ? (body['errors'] as FieldProblem[]) : [],
    facts: Object.fromEntries(Object.entries(body).filter(([name]) => !MEMBERS.has(name))),
  };
};

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};

/** Redirects are not followed, since they would carry the key elsewhere and turn a POST into a GET. */
const isRedirect = (response: Response): boolean =>
  response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400);

/** Reads the body of an answer that is not a success. */
export const errorFrom = async (response: Response): Promise<ApiError> => {
  const body = await response.text();
  const problem = isRedirect(response)
    ? unexpected('The server answered with a redirect, which is not followed: check `baseUrl`')
    : problemOf(parse(body), response.status);
  return new ApiError(response.status, problem, retryAfterSeconds(response.headers.get('retry-after'), Date.now()));
};

/** @returns the JSON of a success, undefined where there is none (204). @throws ApiError */
export const readAnswer = async (response: Response): Promise<unknown> => {
  if (!response.ok) throw await errorFrom(response);
  if (response.status === 204) return undefined;
  const answer = parse(await response.text());
  if (answer === undefined)
    throw new ApiError(response.status, unexpected('A success whose body is not JSON: check `baseUrl`'));
  return answer;
};
