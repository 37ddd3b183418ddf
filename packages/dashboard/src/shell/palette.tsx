import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { CornerDownLeft } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { agentsQuery } from '../agents/queries.ts';
import { queueQuery } from '../approvals/queries.ts';
import { keyLabel, keysOf, useHotkeys } from '../keys/hotkeys.ts';
import { useCan } from '../session.ts';
import { setTheme } from '../theme.ts';
import { SearchDialog, hasWords } from '../ui/search-dialog.tsx';
import { openDocs } from './open-docs.ts';
import { usePlaces } from './places.ts';
import { useSignOut } from './sign-out.ts';

type Entry = {
  readonly id: string;
  readonly group: string;
  readonly label: string;
  readonly keys?: string;
  readonly run: () => void;
};

const MOST = 40;

const useEntries = (onShortcuts: () => void): readonly Entry[] => {
  const navigate = useNavigate();
  const places = usePlaces();
  const hotkeys = useHotkeys();
  const signOut = useSignOut();
  const mayBuild = useCan('agents:write');
  const mayDraw = useCan('workflows:write');
  const queue = useInfiniteQuery({ ...queueQuery({}), enabled: useCan('approvals:read') }).data;
  const agents = useQuery({ ...agentsQuery, enabled: useCan('agents:read') }).data;
  return useMemo(
    () => [
      ...places.map((place): Entry => ({
        id: place.to,
        group: 'Go to',
        label: place.label,
        ...(place.key === null ? {} : { keys: `g ${place.key}` }),
        run: () => void navigate({ to: place.to }),
      })),
      // Deciding from a list of commands would be deciding without looking.
      ...hotkeys
        .filter((hotkey) => hotkey.group === 'Queue' && !['Enter', 'Escape'].includes(hotkey.keys[0] ?? ''))
        .map((hotkey): Entry => ({
          id: `key ${hotkey.label}`,
          group: 'Queue',
          label: hotkey.label,
          ...(keysOf(hotkey)[0] === undefined ? {} : { keys: keysOf(hotkey)[0] ?? '' }),
          run: () => hotkey.run?.(new KeyboardEvent('keydown')),
        })),
      ...(mayBuild
        ? [{ id: 'new agent', group: 'Do', label: 'New agent', run: () => void navigate({ to: '/agents/new' }) }]
        : []),
      ...(mayDraw
        ? [
            {
              id: 'new workflow',
              group: 'Do',
              label: 'New workflow',
              run: () => void navigate({ to: '/workflows/new' }),
            },
          ]
        : []),
      { id: 'light', group: 'Do', label: 'Light theme', run: () => setTheme('light') },
      { id: 'dark', group: 'Do', label: 'Dark theme', run: () => setTheme('dark') },
      { id: 'system', group: 'Do', label: 'Theme as the system', run: () => setTheme('system') },
      { id: 'docs', group: 'Do', label: 'Documentation', run: openDocs },
      { id: 'shortcuts', group: 'Do', label: 'Keyboard shortcuts', keys: '?', run: onShortcuts },
      { id: 'sign out', group: 'Do', label: 'Sign out', run: () => void signOut() },
      ...(queue?.pages.flatMap((page) => page.data) ?? []).map((approval): Entry => ({
        id: approval.id,
        group: 'Waiting requests',
        label: approval.title,
        run: () => void navigate({ to: '/inbox/$id', params: { id: approval.id } }),
      })),
      ...(agents ?? []).map((agent): Entry => ({
        id: agent.id,
        group: 'Agents',
        label: agent.name,
        run: () => void navigate({ to: '/agents/$id', params: { id: agent.id } }),
      })),
    ],
    [places, hotkeys, signOut, mayBuild, mayDraw, queue, agents, navigate, onShortcuts],
  );
};

export const Palette = ({
  onClose,
  onShortcuts,
}: {
  readonly onClose: () => void;
  readonly onShortcuts: () => void;
}): ReactNode => {
  const entries = useEntries(onShortcuts);
  return (
    <SearchDialog
      wide
      title="Search or run"
      placeholder="A page, a command, a waiting request…"
      results="Results"
      nothing="Nothing is called that."
      find={(typed) => entries.filter((entry) => hasWords(entry.label, typed)).slice(0, MOST)}
      keyOf={(entry) => entry.id}
      groupOf={(entry) => entry.group}
      show={showEntry}
      onClose={onClose}
      onPick={(entry) => entry.run()}
    />
  );
};

const showEntry = ({ label, keys }: Entry, isActive: boolean): ReactNode => (
  <>
    <span className="min-w-0 flex-1 truncate">{label}</span>
    {keys !== undefined && (
      <kbd aria-hidden="true" className="font-mono text-meta text-fg-2">
        {keyLabel(keys)}
      </kbd>
    )}
    {isActive && <CornerDownLeft size={13} aria-hidden="true" className="text-fg-3" />}
  </>
);
