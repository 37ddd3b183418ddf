import { type ComponentProps, type ReactElement, type ReactNode, Suspense, cloneElement, lazy, useState } from 'react';
import { useSession } from '../session.ts';

const load = () => import('./account-menu.tsx');
const AccountMenu = lazy(async () => ({ default: (await load()).AccountMenu }));

type AccountButtonProps = Pick<ComponentProps<typeof AccountMenu>, 'side' | 'onShortcuts' | 'places'> & {
  readonly trigger: ReactElement<ComponentProps<'button'>>;
};

/** The button of the account menu. The menu's code is fetched when the hand comes near, not with the first page. */
export const AccountButton = ({ trigger, ...menu }: AccountButtonProps): ReactNode => {
  const session = useSession();
  const [wanted, setWanted] = useState(false);
  const still = cloneElement(trigger, {
    'aria-haspopup': 'menu',
    'aria-expanded': false,
    onPointerEnter: () => void load(),
    onFocus: () => void load(),
    onClick: () => setWanted(true),
  });
  if (!wanted) return still;
  return (
    <Suspense fallback={still}>
      <AccountMenu session={session} trigger={trigger as ReactElement<Record<string, unknown>>} {...menu} />
    </Suspense>
  );
};
