/** How HookPulse answers: `success` says what came of it, and times stand in the brand's time zone. */
import type { FieldProblem } from '@countersign/contract';
import type { JsonObject } from '@countersign/core';
import type { z } from 'zod';
import { Problem } from '../../http/problem.ts';
import type { Answer } from '../dialect.ts';
import { type NumberedPage, pageCount } from '../page.ts';

export const done = (more: JsonObject): Answer => ({ body: { success: true, ...more } });

export const list = (data: readonly unknown[], total: number, page: NumberedPage, timezone: string): Answer => {
  const pages = pageCount(total, page);
  return {
    body: {
      data,
      meta: {
        page: page.page,
        total_count: total,
        per_page: page.size,
        total_pages: pages,
        has_next: page.page < pages,
        has_prev: page.page > 1,
      },
      success: true,
      timezone,
    },
  };
};

const KNOWN = new Set([401, 403, 404, 405, 413, 415, 429]);

const statusOf = ({ code, status }: Problem): number =>
  KNOWN.has(status) || status >= 500 || code === 'idempotency_in_progress' ? status : 400;

/** The words for what can be wrong with a field, after which some clients look. */
const fieldMessage = ({ pointer, detail }: FieldProblem): string => {
  const field = pointer.slice(1).replaceAll('/', '.');
  if (detail === MISSING) return `Missing required field: ${field}`;
  return field === '' ? `Invalid request body: ${detail}` : `Invalid field value: ${field} (${detail})`;
};

const MISSING = 'is missing';

const messageOf = (problem: Problem): string => {
  if (problem.code === 'rate_limited') return 'Rate limit exceeded';
  if (problem.code === 'malformed_json') return 'Invalid request body';
  const missing = /^There is no such (.)(.*)\.$/.exec(problem.message);
  if (missing) return `${(missing[1] ?? '').toUpperCase()}${missing[2] ?? ''} not found`;
  const errors =
    problem.code === 'invalid' ? (problem.facts['errors'] as readonly FieldProblem[] | undefined) : undefined;
  return errors ? errors.map(fieldMessage).join('; ') : problem.message;
};

export const refuse = (problem: Problem): Answer => ({
  status: statusOf(problem),
  body: { success: false, error: messageOf(problem) },
});

/** What was sent, by a schema. @throws Problem `invalid` */
export const readAs = <T>(schema: z.ZodType<T>, body: JsonObject): T => {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }): FieldProblem => {
    const pointer = path.map((part) => `/${String(part)}`).join('');
    const isMissing = path.length === 1 && body[String(path[0])] === undefined;
    return { pointer, detail: isMissing ? MISSING : message };
  });
  throw new Problem('invalid', 'Invalid request body', { errors });
};

/** What can't be done as asked, in a sentence. */
export const refused = (message: string): Problem => new Problem('invalid', message);

const partsOf = (date: Date, timeZone: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    new Intl.DateTimeFormat('en-CA', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      timeZoneName: 'longOffset',
    })
      .formatToParts(date)
      .map(({ type, value }) => [type, value]),
  );

/** ISO 8601 with the offset that holds then, such as `2026-03-06T17:30:00+05:30`. */
export const inZone = (date: Date, timeZone: string): string => {
  const { year, month, day, hour, minute, second, timeZoneName = '' } = partsOf(date, timeZone);
  const offset = timeZoneName.replace('GMT', '') || '+00:00';
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`;
};
