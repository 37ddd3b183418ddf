import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Download } from 'lucide-react';
import type { ReactNode } from 'react';
import { saveCsv } from '../files/csv.ts';
import { formatDuration } from '../live/time.ts';
import { type HistorySearch, OUTCOMES } from '../search.ts';
import { Button } from '../ui/button.tsx';
import { PriorityMark, StatusMark, approvalStatus, statusWord } from '../ui/glyphs.tsx';
import { Ago } from '../ui/moment.tsx';
import { Page } from '../ui/page.tsx';
import { announce } from '../ui/announce.ts';
import { Check } from '../ui/field.tsx';
import { Empty, Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { useTitle } from './approval-pane.tsx';
import { ApprovalPicks, Pick, WordsInput } from './filters.tsx';
import { ROWS_MAX, historyCsv } from './history-csv.ts';
import { historyQuery } from './queries.ts';
import { PlainText } from './value-text.tsx';

const without = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;

export const HistoryPage = (): ReactNode => {
  useTitle('History');
  const { tab: _, ...search } = useSearch({ from: '/app/history' });
  const navigate = useNavigate();
  const list = useInfiniteQuery({ ...historyQuery(search), placeholderData: (before) => before });
  const rows = list.data?.pages.flatMap((page) => page.data) ?? [];
  const filtered = Object.keys(search).length > 0;
  const go = (next: HistorySearch): void => void navigate({ to: '/history', search: next, replace: true });
  const { status, edited, ...filter } = search;
  const file = useMutation({
    mutationFn: () => historyCsv(search),
    onSuccess: ({ text, rows: count }) => {
      saveCsv('history.csv', text);
      announce(`${count} decisions saved`);
    },
  });
  const { q, ...picks } = filter;
  const withStatus = (next: HistorySearch): HistorySearch => without({ ...next, status, edited }) as HistorySearch;
  return (
    <Page
      title="History"
      actions={
        <Button busy={file.isPending} onClick={() => file.mutate()}>
          <Download size={14} aria-hidden="true" /> Save as CSV
        </Button>
      }
    >
      <div role="search" aria-label="Filter the history" className="-mt-1 flex flex-wrap gap-2">
        <div className="w-full wide:w-80">
          <WordsInput
            label="Filter by words"
            value={q ?? ''}
            onChange={(words) => go(withStatus(words === undefined ? picks : { ...picks, q: words }))}
          />
        </div>
        <Pick
          label="Outcome"
          value={status}
          options={OUTCOMES.map((value) => ({ value, label: statusWord(value) }))}
          onChange={(value) => go(without({ ...search, status: value as HistorySearch['status'] }) as HistorySearch)}
        />
        <ApprovalPicks filter={filter} onChange={(next) => go(withStatus(next))} />
        <Check
          label="Edited only"
          className="self-center"
          checked={edited === true}
          onChange={(event) =>
            go(without({ ...search, edited: event.target.checked ? true : undefined }) as HistorySearch)
          }
        />
      </div>
      {file.isError && <Notice tone="no" alert title={`Not saved. ${errorLine(file.error)}`} />}
      {file.data?.isCut === true && (
        <Notice tone="wait" title={`The file holds the newest ${ROWS_MAX.toLocaleString()}. Filter for the others.`} />
      )}
      {list.isPending && <Skeleton rows={8} className="h-15" />}
      {list.isError && list.data === undefined && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.data !== undefined && rows.length === 0 && (
        <Empty
          title={filtered ? 'Nothing matches the filter' : 'Nothing decided yet'}
          {...(filtered ? { action: <Button onClick={() => go({})}>Clear the filter</Button> } : {})}
        >
          {filtered ? 'Other decisions may be there.' : 'Every decision, time-out and withdrawal is kept here.'}
        </Empty>
      )}
      {rows.length > 0 && (
        <div
          className="card overflow-x-auto"
          inert={list.isPlaceholderData}
          aria-busy={list.isPlaceholderData || undefined}
        >
          <table className="w-full border-collapse text-left">
            <thead className="border-b text-label text-fg-2 max-panes:sr-only">
              <tr>
                {['Outcome', 'Request', 'Priority', 'Decided by', 'Took', 'When'].map((heading) => (
                  <th key={heading} scope="col" className="px-3.5 py-2 font-medium">
                    {heading}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y">
              {rows.map((approval) => {
                const { decision } = approval;
                return (
                  <tr
                    key={approval.id}
                    className="relative align-top hover:bg-hover max-panes:flex max-panes:flex-wrap max-panes:gap-x-3 max-panes:px-3.5 max-panes:py-2.5"
                  >
                    <td className="panes:px-3.5 panes:py-2.5">
                      <StatusMark status={approvalStatus(approval)} />
                    </td>
                    <td className="max-panes:order-first max-panes:w-full panes:w-2/5 panes:px-3.5 panes:py-2.5">
                      <Link
                        to="/history/$id"
                        params={{ id: approval.id }}
                        search={search}
                        className="font-medium after:absolute after:inset-0"
                      >
                        <PlainText text={approval.title} brief />
                      </Link>
                      <span className="block text-label text-fg-2">
                        <PlainText text={approval.agent?.name ?? approval.requested_by.name} brief /> ·{' '}
                        <span className="font-mono">
                          <PlainText text={approval.checkpoint} brief />
                        </span>
                      </span>
                    </td>
                    <td className="max-panes:hidden panes:px-3.5 panes:py-2.5">
                      <PriorityMark priority={approval.priority} />
                    </td>
                    <td className="max-panes:text-label max-panes:text-fg-2 panes:w-44 panes:px-3.5 panes:py-2.5">
                      <PlainText text={decision?.by.name ?? ''} brief />
                    </td>
                    <td className="whitespace-nowrap max-panes:hidden panes:px-3.5 panes:py-2.5">
                      {decision !== null && formatDuration(Date.parse(decision.at) - Date.parse(approval.created_at))}
                    </td>
                    <td className="text-fg-2 max-panes:ml-auto max-panes:text-label panes:px-3.5 panes:py-2.5">
                      {decision !== null && <Ago at={decision.at} />}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {list.hasNextPage && (
        <Button className="self-center" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show older ones
        </Button>
      )}
    </Page>
  );
};
