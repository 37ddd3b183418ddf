/** Finds a node by its name, identifier, type or what it says of itself, and leads there. */
import { clsx } from 'clsx';
import { Search } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Modal } from '../../ui/dialog.tsx';
import { LOOKS, summaryOf } from '../canvas/looks.ts';
import { readingOrder } from '../canvas/neighbours.ts';
import { type Draft, type DraftNode, nameOf, nodeOf } from '../graph/draft.ts';

/** In the order in which the graph runs; names that begin with what was typed come first. */
const findNodes = (draft: Draft, typed: string): readonly DraftNode[] => {
  const words = typed
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const begins = (node: DraftNode): boolean =>
    words[0] !== undefined && [nameOf(node), node.id].some((name) => name.toLowerCase().startsWith(words[0] ?? ''));
  return readingOrder(draft)
    .flatMap((id) => nodeOf(draft, id) ?? [])
    .filter((node) => {
      const text = `${nameOf(node)} ${node.id} ${node.type} ${LOOKS[node.type].label} ${summaryOf(node)}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .toSorted((a, b) => Number(begins(b)) - Number(begins(a)));
};

type FindProps = {
  readonly draft: Draft;
  readonly onClose: () => void;
  readonly onGo: (id: string) => void;
};

export const FindDialog = ({ draft, onClose, onGo }: FindProps): ReactNode => {
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const found = findNodes(draft, typed);
  const active = Math.min(at, found.length - 1);
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  const go = (node: DraftNode | undefined): void => {
    if (node === undefined) return;
    onClose();
    onGo(node.id);
  };
  return (
    <Modal open onClose={onClose} title="Find a node" bare initialFocus={input}>
      <div className="sticky top-0 flex items-center gap-3 border-b bg-surface px-4">
        <Search size={16} aria-hidden="true" className="text-fg-3" />
        <input
          ref={input}
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-label="Find a node"
          autoComplete="off"
          spellCheck={false}
          aria-activedescendant={found[active] === undefined ? undefined : `${id}-${active}`}
          placeholder="Name, identifier or type"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') setAt(Math.min(active + 1, found.length - 1));
            else if (event.key === 'ArrowUp') setAt(Math.max(active - 1, 0));
            else if (event.key === 'Enter') go(found[active]);
            else return;
            event.preventDefault();
          }}
          className="h-12 flex-1 bg-transparent text-read outline-none placeholder:text-fg-3"
        />
      </div>
      <div ref={list} id={`${id}-list`} role="listbox" aria-label="Nodes" className="p-1.5">
        {found.map((node, index) => {
          const look = LOOKS[node.type];
          const Icon = look.icon;
          return (
            <div
              key={node.id}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === active}
              onPointerMove={() => setAt(index)}
              onClick={() => go(node)}
              className={clsx(
                'flex min-h-11 cursor-pointer items-center gap-3 rounded-md px-2.5 py-1',
                index === active && 'bg-selected',
              )}
            >
              <span className={clsx('flex size-7 shrink-0 items-center justify-center rounded-md', look.tint)}>
                <Icon size={15} aria-hidden="true" />
              </span>
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium">{nameOf(node)}</span>
                <span className="block truncate text-label text-fg-2">
                  {look.label} · <span className="font-mono">{node.id}</span>
                </span>
              </span>
            </div>
          );
        })}
      </div>
      {found.length === 0 && (
        <p role="status" className="px-4 pb-6 text-center text-fg-2">
          No node is called that.
        </p>
      )}
    </Modal>
  );
};
