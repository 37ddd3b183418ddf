/** A plan: future calls of tools with bounds, put up for approval as one. What it may stand for: docs/adr/0056. */
import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { jsonValueSchema } from '../workflow/schema.ts';

/** The built-in tool with which an agent puts a plan up; no other tool may have its name. */
export const PLAN_TOOL = 'propose_plan';

const KINDS = ['equals', 'one_of', 'like', 'anything'] as const;

/** A bound on one argument. What a line has no bound for, a call of it may not carry. */
const PlanBound = z
  .strictObject({
    argument: z
      .string()
      .regex(/^[^.\s]+(\.[^.\s]+)*$/, 'must be an argument, with dots for members')
      .max(200),
    equals: jsonValueSchema.optional(),
    one_of: z.array(jsonValueSchema).min(1).max(100).optional(),
    at_least: z.number().optional(),
    at_most: z.number().optional(),
    like: z.string().min(1).max(500).optional().describe('a text, with * for any characters'),
    anything: z.literal(true).optional().describe('any value, or none'),
  })
  .superRefine((bound, context) => {
    const isRange = bound.at_least !== undefined || bound.at_most !== undefined;
    const given = KINDS.filter((kind) => bound[kind] !== undefined).length + (isRange ? 1 : 0);
    if (given !== 1)
      context.addIssue({
        code: 'custom',
        message: 'name one of equals, one_of, at_least and at_most, like, anything',
      });
    if (bound.at_least !== undefined && bound.at_most !== undefined && bound.at_least > bound.at_most)
      context.addIssue({ code: 'custom', path: ['at_least'], message: 'is more than at_most' });
  });
export type PlanBound = z.infer<typeof PlanBound>;

const PlanLine = z
  .strictObject({
    tool: z.string().min(1).max(128),
    bounds: z.array(PlanBound).max(50).default([]),
    uses_max: z.number().int().min(1).max(1000).default(1).describe('how many calls of it go ahead'),
  })
  .superRefine(({ bounds }, context) => {
    const seen = new Set<string>();
    for (const [index, { argument }] of bounds.entries()) {
      const clash = [...seen].find(
        (other) => other === argument || other.startsWith(`${argument}.`) || argument.startsWith(`${other}.`),
      );
      if (clash !== undefined)
        context.addIssue({ code: 'custom', path: ['bounds', index, 'argument'], message: `is bound by ${clash} too` });
      seen.add(argument);
    }
  });
export type PlanLine = z.infer<typeof PlanLine>;

export const PlanSchema = z.strictObject({
  purpose: z.string().max(1000).default('').describe('what it is for, in the words of who proposes it'),
  lines: z.array(PlanLine).min(1).max(50),
  valid_for_seconds: z.number().int().min(60).max(2_592_000).default(86_400).describe('from its approval on'),
});
export type Plan = z.infer<typeof PlanSchema>;

const boundParameters: JsonObject = {
  type: 'object',
  description: 'One bound: equals, one_of, at_least and/or at_most, like, or anything.',
  properties: {
    argument: { type: 'string', title: 'Argument', description: 'its name, with dots for members' },
    equals: { title: 'Exactly' },
    one_of: { type: 'array', title: 'One of', items: {}, minItems: 1, maxItems: 100 },
    at_least: { type: 'number', title: 'At least' },
    at_most: { type: 'number', title: 'At most' },
    like: { type: 'string', title: 'Like', description: 'a text, with * for any characters', minLength: 1 },
    anything: { type: 'boolean', title: 'Anything', const: true },
  },
  required: ['argument'],
  additionalProperties: false,
};

/** The same as a JSON schema: what the model is offered, and what an edit must meet. */
export const PLAN_PARAMETERS: JsonObject = {
  type: 'object',
  properties: {
    purpose: { type: 'string', title: 'Purpose', description: 'what the plan is for, in a sentence', maxLength: 1000 },
    lines: {
      type: 'array',
      title: 'Lines',
      description: 'the calls that you want to make',
      minItems: 1,
      maxItems: 50,
      items: {
        type: 'object',
        properties: {
          tool: { type: 'string', title: 'Tool' },
          bounds: {
            type: 'array',
            title: 'Bounds',
            description: 'one for each argument that you will give; a call may carry no other',
            maxItems: 50,
            items: boundParameters,
          },
          uses_max: { type: 'integer', title: 'Calls at most', minimum: 1, maximum: 1000 },
        },
        required: ['tool'],
        additionalProperties: false,
      },
    },
    valid_for_seconds: { type: 'integer', title: 'Valid for seconds', minimum: 60, maximum: 2_592_000 },
  },
  required: ['lines'],
  additionalProperties: false,
};

export const PLAN_DESCRIPTION =
  'Puts a plan of calls before a reviewer as a whole, before you make them. Name every tool with bounds on each of its arguments and how often you will call it. If it is approved, calls within a line go ahead without being asked about one by one; any other call is put before a reviewer as usual.';

/** A tool that a plan names, as it was when it was proposed; one that nobody described here has no id. */
export type PlanToolReference = {
  readonly name: string;
  readonly id: string | null;
  readonly version: number | null;
};
