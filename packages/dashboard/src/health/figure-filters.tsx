/** Which decisions the page is about: of which agent, tool, reviewer or group, and of how many days. All of it in the address. */
import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Pick } from '../approvals/filters.tsx';
import { Button } from '../ui/button.tsx';
import { choicesQuery } from './queries.ts';
import { type FigureFilter, type HealthSearch, RANGES } from './search.ts';

const FILTERS = [
  { name: 'agent', label: 'Agent' },
  { name: 'tool', label: 'Tool' },
  { name: 'approver', label: 'Reviewer' },
  { name: 'group', label: 'Group' },
] as const;

type ChoiceProps = {
  readonly name: keyof FigureFilter;
  readonly label: string;
  readonly days: number;
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
};

const Choice = ({ name, label, days, value, onChange }: ChoiceProps): ReactNode => {
  const rows = useQuery(choicesQuery(name, days)).data ?? [];
  return (
    <Pick
      label={label}
      value={value}
      // An empty key is of what has no agent or tool: it can not be told from no choice here.
      options={rows
        .filter((row) => row.key !== '')
        .map((row) => ({ value: row.key, label: row.name }))
        .toSorted((a, b) => a.label.localeCompare(b.label))}
      onChange={onChange}
    />
  );
};

const rangeWord = (days: number): string => (days === 365 ? 'Last year' : `Last ${days} days`);

type FiltersProps = {
  readonly search: HealthSearch;
  readonly days: number;
  readonly onChange: (search: HealthSearch) => void;
};

export const FigureFilters = ({ search, days, onChange }: FiltersProps): ReactNode => {
  const { agent: _agent, tool: _tool, approver: _approver, group: _group, ...unfiltered } = search;
  const set = (change: { readonly [name in keyof HealthSearch]?: HealthSearch[name] | undefined }): void =>
    onChange(Object.fromEntries(Object.entries({ ...search, ...change }).filter(([, value]) => value !== undefined)));
  return (
    <div role="search" aria-label="Filter the figures" className="flex flex-wrap items-center gap-2">
      <Pick
        label="Time"
        none={rangeWord(30)}
        value={days === 30 ? undefined : String(days)}
        options={RANGES.filter((range) => range !== 30).map((range) => ({
          value: String(range),
          label: rangeWord(range),
        }))}
        onChange={(value) => set({ days: RANGES.find((range) => String(range) === value && range !== 30) })}
      />
      {FILTERS.map(({ name, label }) => (
        <Choice
          key={name}
          name={name}
          label={label}
          days={days}
          value={search[name]}
          onChange={(value) => set({ [name]: value })}
        />
      ))}
      {FILTERS.some(({ name }) => search[name] !== undefined) && (
        <Button size="small" look="ghost" onClick={() => onChange(unfiltered)}>
          <X size={13} aria-hidden="true" /> Clear
        </Button>
      )}
    </div>
  );
};
