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

/**
 * The figures of each key, in three steps: counts by key and class of time (`pace`, migration 0061), all of it from the
 * index `approval_decided` and by several workers at once; then the classes in order; then one row a key. A percentile
 * is the mean of the class in which it falls, so at most 4.4 % from the exact one, and exact where a class holds one
 * decision; between two ranks it is interpolated, as `percentile_cont` does.
 */
const figuresOf = (key: string, where: string, rest = ''): string => `
  with paced as (
    select ${key} as key, a.pace,
      count(*) filter (where a.status = 'approved' and not a.is_edited) as approved,
      count(*) filter (where a.status = 'approved' and a.is_edited) as edited,
      count(*) filter (where a.status = 'rejected') as rejected,
      count(*) filter (where a.status = 'expired') as expired,
      count(*) filter (where a.status = 'cancelled') as cancelled,
      count(*) filter (where a.by_people) as people,
      sum(a.seconds) filter (where a.by_people) as seconds,
      count(*) filter (where a.by_people and a.status = 'approved' and not a.is_edited) as unchanged,
      count(*) filter (where a.by_people and a.seconds < 3) as quick
    from approval a
    where a.workspace_id = $1 and a.status <> 'pending' and ${where}
    group by 1, 2),
  classes as (
    select key, people, seconds / people as typical,
      sum(people) over (partition by key order by pace) as upto,
      (sum(people) over (partition by key) - 1)::float8 as last
    from paced where people > 0),
  times as (select key, ${rank(0.5)} as median, ${rank(0.95)} as p95 from classes group by key)
  select key::text as key, sum(approved)::int as approved, sum(edited)::int as edited, sum(rejected)::int as rejected,
    sum(expired)::int as expired, sum(cancelled)::int as cancelled, min(times.median) as median, min(times.p95) as p95,
    (sum(unchanged) / nullif(sum(people), 0))::float8 as unchanged, (sum(quick) / nullif(sum(people), 0))::float8 as quick
  from paced left join times using (key) group by key ${rest}`;

/** The value at a share of the ranks 0 … last. */
const rank = (share: number): string => {
  const at = (whole: 'floor' | 'ceil'): string =>
    `min(typical) filter (where upto > ${whole}(last * ${share}) and upto - people <= ${whole}(last * ${share}))`;
  const fraction = `max(last * ${share} - floor(last * ${share}))`;
  return `${at('floor')} * (1 - ${fraction}) + ${at('ceil')} * ${fraction}`;
};

const within = statement<Figures>(
  'figures_within',
  figuresOf('true', 'a.decided_at > now() - make_interval(secs => $2)'),
);

const NOTHING: Figures = {
  approved: 0,
  edited: 0,
  rejected: 0,
  expired: 0,
  cancelled: 0,
  median: null,
  p95: null,
  unchanged: null,
  quick: null,
};

/** What was decided in the last so many seconds. */
export const figuresWithin = async (scope: Scope, seconds: number): Promise<Figures> =>
  (await within.one(scope, scope.workspaceId, seconds)) ?? NOTHING;

/** How each is told apart, which decisions count, and what people call it. */
const KEYS = {
  agent: {
    key: `coalesce(a.agent_key, '')`,
    name: `coalesce((select g.name from agent g where g.workspace_id = $1 and g.id = f.key), nullif(f.key, ''), 'without an agent')`,
  },
  tool: { key: `coalesce(a.tool, '')`, name: `coalesce(nullif(f.key, ''), 'without a tool')` },
  approver: {
    key: 'a.decided_by',
    where: 'a.by_people and ',
    name: `coalesce((select p.name from person p where p.id = f.key),
      (select k.name || ' (key of ' || p.name || ')' from api_key k join person p on p.id = k.owner_id
        where k.workspace_id = $1 and k.id = f.key), f.key)`,
  },
  day: { key: 'a.decided_on', name: 'f.key' },
} as const;

export type FigureKey = keyof typeof KEYS;
type KeyedFigures = Figures & { key: string; name: string };

const grouped = Object.fromEntries(
  Object.entries(KEYS).map(([by, { key, name, ...only }]) => {
    const where = `${'where' in only ? only.where : ''}a.decided_at > now() - make_interval(days => $2)`;
    const order =
      by === 'day' ? 'order by key desc' : 'order by sum(approved + edited + rejected + expired + cancelled) desc, key';
    const sorted = `order by ${by === 'day' ? 'key' : 'approved + edited + rejected + expired + cancelled desc, key'}`;
    const figures = figuresOf(key, where, `${order} limit 400`);
    return [
      by,
      statement<KeyedFigures>(`figures_by_${by}`, `select f.*, ${name} as name from (${figures}) f ${sorted}`),
    ];
  }),
);

export const figuresBy = (scope: Scope, by: FigureKey, days: number): Promise<KeyedFigures[]> =>
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

/** Fewer decisions say nothing about a checkpoint. */
const DECIDED_MIN = 20;

const checkpoints = statement<Figures & { key: string }>(
  'figures_checkpoints',
  figuresOf(
    'a.checkpoint',
    `a.by_people and a.decided_at > now() - interval '30 days'`,
    `having sum(people) >= ${DECIDED_MIN} order by sum(people) desc limit 50`,
  ),
);

/** Checkpoints with enough decisions by people in 30 days to say something about them. */
export const checkpointFigures = async (
  scope: Scope,
): Promise<{ checkpoint: string; decided: number; approved_share: number; median: number | null }[]> =>
  (await checkpoints.all(scope, scope.workspaceId)).map(({ key, approved, edited, rejected, median }) => {
    const decided = approved + edited + rejected;
    return { checkpoint: key, decided, approved_share: (approved + edited) / decided, median };
  });
