/** From a tool's template and a call's arguments to one URL and one body. Pure. */
import { isArray, type Json, type JsonObject } from '@countersign/core';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type BuiltRequest = { ok: true; url: string; body: string | null } | { ok: false; problem: string };

/** Everything before the path: no placeholder may stand there. */
const ORIGIN = /^(https?:\/\/[^/?#{}\\]+)(.*)$/is;
const PLACEHOLDER = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

class Unfillable extends Error {}

const isScalar = (value: Json): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

const encode = (value: Json): string => encodeURIComponent(isScalar(value) ? String(value) : JSON.stringify(value));

/** Names of the placeholders in a template. */
export const placeholders = (template: string): string[] => [
  ...new Set([...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name)),
];

/** What is wrong with a template, whatever the arguments; `undefined` if nothing is. */
export const checkTemplate = (template: string): string | undefined => {
  const [, origin, rest = ''] = ORIGIN.exec(template) ?? [];
  if (origin === undefined) return 'must begin with https:// and a host; placeholders belong in the path or the query';
  if (!URL.canParse(origin)) return 'is malformed';
  if (rest.includes('#')) return 'may not have a fragment: it is never sent';
  if (/[\s\\]/.test(rest)) return 'may not hold spaces or backslashes';
  const [path = ''] = rest.split('?');
  // Without the slash a placeholder would continue the host's name: https://example.com{path}.
  if (path !== '' && !path.startsWith('/')) return 'must have a path that begins with a slash';
  if (path.split('/').some((part) => /^(\.|%2e){1,2}$/i.test(part))) return 'may not have . or .. in its path';
  if (/[{}]/.test(rest.replaceAll(PLACEHOLDER, ''))) return 'has a brace that is no placeholder such as {order_id}';
  return undefined;
};

const fillSegment = (segment: string, values: JsonObject): string => {
  const filled = segment.replaceAll(PLACEHOLDER, (_, name: string) => {
    const value = values[name];
    if (value === undefined || value === null) throw new Unfillable(`${name} is part of the URL and is missing`);
    if (!isScalar(value)) throw new Unfillable(`${name} is part of the URL's path and must be a single value`);
    return encode(value);
  });
  // Both shorten the path: `DELETE /orders/{id}/..` would be another call than the one that was approved. URL parsers
  // read %2e as a dot as well, so that encoding does not help.
  if (filled === '') throw new Unfillable("a part of the URL's path is empty");
  if (/^(\.|%2e){1,2}$/i.test(filled)) throw new Unfillable("a part of the URL's path is . or ..");
  return filled;
};

const fillPath = (path: string, values: JsonObject): string =>
  path
    .split('/')
    .map((segment) => (segment.includes('{') ? fillSegment(segment, values) : segment))
    .join('/');

/** A query parameter whose argument is missing is left out altogether: it was optional. */
const fillQuery = (query: string, values: JsonObject): string[] =>
  query.split('&').flatMap((pair) => {
    const names = placeholders(pair);
    if (names.some((name) => values[name] === undefined || values[name] === null)) return [];
    return pair === '' ? [] : [pair.replaceAll(PLACEHOLDER, (_, name: string) => encode(values[name] ?? null))];
  });

const toQuery = (values: JsonObject): string[] =>
  Object.entries(values).flatMap(([name, value]) => {
    if (value === null) return [];
    const list = isArray(value) && value.every(isScalar) ? value : [value];
    return list.map((item) => `${encodeURIComponent(name)}=${encode(item)}`);
  });

const hasBody = (method: HttpMethod): boolean => method !== 'GET' && method !== 'DELETE';

/** The last line behind the encoding: host, number of parts and every fixed part are the template's own. */
const keepsShape = (url: URL, origin: string, path: string): boolean => {
  const isFilled = path.split('/').map((segment) => segment.includes('{'));
  const shape = new URL(origin + path.replaceAll(PLACEHOLDER, 'x'));
  const parts = url.pathname.split('/');
  const expected = shape.pathname.split('/');
  return (
    url.origin === shape.origin &&
    url.hash === '' &&
    parts.length === expected.length &&
    parts.every((part, at) => isFilled[at] === true || part === expected[at])
  );
};

/**
 * Fills a template that passed `checkTemplate`. Arguments without a placeholder go into the JSON body, or into the query
 * of GET and DELETE (lists of plain values repeat the name; nulls are left out). An argument changes neither scheme, nor
 * host, nor how many parts the path has.
 */
export const buildRequest = (method: HttpMethod, template: string, values: JsonObject): BuiltRequest => {
  const [, origin = '', rest = ''] = ORIGIN.exec(template) ?? [];
  const questionMark = rest.indexOf('?');
  const path = questionMark === -1 ? rest : rest.slice(0, questionMark);
  const query = questionMark === -1 ? '' : rest.slice(questionMark + 1);
  const taken = new Set(placeholders(template));
  const remaining = Object.fromEntries(Object.entries(values).filter(([name]) => !taken.has(name)));
  try {
    const pairs = [...fillQuery(query, values), ...(hasBody(method) ? [] : toQuery(remaining))];
    const url = new URL(`${origin}${fillPath(path, values)}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`);
    if (!keepsShape(url, origin, path))
      return { ok: false, problem: 'The arguments would change where the URL leads.' };
    return { ok: true, url: url.href, body: hasBody(method) ? JSON.stringify(remaining) : null };
  } catch (error) {
    if (error instanceof Unfillable) return { ok: false, problem: `The URL can't be filled in: ${error.message}.` };
    // encodeURIComponent: a lone surrogate has no encoding.
    if (error instanceof URIError) return { ok: false, problem: "The arguments hold text that a URL can't carry." };
    throw error;
  }
};
