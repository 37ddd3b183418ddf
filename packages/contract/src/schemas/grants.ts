import { GrantBoundsSchema } from '@countersign/core';
import { z } from 'zod';
import { Actor, id, instant, jsonValue, listOf, toolName } from './common.ts';

export const Grant = z.object({
  id: id('grant'),
  agent: z.object({ id: z.string(), name: z.string() }).nullable().describe('null: any agent'),
  tool: z.string(),
  bounds: GrantBoundsSchema,
  reason: z.string().nullable(),
  created_by: Actor,
  approval_id: z.string().nullable().describe('the request from whose card it was given'),
  uses: z.number().int(),
  total: z.number(),
  is_live: z.boolean(),
  created_at: instant,
  expires_at: instant,
  revoked_at: instant.nullable(),
});
export const GrantList = listOf(Grant);

export const CreateGrant = z.strictObject({
  agent_id: id('agent').optional(),
  tool: toolName,
  ...GrantBoundsSchema.shape,
  expires_in_seconds: z.number().int().min(60).max(2_592_000),
  reason: z.string().max(1000).optional(),
  approval_id: id('approval').optional(),
});

export const GrantUse = z.object({
  subject: z.string().describe('the execution or the asker that used it'),
  arguments: jsonValue,
  amount: z.number(),
  at: instant,
});
export const GrantUseList = listOf(GrantUse);
