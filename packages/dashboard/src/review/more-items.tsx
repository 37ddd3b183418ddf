/** The menu itself: loaded when it is first asked for, and open at once. */
import { Menu } from '@base-ui/react/menu';
import type { WireApproval } from '@countersign/contract';
import { ArrowUpFromLine, BellOff, CalendarPlus, Forward, MessageSquare, Stamp } from 'lucide-react';
import { type ReactElement, type ReactNode, useEffect } from 'react';
import { popupOpened } from '../keys/hotkeys.ts';
import { Kbd } from '../ui/kbd.tsx';
import { whyNot } from './actions.ts';
import { COMMENT_OPENER } from './comments-section.tsx';

export type MoreAction = 'reassign' | 'escalate' | 'extend' | 'snooze' | 'grant';

const Hold = (): null => {
  useEffect(popupOpened, []);
  return null;
};

const ITEM =
  'flex min-h-8 w-full cursor-default items-center gap-2 rounded-md px-2 py-1 text-left text-body outline-none data-highlighted:bg-hover data-disabled:text-fg-3 pointer-coarse:min-h-11';

type ItemProps = {
  readonly icon: ReactNode;
  readonly label: string;
  readonly shortcut?: string;
  readonly why?: string | null;
  readonly onSelect: () => void;
};

const Item = ({ icon, label, shortcut, why = null, onSelect }: ItemProps): ReactNode => (
  <Menu.Item className={ITEM} disabled={why !== null} onClick={onSelect}>
    <span className="flex size-4 shrink-0 items-center justify-center text-fg-3">{icon}</span>
    <span className="min-w-0 flex-1">
      {label}
      {why !== null && <span className="block max-w-56 text-label text-fg-3">{why}</span>}
    </span>
    {shortcut !== undefined && why === null && <Kbd keys={shortcut} />}
  </Menu.Item>
);

type ItemsProps = {
  readonly approval: WireApproval;
  readonly maySnooze: boolean;
  readonly trigger: ReactElement<Record<string, unknown>>;
  readonly onChoose: (action: MoreAction) => void;
};

export const MoreItems = ({ approval: { can }, maySnooze, trigger, onChoose }: ItemsProps): ReactNode => (
  <Menu.Root defaultOpen>
    <Menu.Trigger render={trigger} />
    <Menu.Portal container={document.getElementById('main')}>
      <Menu.Positioner side="top" align="start" sideOffset={6} className="z-50">
        <Menu.Popup className="min-w-60 rounded-lg border bg-surface p-1 shadow-float outline-none">
          <Hold />
          <Item
            icon={<Forward size={15} aria-hidden="true" />}
            label="Reassign…"
            shortcut="f"
            why={whyNot(can.reassign)}
            onSelect={() => onChoose('reassign')}
          />
          <Item
            icon={<ArrowUpFromLine size={15} aria-hidden="true" />}
            label="Escalate…"
            shortcut="shift+e"
            why={whyNot(can.escalate)}
            onSelect={() => onChoose('escalate')}
          />
          <Item
            icon={<CalendarPlus size={15} aria-hidden="true" />}
            label="Give it more time…"
            why={whyNot(can.extend)}
            onSelect={() => onChoose('extend')}
          />
          <Item
            icon={<MessageSquare size={15} aria-hidden="true" />}
            label="Comment or ask back"
            shortcut="m"
            onSelect={() => setTimeout(() => document.getElementById(COMMENT_OPENER)?.click(), 0)}
          />
          <Item
            icon={<BellOff size={15} aria-hidden="true" />}
            label="Snooze for me…"
            shortcut="h"
            why={maySnooze ? null : 'You are not an approver.'}
            onSelect={() => onChoose('snooze')}
          />
          {can.grant.ok && (
            <>
              <Menu.Separator className="-mx-1 my-1 border-t" />
              <Item
                icon={<Stamp size={15} aria-hidden="true" />}
                label="Give a grant for calls like this…"
                onSelect={() => onChoose('grant')}
              />
            </>
          )}
        </Menu.Popup>
      </Menu.Positioner>
    </Menu.Portal>
  </Menu.Root>
);
