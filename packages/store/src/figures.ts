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

/** Which decisions count. An agent is named as figures by agent do: by its id, or its name where it runs elsewhere. */
export type FigureFilter = {
  readonly agent?: string | undefined;
  readonly tool?: string | undefined;
  /** Who decided, or a group that they are in today. */
  readonly approver?: string | undefined;
  readonly group?: string | undefined;
};

/** Outcomes as `tally` numbers them (migration 0160), with 256 classes of time each; those of people come first. */
const CLASSES = 256;
const BY_PEOPLE = `a.tally < ${6 * CLASSES}`;
const sumOf = (...outcomes: readonly number[]): string =>
  `coalesce(sum(n) filter (where outcome in (${outcomes.join(', ')})), 0)::int`;
const PEOPLE = sumOf(0, 1, 2, 3, 4, 5);

/**
 * The figures of each key, in three steps: counts by key and `tally`, all of it from the index `approval_decided` and by
 * several workers at once; then the classes of time in order; then one row a key. A percentile is the mean of the class
 * in which it falls, so at most 4.4 % from the exact one, and exact where a class holds one decision; between two ranks it
 * is interpolated, as `percentile_cont` does.
 */
const figuresOf = (key: string, where: string, rest = '', regrouped = (counted: string): string => counted): string => `
  with tallied as (${regrouped(`
    select ${key} as key, a.tally, count(*) as n, sum(a.seconds) as seconds
    from approval a
    where a.workspace_id = $1 and a.status <> 'pending' and ${where}
    group by 1, 2`)}),
  classes as (
    select key, people, seconds / people as typical,
      sum(people) over (partition by key order by pace) as upto,
      (sum(people) over (partition by key) - 1)::float8 as last
    from (select key, a.tally % ${CLASSES} as pace, sum(n) as people, sum(seconds) as seconds
          from tallied a where ${BY_PEOPLE} group by 1, 2) paced),
  times as (select key, ${rank(0.5)} as median, ${rank(0.95)} as p95 from classes group by key)
  select key::text as key, ${sumOf(0, 1, 6)} as approved, ${sumOf(2, 3, 7)} as edited, ${sumOf(4, 5, 8)} as rejected,
    ${sumOf(9)} as expired, ${sumOf(10)} as cancelled, min(times.median) as median, min(times.p95) as p95,
    ${sumOf(0, 1)}::float8 / nullif(${PEOPLE}, 0) as unchanged, ${sumOf(1, 3, 5)}::float8 / nullif(${PEOPLE}, 0) as quick
  from (select key, tally / ${CLASSES} as outcome, sum(n) as n from tallied group by 1, 2) ended
  left join times using (key) group by key ${rest}`;

/** The value at a share of the ranks 0 … last. */
const rank = (share: number): string => {
  const at = (end: 'floor' | 'ceil'): string =>
    `min(typical) filter (where upto > ${end}(last * ${share}) and upto - people <= ${end}(last * ${share}))`;
  const fraction = `max(last * ${share} - floor(last * ${share}))`;
  return `${at('floor')} * (1 - ${fraction}) + ${at('ceil')} * ${fraction}`;
};

/** Conditions on approvals, and the values that they name. */
const conditionsOf = (filter: FigureFilter, values: unknown[]): string => {
  const texts = ['true'];
  const add = (condition: (parameter: string) => string, value: unknown): void => {
    if (value !== undefined) texts.push(condition(`$${values.push(value)}`));
  };
  add((p) => `coalesce(a.agent_key, '') = ${p}`, filter.agent);
  add((p) => `coalesce(a.tool, '') = ${p}`, filter.tool);
  add((p) => `${BY_PEOPLE} and a.decided_by = ${p}`, filter.approver);
  add(
    (p) => `${BY_PEOPLE} and a.decided_by = any (array(
      select m.person_id from group_member m where m.workspace_id = $1 and m.group_id = ${p}))`,
    filter.group,
  );
  return texts.join(' and ');
};

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
export const figuresWithin = async (scope: Scope, seconds: number, filter: FigureFilter = {}): Promise<Figures> => {
  const values: unknown[] = [scope.workspaceId, seconds];
  const where = `a.decided_at > now() - make_interval(secs => $2) and ${conditionsOf(filter, values)}`;
  return (await scope.client.query<Figures>(figuresOf('true', where), values)).rows[0] ?? NOTHING;
};

/** Days of a time zone, today among them. What is compared with is text: a Date has no microseconds. */
export type FigurePeriod = {
  readonly time_zone: string;
  readonly begins: Date;
  readonly since: string;
  /** The days before it, as far as this period has come. */
  readonly before: string;
  readonly before_end: string;
  /** Where the second half of the days begins. */
  readonly middle: string;
};

const period = statement<FigurePeriod>(
  'figures_period',
  `select $1::text as time_zone, (today - make_interval(days => $2 - 1)) at time zone $1 as begins,
     ((today - make_interval(days => $2 - 1)) at time zone $1)::text as since,
     ((today - make_interval(days => 2 * $2 - 1)) at time zone $1)::text as before,
     ((local - make_interval(days => $2)) at time zone $1)::text as before_end,
     ((today - make_interval(days => $2 / 2)) at time zone $1)::text as middle
   from (select now() at time zone $1 as local, date_trunc('day', now() at time zone $1) as today) clock`,
);

export const figurePeriod = async (scope: Scope, timeZone: string, days: number): Promise<FigurePeriod> => {
  const found = await period.one(scope, timeZone, days);
  if (!found) throw new Error('one row of no table');
  return found;
};

/**
 * When the clocks of a time zone changed since a year before the period, in seconds since 1970, and how many seconds ahead of UTC
 * they were before each change and after the last. Looked up once, since a conversion a row takes three times as long as all else.
 * Changes are found to the hour, which is when they happen everywhere but on Lord Howe Island.
 */
const zoneOffsets = statement<{ changes: number[]; offsets: number[] }>(
  'figures_zone_offsets',
  `with hours as (
     select epoch, extract(epoch from to_timestamp(epoch) at time zone $1)::bigint - epoch as ahead
     from generate_series(floor(extract(epoch from $2::timestamptz) / 3600)::bigint * 3600 - 366 * 86400,
       extract(epoch from now())::bigint, 3600) epoch),
   changes as (select epoch, ahead, lag(ahead) over (order by epoch) as before from hours)
   select coalesce(array_agg(epoch::float8 order by epoch) filter (where before is not null), '{}') as changes,
     array_agg(ahead::int order by epoch) as offsets
   from changes where before is distinct from ahead`,
);

const MOST_FIRST = 'order by approved + edited + rejected + expired + cancelled desc, key';

/** How each is told apart, what people call it, and in which order they come. `$2` are the changes of the clocks, `$3` the offsets. */
const KEYS = {
  agent: {
    key: `coalesce(a.agent_key, '')`,
    name: `coalesce((select g.name from agent g where g.workspace_id = $1 and g.id = f.key), nullif(f.key, ''), 'without an agent')`,
    order: MOST_FIRST,
  },
  tool: { key: `coalesce(a.tool, '')`, name: `coalesce(nullif(f.key, ''), 'without a tool')`, order: MOST_FIRST },
  approver: {
    key: 'a.decided_by',
    only: BY_PEOPLE,
    name: `coalesce((select p.name from person p where p.id = f.key),
      (select k.name || ' (key of ' || p.name || ')' from api_key k join person p on p.id = k.owner_id
        where k.workspace_id = $1 and k.id = f.key), f.key)`,
    order: MOST_FIRST,
  },
  group: {
    key: 'a.decided_by',
    only: BY_PEOPLE,
    regrouped: (counted: string) => `select m.group_id as key, c.tally, sum(c.n) as n, sum(c.seconds) as seconds
      from (${counted}) c join group_member m on m.workspace_id = $1 and m.person_id = c.key group by 1, 2`,
    name: '(select g.name from people_group g where g.workspace_id = $1 and g.id = f.key)',
    order: MOST_FIRST,
  },
  /** Of the week, from Monday on, in which it was asked: 0 to 167. The first of January 1970 was a Thursday. */
  hour: {
    key: `(floor((date_part('epoch', a.created_at) + ($3::int[])[1 + width_bucket(date_part('epoch', a.created_at), $2::float8[])])
      / 3600)::bigint + 72) % 168`,
    name: 'f.key',
    order: 'order by key::int',
  },
} as const;

/** One day after the other, so that no more than one day's classes are in hand. */
const byDay = (where: string): string => `
  select to_char(d.day, 'YYYY-MM-DD') as key, to_char(d.day, 'YYYY-MM-DD') as name, f.approved, f.edited, f.rejected,
    f.expired, f.cancelled, f.median, f.p95, f.unchanged, f.quick
  from (select day, day at time zone $2 as begins, (day + interval '1 day') at time zone $2 as ends
        from generate_series($3::timestamptz at time zone $2, least(now(), $4::timestamptz) at time zone $2, interval '1 day') day
        where day at time zone $2 < $4::timestamptz) d
  cross join lateral (${figuresOf('true', `a.decided_at >= d.begins and a.decided_at < d.ends and ${where}`)}) f
  order by d.day`;

export type FigureKey = keyof typeof KEYS | 'period';
export type KeyedFigures = Figures & { key: string; name: string };

/** This period and the one before it; without a row where nothing was decided. */
const byPeriod = async (scope: Scope, asked: FigurePeriod, filter: FigureFilter): Promise<KeyedFigures[]> => {
  const spans = { current: [asked.since, 'infinity'], before: [asked.before, asked.before_end] } as const;
  const rows: KeyedFigures[] = [];
  for (const [key, span] of Object.entries(spans)) {
    const values: unknown[] = [scope.workspaceId, ...span];
    const where = `a.decided_at >= $2 and a.decided_at < $3 and ${conditionsOf(filter, values)}`;
    const found = await scope.client.query<Figures>(figuresOf('true', where), values);
    if (found.rows[0]) rows.push({ ...found.rows[0], key, name: key });
  }
  return rows;
};

/** The days from one moment on and before another. */
export const figuresByDay = async (
  scope: Scope,
  timeZone: string,
  [from, before]: readonly [string, string],
  filter: FigureFilter,
): Promise<KeyedFigures[]> => {
  const values: unknown[] = [scope.workspaceId, timeZone, from, before];
  const conditions = conditionsOf(filter, values);
  return (await scope.client.query<KeyedFigures>(byDay(conditions), values)).rows;
};

/** The figures of a period by something: at most 400 of them. */
export const figuresBy = async (
  scope: Scope,
  by: FigureKey,
  asked: FigurePeriod,
  filter: FigureFilter,
): Promise<KeyedFigures[]> => {
  if (by === 'period') return byPeriod(scope, asked, filter);
  const zone = by === 'hour' ? await zoneOffsets.one(scope, asked.time_zone, asked.since) : null;
  const values: unknown[] = [scope.workspaceId, zone?.changes ?? [], zone?.offsets ?? [], asked.since];
  const conditions = conditionsOf(filter, values);
  const { key, name, order, ...others } = KEYS[by];
  const where = `a.decided_at >= $4 and ${'only' in others ? others.only : 'true'} and ${conditions}`;
  const figures = figuresOf(key, where, '', 'regrouped' in others ? others.regrouped : undefined);
  // Every parameter must stand in the statement, whether it is needed or not.
  const text = `select f.*, ${name} as name from (${figures}) f where $2::float8[] is not null and $3::int[] is not null ${order} limit 400`;
  return (await scope.client.query<KeyedFigures>(text, values)).rows;
};

export type Waiting = {
  pending: number;
  overdue: number;
  due_soon: number;
  oldest: Date | null;
  hour: number;
  day: number;
  week: number;
  older: number;
};

/** What waits now, by how long it has. */
export const waitingFigures = async (scope: Scope, filter: FigureFilter): Promise<Waiting | undefined> => {
  const values: unknown[] = [scope.workspaceId];
  const { rows } = await scope.client.query<Waiting>(
    `select count(*)::int as pending, count(*) filter (where is_overdue)::int as overdue,
       count(*) filter (where expires_at < now() + interval '15 minutes')::int as due_soon, min(created_at) as oldest,
       count(*) filter (where created_at > now() - interval '1 hour')::int as hour,
       count(*) filter (where created_at <= now() - interval '1 hour' and created_at > now() - interval '1 day')::int as day,
       count(*) filter (where created_at <= now() - interval '1 day' and created_at > now() - interval '7 days')::int as week,
       count(*) filter (where created_at <= now() - interval '7 days')::int as older
     from approval a where workspace_id = $1 and status = 'pending' and ${conditionsOf(filter, values)}`,
    values,
  );
  return rows[0];
};

export const escalatedLately = async (scope: Scope, filter: FigureFilter): Promise<number> => {
  const values: unknown[] = [scope.workspaceId];
  const conditions = conditionsOf(filter, values);
  const { rows } = await scope.client.query<{ count: number }>(
    `select count(distinct e.subject)::int as count from event e
     where e.workspace_id = $1 and e.type = 'approval.escalated' and e.at > now() - interval '1 day'
       and ${values.length === 1 ? 'true' : `exists (select from approval a where a.workspace_id = $1 and a.id = e.subject and ${conditions})`}`,
    values,
  );
  return rows[0]?.count ?? 0;
};

/** Fewer decisions say nothing about a checkpoint. */
const DECIDED_MIN = 20;

/** Checkpoints with enough decisions by people in 30 days to say something about them. */
export const checkpointFigures = async (
  scope: Scope,
  filter: FigureFilter,
): Promise<{ checkpoint: string; decided: number; approved_share: number; median: number | null }[]> => {
  const values: unknown[] = [scope.workspaceId];
  const where = `${BY_PEOPLE} and a.decided_at > now() - interval '30 days' and ${conditionsOf(filter, values)}`;
  const rest = `having sum(n) >= ${DECIDED_MIN} order by sum(n) desc limit 50`;
  const { rows } = await scope.client.query<Figures & { key: string }>(figuresOf('a.checkpoint', where, rest), values);
  return rows.map(({ key, approved, edited, rejected, median }) => {
    const decided = approved + edited + rejected;
    return { checkpoint: key, decided, approved_share: (approved + edited) / decided, median };
  });
};
