/** Figures about approvals. */
import { z } from 'zod';
import { Priority } from './approvals.ts';
import { id, instant } from './common.ts';

export const StatsQuery = z.strictObject({
  by: z
    .enum(['agent', 'tool', 'approver', 'group', 'day', 'hour', 'period'])
    .default('day')
    .describe(
      'hour: of the week in which it was asked, `monday-09` and so on; period: `current`, and `before` it as many days; group: a decision counts in every group its author is in',
    ),
  days: z.coerce
    .number<number>()
    .int()
    .min(1)
    .max(365)
    .default(30)
    .describe('days of the workspace’s time zone, today among them'),
  agent: z.string().max(200).optional().describe('only of this agent: a `key` of the figures by agent'),
  tool: z.string().max(64).optional(),
  approver: z.string().max(64).optional().describe('only what this person (or key) decided'),
  group: id('group').optional().describe('only what somebody of this group decided'),
});

/** What waits has no author yet. */
export const HealthQuery = StatsQuery.pick({ agent: true, tool: true });

const Times = {
  approved: z.number().int(),
  approved_with_edits: z.number().int(),
  rejected: z.number().int(),
  expired: z.number().int(),
  cancelled: z.number().int(),
  median_seconds: z.number().nullable(),
  p95_seconds: z.number().nullable(),
  unchanged_share: z.number().nullable().describe('approved as asked, of all that people decided'),
  quick_share: z.number().nullable().describe('decided within three seconds, of all that people decided'),
};

export const ApprovalStats = z.object({
  since: instant.describe('when the first of the days began'),
  time_zone: z.string(),
  goal_seconds: z.number().int().nullable().describe('within which time the workspace wants to decide'),
  data: z.array(z.object({ key: z.string(), name: z.string(), ...Times })),
});

export const ApprovalHealth = z.object({
  pending: z.number().int(),
  overdue: z.number().int(),
  oldest_pending_at: instant.nullable(),
  due_within_15_minutes: z.number().int(),
  escalated_last_24_hours: z.number().int(),
  last_24_hours: z.object(Times),
  last_7_days: z.object(Times),
  pending_by_age: z.array(z.object({ up_to_seconds: z.number().int().nullable(), count: z.number().int() })),
  signals: z.array(
    z.object({ checkpoint: z.string(), text: z.string(), decided: z.number().int(), approved_share: z.number() }),
  ),
});

export const CountsQuery = z.strictObject({
  assigned_to: z.literal('me').optional().describe('counts what you can bring forward, too'),
});

/** Beyond this, how many need somebody is not counted. */
export const COUNTED_MAX = 10_000;

export const ApprovalCounts = z.object({
  pending: z.number().int(),
  pending_for_you: z
    .number()
    .int()
    .nullable()
    .describe(`without what you have put off; up to ${COUNTED_MAX}; null if not asked for`),
  pending_for_others: z
    .number()
    .int()
    .nullable()
    .describe(`what waits for somebody else; up to ${COUNTED_MAX}; null if not asked for`),
  snoozed_by_you: z
    .object({ count: z.number().int(), next_ends_at: instant.nullable() })
    .nullable()
    .describe('what you have put off, and when the first of it comes back; null if not asked for'),
  pending_by_priority: z.record(Priority, z.number().int()),
  due_within_15_minutes: z.number().int(),
  oldest_pending_at: instant.nullable(),
  decided_last_24_hours: z.object({
    approved: z.number().int(),
    approved_with_edits: z.number().int(),
    rejected: z.number().int(),
    expired: z.number().int(),
    cancelled: z.number().int(),
    median_seconds_to_decision: z.number().nullable(),
  }),
});
