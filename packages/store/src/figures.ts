/** Figures about decisions: outcomes, times, and how closely people look. */
import { type Scope, statement } from './database.ts';

export type Figures = {
  approved: number;
  edited: number;
  rejected: number;
  expired: number;
  cancelled: number;
  median: number | null;
  p95: number | null;
  unchanged: number | null;
  quick: number | null;
};

// All of it stands in the index approval_decided, so that a figure over many decisions does not read their rows.
const FIGURES = `count(*) filter (where a.status = 'approved' and not a.is_edited)::int as approved,
  count(*) filter (where a.status = 'approved' and a.is_edited)::int as edited,
  count(*) filter (where a.status = 'rejected')::int as rejected,
  count(*) filter (where a.status = 'expired')::int as expired,
  count(*) filter (where a.status = 'cancelled')::int as cancelled,
  percentile_cont(array[0.5, 0.95]) within group (order by a.seconds) filter (where a.by_people) as times,
  (count(*) filter (where a.by_people and a.status = 'approved' and not a.is_edited))::float8
    / nullif(count(*) filter (where a.by_people), 0) as unchanged,
  (count(*) filter (where a.by_people and a.seconds < 3))::float8 / nullif(count(*) filter (where a.by_people), 0) as quick`;
const TIMES = 'times[1] as median, times[2] as p95';

const within = statement<Figures>(
  'figures_within',
  `select *, ${TIMES} from (
     select ${FIGURES} from approval a
     where a.workspace_id = $1 and a.status <> 'pending' and a.decided_at > now() - make_interval(secs => $2)) f`,
);

/** What was decided in the last so many seconds. */
export const figuresWithin = async (scope: Scope, seconds: number): Promise<Figures> => {
  const row = await within.one(scope, scope.workspaceId, seconds);
  if (!row) throw new Error('an aggregate returned no row');
  return row;
};

const KEYS = {
  agent: [`coalesce(a.agent_id, a.agent_name, '')`, `coalesce(max(a.agent_name), 'without an agent')`],
  tool: [`coalesce(a.tool, '')`, `coalesce(max(a.tool), 'without a tool')`],
  approver: [`coalesce(a.decided_by, '')`, `coalesce(max(a.decided_by_name), '')`],
  day: [`(a.decided_at at time zone 'UTC')::date`, `to_char(max(a.decided_at) at time zone 'UTC', 'YYYY-MM-DD')`],
} as const;

const grouped = Object.fromEntries(
  Object.entries(KEYS).map(([by, [key, name]]) => [
    by,
    statement<Figures & { key: string; name: string }>(
      `figures_by_${by}`,
      `select *, ${by === 'day' ? 'name' : 'key'} as key, ${TIMES} from (
         select ${key} as key, ${name} as name, ${FIGURES} from approval a
         where a.workspace_id = $1 and a.status <> 'pending' and a.decided_at > now() - make_interval(days => $2)
         group by 1 order by ${by === 'day' ? '1' : 'count(*) desc'} limit 400) f`,
    ),
  ]),
);

export type FigureKey = keyof typeof KEYS;

export const figuresBy = (
  scope: Scope,
  by: FigureKey,
  days: number,
): Promise<(Figures & { key: string; name: string })[]> =>
  grouped[by]?.all(scope, scope.workspaceId, days) ?? Promise.resolve([]);

const ages = statement<{ hour: number; day: number; week: number; older: number; overdue: number }>(
  'figures_ages',
  `select count(*) filter (where created_at > now() - interval '1 hour')::int as hour,
     count(*) filter (where created_at <= now() - interval '1 hour' and created_at > now() - interval '1 day')::int as day,
     count(*) filter (where created_at <= now() - interval '1 day' and created_at > now() - interval '7 days')::int as week,
     count(*) filter (where created_at <= now() - interval '7 days')::int as older,
     count(*) filter (where is_overdue)::int as overdue
   from approval where workspace_id = $1 and status = 'pending'`,
);
export const pendingAges = (scope: Scope) => ages.one(scope, scope.workspaceId);

const escalations = statement<{ count: number }>(
  'figures_escalated',
  `select count(distinct subject)::int as count from event
   where workspace_id = $1 and type = 'approval.escalated' and at > now() - interval '1 day'`,
);
export const escalatedLately = async (scope: Scope): Promise<number> =>
  (await escalations.one(scope, scope.workspaceId))?.count ?? 0;

const checkpoints = statement<{ checkpoint: string; decided: number; approved_share: number; median: number | null }>(
  'figures_checkpoints',
  `select a.checkpoint, count(*)::int as decided,
     (count(*) filter (where a.status = 'approved'))::float8 / count(*) as approved_share,
     percentile_cont(0.5) within group (order by a.seconds) as median
   from approval a
   where a.workspace_id = $1 and a.status <> 'pending' and a.by_people and a.decided_at > now() - interval '30 days'
   group by a.checkpoint having count(*) >= 20 order by count(*) desc limit 50`,
);
/** Checkpoints with enough decisions in 30 days to say something about them. */
export const checkpointFigures = (scope: Scope) => checkpoints.all(scope, scope.workspaceId);
