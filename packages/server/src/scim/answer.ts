/** How SCIM answers (RFC 7644, 3.12): its own media type, lists and errors. */
import type { Json, JsonObject } from '@countersign/core';
import { Problem } from '../http/problem.ts';

const HEADERS = {
  'content-type': 'application/scim+json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

export const USER_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP_SCHEMA = 'urn:ietf:params:scim:schemas:core:2.0:Group';

/** A request that can't be done, in SCIM's words. */
export class ScimError extends Error {
  readonly status: number;
  readonly scimType: string | undefined;

  constructor(status: number, detail: string, scimType?: string) {
    super(detail);
    this.status = status;
    this.scimType = scimType;
  }
}

export const scimAnswer = (status: number, body: JsonObject | null, headers: Record<string, string> = {}): Response =>
  new Response(body === null ? null : JSON.stringify(body), { status, headers: { ...HEADERS, ...headers } });

const errorAnswer = (
  status: number,
  detail: string,
  scimType: string | undefined,
  headers: Readonly<Record<string, string>>,
): Response =>
  scimAnswer(
    status,
    {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(status),
      detail,
      ...(scimType === undefined ? {} : { scimType }),
    },
    headers,
  );

/** The answer to what was thrown; undefined for a bug. */
export const scimProblem = (error: unknown): Response | undefined => {
  if (error instanceof ScimError) return errorAnswer(error.status, error.message, error.scimType, {});
  if (!(error instanceof Problem)) return undefined;
  const { status } = error;
  // SCIM knows no 422; a name that is taken it calls uniqueness.
  if (error.code === 'name_taken') return errorAnswer(409, error.message, 'uniqueness', error.headers);
  return errorAnswer(
    status === 422 ? 400 : status,
    error.message,
    status === 422 ? 'invalidValue' : undefined,
    error.headers,
  );
};

const COUNT_DEFAULT = 100;
const COUNT_MAX = 200;

const wholeNumber = (text: string | null, fallback: number): number => {
  if (text === null) return fallback;
  if (!/^-?\d{1,9}$/.test(text)) throw new ScimError(400, 'startIndex and count are whole numbers.', 'invalidValue');
  return Number(text);
};

/** A page by `startIndex` (from 1) and `count`, without the attributes that the reader does not want. */
export const listAnswer = (resources: readonly JsonObject[], query: URLSearchParams): Response => {
  const start = Math.max(1, wholeNumber(query.get('startIndex'), 1));
  const count = Math.min(COUNT_MAX, Math.max(0, wholeNumber(query.get('count'), COUNT_DEFAULT)));
  const page = resources.slice(start - 1, start - 1 + count);
  return scimAnswer(200, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: resources.length,
    startIndex: start,
    itemsPerPage: page.length,
    Resources: page.map((resource) => chosen(resource, query)),
  });
};

/** `attributes` and `excludedAttributes`; ids and schemas are always there. */
export const chosen = (resource: JsonObject, query: URLSearchParams): JsonObject => {
  const names = (text: string | null): Set<string> | null =>
    text === null
      ? null
      : new Set(
          text.split(',').map((name) => (name.trim().split(':').at(-1) ?? '').split('.')[0]?.toLowerCase() ?? ''),
        );
  const wanted = names(query.get('attributes'));
  const unwanted = names(query.get('excludedAttributes'));
  const always = new Set(['schemas', 'id', 'meta']);
  return Object.fromEntries(
    Object.entries(resource).filter(([name]: [string, Json]) => {
      const key = name.toLowerCase();
      return always.has(key) || ((wanted === null || wanted.has(key)) && !unwanted?.has(key));
    }),
  );
};
