import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { Phone, Plus } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { WordsInput } from '../approvals/filters.tsx';
import { PlainText } from '../approvals/value-text.tsx';
import { useHotkey } from '../keys/hotkeys.ts';
import type { StudioSearch } from '../search.ts';
import { Button } from '../ui/button.tsx';
import { Ago } from '../ui/moment.tsx';
import { Empty, Failure, Skeleton } from '../ui/states.tsx';
import { conversationsQuery } from './queries.ts';

type ListProps = {
  readonly search: StudioSearch;
  readonly open: ReadonlySet<string>;
  /** Why no new one can be begun; null if one can. */
  readonly newBlocked: string | null;
  readonly onNew: () => void;
  readonly onSearch: (q: string | undefined) => void;
};

/** Past conversations, newest first, found by their title or by what was said. */
export const ConversationList = ({ search, open, newBlocked, onNew, onSearch }: ListProps): ReactNode => {
  const list = useInfiniteQuery({ ...conversationsQuery(search.q), placeholderData: (before) => before });
  const rows = list.data?.pages.flatMap((page) => page.data) ?? [];
  const box = useRef<HTMLDivElement>(null);
  useHotkey({
    keys: ['/'],
    label: 'Search conversations',
    group: 'Everywhere',
    run: (event) => {
      event.preventDefault();
      box.current?.querySelector('input')?.focus();
    },
  });
  useHotkey(newBlocked === null ? { keys: ['n'], label: 'New conversation', group: 'Everywhere', run: onNew } : null);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex flex-col gap-2 px-3 pt-3 pb-2">
        <div className="flex items-center justify-between gap-2">
          <h1 className="text-section font-semibold">Studio</h1>
          <Button size="small" look="ink" shortcut="n" blockedBecause={newBlocked} onClick={onNew}>
            <Plus size={14} aria-hidden="true" /> New
          </Button>
        </div>
        <div ref={box} role="search" aria-label="Search conversations">
          <WordsInput
            label="Search what was said"
            placeholder="Words of what was said"
            value={search.q ?? ''}
            onChange={onSearch}
          />
        </div>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-4" aria-busy={list.isPlaceholderData || undefined}>
        {list.isPending && <Skeleton rows={6} />}
        {list.isError && list.data === undefined && <Failure error={list.error} onRetry={() => void list.refetch()} />}
        {list.data !== undefined && rows.length === 0 && (
          <Empty title={search.q === undefined ? 'No conversation yet' : 'Nothing was said like this'}>
            {search.q === undefined ? 'Begin one with an agent.' : 'Other words may find it.'}
          </Empty>
        )}
        <ul aria-label="Conversations" className="flex flex-col" inert={list.isPlaceholderData}>
          {rows.map((row) => (
            <li key={row.id}>
              <Link
                to="/studio"
                search={{ ...search, open: row.id }}
                aria-current={open.has(row.id) ? 'true' : undefined}
                className={clsx('block rounded-md px-2.5 py-2', open.has(row.id) ? 'bg-selected' : 'hover:bg-hover')}
              >
                <span className="block truncate font-medium">
                  {row.title === '' ? 'Nothing said yet' : <PlainText text={row.title} brief />}
                </span>
                <span className="flex items-center gap-1.5 text-label text-fg-2">
                  <span className="min-w-0 truncate">
                    <PlainText text={row.agent.name} brief />
                    {row.version !== null && <span className="font-mono"> v{row.version}</span>}
                  </span>
                  {row.phone_call !== null && (
                    <Phone size={13} role="img" aria-label="Phone call" className="shrink-0" />
                  )}
                  {row.active_execution_id !== null && (
                    <span className="rounded-full bg-wait-tint px-1.5 font-medium whitespace-nowrap text-wait">
                      at work
                    </span>
                  )}
                  <span className="ml-auto whitespace-nowrap text-fg-3">
                    <Ago at={row.created_at} short />
                  </span>
                </span>
              </Link>
            </li>
          ))}
        </ul>
        {list.hasNextPage && (
          <Button className="mt-2 w-full" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show older ones
          </Button>
        )}
      </div>
    </div>
  );
};
