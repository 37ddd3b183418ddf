/** Four figures that say how it goes, each beside the days before it. */
import type { WireApprovalHealth } from '@countersign/contract';
import type { ReactNode } from 'react';
import { useServerNow } from '../live/clock.ts';
import { formatAge } from '../live/time.ts';
import { Sparkline } from './charts.tsx';
import { type Stat, decidedOf, fasterBy, moreBy, partOf, pointsBy, share, took } from './words.ts';

type TileProps = {
  readonly label: string;
  readonly value: string;
  /** Compared with the days before. */
  readonly change?: string | null;
  readonly children: ReactNode;
  readonly course?: readonly (number | null)[];
};

const Tile = ({ label, value, change, children, course }: TileProps): ReactNode => (
  <div className="flex items-start gap-3 px-4 py-3.5">
    <dl className="min-w-0 flex-1">
      <dt className="text-label text-fg-2">{label}</dt>
      <dd className="text-[24px] leading-8 font-semibold">{value}</dd>
      {typeof change === 'string' && <dd className="text-label text-fg-2">{change}</dd>}
      <dd className="text-label text-fg-2">{children}</dd>
    </dl>
    {course !== undefined && (
      <div className="pt-5">
        <Sparkline values={course} />
      </div>
    )}
  </div>
);

type TilesProps = {
  readonly health: WireApprovalHealth;
  /** The days of the period, with what was decided on them. */
  readonly byDay: readonly (Stat | undefined)[];
  readonly current: Stat | undefined;
  readonly before: Stat | undefined;
};

export const Tiles = ({ health, byDay, current, before }: TilesProps): ReactNode => {
  const now = useServerNow();
  const course = (figure: (stat: Stat) => number | null): readonly (number | null)[] =>
    byDay.map((stat) => (stat === undefined ? null : figure(stat)));
  const decided = current === undefined ? 0 : decidedOf(current);
  const more = before === undefined ? null : moreBy(decided, decidedOf(before));
  const changedOf = (stat: Stat): number | null => partOf(stat.rejected + stat.approved_with_edits, decidedOf(stat));
  const expiredOf = (stat: Stat): number | null => partOf(stat.expired, decidedOf(stat) + stat.expired);
  const points = (figure: (stat: Stat) => number | null): string | null =>
    current === undefined || before === undefined ? null : pointsBy(figure(current), figure(before));
  return (
    <div className="card grid divide-y phone:grid-cols-2 phone:[&>*:nth-child(even)]:border-l wide:grid-cols-4 wide:divide-y-0 wide:[&>*+*]:border-l">
      <Tile label="Pending now" value={String(health.pending)}>
        {health.due_within_15_minutes} due in 15 min
        {health.overdue > 0 && <span className="font-semibold text-no">, {health.overdue} overdue</span>}
        {health.oldest_pending_at !== null && (
          <span className="block">oldest {formatAge(now - Date.parse(health.oldest_pending_at))}</span>
        )}
        <span className="block">
          {decided} decided{more !== null && `, ${more}`}
        </span>
      </Tile>
      <Tile
        label="Median time to decision"
        value={took(current?.median_seconds ?? null)}
        change={fasterBy(current?.median_seconds ?? null, before?.median_seconds ?? null)}
        course={course((stat) => stat.median_seconds)}
      >
        p95 {took(current?.p95_seconds ?? null)}
        <span className="block">24 h: {took(health.last_24_hours.median_seconds)}</span>
      </Tile>
      <Tile
        label="Rejected or edited"
        value={share(current === undefined ? null : changedOf(current))}
        change={points(changedOf)}
        course={course(changedOf)}
      >
        of {decided} decided
        <span className="block">{share(current?.quick_share ?? null)} in under 3 s</span>
      </Tile>
      <Tile
        label="Expired undecided"
        value={share(current === undefined ? null : expiredOf(current))}
        change={points(expiredOf)}
        course={course(expiredOf)}
      >
        {current?.expired ?? 0} requests
        <span className="block">{health.escalated_last_24_hours} escalated in 24 h</span>
      </Tile>
    </div>
  );
};
