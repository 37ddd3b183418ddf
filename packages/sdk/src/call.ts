/** The typed call that every method of the client goes through. Shapes are the contract's, as types only. */
import type { RouteInput, RouteName, RouteResponse, Routes } from '@countersign/contract';
import { OPERATIONS } from './operations.ts';
import { type CallOptions, type Transport, request } from './transport.ts';

/** A table with a row for each route of the contract; it does not compile if one is missing or other. */
export type Operations = {
  readonly [K in RouteName]: Readonly<{ method: Routes[K]['method']; path: Routes[K]['path'] }> &
    (Routes[K] extends { readonly idempotency: string } ? { readonly keyed: true } : { readonly keyed?: never });
};

export type Body<K extends RouteName> = RouteInput<Routes[K]> extends { readonly body: infer B } ? B : never;
export type Query<K extends RouteName> = RouteInput<Routes[K]> extends { readonly query?: infer Q } ? Q : never;
export type Answer<K extends RouteName> = RouteResponse<Routes[K]>;

/** @throws ApiError, ConnectionError, TimeoutError, or the signal's reason. */
export type Call = <K extends RouteName>(
  name: K,
  input: RouteInput<Routes[K]>,
  options?: CallOptions,
) => Promise<Answer<K>>;

type LooseInput = { readonly query?: object; readonly body?: unknown } & Readonly<Record<string, unknown>>;

/** Fills a path's `{name}`s and appends the query. */
export const addressOf = (path: string, input: LooseInput): string => {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = input[name];
    // An empty one, `.` or `..` would reach another route than the one meant.
    if (typeof value !== 'string' || /^\.{0,2}$/.test(value))
      throw new TypeError(`${name} must be an id, not ${JSON.stringify(value)}`);
    return encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query ?? {}))
    if (value !== undefined) query.set(name, String(value));
  return query.size > 0 ? `${filled}?${query}` : filled;
};

export const createCall =
  (transport: Transport): Call =>
  async (name, input, options = {}) => {
    const operation: { method: string; path: string; keyed?: true } = OPERATIONS[name];
    const idempotencyKey = options.idempotencyKey ?? (operation.keyed ? crypto.randomUUID() : undefined);
    if (idempotencyKey !== undefined && !/^[\x21-\x7e]{1,255}$/.test(idempotencyKey))
      throw new TypeError('an idempotency key is 1 to 255 visible ASCII characters');
    const loose = input as LooseInput; // The path parameters' names are only known from the template.
    const what = { method: operation.method, path: addressOf(operation.path, loose), body: loose.body, idempotencyKey };
    return (await request(transport, what, options)) as Answer<typeof name>; // The contract says so.
  };
