import type { WireSession } from '@countersign/contract';
import { useNavigate } from '@tanstack/react-router';
import { BookOpen, Keyboard, LogOut, Plus, UserRound } from 'lucide-react';
import { type ReactElement, type ReactNode, useState } from 'react';
import { type ThemeChoice, setTheme, useTheme } from '../theme.ts';
import { Dropdown, DropdownChoice, DropdownItem, DropdownLine } from '../ui/menu.tsx';
import { LiveLine } from './live-line.tsx';
import { openDocs } from './open-docs.ts';
import { NewWorkspaceDialog } from './new-workspace-dialog.tsx';
import type { Place } from './places.ts';
import { useSignOut } from './sign-out.ts';
import { useWorkspaces } from './use-workspaces.ts';

const THEMES: readonly { readonly value: ThemeChoice; readonly label: string }[] = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

type AccountMenuProps = {
  readonly session: WireSession;
  readonly trigger: ReactElement<Record<string, unknown>>;
  readonly side: 'top' | 'bottom';
  readonly onShortcuts?: () => void;
  /** Where else one can go, where the navigation has no room for it. */
  readonly places?: readonly Place[];
};

/** Who is signed in, with which roles; theme, shortcuts, sign out. */
export const AccountMenu = ({ session, trigger, side, onShortcuts, places = [] }: AccountMenuProps): ReactNode => {
  const theme = useTheme();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const { workspaces, enter } = useWorkspaces();
  const [creating, setCreating] = useState(false);
  return (
    <>
      <Dropdown trigger={trigger} side={side}>
        <div className="flex items-start justify-between gap-4 px-2 pt-1.5 pb-2">
          <div>
            <p className="font-semibold">{session.person.name}</p>
            <p className="text-label text-fg-2">{session.person.email}</p>
            <p className="mt-1 text-label text-fg-2">
              {session.roles.join(', ')} in {session.workspace.name}
            </p>
          </div>
          {onShortcuts === undefined && <LiveLine worded />}
        </div>
        <DropdownLine />
        {places.map(({ to, label, icon: Icon }) => (
          <DropdownItem key={to} icon={<Icon size={16} aria-hidden="true" />} onSelect={() => void navigate({ to })}>
            {label}
          </DropdownItem>
        ))}
        {places.length > 0 && <DropdownLine />}
        {workspaces.length > 1 && (
          <DropdownChoice
            label="Workspace"
            value={session.workspace.id}
            options={workspaces.map(({ id, name }) => ({ value: id, label: name }))}
            onChange={(id) => void enter(id)}
          />
        )}
        {session.permissions.includes('workspaces:create') && (
          <DropdownItem icon={<Plus size={15} aria-hidden="true" />} onSelect={() => setCreating(true)}>
            New workspace…
          </DropdownItem>
        )}
        <DropdownChoice label="Theme" value={theme} options={THEMES} onChange={setTheme} />
        <DropdownLine />
        <DropdownItem
          icon={<UserRound size={15} aria-hidden="true" />}
          onSelect={() => void navigate({ to: '/account' })}
        >
          {session.signs_in_with.length === 0 ? 'Secure your account' : 'Your account'}
        </DropdownItem>
        <DropdownItem icon={<BookOpen size={15} aria-hidden="true" />} onSelect={openDocs}>
          Documentation
        </DropdownItem>
        {onShortcuts !== undefined && (
          <DropdownItem icon={<Keyboard size={15} aria-hidden="true" />} onSelect={onShortcuts}>
            Keyboard shortcuts
          </DropdownItem>
        )}
        <DropdownItem icon={<LogOut size={15} aria-hidden="true" />} onSelect={() => void signOut()}>
          Sign out
        </DropdownItem>
      </Dropdown>
      {creating && <NewWorkspaceDialog onClose={() => setCreating(false)} onCreated={enter} />}
    </>
  );
};
