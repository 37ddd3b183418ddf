/** How the queue is doing: what a team lead looks at in the morning. */
import type { WireApprovalHealth } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTitle } from '../approvals/approval-pane.tsx';
import { Pick } from '../approvals/filters.tsx';
import { PlainText } from '../approvals/value-text.tsx';
import { useServerNow } from '../live/clock.ts';
import { formatAge, formatDuration } from '../live/time.ts';
import { Page } from '../ui/page.tsx';
import { Failure, Skeleton } from '../ui/states.tsx';
import { PercentileBand, Sparkline, StackedBars } from './charts.tsx';
import { dayWord, daysUntil } from './days.ts';
import { Figure, type Series } from './figure.tsx';
import { healthQuery, statsQuery } from './queries.ts';
import { ticksTo, timeTicksTo } from './scale.ts';
import { Breakdown, type Stat, decidedOf, share, took } from './tables.tsx';

const SERIES: readonly Series[] = [
  { label: 'Approved', fill: 'var(--chart-1)' },
  { label: 'Approved with edits', fill: 'var(--chart-4)' },
  { label: 'Rejected', fill: 'var(--chart-2)' },
  { label: 'Expired', fill: 'var(--chart-3)' },
];

type TileProps = {
  readonly label: string;
  readonly value: string;
  readonly note: ReactNode;
  readonly course?: readonly (number | null)[];
};

const Tile = ({ label, value, note, course }: TileProps): ReactNode => (
  <div className="flex items-center gap-3 px-4 py-3.5">
    <dl className="min-w-0 flex-1">
      <dt className="text-label text-fg-2">{label}</dt>
      <dd className="text-[24px] leading-8 font-semibold">{value}</dd>
      <dd className="text-label text-fg-2">{note}</dd>
    </dl>
    {course !== undefined && <Sparkline values={course} />}
  </div>
);

const ageWord = (from: number, to: number | null): string => {
  const word = (seconds: number): string => formatAge(seconds * 1000);
  if (to === null) return `over ${word(from)}`;
  return from === 0 ? `to ${word(to)}` : `${word(from)}–${word(to)}`;
};

const Charts = ({
  days,
  data,
  health,
}: {
  readonly days: readonly string[];
  readonly data: readonly Stat[];
  readonly health: WireApprovalHealth;
}): ReactNode => {
  const byDay = new Map(data.map((stat) => [stat.key, stat]));
  const labels = days.map(dayWord);
  const values = days.map((day) => {
    const stat = byDay.get(day);
    return [stat?.approved ?? 0, stat?.approved_with_edits ?? 0, stat?.rejected ?? 0, stat?.expired ?? 0];
  });
  const sums = SERIES.map((_, place) => values.reduce((sum, parts) => sum + (parts[place] ?? 0), 0));
  const most = Math.max(0, ...values.map((parts) => parts.reduce((sum, part) => sum + part, 0)));
  const median = days.map((day) => byDay.get(day)?.median_seconds ?? null);
  const p95 = days.map((day) => byDay.get(day)?.p95_seconds ?? null);
  const medians = median.filter((value) => value !== null);
  const ages = health.pending_by_age.map((bucket, index) => ({
    label: ageWord(health.pending_by_age[index - 1]?.up_to_seconds ?? 0, bucket.up_to_seconds),
    count: bucket.count,
  }));
  return (
    <div className="grid gap-4 full:grid-cols-2">
      <Figure
        title="Outcomes per day"
        note="By the day they were decided, UTC"
        legend={SERIES}
        isEmpty={most === 0}
        sentence={`Outcomes per day over ${days.length} days: ${SERIES.map((part, place) => `${sums[place]} ${part.label.toLowerCase()}`).join(', ')}; at most ${most} on one day.`}
        table={{
          head: ['Day', ...SERIES.map((part) => part.label)],
          rows: days.map((_, index) => [labels[index], ...(values[index] ?? [])]).toReversed(),
        }}
      >
        <StackedBars labels={labels} series={SERIES} values={values} ticks={ticksTo(most)} />
      </Figure>
      <Figure
        title="Time to decision"
        note="From the request to its decision: median and 95th percentile by day"
        isEmpty={medians.length === 0}
        sentence={
          medians.length === 0
            ? 'Nothing was decided.'
            : `Time to decision: the daily median lies between ${took(Math.min(...medians))} and ${took(Math.max(...medians))}; the 95th percentile reaches ${took(Math.max(...p95.map((value) => value ?? 0)))}.`
        }
        table={{
          head: ['Day', 'Median', 'p95'],
          rows: days
            .map((_, index) => [labels[index], took(median[index] ?? null), took(p95[index] ?? null)])
            .toReversed(),
        }}
      >
        <PercentileBand
          labels={labels}
          low={median}
          high={p95}
          ticks={timeTicksTo(Math.max(0, ...p95.map((value) => value ?? 0)))}
          format={(seconds) => (seconds === 0 ? '0' : formatDuration(seconds * 1000).replace(/ 00s$|(?<=h) 00m$/, ''))}
        />
      </Figure>
      <Figure
        title="Pending by age"
        note="How long what waits now has waited"
        isEmpty={health.pending === 0}
        sentence={`${health.pending} wait: ${ages
          .filter((age) => age.count > 0)
          .map((age) => `${age.count} for ${age.label}`)
          .join(', ')}.`}
        table={{ head: ['Age', 'Pending'], rows: ages.map((age) => [age.label, age.count]) }}
      >
        <StackedBars
          labels={ages.map((age) => age.label)}
          series={[{ label: 'Pending', fill: 'var(--chart-5)' }]}
          values={ages.map((age) => [age.count])}
          ticks={ticksTo(Math.max(0, ...ages.map((age) => age.count)))}
        />
      </Figure>
      <Signals signals={health.signals} />
    </div>
  );
};

const Signals = ({ signals }: { readonly signals: WireApprovalHealth['signals'] }): ReactNode => (
  <section aria-label="Attention" className="card flex flex-col">
    <header className="px-4 pt-3.5 pb-2">
      <h2 className="font-semibold">Attention</h2>
      <p className="text-label text-fg-2">Signs that a gate is being waved through</p>
    </header>
    {signals.length === 0 ? (
      <p className="px-4 pt-2 pb-4 text-fg-2">None. What is asked for is looked at.</p>
    ) : (
      <ul className="divide-y border-t">
        {signals.map((signal) => (
          <li key={signal.checkpoint} className="flex flex-wrap gap-x-4 gap-y-1 px-4 py-2.5">
            <span className="font-mono text-[13px] font-medium">
              <PlainText text={signal.checkpoint} />
            </span>
            <span className="text-fg-2">
              {signal.decided} decided, {share(signal.approved_share)} approved
            </span>
            <span className="flex w-full gap-1.5">
              <TriangleAlert size={15} aria-hidden="true" className="mt-0.5 shrink-0 text-wait" />
              <span>{signal.text}</span>
            </span>
          </li>
        ))}
      </ul>
    )}
  </section>
);

const Tiles = ({
  health,
  days,
  data,
}: {
  readonly health: WireApprovalHealth;
  readonly days: readonly string[];
  readonly data: readonly Stat[];
}): ReactNode => {
  const now = useServerNow();
  const byDay = new Map(data.map((stat) => [stat.key, stat]));
  const course = (figure: (stat: Stat) => number | null): readonly (number | null)[] =>
    days.map((day) => {
      const stat = byDay.get(day);
      return stat === undefined ? null : figure(stat);
    });
  const week = health.last_7_days;
  const decided = decidedOf(week);
  const ended = decided + week.expired;
  const part = (count: number, of: number): string => share(of === 0 ? null : count / of);
  return (
    <div className="card grid divide-y phone:grid-cols-2 phone:[&>*:nth-child(even)]:border-l wide:grid-cols-4 wide:divide-y-0 wide:[&>*+*]:border-l">
      <Tile
        label="Pending now"
        value={String(health.pending)}
        note={
          <>
            {health.due_within_15_minutes} due in 15 min
            {health.overdue > 0 && <span className="font-semibold text-no">, {health.overdue} overdue</span>}
            {health.oldest_pending_at !== null && (
              <span className="block">oldest {formatAge(now - Date.parse(health.oldest_pending_at))}</span>
            )}
          </>
        }
      />
      <Tile
        label="Median time to decision"
        value={took(week.median_seconds)}
        note={
          <>
            p95 {took(week.p95_seconds)}
            <span className="block">24 h: {took(health.last_24_hours.median_seconds)}</span>
          </>
        }
        course={course((stat) => stat.median_seconds)}
      />
      <Tile
        label="Rejected or edited"
        value={part(week.rejected + week.approved_with_edits, decided)}
        note={
          <>
            of {decided} in 7 days<span className="block">{share(week.quick_share)} in under 3 s</span>
          </>
        }
        course={course((stat) => stat.rejected + stat.approved_with_edits)}
      />
      <Tile
        label="Expired undecided"
        value={part(week.expired, ended)}
        note={
          <>
            {week.expired} in 7 days<span className="block">{health.escalated_last_24_hours} escalated in 24 h</span>
          </>
        }
        course={course((stat) => stat.expired)}
      />
    </div>
  );
};

export const HealthPage = (): ReactNode => {
  useTitle('Approval health');
  const { days: count = 30, by = 'agent' } = useSearch({ from: '/app/health' });
  const navigate = useNavigate();
  const now = useServerNow();
  const health = useQuery(healthQuery);
  const daily = useQuery(statsQuery('day', count));
  const days = daysUntil(now, count);
  const error = health.error ?? daily.error;
  return (
    <Page
      title="Approval health"
      actions={
        <span className="w-36">
          <Pick
            label="Time"
            none="Last 30 days"
            value={count === 30 ? undefined : String(count)}
            options={[
              { value: '7', label: 'Last 7 days' },
              { value: '90', label: 'Last 90 days' },
            ]}
            onChange={(value) =>
              void navigate({
                to: '/health',
                search: { by, ...(value === '7' ? { days: 7 as const } : value === '90' ? { days: 90 as const } : {}) },
                replace: true,
              })
            }
          />
        </span>
      }
    >
      {health.data === undefined || daily.data === undefined ? (
        error === null ? (
          <Skeleton rows={4} className="h-28" />
        ) : (
          <Failure error={error} onRetry={() => void Promise.all([health.refetch(), daily.refetch()])} />
        )
      ) : (
        <>
          <Tiles health={health.data} days={days} data={daily.data} />
          <Charts days={days} data={daily.data} health={health.data} />
        </>
      )}
      <Breakdown by={by} days={count} />
    </Page>
  );
};
