/** What else one can do with a request: everything that is not Approve or Reject, and never the default. */
import type { WireApproval } from '@countersign/contract';
import { ChevronDown } from 'lucide-react';
import { type ReactNode, Suspense, lazy, useState } from 'react';
import { useHotkey } from '../keys/hotkeys.ts';
import { useCan } from '../session.ts';
import { buttonClass } from '../ui/button.tsx';
import type { MoreAction } from './more-items.tsx';

const MoreItems = lazy(async () => ({ default: (await import('./more-items.tsx')).MoreItems }));
const ReassignDialog = lazy(async () => ({ default: (await import('./move-dialogs.tsx')).ReassignDialog }));
const EscalateDialog = lazy(async () => ({ default: (await import('./move-dialogs.tsx')).EscalateDialog }));
const ExtendDialog = lazy(async () => ({ default: (await import('./move-dialogs.tsx')).ExtendDialog }));
const SnoozeDialog = lazy(async () => ({ default: (await import('./snooze-dialog.tsx')).SnoozeDialog }));
const GrantDialog = lazy(async () => ({ default: (await import('../grants/grant-dialog.tsx')).GrantDialog }));

export const MoreMenu = ({ approval }: { readonly approval: WireApproval }): ReactNode => {
  const [wanted, setWanted] = useState(false);
  const [open, setOpen] = useState<MoreAction | null>(null);
  const { can } = approval;
  const close = (): void => setOpen(null);
  useHotkey(
    can.reassign.ok ? { keys: ['f'], label: 'Reassign', group: 'Decision', run: () => setOpen('reassign') } : null,
  );
  useHotkey(
    can.escalate.ok
      ? { keys: ['shift+e'], label: 'Escalate', group: 'Decision', run: () => setOpen('escalate') }
      : null,
  );
  const maySnooze = useCan('approvals:decide');
  useHotkey(
    maySnooze && approval.snoozed_until === null
      ? { keys: ['h'], label: 'Snooze for me', group: 'Decision', run: () => setOpen('snooze') }
      : null,
  );
  const trigger = (
    <button
      type="button"
      aria-haspopup="menu"
      className={buttonClass('outline', 'bar')}
      onClick={() => setWanted(true)}
    >
      More <ChevronDown size={14} aria-hidden="true" />
    </button>
  );
  return (
    <>
      {wanted ? (
        <Suspense fallback={trigger}>
          <MoreItems approval={approval} maySnooze={maySnooze} trigger={trigger} onChoose={setOpen} />
        </Suspense>
      ) : (
        trigger
      )}
      <Suspense fallback={null}>
        {open === 'reassign' && <ReassignDialog approval={approval} onClose={close} />}
        {open === 'escalate' && <EscalateDialog approval={approval} onClose={close} />}
        {open === 'extend' && <ExtendDialog approval={approval} onClose={close} />}
        {open === 'snooze' && <SnoozeDialog approval={approval} onClose={close} />}
        {open === 'grant' && <GrantDialog approval={approval} onClose={close} />}
      </Suspense>
    </>
  );
};
