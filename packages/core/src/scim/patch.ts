/** SCIM's PATCH (RFC 7644, 3.5.2) on a resource as JSON, in the forms that directories send it. Pure. */
import type { Json, JsonObject } from '../json.ts';
import { type Result, ok, refuse } from '../result.ts';
import { type ScimFilter, attributePath, attributeNamed, matchesScim, parseScimFilter } from './filter.ts';

export type ScimOperation = {
  readonly op: string;
  readonly path?: string | undefined;
  readonly value?: Json | undefined;
};
export type ScimPatchRefusal = 'invalidPath' | 'invalidValue' | 'noTarget' | 'invalidSyntax';

type Path = { readonly name: string; readonly filter: ScimFilter | null; readonly sub: string | null };

const PATH = /^([A-Za-z][\w-]*)(?:\[(.*)\])?(?:\.([A-Za-z][\w-]*))?$/s;

const parsePath = (text: string): Path | null => {
  // The last colon before a filter ends the schema's name.
  const [whole = ''] = text.split('[', 1);
  const plain = /^urn:/i.test(text) ? text.slice(whole.lastIndexOf(':') + 1) : text;
  const [, name, filter, sub] = PATH.exec(plain) ?? [];
  if (name === undefined) return null;
  if (filter === undefined) return { name, filter: null, sub: sub ?? null };
  const parsed = parseScimFilter(filter);
  return parsed.ok ? { name, filter: parsed.value, sub: sub ?? null } : null;
};

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const asList = (value: Json | undefined): Json[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);
const identity = (item: Json): string => JSON.stringify(isObject(item) ? (item['value'] ?? item) : item);

const set = (object: JsonObject, name: string, value: Json | undefined): JsonObject => {
  const key = attributeNamed(object, name) ?? name;
  const { [key]: _, ...rest } = object;
  return value === undefined ? rest : { ...rest, [key]: value };
};
const get = (object: JsonObject, name: string): Json | undefined => object[attributeNamed(object, name) ?? name];

/** What an item must be for a filter of plain equalities to find it: so that one that is missing can be added. */
const seedOf = (filter: ScimFilter): JsonObject => {
  if (filter.type === 'compare' && filter.op === 'eq') return { [filter.path.join('.')]: filter.value };
  return filter.type === 'and' ? Object.assign({}, ...filter.parts.map(seedOf)) : {};
};

const MULTIVALUED = new Set(['members', 'emails', 'groups']);

const atPath = (
  resource: JsonObject,
  op: 'add' | 'replace' | 'remove',
  path: Path,
  value: Json | undefined,
): Result<JsonObject, ScimPatchRefusal> => {
  const now = get(resource, path.name);
  if (path.filter) {
    const { filter, sub } = path;
    const items = asList(now);
    const isMeant = (item: Json): boolean => isObject(item) && matchesScim(filter, item);
    if (op === 'remove') {
      const left = sub
        ? items.map((item) => (isMeant(item) && isObject(item) ? set(item, sub, undefined) : item))
        : items.filter((item) => !isMeant(item));
      return ok(set(resource, path.name, left));
    }
    const change = (item: JsonObject): JsonObject =>
      sub ? set(item, sub, value) : { ...item, ...(isObject(value) ? value : {}) };
    if (items.some(isMeant))
      return ok(
        set(
          resource,
          path.name,
          items.map((item) => (isMeant(item) && isObject(item) ? change(item) : item)),
        ),
      );
    return ok(set(resource, path.name, [...items, change(seedOf(filter))]));
  }
  if (path.sub) {
    if (now !== undefined && !isObject(now)) return refuse('invalidPath');
    return ok(set(resource, path.name, set(now ?? {}, path.sub, op === 'remove' ? undefined : value)));
  }
  if (MULTIVALUED.has(path.name.toLowerCase())) {
    const given = asList(value);
    const taken = new Set(given.map(identity));
    const rest = asList(now).filter((item) => !taken.has(identity(item)));
    // Entra ID names what to remove in the value, where the standard would in the path.
    if (op === 'remove') return ok(set(resource, path.name, value === undefined ? [] : rest));
    return ok(set(resource, path.name, op === 'add' ? [...rest, ...given] : given));
  }
  const whole = op === 'add' && isObject(now) && isObject(value) ? { ...now, ...value } : value;
  return ok(set(resource, path.name, op === 'remove' ? undefined : whole));
};

const apply = (
  resource: JsonObject,
  { op: word, path, value }: ScimOperation,
): Result<JsonObject, ScimPatchRefusal> => {
  // Entra ID writes "Add", "Replace" and "Remove".
  const op = word.toLowerCase();
  if (op !== 'add' && op !== 'replace' && op !== 'remove') return refuse('invalidSyntax');
  if (op !== 'remove' && value === undefined) return refuse('invalidValue');
  if (path !== undefined) {
    const parsed = parsePath(path);
    return parsed ? atPath(resource, op, parsed, value) : refuse('invalidPath');
  }
  if (op === 'remove') return refuse('noTarget');
  if (!isObject(value)) return refuse('invalidValue');
  // Without a path the value holds attributes, whose names may themselves be paths: {"name.givenName": "Ann"}.
  let next = resource;
  for (const [name, part] of Object.entries(value)) {
    const [first = '', sub] = attributePath(name);
    const result = atPath(next, op, { name: first, filter: null, sub: sub ?? null }, part);
    if (!result.ok) return result;
    next = result.value;
  }
  return ok(next);
};

/** The resource after all operations, or why not one of them can be done; then nothing is. */
export const patchScim = (
  resource: JsonObject,
  operations: readonly ScimOperation[],
): Result<JsonObject, ScimPatchRefusal> => {
  let next = resource;
  for (const operation of operations) {
    const result = apply(next, operation);
    if (!result.ok) return result;
    next = result.value;
  }
  return ok(next);
};
