/** Reads a request's JSON: limited in size, strict, and checked against the route's schema. */
import { type FieldProblem } from '@countersign/contract';
import { parseStrict } from '@countersign/core';
import type { z } from 'zod';
import { Problem, invalid } from './problem.ts';

const BODY_BYTES_MAX = 1024 * 1024;
/** What is too large is still taken in up to here and dropped: a sender who is cut off never reads why. */
const DROPPED_BYTES_MAX = 16 * BODY_BYTES_MAX;

/** @throws Problem `body_too_large` */
export const readBytes = async (request: Request): Promise<Buffer> => {
  const tooLarge = (): Problem => new Problem('body_too_large', `A body may have at most ${BODY_BYTES_MAX} bytes.`);
  const announced = Number(request.headers.get('content-length') ?? Number.NaN);
  const chunks: Uint8Array[] = [];
  if (announced <= BODY_BYTES_MAX) chunks.push(new Uint8Array(await request.arrayBuffer()));
  else {
    let size = 0;
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size <= BODY_BYTES_MAX) chunks.push(chunk);
      else if (size > DROPPED_BYTES_MAX) break;
    }
    if (size > BODY_BYTES_MAX) throw tooLarge();
  }
  return Buffer.concat(chunks);
};

/** @throws Problem `body_too_large`, `unsupported_media_type` or `malformed_json` */
export const readBody = async (request: Request): Promise<string> => {
  const bytes = await readBytes(request);
  if (bytes.length === 0) return '';
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json\b/i.test(type))
    throw new Problem('unsupported_media_type', 'Send the body with "Content-Type: application/json".');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new Problem('malformed_json', 'The body is not valid UTF-8.');
  }
};

/** @throws Problem `malformed_json` or `invalid` */
export const parseBody = (schema: z.ZodType, text: string): unknown => {
  const parsed = parseStrict(text === '' ? '{}' : text);
  if (parsed.ok) return check(schema, parsed.value);
  // Well-formed, but two parsers could read it differently, or it would hurt: 422 (trust.md, T2).
  if (isWellFormed(text)) throw invalid([parsed.refusal]);
  throw new Problem('malformed_json', `${parsed.refusal.pointer || '/'}: ${parsed.refusal.detail}`, {
    errors: [parsed.refusal],
  });
};

const isWellFormed = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** A query's parameters by name. @throws Problem `invalid` for one given twice, or with U+0000, which no column can hold */
export const readQuery = (url: URL): Record<string, string> => {
  const names = [...url.searchParams.keys()];
  const problems = [...url.searchParams].flatMap(([name, value], index): FieldProblem[] => {
    if (names.indexOf(name) !== index) return [{ pointer: pointer([name]), detail: 'is given twice' }];
    return value.includes('\0') ? [{ pointer: pointer([name]), detail: 'holds U+0000' }] : [];
  });
  if (problems.length > 0) throw invalid(problems);
  return Object.fromEntries(url.searchParams);
};

/** @throws Problem `invalid` */
export const check = (schema: z.ZodType, value: unknown, prefix = ''): unknown => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(result.error.issues.flatMap((issue) => fieldProblems(issue, prefix)));
};

const pointer = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const fieldProblems = (issue: z.core.$ZodIssue, prefix: string): FieldProblem[] => {
  const at = prefix + pointer(issue.path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ pointer: `${at}/${key}`, detail: 'is not a known field' }));
  return [{ pointer: at, detail: issue.message }];
};
