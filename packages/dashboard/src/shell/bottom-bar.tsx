import { Link, useNavigate } from '@tanstack/react-router';
import { Ellipsis } from 'lucide-react';
import type { ReactNode } from 'react';
import { useSession } from '../session.ts';
import { type ThemeChoice, setTheme, useTheme } from '../theme.ts';
import { Dropdown, DropdownChoice, DropdownItem, DropdownLine } from '../ui/menu.tsx';
import { useSignOut } from './account-menu.tsx';
import { LiveLine } from './live-line.tsx';
import { usePlaces } from './places.ts';

const ITEM = 'flex h-13 flex-1 flex-col items-center justify-center gap-0.5 text-meta font-medium';

const THEMES: readonly { readonly value: ThemeChoice; readonly label: string }[] = [
  { value: 'system', label: 'As the system' }, { value: 'light', label: 'Light' }, { value: 'dark', label: 'Dark' },
];

/** The phone's navigation: the three that matter on the way, the rest behind More. */
export const BottomBar = (): ReactNode => {
  const places = usePlaces();
  const navigate = useNavigate();
  const session = useSession();
  const theme = useTheme();
  const signOut = useSignOut();
  const main = places.filter((place) => ['/inbox', '/history', '/executions'].includes(place.to));
  const more = places.filter((place) => !main.includes(place));
  return (
    <nav aria-label="Main" className="flex border-t bg-surface pb-[env(safe-area-inset-bottom)]">
      {main.map(({ to, label, icon: Icon }) => (
        <Link key={to} to={to} className={ITEM} activeProps={{ className: 'text-fg', 'aria-current': 'page' }} inactiveProps={{ className: 'text-fg-3' }}>
          <Icon size={19} aria-hidden="true" /> {label}
        </Link>
      ))}
      <Dropdown side="top" trigger={<button type="button" className={`${ITEM} text-fg-3`}><Ellipsis size={19} aria-hidden="true" /> More</button>}>
        <div className="flex items-start justify-between gap-4 px-2 pt-1.5 pb-2">
          <div>
            <p className="font-semibold">{session.person.name}</p>
            <p className="text-label text-fg-2">{session.roles.join(', ')} in {session.workspace.name}</p>
          </div>
          <LiveLine />
        </div>
        <DropdownLine />
        {more.map(({ to, label, icon: Icon }) => (
          <DropdownItem key={to} icon={<Icon size={16} aria-hidden="true" />} onSelect={() => void navigate({ to })}>{label}</DropdownItem>
        ))}
        <DropdownLine />
        <DropdownChoice label="Theme" value={theme} options={THEMES} onChange={setTheme} />
        <DropdownLine />
        <DropdownItem onSelect={() => void signOut()}>Sign out</DropdownItem>
      </Dropdown>
    </nav>
  );
};
