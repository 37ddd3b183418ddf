import type { ReactNode } from 'react';
import { type Hotkey, setSingleKeys, useHotkeys, useSingleKeysOn } from '../keys/hotkeys.ts';
import { Modal } from '../ui/dialog.tsx';
import { Check } from '../ui/field.tsx';
import { KeyRow } from './key-row.tsx';

const GROUPS: readonly Hotkey['group'][] = ['Queue', 'Decision', 'Editor', 'Go to', 'Everywhere'];

/** The keys that work on this page, as the registry knows them. */
export const ShortcutSheet = ({ onClose }: { readonly onClose: () => void }): ReactNode => {
  const hotkeys = useHotkeys();
  const on = useSingleKeysOn();
  return (
    <Modal
      open
      onClose={onClose}
      wide
      title="Keyboard shortcuts"
      description="The keys that work on this page. Press one to choose another; this browser keeps it."
    >
      <div className="grid gap-x-8 gap-y-5 phone:grid-cols-2">
        {GROUPS.map((group) => {
          const members = hotkeys.filter((hotkey) => hotkey.group === group);
          if (members.length === 0) return null;
          return (
            <div key={group}>
              <h3 className="mb-1 text-label font-medium text-fg-2">{group}</h3>
              <dl>
                {members.map((hotkey) => (
                  <KeyRow key={hotkey.label} hotkey={hotkey} all={hotkeys} />
                ))}
              </dl>
            </div>
          );
        })}
      </div>
      <div className="mt-5 border-t pt-4">
        <Check
          label="Single-key shortcuts"
          hint="Turn them off where speech input or a slip of the hand could press one. Keys with ⌘ or Ctrl stay."
          checked={on}
          onChange={(event) => setSingleKeys(event.target.checked)}
        />
      </div>
    </Modal>
  );
};
