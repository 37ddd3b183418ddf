/** What people do with requests besides deciding one: claim, move, discuss, decide many. */
import { z } from 'zod';
import { ApprovalStatus, Priority, recallSeconds } from './approvals.ts';
import { Actor, id, instant, jsonObject } from './common.ts';

export const ClaimApproval = z.strictObject({
  force: z.boolean().default(false).describe('take it over from somebody else'),
});

export const Snooze = z.strictObject({
  until: instant.describe('in the future, before its deadline, and within 30 days'),
});

export const Reassign = z
  .strictObject({
    people: z.array(id('person')).max(50).default([]),
    groups: z.array(z.string().min(1).max(64)).max(20).default([]),
    reason: z.string().max(1000).optional(),
  })
  .refine(({ people, groups }) => people.length + groups.length > 0, { message: 'name somebody', path: ['people'] });

export const Escalate = z.strictObject({
  to: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe('such as "1 of managers"; the next level of the policy, if not given'),
  reason: z.string().max(1000).optional(),
});

export const Extend = z.strictObject({ seconds: z.number().int().min(60).max(2_592_000) });

export const Comment = z.object({
  id: id('comment'),
  author: Actor,
  body: z.string(),
  is_question: z.boolean().describe('asks the one who asked'),
  created_at: instant,
});
export const CommentList = z.object({ data: z.array(Comment) });
export const CreateComment = z.strictObject({
  body: z.string().min(1).max(10_000),
  is_question: z.boolean().default(false),
});

const BULK_MAX = 50;

export const BulkDecide = z.strictObject({
  items: z
    .array(
      z.strictObject({
        id: z.string().min(1).max(100),
        decision: z.enum(['approved', 'rejected']),
        digest: z.string().min(1).max(100).optional(),
        reason: z.string().max(4000).optional(),
      }),
    )
    .min(1)
    .max(BULK_MAX),
  recall_seconds: recallSeconds.optional(),
});

export const BulkOutcome = z.object({
  id: z.string(),
  ok: z.boolean(),
  status: ApprovalStatus.nullable().describe('of the approval after this; null if there is none of this id'),
  held_until: instant.nullable().describe('until then the decision can be taken back, and has no effect'),
  problem: z.object({ code: z.string(), status: z.number().int(), detail: z.string() }).nullable(),
});
export const BulkDecided = z.object({ data: z.array(BulkOutcome) });

export const AlikeGroup = z.object({
  shape: z.string(),
  tool: z.string(),
  count: z.number().int(),
  common: jsonObject.describe('arguments that are the same in all, by JSON Pointer'),
  items: z.array(
    z.object({
      id: z.string(),
      digest: z.string(),
      title: z.string(),
      priority: Priority,
      differs: jsonObject.describe('the others, by JSON Pointer'),
    }),
  ),
});
export const Alike = z.object({ data: z.array(AlikeGroup) });
