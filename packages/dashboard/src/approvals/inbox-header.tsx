import { clsx } from 'clsx';
import { ListChecks, ListFilter, Rows2, Rows4 } from 'lucide-react';
import type { ReactNode } from 'react';
import { IconButton } from '../ui/button.tsx';
import { setDensity, useDensity } from './density.ts';

type HeaderProps = {
  /** A request is open beside it, whose sentence is the page's heading. */
  readonly isBeside: boolean;
  readonly selecting: boolean;
  readonly filtered: boolean;
  readonly filterOpen: boolean;
  readonly onSelect: () => void;
  readonly onFilter: () => void;
};

export const InboxHeader = ({
  isBeside,
  selecting,
  filtered,
  filterOpen,
  onSelect,
  onFilter,
}: HeaderProps): ReactNode => {
  const compact = useDensity() === 'compact';
  // One first heading a page: the request's sentence, where a request is open.
  const Title = isBeside ? 'p' : 'h1';
  return (
    <header className="flex items-center gap-1 px-3.5 pt-3 pb-2">
      <Title className="flex-1 text-section font-semibold">Inbox</Title>
      <IconButton
        label={selecting ? 'Choose nothing' : 'Choose several'}
        aria-pressed={selecting}
        icon={<ListChecks size={16} aria-hidden="true" className={clsx(selecting && 'text-accent')} />}
        onClick={onSelect}
      />
      <IconButton
        label={compact ? 'Comfortable rows' : 'Compact rows'}
        icon={compact ? <Rows2 size={16} aria-hidden="true" /> : <Rows4 size={16} aria-hidden="true" />}
        onClick={() => setDensity(compact ? 'comfortable' : 'compact')}
      />
      <IconButton
        label={filterOpen ? 'Hide the filter' : 'Filter the queue'}
        shortcut="/"
        aria-expanded={filterOpen}
        icon={<ListFilter size={16} aria-hidden="true" className={clsx(filtered && 'text-accent')} />}
        onClick={onFilter}
      />
    </header>
  );
};
