/** How the queue is doing: what a team lead looks at in the morning. */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTitle } from '../approvals/approval-pane.tsx';
import { useServerNow } from '../live/clock.ts';
import { Page } from '../ui/page.tsx';
import { Failure, Skeleton } from '../ui/states.tsx';
import { daysUntil, zoneWord } from './days.ts';
import { FigureFilters } from './figure-filters.tsx';
import { Ages, Load, Outcomes, Signals, Times } from './figures.tsx';
import { healthQuery, statsQuery } from './queries.ts';
import type { FigureFilter } from './search.ts';
import { Breakdown } from './tables.tsx';
import { Tiles } from './tiles.tsx';

const Figures = ({ count, filter }: { readonly count: number; readonly filter: FigureFilter }): ReactNode => {
  const now = useServerNow();
  const health = useQuery(healthQuery(filter));
  const daily = useQuery(statsQuery('day', count, filter));
  const hourly = useQuery(statsQuery('hour', count, filter));
  const period = useQuery(statsQuery('period', count, filter));
  const queries = [health, daily, hourly, period];
  if (!health.data || !daily.data || !hourly.data || !period.data) {
    const error = queries.find((query) => query.error !== null)?.error;
    return error ? (
      <Failure error={error} onRetry={() => void Promise.all(queries.map((query) => query.refetch()))} />
    ) : (
      <Skeleton rows={4} className="h-28" />
    );
  }
  const { time_zone: timeZone, goal_seconds: goal } = daily.data;
  const days = daysUntil(now, count, timeZone);
  const found = new Map(daily.data.data.map((stat) => [stat.key, stat]));
  const byDay = days.map((day) => found.get(day));
  const zone = zoneWord(timeZone, now);
  const ofPeriod = (key: string) => period.data?.data.find((stat) => stat.key === key);
  return (
    <div
      className="flex flex-col gap-5 transition-opacity data-stale:opacity-60"
      aria-busy={queries.some((query) => query.isPlaceholderData)}
      data-stale={queries.some((query) => query.isPlaceholderData) || undefined}
    >
      <Tiles health={health.data} byDay={byDay} current={ofPeriod('current')} before={ofPeriod('before')} />
      <div className="grid gap-4 full:grid-cols-2">
        <Outcomes days={days} byDay={byDay} zone={zone} />
        <Times days={days} byDay={byDay} goal={goal} />
        <Load byHour={hourly.data.data} zone={zone} />
        <Ages health={health.data} />
      </div>
      <Signals signals={health.data.signals} />
    </div>
  );
};

export const HealthPage = (): ReactNode => {
  useTitle('Approval health');
  const search = useSearch({ from: '/app/health' });
  const { days = 30, by = 'agent', ...filter } = search;
  const navigate = useNavigate();
  return (
    <Page title="Approval health">
      <FigureFilters
        search={search}
        days={days}
        onChange={(next) => void navigate({ to: '/health', search: next, replace: true })}
      />
      <Figures count={days} filter={filter} />
      <Breakdown by={by} days={days} filter={filter} />
    </Page>
  );
};
