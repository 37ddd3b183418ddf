import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { CornerDownLeft, Search } from 'lucide-react';
import { type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react';
import { agentsQuery } from '../agents/queries.ts';
import { queueQuery } from '../approvals/queries.ts';
import { keyLabel, keysOf, useHotkeys } from '../keys/hotkeys.ts';
import { useCan } from '../session.ts';
import { setTheme } from '../theme.ts';
import { Modal } from '../ui/dialog.tsx';
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

/** Every word that was typed occurs, in any order. */
const matches = (label: string, typed: string): boolean =>
  typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => label.toLowerCase().includes(word));

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
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const found = useMemo(
    () => entries.filter((entry) => matches(entry.label, typed.trim())).slice(0, MOST),
    [entries, typed],
  );
  const active = Math.min(at, found.length - 1);
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  const run = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    onClose();
    entry.run();
  };
  return (
    <Modal open onClose={onClose} title="Search or run" bare wide initialFocus={input}>
      <div className="sticky top-0 flex items-center gap-3 border-b bg-surface px-4">
        <Search size={16} aria-hidden="true" className="text-fg-3" />
        <input
          ref={input}
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-label="Search or run"
          autoComplete="off"
          spellCheck={false}
          aria-activedescendant={found[active] === undefined ? undefined : `${id}-${active}`}
          placeholder="A page, a command, a waiting request…"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') setAt(Math.min(active + 1, found.length - 1));
            else if (event.key === 'ArrowUp') setAt(Math.max(active - 1, 0));
            else if (event.key === 'Enter') run(found[active]);
            else return;
            event.preventDefault();
          }}
          className="h-12 flex-1 bg-transparent text-read outline-none placeholder:text-fg-3"
        />
      </div>
      <div ref={list} id={`${id}-list`} role="listbox" aria-label="Results" className="p-1.5">
        {found.map((entry, index) => (
          <div key={entry.id}>
            {entry.group !== found[index - 1]?.group && (
              <p aria-hidden="true" className="px-2.5 pt-2 pb-1 text-meta text-fg-3">
                {entry.group}
              </p>
            )}
            <div
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === active}
              onPointerMove={() => setAt(index)}
              onClick={() => run(entry)}
              className={clsx(
                'flex min-h-9 cursor-pointer items-center gap-3 rounded-md px-2.5 pointer-coarse:min-h-11',
                index === active && 'bg-selected',
              )}
            >
              <span className="min-w-0 flex-1 truncate">{entry.label}</span>
              {entry.keys !== undefined && (
                <kbd aria-hidden="true" className="font-mono text-meta text-fg-2">
                  {keyLabel(entry.keys)}
                </kbd>
              )}
              {index === active && <CornerDownLeft size={13} aria-hidden="true" className="text-fg-3" />}
            </div>
          </div>
        ))}
      </div>
      {found.length === 0 && (
        <p role="status" className="px-4 pb-6 text-center text-fg-2">
          Nothing is called that.
        </p>
      )}
    </Modal>
  );
};
