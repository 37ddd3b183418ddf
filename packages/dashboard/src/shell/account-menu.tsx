import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ChevronsUpDown, Keyboard, LogOut } from 'lucide-react';
import type { ReactNode } from 'react';
import { call } from '../api.ts';
import { useSession } from '../session.ts';
import { type ThemeChoice, setTheme, useTheme } from '../theme.ts';
import { announce } from '../ui/announce.ts';
import { Dropdown, DropdownChoice, DropdownItem, DropdownLine } from '../ui/menu.tsx';
import { errorLine } from '../ui/states.tsx';
import { Mark } from './mark.tsx';

const THEMES: readonly { readonly value: ThemeChoice; readonly label: string }[] = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

export const useSignOut = (): (() => Promise<void>) => {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    try {
      await call('signOut', {});
    } catch (error) {
      announce(`Not signed out. ${errorLine(error)}`);
      return;
    }
    await navigate({ to: '/sign-in' });
    client.clear();
  };
};

type AccountProps = { readonly onShortcuts: () => void; readonly children?: ReactNode };

/** Who is signed in, with which roles; theme, shortcuts, sign out. */
export const AccountMenu = ({ onShortcuts, children }: AccountProps): ReactNode => {
  const session = useSession();
  const theme = useTheme();
  const signOut = useSignOut();
  return (
    <Dropdown
      trigger={
        <button type="button" aria-label={`${session.workspace.name}: account of ${session.person.name}`} className="flex min-h-10 w-full items-center gap-2.5 rounded-md px-1.5 text-left hover:bg-hover max-wide:w-auto max-wide:justify-center pointer-coarse:min-h-11">
          <Mark />
          <span className="min-w-0 flex-1 truncate font-semibold max-wide:sr-only">{session.workspace.name}</span>
          <ChevronsUpDown size={14} aria-hidden="true" className="text-fg-3 max-wide:hidden" />
        </button>
      }
    >
      <div className="px-2 pt-1.5 pb-2">
        <p className="font-semibold">{session.person.name}</p>
        <p className="text-label text-fg-2">{session.person.email}</p>
        <p className="mt-1 text-label text-fg-2">{session.roles.join(', ')} in {session.workspace.name}</p>
      </div>
      <DropdownLine />
      {children}
      <DropdownChoice label="Theme" value={theme} options={THEMES} onChange={setTheme} />
      <DropdownLine />
      <DropdownItem icon={<Keyboard size={15} aria-hidden="true" />} onSelect={onShortcuts}>Keyboard shortcuts</DropdownItem>
      <DropdownItem icon={<LogOut size={15} aria-hidden="true" />} onSelect={() => void signOut()}>Sign out</DropdownItem>
    </Dropdown>
  );
};
