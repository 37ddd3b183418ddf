import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { ChevronsUpDown, Keyboard, LockKeyhole, Moon, Search, Sun } from 'lucide-react';
import type { ReactNode } from 'react';
import { countsQuery, needing } from '../approvals/queries.ts';
import { ariaKeys } from '../keys/hotkeys.ts';
import { useCan, useSession } from '../session.ts';
import { setTheme, useTheme } from '../theme.ts';
import { IconButton } from '../ui/button.tsx';
import { Kbd } from '../ui/kbd.tsx';
import { useMedia } from '../ui/use-media.ts';
import { AccountButton } from './account-button.tsx';
import { LiveLine } from './live-line.tsx';
import { Mark } from './mark.tsx';
import { type Place, usePlaces } from './places.ts';

const shortCount = (count: number): string => (count > 999 ? '999+' : String(count));

const PlaceLink = ({ place, count }: { readonly place: Place; readonly count: number | undefined }): ReactNode => {
  const Icon = place.icon;
  return (
    <Link
      to={place.to}
      activeProps={{ className: 'bg-hover font-medium text-fg', 'aria-current': 'page' }}
      inactiveProps={{ className: 'text-fg-2 hover:bg-hover hover:text-fg' }}
      title={place.label}
      className="flex h-8 items-center gap-2.5 rounded-md px-2 max-wide:justify-center max-wide:px-0 pointer-coarse:h-11"
    >
      <Icon size={16} aria-hidden="true" className="shrink-0" />
      <span className="flex-1 max-wide:sr-only">{place.label}</span>
      {count !== undefined && count > 0 && (
        <span className="rounded-full bg-fg px-1.5 font-mono text-meta font-semibold text-bg max-wide:hidden">
          {shortCount(count)}
          <span className="sr-only"> waiting</span>
        </span>
      )}
    </Link>
  );
};

const Group = ({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode => (
  <div className="mt-3 flex flex-col gap-0.5">
    <p className="px-2 pb-1 text-label text-fg-3 max-wide:sr-only">{title}</p>
    {children}
  </div>
);

type RailProps = { readonly onPalette: () => void; readonly onShortcuts: () => void };

export const Rail = ({ onPalette, onShortcuts }: RailProps): ReactNode => {
  const places = usePlaces();
  const counts = useQuery(countsQuery).data;
  const session = useSession();
  const mayDecide = useCan('approvals:decide');
  const theme = useTheme();
  const systemDark = useMedia('(prefers-color-scheme: dark)');
  const dark = theme === 'dark' || (theme === 'system' && systemDark);
  const linksOf = (group: Place['group']): ReactNode[] =>
    places
      .filter((place) => place.group === group)
      .map((place) => (
        <PlaceLink
          key={place.to}
          place={place}
          count={place.to === '/inbox' ? needing(counts, mayDecide) : undefined}
        />
      ));
  const build = linksOf('build');
  const govern = linksOf('govern');
  return (
    <header className="flex h-full w-13 shrink-0 flex-col border-r bg-sunken px-1.5 py-2 wide:w-53 wide:px-2">
      <AccountButton
        side="bottom"
        onShortcuts={onShortcuts}
        trigger={
          <button
            type="button"
            aria-label={`${session.workspace.name}: account of ${session.person.name}`}
            className="flex min-h-10 w-full items-center gap-2.5 rounded-md px-1.5 text-left hover:bg-hover max-wide:justify-center pointer-coarse:min-h-11"
          >
            <Mark />
            <span className="min-w-0 flex-1 truncate font-semibold max-wide:sr-only">{session.workspace.name}</span>
            <ChevronsUpDown size={14} aria-hidden="true" className="text-fg-3 max-wide:hidden" />
          </button>
        }
      />
      <button
        type="button"
        onClick={onPalette}
        aria-keyshortcuts={ariaKeys('mod+k')}
        className={clsx(
          'mt-2 mb-3 flex h-8 items-center gap-2.5 rounded-md border border-line-2 bg-surface px-2 text-fg-2 hover:bg-hover max-wide:justify-center max-wide:px-0 pointer-coarse:h-11',
        )}
      >
        <Search size={15} aria-hidden="true" />
        <span className="flex-1 text-left whitespace-nowrap max-wide:sr-only">Search or run…</span>
        <Kbd keys="mod+k" className="max-wide:hidden!" />
      </button>
      <nav aria-label="Main" className="flex flex-col gap-0.5">
        {linksOf('decide')}
        {build.length > 0 && <Group title="Build">{build}</Group>}
        {govern.length > 0 && <Group title="Govern">{govern}</Group>}
      </nav>
      <div className="flex-1" />
      {session.signs_in_with.length === 0 && (
        <nav aria-label="Your account" className="mb-2">
          <Link
            to="/account"
            title="Secure your account"
            className="flex min-h-8 items-center gap-2.5 rounded-md border border-wait-line bg-wait-tint px-2 py-1 font-medium max-wide:justify-center max-wide:px-0"
          >
            <LockKeyhole size={15} aria-hidden="true" className="shrink-0" />
            <span className="max-wide:sr-only">Secure your account</span>
          </Link>
        </nav>
      )}
      <div className="flex items-center gap-1 max-wide:flex-col">
        <div className="flex-1">
          <LiveLine />
        </div>
        <IconButton
          label="Keyboard shortcuts"
          shortcut="?"
          icon={<Keyboard size={16} aria-hidden="true" />}
          onClick={onShortcuts}
        />
        <IconButton
          label={dark ? 'Light theme' : 'Dark theme'}
          icon={dark ? <Sun size={16} aria-hidden="true" /> : <Moon size={16} aria-hidden="true" />}
          onClick={() => setTheme(dark ? 'light' : 'dark')}
        />
      </div>
    </header>
  );
};
