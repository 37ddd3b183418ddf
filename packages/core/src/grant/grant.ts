/** A reviewer's permission for a class of like calls: these argument bounds, for a time, a number of uses, a total. */
import { z } from 'zod';
import type { Json, JsonObject } from '../json.ts';
import { canonicalize, isObject } from '../json.ts';
import { matchesGlob } from '../policy/evaluate.ts';

const path = z.string().regex(/^[A-Za-z0-9_.]{1,200}$/, 'must be an argument, with dots for members');

/** A bound on one argument: equal to, like (with *), or at most. */
const Bound = z
  .strictObject({
    argument: path,
    equals: z.json().optional(),
    like: z.string().max(500).optional(),
    at_most: z.number().optional(),
  })
  .refine((bound) => [bound.equals, bound.like, bound.at_most].filter((given) => given !== undefined).length === 1, {
    message: 'name one of equals, like, at_most',
  });

export const GrantBoundsSchema = z.strictObject({
  bounds: z.array(Bound).max(50).default([]),
  uses_max: z.number().int().min(1).max(100_000),
  total: z.strictObject({ argument: path, at_most: z.number().positive() }).optional(),
});
export type GrantBounds = z.infer<typeof GrantBoundsSchema>;

export type GrantState = {
  readonly bounds: GrantBounds;
  readonly expiresAtMs: number;
  readonly isRevoked: boolean;
  readonly uses: number;
  readonly total: number;
};

/** The member of an object under a dotted path. */
export const argumentAt = (args: JsonObject, dotted: string): Json | undefined => {
  let value: Json | undefined = args;
  for (const name of dotted.split('.')) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value;
};

export type GrantAnswer =
  | { readonly covers: true; readonly amount: number }
  | { readonly covers: false; readonly why: string };

/** Whether a grant lets this call through now, and how much of its total that takes. */
export const coveredBy = (grant: GrantState, args: JsonObject, nowMs: number): GrantAnswer => {
  const no = (why: string): GrantAnswer => ({ covers: false, why });
  if (grant.isRevoked) return no('it was revoked');
  if (nowMs >= grant.expiresAtMs) return no('its time is over');
  if (grant.uses >= grant.bounds.uses_max) return no('its uses are used up');
  for (const bound of grant.bounds.bounds) {
    const value = argumentAt(args, bound.argument);
    if (value === undefined) return no(`${bound.argument} is missing`);
    if (bound.equals !== undefined && canonicalize(value) !== canonicalize(bound.equals))
      return no(`${bound.argument} differs`);
    if (bound.like !== undefined && !(typeof value === 'string' && matchesGlob(bound.like, value)))
      return no(`${bound.argument} differs`);
    if (bound.at_most !== undefined && !(typeof value === 'number' && value <= bound.at_most))
      return no(`${bound.argument} is more than ${bound.at_most}`);
  }
  const { total } = grant.bounds;
  if (!total) return { covers: true, amount: 0 };
  const amount = argumentAt(args, total.argument);
  // A negative amount would win budget back.
  if (typeof amount !== 'number' || !Number.isFinite(amount) || amount < 0)
    return no(`${total.argument} is not an amount`);
  if (grant.total + amount > total.at_most) return no(`its total of ${total.at_most} would be overrun`);
  return { covers: true, amount };
};
