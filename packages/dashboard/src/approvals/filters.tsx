import { useQuery } from '@tanstack/react-query';
import { Search, X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { agentsQuery } from '../agents/queries.ts';
import { toolsQuery } from '../settings/queries.ts';
import { type InboxSearch, PRIORITIES, SORTS, type Sort } from '../search.ts';
import { Button } from '../ui/button.tsx';
import { TextInput } from '../ui/field.tsx';
import { priorityWord } from '../ui/glyphs.tsx';
import { readTokens } from '../views/view-search.ts';

type Filter = Pick<InboxSearch, 'q' | 'agent' | 'tool' | 'checkpoint' | 'priority' | 'due' | 'sort'>;

/** Letters typed in quick succession make one request. */
const TYPING_MS = 200;

type WordsProps = {
  readonly value: string;
  readonly label: string;
  readonly placeholder?: string;
  readonly onChange: (q: string | undefined) => void;
  readonly onLeave?: () => void;
  readonly autoFocus?: boolean;
};

export const WordsInput = ({
  value,
  label,
  placeholder = 'Words in the title, tool or checkpoint',
  onChange,
  onLeave,
  autoFocus = false,
}: WordsProps): ReactNode => {
  const [typed, setTyped] = useState(value);
  const send = useRef(onChange);
  send.current = onChange;
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed.trim() === value) return undefined;
    const timer = setTimeout(() => send.current(typed.trim() === '' ? undefined : typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, value]);
  return (
    <span className="relative block">
      <Search
        size={14}
        aria-hidden="true"
        className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-fg-3"
      />
      <TextInput
        type="search"
        aria-label={label}
        placeholder={placeholder}
        autoFocus={autoFocus}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onLeave?.();
        }}
        className="pl-8"
      />
    </span>
  );
};

type PickProps = {
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly none?: string;
  readonly onChange: (value: string | undefined) => void;
};

export const Pick = ({ label, value, options, none = `${label}: any`, onChange }: PickProps): ReactNode => {
  const id = useId();
  // A value from the address may be of a thing that is gone; it must still be seen to be taken off.
  const all =
    value === undefined || options.some((option) => option.value === value)
      ? options
      : [...options, { value, label: value }];
  return (
    <span className="min-w-0 flex-1 basis-22 pointer-coarse:basis-32">
      <label htmlFor={id} className="sr-only">
        {label}
      </label>
      <select
        id={id}
        value={value ?? ''}
        onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)}
        className="field h-8 pr-6 text-label"
      >
        <option value="">{none}</option>
        {all.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </span>
  );
};

type FiltersProps = {
  readonly filter: Filter;
  readonly onChange: (filter: Filter) => void;
  readonly onLeave: () => void;
};

export const ApprovalPicks = ({ filter, onChange }: Omit<FiltersProps, 'onLeave'>): ReactNode => {
  const agents = useQuery(agentsQuery).data ?? [];
  const tools = useQuery(toolsQuery).data ?? [];
  const set = (change: Partial<Record<keyof Filter, string | undefined>>): void => {
    const next = Object.fromEntries(
      Object.entries({ ...filter, ...change }).filter(([, value]) => value !== undefined),
    );
    onChange(next);
  };
  return (
    <>
      <Pick
        label="Agent"
        value={filter.agent}
        options={agents.map((agent) => ({ value: agent.id, label: agent.name }))}
        onChange={(agent) => set({ agent })}
      />
      <Pick
        label="Tool"
        value={filter.tool}
        options={tools.map((tool) => ({ value: tool.name, label: tool.name }))}
        onChange={(tool) => set({ tool })}
      />
      <Pick
        label="Priority"
        value={filter.priority}
        options={PRIORITIES.map((value) => ({ value, label: priorityWord(value) }))}
        onChange={(priority) => set({ priority })}
      />
    </>
  );
};

const SORT_NAMES: Readonly<Record<Sort, string>> = {
  urgency: 'Due, weighted by risk',
  priority: 'Risk',
  time_left: 'Time left',
  newest: 'Newest',
  oldest: 'Oldest',
};

const DUE = [
  { value: '900', label: 'Due: in 15 minutes' },
  { value: '3600', label: 'Due: in 1 hour' },
  { value: '14400', label: 'Due: in 4 hours' },
  { value: '86400', label: 'Due: in 1 day' },
];

type BarProps = FiltersProps & {
  /** Somebody has just opened it, to type. From an address it is open at once, and must not take the keys away. */
  readonly asked: boolean;
  /** What can be done with the whole of it as a saved view. */
  readonly children: ReactNode;
};

const without = (filter: Filter, ...names: readonly (keyof Filter)[]): Filter =>
  Object.fromEntries(Object.entries(filter).filter(([name]) => !names.some((gone) => gone === name)));

/** The filter and the order of the queue, in the address. */
export const FilterBar = ({ filter, asked, onChange, onLeave, children }: BarProps): ReactNode => {
  const used = Object.keys(filter).some((name) => name !== 'sort');
  return (
    <div role="search" aria-label="Filter the queue" className="flex flex-col gap-2 border-b bg-sunken px-3 py-2.5">
      <WordsInput
        label="Filter by words"
        placeholder="Words, or tool:… checkpoint:… risk:high due:15m"
        value={filter.q ?? ''}
        autoFocus={asked}
        onLeave={onLeave}
        onChange={(typed) => onChange({ ...without(filter, 'q'), ...readTokens(typed ?? '') })}
      />
      <div className="grid grid-cols-2 gap-2">
        <ApprovalPicks filter={filter} onChange={onChange} />
        <Pick
          label="Due within"
          none="Due: any time"
          value={filter.due === undefined ? undefined : String(filter.due)}
          options={DUE}
          onChange={(due) =>
            onChange({ ...without(filter, 'due'), ...(due === undefined ? {} : { due: Number(due) }) })
          }
        />
        {filter.checkpoint !== undefined && (
          <button
            type="button"
            className="inline-flex h-8 items-center gap-1.5 rounded-md border border-line-2 bg-surface px-2 text-label pointer-coarse:h-11"
            onClick={() => onChange(without(filter, 'checkpoint'))}
          >
            <span className="sr-only">Take off the filter </span>checkpoint:{' '}
            <span className="font-mono">{filter.checkpoint}</span>
            <X size={13} aria-hidden="true" />
          </button>
        )}
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <Pick
          label="Order"
          none="Order: due, weighted by risk"
          value={filter.sort === 'urgency' ? undefined : filter.sort}
          options={SORTS.filter((sort) => sort !== 'urgency').map((value) => ({
            value,
            label: `Order: ${SORT_NAMES[value].toLowerCase()}`,
          }))}
          onChange={(sort) => {
            const known = SORTS.find((one) => one === sort);
            onChange({ ...without(filter, 'sort'), ...(known === undefined ? {} : { sort: known }) });
          }}
        />
        {children}
        {used && (
          <Button
            size="small"
            look="ghost"
            onClick={() => onChange(filter.sort === undefined ? {} : { sort: filter.sort })}
          >
            <X size={13} aria-hidden="true" /> Clear
          </Button>
        )}
      </div>
    </div>
  );
};
