/** Plans of calls, as they are asked for, shown and used. */
import { PlanSchema } from '@countersign/core';
import { z } from 'zod';
import { id, instant } from './common.ts';

export const WrittenPlan = PlanSchema;

const [line] = [PlanSchema.shape.lines.element];

/** Of an approval that is about a plan. */
export const ShownPlan = z.object({
  purpose: z.string().describe('in the words of who proposed it; not verified'),
  lines: z.array(
    z.object({
      tool: line.shape.tool,
      bounds: line.shape.bounds,
      uses_max: z.number().int(),
      uses: z.number().int().describe('how many calls it has let through'),
      allows: z.string().describe('the line in words'),
    }),
  ),
  valid_for_seconds: z.number().int(),
  ends_at: instant.nullable().describe('when its time is over; null until it is approved'),
  is_in_force: z.boolean().describe('approved, not revoked, and within its time'),
});

export const PlanUse = z.object({
  approval_id: id('approval').describe('of the plan'),
  line: z.number().int().describe('from 1'),
  use: z.number().int().describe('the first, second, … use of the line'),
});

/** One way in which a held call departs from a plan. */
export const Departure = z.object({
  plan: id('approval').describe('the approval of the plan'),
  line: z.number().int().nullable().describe('from 1; null where it is about the plan as a whole'),
  argument: z.string().nullable(),
  allowed: z.string().nullable(),
  asked: z.string().nullable(),
  text: z.string(),
});
