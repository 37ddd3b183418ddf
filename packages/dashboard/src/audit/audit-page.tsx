/** The audit log: everything that happened, found by words, kind, who, what and when. */
import type { WireAuditEntry } from '@countersign/contract';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Download, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTitle } from '../approvals/approval-pane.tsx';
import { WordsInput } from '../approvals/filters.tsx';
import { PlainText } from '../approvals/value-text.tsx';
import { buttonClass, Button, IconButton } from '../ui/button.tsx';
import { shortId } from '../ui/copy.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Ago } from '../ui/moment.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Failure, Skeleton } from '../ui/states.tsx';
import { LogState } from './log-state.tsx';
import { entriesQuery } from './queries.ts';
import { type AuditSearch, momentOf } from './search.ts';

const number = new Intl.NumberFormat();

/** What an entry says in one line: the first few of its facts. */
const factsOf = ({ data, is_erased: isErased }: WireAuditEntry): string =>
  isErased
    ? 'erased'
    : Object.entries(data)
        .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
        .join(' · ')
        .slice(0, 240);

const Row = ({ entry }: { readonly entry: WireAuditEntry }): ReactNode => (
  <li className="relative flex flex-wrap items-baseline gap-x-4 gap-y-0.5 px-3.5 py-2.5 hover:bg-hover">
    <span className="w-full font-mono text-label text-fg-3 phone:w-20">
      {entry.index === null ? 'sealing …' : number.format(entry.index)}
    </span>
    <span className="min-w-0 flex-1 basis-56">
      <Link
        to="/audit/$id"
        params={{ id: entry.id }}
        className="block truncate font-medium after:absolute after:inset-0"
      >
        {entry.type}
      </Link>
      <span className="block truncate text-label text-fg-2">
        <PlainText brief text={entry.actor.name} />
        {factsOf(entry) !== '' && (
          <>
            {' · '}
            <PlainText brief text={factsOf(entry)} />
          </>
        )}
      </span>
    </span>
    <span className="flex items-center gap-3 text-label text-fg-3 phone:flex-col phone:items-end phone:gap-0">
      <Ago at={entry.at} />
      <span className="font-mono" title={entry.subject}>
        {shortId(entry.subject)}
      </span>
    </span>
  </li>
);

const exportAddress = ({ from, to }: AuditSearch): string => {
  const query = new URLSearchParams();
  const [since, until] = [momentOf(from ?? '', 'begin'), momentOf(to ?? '', 'end')];
  if (since !== undefined) query.set('from', since);
  if (until !== undefined) query.set('to', until);
  return query.size > 0 ? `/v1/audit/export?${query}` : '/v1/audit/export';
};

type FilterProps = {
  readonly search: AuditSearch;
  readonly set: (change: Partial<Record<keyof AuditSearch, string | undefined>>) => void;
};

const Filters = ({ search, set }: FilterProps): ReactNode => {
  const text = (name: 'type' | 'actor' | 'subject', label: string, placeholder: string): ReactNode => (
    <Field label={label} className="min-w-0 flex-1 basis-40">
      {(wiring) => (
        <TextInput
          {...wiring}
          placeholder={placeholder}
          defaultValue={search[name] ?? ''}
          key={search[name] ?? ''}
          onBlur={(event) => set({ [name]: event.target.value.trim() || undefined })}
          onKeyDown={(event) => {
            if (event.key === 'Enter') set({ [name]: event.currentTarget.value.trim() || undefined });
          }}
        />
      )}
    </Field>
  );
  const day = (name: 'from' | 'to', label: string): ReactNode => (
    <Field label={label} className="min-w-0 flex-1 basis-32">
      {(wiring) => (
        <TextInput
          {...wiring}
          type="date"
          value={search[name] ?? ''}
          onChange={(event) => set({ [name]: event.target.value || undefined })}
        />
      )}
    </Field>
  );
  return (
    <div role="search" aria-label="Filter the audit log" className="flex flex-col gap-3">
      <WordsInput
        label="Search the audit log"
        placeholder="Words in anything an entry says: a name, a tool, an id"
        value={search.q ?? ''}
        onChange={(q) => set({ q })}
      />
      <div className="flex flex-wrap items-end gap-2">
        {text('type', 'What happened', 'approval.decided')}
        {text('actor', 'Who', 'usr_… or key_…')}
        {text('subject', 'To what', 'apr_…')}
        {day('from', 'From')}
        {day('to', 'Until')}
        {Object.keys(search).length > 0 && (
          <IconButton
            label="Clear the filter"
            icon={<X size={15} aria-hidden="true" />}
            onClick={() =>
              set({
                q: undefined,
                type: undefined,
                actor: undefined,
                subject: undefined,
                from: undefined,
                to: undefined,
              })
            }
          />
        )}
      </div>
    </div>
  );
};

export const AuditPage = (): ReactNode => {
  useTitle('Audit log');
  const search = useSearch({ from: '/app/audit' });
  const navigate = useNavigate();
  const list = useInfiniteQuery({ ...entriesQuery(search), placeholderData: (before) => before });
  const rows = list.data?.pages.flatMap((page) => page.data) ?? [];
  const set: FilterProps['set'] = (change) => {
    void navigate({
      to: '/audit',
      replace: true,
      search: Object.fromEntries(Object.entries({ ...search, ...change }).filter(([, value]) => value !== undefined)),
    });
  };
  return (
    <Page
      title="Audit log"
      actions={
        <a href={exportAddress(search)} download className={buttonClass('outline')}>
          <Download size={14} aria-hidden="true" /> Export
          {search.from !== undefined || search.to !== undefined ? ' these days' : ''}
        </a>
      }
    >
      <LogState />
      <Filters search={search} set={set} />
      {list.isPending && <Skeleton rows={8} className="h-15" />}
      {list.isError && list.data === undefined && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.data !== undefined && rows.length === 0 && (
        <Empty title="No entry matches">Take a filter off to see more.</Empty>
      )}
      {rows.length > 0 && (
        <ul className="card divide-y" inert={list.isPlaceholderData} aria-busy={list.isPlaceholderData || undefined}>
          {rows.map((entry) => (
            <Row key={entry.id} entry={entry} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button className="self-center" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show older ones
        </Button>
      )}
    </Page>
  );
};
