/** The charts of the page, each with its sentence and its table. */
import type { WireApprovalHealth } from '@countersign/contract';
import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { PlainText } from '../approvals/value-text.tsx';
import { formatAge, formatDuration } from '../live/time.ts';
import { PercentileBand, StackedBars } from './charts.tsx';
import { HOURS, WEEKDAYS, dayWord, hourWord } from './days.ts';
import { Figure, type Series } from './figure.tsx';
import { HeatGrid } from './heat-grid.tsx';
import { ticksTo, timeTicksTo } from './scale.ts';
import { type Stat, endedOf, share, took } from './words.ts';

const SERIES: readonly Series[] = [
  { label: 'Approved', fill: 'var(--chart-1)' },
  { label: 'Approved with edits', fill: 'var(--chart-4)' },
  { label: 'Rejected', fill: 'var(--chart-2)' },
  { label: 'Expired', fill: 'var(--chart-3)' },
];

type DaysProps = {
  readonly days: readonly string[];
  readonly byDay: readonly (Stat | undefined)[];
  readonly zone: string;
};

export const Outcomes = ({ days, byDay, zone }: DaysProps): ReactNode => {
  const labels = days.map(dayWord);
  const values = byDay.map((stat) => [
    stat?.approved ?? 0,
    stat?.approved_with_edits ?? 0,
    stat?.rejected ?? 0,
    stat?.expired ?? 0,
  ]);
  const sums = SERIES.map((_, place) => values.reduce((sum, parts) => sum + (parts[place] ?? 0), 0));
  const most = Math.max(0, ...values.map((parts) => parts.reduce((sum, part) => sum + part, 0)));
  return (
    <Figure
      title="Outcomes per day"
      note={`By the day they were decided, ${zone}`}
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
  );
};

const tickWord = (seconds: number): string =>
  seconds === 0 ? '0' : formatDuration(seconds * 1000).replace(/ 00s$|(?<=h) 00m$/, '');

export const Times = ({ days, byDay, goal }: Omit<DaysProps, 'zone'> & { readonly goal: number | null }): ReactNode => {
  const labels = days.map(dayWord);
  const median = byDay.map((stat) => stat?.median_seconds ?? null);
  const p95 = byDay.map((stat) => stat?.p95_seconds ?? null);
  const medians = median.filter((value) => value !== null);
  const slowest = Math.max(0, ...p95.map((value) => value ?? 0));
  const kept = goal === null ? 0 : medians.filter((value) => value <= goal).length;
  const goalWords =
    goal === null ? '' : ` The goal is ${took(goal)}; the median kept it on ${kept} of ${medians.length} days.`;
  return (
    <Figure
      title="Time to decision"
      note={`From the request to its decision: median and 95th percentile by day${goal === null ? '' : `; the goal is ${took(goal)}`}`}
      isEmpty={medians.length === 0}
      sentence={
        medians.length === 0
          ? 'Nothing was decided.'
          : `Time to decision: the daily median lies between ${took(Math.min(...medians))} and ${took(Math.max(...medians))}; the 95th percentile reaches ${took(slowest)}.${goalWords}`
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
        goal={goal}
        ticks={timeTicksTo(Math.max(slowest, goal ?? 0))}
        format={tickWord}
      />
    </Figure>
  );
};

export const Load = ({ byHour, zone }: { readonly byHour: readonly Stat[]; readonly zone: string }): ReactNode => {
  const counts = new Map(byHour.map((stat) => [stat.key, endedOf(stat)]));
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const [busiest, most] = [...counts].reduce(
    ([key, top], [next, count]) => (count > top ? [next, count] : [key, top]),
    ['', 0],
  );
  return (
    <Figure
      title="When it is asked"
      note={`What was decided in this time, by the hour in which it was asked, ${zone}`}
      isEmpty={all === 0}
      sentence={all === 0 ? 'Nothing was asked.' : `Most is asked on ${hourWord(busiest)}: ${most} of ${all}.`}
      table={{
        head: ['Hour', 'Asked'],
        rows: WEEKDAYS.flatMap((day) =>
          HOURS.map((hour) => `${day}-${hour}`)
            .filter((key) => counts.has(key))
            .map((key) => [hourWord(key), counts.get(key)]),
        ),
      }}
    >
      <HeatGrid counts={counts} />
    </Figure>
  );
};

const ageWord = (from: number, to: number | null): string => {
  const word = (seconds: number): string => formatAge(seconds * 1000);
  if (to === null) return `over ${word(from)}`;
  return from === 0 ? `to ${word(to)}` : `${word(from)}–${word(to)}`;
};

export const Ages = ({ health }: { readonly health: WireApprovalHealth }): ReactNode => {
  const ages = health.pending_by_age.map((bucket, index) => ({
    label: ageWord(health.pending_by_age[index - 1]?.up_to_seconds ?? 0, bucket.up_to_seconds),
    count: bucket.count,
  }));
  return (
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
  );
};

export const Signals = ({ signals }: { readonly signals: WireApprovalHealth['signals'] }): ReactNode => (
  <section aria-label="Attention" className="card flex flex-col">
    <header className="px-4 pt-3.5 pb-2">
      <h2 className="font-semibold">Attention</h2>
      <p className="text-label text-fg-2">Signs that a gate is being waved through, in the last 30 days</p>
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
