import { SendHorizontal } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { ariaKeys, useHotkey } from '../keys/hotkeys.ts';
import { Button } from '../ui/button.tsx';

type ComposerProps = {
  readonly columns: number;
  /** Why nothing can be said now; null if something can. */
  readonly blockedBecause: string | null;
  readonly busy: boolean;
  readonly error: string | null;
  /** @returns whether it was said, so that the draft may go */
  readonly onSay: (text: string) => Promise<boolean>;
};

/** Enter says it, Shift and Enter begin another line. The same goes to every column. */
export const Composer = ({ columns, blockedBecause, busy, error, onSay }: ComposerProps): ReactNode => {
  const [text, setText] = useState('');
  const box = useRef<HTMLTextAreaElement>(null);
  const isEmpty = text.trim() === '';
  const blocked = blockedBecause ?? (isEmpty ? 'Write something first' : null);
  const say = async (): Promise<void> => {
    if (blocked !== null || busy) return;
    if (await onSay(text.trim())) setText('');
    box.current?.focus();
  };
  useHotkey({
    keys: ['m'],
    label: 'Write a message',
    group: 'Everywhere',
    run: (event) => {
      event.preventDefault();
      box.current?.focus();
    },
  });
  return (
    <form
      aria-label="Message"
      className="border-t bg-surface px-3 py-2.5 phone:px-6"
      onSubmit={(event) => {
        event.preventDefault();
        void say();
      }}
    >
      <div className="mx-auto flex max-w-215 items-end gap-2">
        <textarea
          ref={box}
          aria-label="Message to the agent"
          aria-keyshortcuts={ariaKeys('m')}
          rows={1}
          value={text}
          placeholder={columns > 1 ? `Say the same to all ${columns}` : 'Say something'}
          className="field max-h-48 min-h-10 flex-1 resize-none py-2 text-[15px] leading-5.5 field-sizing-content pointer-coarse:min-h-12 pointer-coarse:text-base"
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            void say();
          }}
        />
        <Button type="submit" size="bar" look="ink" busy={busy} blockedBecause={blocked} aria-label="Send">
          <SendHorizontal size={16} aria-hidden="true" /> <span className="max-phone:hidden">Send</span>
        </Button>
      </div>
      <p aria-live="polite" className="mx-auto mt-1 max-w-215 text-label text-fg-3 empty:hidden">
        {error === null ? blockedBecause : <span className="font-medium text-no">{error}</span>}
      </p>
    </form>
  );
};
