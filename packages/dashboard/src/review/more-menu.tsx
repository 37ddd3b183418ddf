/** What else one can do with a request: everything that is not Approve or Reject, and never the default. */
import { Menu } from '@base-ui/react/menu';
import type { WireApproval } from '@countersign/contract';
import { ArrowUpFromLine, CalendarPlus, ChevronDown, Forward, MessageSquare, Stamp } from 'lucide-react';
import { type ReactNode, Suspense, lazy, useEffect, useState } from 'react';
import { popupOpened, useHotkey } from '../keys/hotkeys.ts';
import { buttonClass } from '../ui/button.tsx';
import { Kbd } from '../ui/kbd.tsx';
import { whyNot } from './actions.ts';
import { COMMENT_OPENER } from './comments-section.tsx';

const ReassignDialog = lazy(async () => ({ default: (await import('./move-dialogs.tsx')).ReassignDialog }));
const EscalateDialog = lazy(async () => ({ default: (await import('./move-dialogs.tsx')).EscalateDialog }));
const ExtendDialog = lazy(async () => ({ default: (await import('./move-dialogs.tsx')).ExtendDialog }));
const GrantDialog = lazy(async () => ({ default: (await import('../grants/grant-dialog.tsx')).GrantDialog }));

type Open = 'reassign' | 'escalate' | 'extend' | 'grant' | null;

const Hold = (): null => {
  useEffect(popupOpened, []);
  return null;
};

const ITEM =
  'flex min-h-8 w-full cursor-default items-center gap-2 rounded-md px-2 py-1 text-left text-body outline-none data-highlighted:bg-hover data-disabled:text-fg-3 pointer-coarse:min-h-11';

type ItemProps = { readonly icon: ReactNode; readonly label: string; readonly shortcut?: string; readonly why?: string | null; readonly onSelect: () => void };

const Item = ({ icon, label, shortcut, why = null, onSelect }: ItemProps): ReactNode => (
  <Menu.Item className={ITEM} disabled={why !== null} onClick={onSelect}>
    <span className="flex size-4 shrink-0 items-center justify-center text-fg-3">{icon}</span>
    <span className="min-w-0 flex-1">{label}{why !== null && <span className="block max-w-56 text-label text-fg-3">{why}</span>}</span>
    {shortcut !== undefined && why === null && <Kbd keys={shortcut} />}
  </Menu.Item>
);

export const MoreMenu = ({ approval }: { readonly approval: WireApproval }): ReactNode => {
  const [open, setOpen] = useState<Open>(null);
  const { can } = approval;
  const close = (): void => setOpen(null);
  useHotkey(can.reassign.ok ? { keys: ['f'], label: 'Reassign', group: 'Decision', run: () => setOpen('reassign') } : null);
  useHotkey(can.escalate.ok ? { keys: ['shift+e'], label: 'Escalate', group: 'Decision', run: () => setOpen('escalate') } : null);
  const comment = (): void => {
    document.getElementById(COMMENT_OPENER)?.click();
  };
  return (
    <>
      <Menu.Root>
        <Menu.Trigger className={buttonClass('outline', 'bar')}>More <ChevronDown size={14} aria-hidden="true" /></Menu.Trigger>
        <Menu.Portal container={document.getElementById('main')}>
          <Menu.Positioner side="top" align="start" sideOffset={6} className="z-50">
            <Menu.Popup className="min-w-60 rounded-lg border bg-surface p-1 shadow-float outline-none">
              <Hold />
              <Item icon={<Forward size={15} aria-hidden="true" />} label="Reassign…" shortcut="f" why={whyNot(can.reassign)} onSelect={() => setOpen('reassign')} />
              <Item icon={<ArrowUpFromLine size={15} aria-hidden="true" />} label="Escalate…" shortcut="shift+e" why={whyNot(can.escalate)} onSelect={() => setOpen('escalate')} />
              <Item icon={<CalendarPlus size={15} aria-hidden="true" />} label="Give it more time…" why={whyNot(can.extend)} onSelect={() => setOpen('extend')} />
              <Item icon={<MessageSquare size={15} aria-hidden="true" />} label="Comment or ask back" shortcut="m" onSelect={() => setTimeout(comment, 0)} />
              {can.grant.ok && (
                <>
                  <Menu.Separator className="-mx-1 my-1 border-t" />
                  <Item icon={<Stamp size={15} aria-hidden="true" />} label="Give a grant for calls like this…" onSelect={() => setOpen('grant')} />
                </>
              )}
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
      <Suspense fallback={null}>
        {open === 'reassign' && <ReassignDialog approval={approval} onClose={close} />}
        {open === 'escalate' && <EscalateDialog approval={approval} onClose={close} />}
        {open === 'extend' && <ExtendDialog approval={approval} onClose={close} />}
        {open === 'grant' && <GrantDialog approval={approval} onClose={close} />}
      </Suspense>
    </>
  );
};
