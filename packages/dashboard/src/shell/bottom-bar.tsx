import { Link } from '@tanstack/react-router';
import { Ellipsis } from 'lucide-react';
import type { ReactNode } from 'react';
import { AccountButton } from './account-button.tsx';
import { usePlaces } from './places.ts';

const ITEM = 'flex h-13 flex-1 flex-col items-center justify-center gap-0.5 text-meta font-medium';

/** The phone's navigation: the three that matter on the way, the rest behind More. */
export const BottomBar = (): ReactNode => {
  const places = usePlaces();
  const main = places.filter((place) => ['/inbox', '/history', '/health'].includes(place.to));
  return (
    <nav aria-label="Main" className="flex border-t bg-surface pb-[env(safe-area-inset-bottom)]">
      {main.map(({ to, label, short, icon: Icon }) => (
        <Link
          key={to}
          to={to}
          className={ITEM}
          activeProps={{ className: 'text-fg', 'aria-current': 'page' }}
          inactiveProps={{ className: 'text-fg-3' }}
        >
          <Icon size={19} aria-hidden="true" /> {short ?? label}
        </Link>
      ))}
      <AccountButton
        side="top"
        places={places.filter((place) => !main.includes(place))}
        trigger={
          <button type="button" className={`${ITEM} text-fg-3`}>
            <Ellipsis size={19} aria-hidden="true" /> More
          </button>
        }
      />
    </nav>
  );
};
