import type { WireSchedule, WireScheduleRun } from '@countersign/contract';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ChevronLeft } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { BACK_CLASS } from '../agents/agent-page.tsx';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { useServerNow } from '../live/clock.ts';
import { formatExact, formatMoment } from '../live/time.ts';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { CopyId } from '../ui/copy.tsx';
import { Page, Section } from '../ui/page.tsx';
import { Empty, Failure, Skeleton } from '../ui/states.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { PauseButton } from './pause-button.tsx';
import { scheduleQuery, scheduleRunsQuery, schedulesQuery } from './queries.ts';
import { RunMark } from './run-mark.tsx';
import { MISSED_WORDS, OVERLAP_WORDS, ScheduleDialog } from './schedule-dialog.tsx';
import { timingWords } from './timing-words.ts';

const Fact = ({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode => (
  <div className="grid gap-x-4 px-3.5 py-2 phone:grid-cols-[11rem_1fr]">
    <dt className="text-fg-2">{name}</dt>
    <dd className="min-w-0 [overflow-wrap:anywhere]">{children}</dd>
  </div>
);

export const TargetLink = ({ target }: { readonly target: WireSchedule['target'] }): ReactNode => (
  <>
    {target.kind === 'agent' ? (
      <Link to="/agents/$id" params={{ id: target.id }} className="underline underline-offset-2">
        {target.name}
      </Link>
    ) : (
      <Link to="/workflows/$id" params={{ id: target.id }} className="underline underline-offset-2">
        {target.name}
      </Link>
    )}{' '}
    <span className="text-label text-fg-3">
      {target.kind}, {target.version === null ? 'current version' : `version ${target.version}`}
    </span>
  </>
);

const Facts = ({ schedule }: { readonly schedule: WireSchedule }): ReactNode => {
  const now = useServerNow();
  return (
    <dl className="card divide-y">
      <Fact name="Starts">
        <TargetLink target={schedule.target} />
      </Fact>
      <Fact name="When">{timingWords(schedule.timing, (at) => formatMoment(at, now))}</Fact>
      <Fact name="Next">
        {schedule.next_runs.length === 0 ? (
          <span className="text-fg-2">
            {schedule.status === 'paused' ? 'nothing while it is paused' : 'nothing more'}
          </span>
        ) : (
          <ol className="tabular-nums">
            {schedule.next_runs.map((at) => (
              <li key={at}>{formatExact(at)}</li>
            ))}
          </ol>
        )}
      </Fact>
      <Fact name="While a run has not ended">{OVERLAP_WORDS[schedule.overlap]}</Fact>
      <Fact name="Missed moments">{MISSED_WORDS[schedule.missed]}</Fact>
      <Fact name="Input">
        <pre className="font-mono text-[13px] whitespace-pre-wrap">
          {typeof schedule.input === 'string' ? schedule.input : JSON.stringify(schedule.input, null, 2)}
        </pre>
      </Fact>
      <Fact name="Made by">{schedule.created_by.name}</Fact>
    </dl>
  );
};

const RunRow = ({ run }: { readonly run: WireScheduleRun }): ReactNode => (
  <li className="relative flex flex-wrap items-center gap-x-5 gap-y-0.5 px-3.5 py-2 hover:bg-hover">
    <time dateTime={run.planned_at} className="tabular-nums phone:w-52">
      {formatExact(run.planned_at)}
    </time>
    <span className="phone:w-44">
      <RunMark run={run} />
    </span>
    <span className="min-w-0 flex-1 text-label text-fg-2">
      {run.count > 1 && `for ${run.count} moments`}
      {run.count > 1 && run.reason !== null && ', '}
      {run.reason}
    </span>
    {run.execution && (
      <Link
        to="/executions/$id"
        params={{ id: run.execution.id }}
        className="text-label underline underline-offset-2 after:absolute after:inset-0"
      >
        See the execution
      </Link>
    )}
  </li>
);

const Runs = ({ id }: { readonly id: string }): ReactNode => {
  const list = useInfiniteQuery(scheduleRunsQuery(id));
  const rows = list.data?.pages.flatMap((page) => page.data) ?? [];
  if (list.isPending) return <Skeleton rows={4} className="h-10" />;
  if (list.isError) return <Failure error={list.error} onRetry={() => void list.refetch()} />;
  if (rows.length === 0) return <Empty title="No run yet">Each of its moments stands here from then on.</Empty>;
  return (
    <>
      <ul className="card divide-y">
        {rows.map((run) => (
          <RunRow key={run.id} run={run} />
        ))}
      </ul>
      {list.hasNextPage && (
        <Button className="self-center" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
};

export const SchedulePage = (): ReactNode => {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { id } = useParams({ from: '/app/schedules/$id' });
  const mayWrite = useCan('triggers:write');
  const [open, setOpen] = useState<'change' | 'delete' | null>(null);
  const { data: schedule, error, refetch } = useQuery(scheduleQuery(id));
  useTitle(schedule?.name ?? 'Schedule');
  if (!schedule)
    return error === null ? <Skeleton rows={5} /> : <Failure heading error={error} onRetry={() => void refetch()} />;
  return (
    <Page
      title={schedule.name}
      above={
        <Link to="/schedules" className={BACK_CLASS}>
          <ChevronLeft size={14} aria-hidden="true" /> Schedules
        </Link>
      }
      below={<CopyId id={schedule.id} />}
      actions={
        mayWrite && (
          <>
            <PauseButton schedule={schedule} />
            <Button onClick={() => setOpen('change')}>Change</Button>
            <Button look="reject" onClick={() => setOpen('delete')}>
              Delete
            </Button>
          </>
        )
      }
    >
      <Facts schedule={schedule} />
      <Section title="Runs">
        <Runs id={schedule.id} />
      </Section>
      {open === 'change' && <ScheduleDialog schedule={schedule} onClose={() => setOpen(null)} />}
      {open === 'delete' && (
        <DeleteDialog
          name={schedule.name}
          description="It starts nothing any more. What it started goes on, and stays in the executions."
          onDelete={() => call('deleteSchedule', { id: schedule.id })}
          onDeleted={async () => {
            await navigate({ to: '/schedules' });
            await client.invalidateQueries({ queryKey: schedulesQuery.queryKey });
          }}
          onClose={() => setOpen(null)}
        />
      )}
    </Page>
  );
};
