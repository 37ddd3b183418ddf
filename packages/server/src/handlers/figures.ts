import { type WireApprovalCounts, type WireApprovalHealth, figureShapes } from '@countersign/contract';
import { WEEKDAYS } from '@countersign/core';
import {
  type FigurePeriod,
  type Figures,
  type KeyedFigures,
  type Scope,
  checkpointFigures,
  countPending,
  countPendingOf,
  countSnoozes,
  escalatedLately,
  figurePeriod,
  figuresBy,
  figuresByDay,
  figuresWithin,
  getSettings,
  waitingFigures,
} from '@countersign/store';
import { personOf } from '../auth/principal.ts';
import type { Context, FreeContext, FreeHandlers, Handlers } from '../http/context.ts';
import { withMine } from './assigned.ts';

const DAY_SECONDS = 86_400;

const present = (row: Figures) => ({
  approved: row.approved,
  approved_with_edits: row.edited,
  rejected: row.rejected,
  expired: row.expired,
  cancelled: row.cancelled,
  median_seconds: row.median,
  p95_seconds: row.p95,
  unchanged_share: row.unchanged,
  quick_share: row.quick,
});

/** Nearly always yes, or yes before anybody can have read it: said in words, with what to do about it. */
const signalOf = ({
  approved_share: share,
  median,
}: {
  approved_share: number;
  median: number | null;
}): string | null => {
  if (share >= 0.98 && median !== null && median < 3)
    return 'Looks automatic: nearly all approved, in under three seconds. Ask less, or look closer.';
  if (share >= 0.98) return 'Nearly all approved: a policy may let most of these through.';
  if (share <= 0.5) return 'Half or more rejected: the agent may need other instructions or a block.';
  return null;
};

/** `monday-09` for the tenth hour of the week. */
const hourName = (key: string): string => {
  const hour = Number(key);
  return `${WEEKDAYS[Math.floor(hour / 24)]}-${String(hour % 24).padStart(2, '0')}`;
};

type Counted = Pick<Context<'countApprovals'>, 'query' | 'principal'>;

/** Whose turn it is: the reader's, somebody else's, and what the reader has put off. */
const countTurns = async (
  scope: Scope,
  { query, principal }: Counted,
): Promise<Pick<WireApprovalCounts, 'pending_for_you' | 'pending_for_others' | 'snoozed_by_you'>> => {
  if (query.assigned_to === undefined) return { pending_for_you: null, pending_for_others: null, snoozed_by_you: null };
  const { mine, snoozes } = await withMine(scope, { assigned_to: 'me', snoozed: 'false' }, principal);
  const count = (others: boolean) =>
    countPendingOf(scope, { mine: mine && { ...mine, others }, snoozes }, figureShapes.COUNTED_MAX);
  const snoozed = await countSnoozes(scope, personOf(principal));
  return {
    pending_for_you: await count(false),
    pending_for_others: await count(true),
    snoozed_by_you: { count: snoozed.count, next_ends_at: snoozed.next?.toISOString() ?? null },
  };
};

export const figureHandlers = {
  countApprovals: async ({ query, principal }, scope) => {
    const waiting = await countPending(scope);
    const decided = await figuresWithin(scope, DAY_SECONDS);
    return {
      pending: waiting?.pending ?? 0,
      ...(await countTurns(scope, { query, principal })),
      pending_by_priority: {
        low: waiting?.low ?? 0,
        medium: waiting?.medium ?? 0,
        high: waiting?.high ?? 0,
        critical: waiting?.critical ?? 0,
      },
      due_within_15_minutes: waiting?.due_soon ?? 0,
      oldest_pending_at: waiting?.oldest?.toISOString() ?? null,
      decided_last_24_hours: {
        approved: decided.approved,
        approved_with_edits: decided.edited,
        rejected: decided.rejected,
        expired: decided.expired,
        cancelled: decided.cancelled,
        median_seconds_to_decision: decided.median,
      },
    };
  },
  getApprovalHealth: async ({ query }, scope): Promise<WireApprovalHealth> => {
    const waiting = await waitingFigures(scope, query);
    const signals = (await checkpointFigures(scope, query)).flatMap((row) => {
      const text = signalOf(row);
      return text === null
        ? []
        : [{ checkpoint: row.checkpoint, text, decided: row.decided, approved_share: row.approved_share }];
    });
    return {
      pending: waiting?.pending ?? 0,
      overdue: waiting?.overdue ?? 0,
      oldest_pending_at: waiting?.oldest?.toISOString() ?? null,
      due_within_15_minutes: waiting?.due_soon ?? 0,
      escalated_last_24_hours: await escalatedLately(scope, query),
      last_24_hours: present(await figuresWithin(scope, DAY_SECONDS, query)),
      last_7_days: present(await figuresWithin(scope, 7 * DAY_SECONDS, query)),
      pending_by_age: [
        { up_to_seconds: 3600, count: waiting?.hour ?? 0 },
        { up_to_seconds: DAY_SECONDS, count: waiting?.day ?? 0 },
        { up_to_seconds: 7 * DAY_SECONDS, count: waiting?.week ?? 0 },
        { up_to_seconds: null, count: waiting?.older ?? 0 },
      ],
      signals,
    };
  },
} satisfies Partial<Handlers>;

type StatsContext = FreeContext<'getApprovalStats'>;

/** More days than that are counted by two connections at once, each half of them. */
const DAYS_AT_ONCE = 90;

const countsOf = async ({ query, reading }: StatsContext, period: FigurePeriod): Promise<KeyedFigures[]> => {
  const { by } = query;
  if (by !== 'day') return reading((scope) => figuresBy(scope, by, period, query));
  const cuts =
    query.days > DAYS_AT_ONCE ? [period.since, period.middle, 'infinity'] : ([period.since, 'infinity'] as const);
  const parts = cuts
    .slice(1)
    .map((end, index) => reading((scope) => figuresByDay(scope, period.time_zone, [cuts[index] ?? end, end], query)));
  return (await Promise.all(parts)).flat();
};

export const getApprovalStats: FreeHandlers['getApprovalStats'] = async (context) => {
  const { query, reading, json } = context;
  const { goal, period } = await reading(async (scope) => {
    const settings = await getSettings(scope);
    return {
      goal: settings.decision_goal_seconds ?? null,
      period: await figurePeriod(scope, settings.time_zone ?? 'UTC', query.days),
    };
  });
  const named = query.by === 'hour' ? hourName : null;
  return json({
    since: period.begins.toISOString(),
    time_zone: period.time_zone,
    goal_seconds: goal,
    data: (await countsOf(context, period)).map((row) => ({
      key: named?.(row.key) ?? row.key,
      name: named?.(row.key) ?? row.name,
      ...present(row),
    })),
  });
};
