import { clsx } from 'clsx';
import { Search } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Modal } from './dialog.tsx';

type SearchDialogProps<Item> = {
  readonly title: string;
  readonly placeholder: string;
  /** What the list is called, for who hears it. */
  readonly results: string;
  /** What is said when nothing fits. */
  readonly nothing: string;
  readonly wide?: boolean;
  /** What fits what was typed, in the order in which it is shown. */
  readonly find: (typed: string) => readonly Item[];
  readonly keyOf: (item: Item) => string;
  /** A heading that stands once above those that follow each other with the same. */
  readonly groupOf?: (item: Item) => string;
  readonly show: (item: Item, isActive: boolean) => ReactNode;
  readonly onClose: () => void;
  readonly onPick: (item: Item) => void;
};

/** Whether every word of `typed` occurs in `text`, in any order and case. */
export const hasWords = (text: string, typed: string): boolean => {
  const lower = text.toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
};

/** One types, sees what fits, and takes one with the arrows and Enter, or by pointing. */
export const SearchDialog = <Item,>(props: SearchDialogProps<Item>): ReactNode => {
  const { title, placeholder, results, nothing, wide, find, keyOf, groupOf, show, onClose, onPick } = props;
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const found = find(typed.trim());
  const active = Math.min(at, found.length - 1);
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  const pick = (item: Item | undefined): void => {
    if (item === undefined) return;
    onClose();
    onPick(item);
  };
  return (
    <Modal open onClose={onClose} title={title} bare {...(wide === true ? { wide } : {})} initialFocus={input}>
      <div className="sticky top-0 flex items-center gap-3 border-b bg-surface px-4">
        <Search size={16} aria-hidden="true" className="text-fg-3" />
        <input
          ref={input}
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-label={title}
          autoComplete="off"
          spellCheck={false}
          aria-activedescendant={found[active] === undefined ? undefined : `${id}-${active}`}
          placeholder={placeholder}
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') setAt(Math.min(active + 1, found.length - 1));
            else if (event.key === 'ArrowUp') setAt(Math.max(active - 1, 0));
            else if (event.key === 'Enter') pick(found[active]);
            else return;
            event.preventDefault();
          }}
          className="h-12 flex-1 bg-transparent text-read outline-none placeholder:text-fg-3"
        />
      </div>
      <div ref={list} id={`${id}-list`} role="listbox" aria-label={results} className="p-1.5">
        {found.map((item, index) => {
          const group = groupOf?.(item);
          const before = found[index - 1];
          return (
            <div key={keyOf(item)}>
              {group !== undefined && (before === undefined || groupOf?.(before) !== group) && (
                <p aria-hidden="true" className="px-2.5 pt-2 pb-1 text-meta text-fg-3">
                  {group}
                </p>
              )}
              <div
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === active}
                onPointerMove={() => setAt(index)}
                onClick={() => pick(item)}
                className={clsx(
                  'flex min-h-9 cursor-pointer items-center gap-3 rounded-md px-2.5 py-1 pointer-coarse:min-h-11',
                  index === active && 'bg-selected',
                )}
              >
                {show(item, index === active)}
              </div>
            </div>
          );
        })}
      </div>
      {found.length === 0 && (
        <p role="status" className="px-4 pb-6 text-center text-fg-2">
          {nothing}
        </p>
      )}
    </Modal>
  );
};
