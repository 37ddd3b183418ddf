/** What starts by itself at times: when next, how it went last, and a pause in one tap. */
import type { WireSchedule } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTitle } from '../approvals/approval-pane.tsx';
import { useServerNow } from '../live/clock.ts';
import { formatExact, formatMoment } from '../live/time.ts';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Failure, Skeleton } from '../ui/states.tsx';
import { PauseButton } from './pause-button.tsx';
import { schedulesQuery } from './queries.ts';
import { RunMark } from './run-mark.tsx';
import { ScheduleDialog } from './schedule-dialog.tsx';
import { timingWords } from './timing-words.ts';

/** The next moment, or why there is none. */
export const NextRun = ({ schedule }: { readonly schedule: WireSchedule }): ReactNode => {
  const now = useServerNow();
  const [next] = schedule.next_runs;
  if (schedule.status === 'paused') return <span className="font-medium text-wait">paused</span>;
  if (next === undefined) return <span className="text-off">has ended</span>;
  return (
    <time dateTime={next} title={formatExact(next)}>
      next {formatMoment(next, now)}
    </time>
  );
};

const ScheduleRow = ({ schedule }: { readonly schedule: WireSchedule }): ReactNode => {
  const now = useServerNow();
  const mayChange = useCan('triggers:write');
  return (
    <li className="flex flex-wrap items-center gap-x-5 gap-y-1.5 px-3.5 py-2.5 hover:bg-hover">
      <span className="relative min-w-0 flex-1 basis-64">
        <Link
          to="/schedules/$id"
          params={{ id: schedule.id }}
          className={clsx('font-medium after:absolute after:inset-0', schedule.status !== 'active' && 'text-fg-2')}
        >
          {schedule.name}
        </Link>
        <span className="block truncate text-label text-fg-2">
          {schedule.target.name} · {timingWords(schedule.timing, (at) => formatMoment(at, now))}
        </span>
      </span>
      <span className="text-label text-fg-2 tabular-nums phone:w-40 phone:text-right">
        <NextRun schedule={schedule} />
      </span>
      <span className="phone:w-44">
        {schedule.last_run ? (
          <RunMark run={schedule.last_run} />
        ) : (
          <span className="text-label text-fg-3">no run yet</span>
        )}
      </span>
      {mayChange && (
        <span className="phone:w-24 phone:text-right">
          <PauseButton schedule={schedule} size="small" />
        </span>
      )}
    </li>
  );
};

export const SchedulesPage = (): ReactNode => {
  useTitle('Schedules');
  const navigate = useNavigate();
  const mayWrite = useCan('triggers:write');
  const [creating, setCreating] = useState(false);
  const { data, error, refetch } = useQuery(schedulesQuery);
  const newSchedule = (
    <Button look="ink" onClick={() => setCreating(true)}>
      <Plus size={15} aria-hidden="true" /> New schedule
    </Button>
  );
  return (
    <Page
      title="Schedules"
      actions={mayWrite && data !== undefined && data.length > 0 && newSchedule}
      below={<p className="text-fg-2">Workflows and agents that start by themselves, at times.</p>}
    >
      {data === undefined &&
        (error === null ? (
          <Skeleton rows={4} className="h-15" />
        ) : (
          <Failure error={error} onRetry={() => void refetch()} />
        ))}
      {data?.length === 0 && (
        <Empty title="No schedule yet" {...(mayWrite ? { action: newSchedule } : {})}>
          A schedule starts a workflow or an agent at times of day, at a distance, or once.
        </Empty>
      )}
      {data !== undefined && data.length > 0 && (
        <ul className="card divide-y">
          {data.map((schedule) => (
            <ScheduleRow key={schedule.id} schedule={schedule} />
          ))}
        </ul>
      )}
      {creating && (
        <ScheduleDialog
          onClose={() => setCreating(false)}
          onSaved={({ id }) => void navigate({ to: '/schedules/$id', params: { id } })}
        />
      )}
    </Page>
  );
};
