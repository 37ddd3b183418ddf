/** Finds a node by its name, identifier, type or what it says of itself, and leads there. */
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { SearchDialog, hasWords } from '../../ui/search-dialog.tsx';
import { LOOKS, summaryOf } from '../canvas/looks.ts';
import { readingOrder } from '../canvas/neighbours.ts';
import { type Draft, type DraftNode, nameOf, nodeOf } from '../graph/draft.ts';

/** In the order in which the graph runs; names that begin with what was typed come first. */
const findNodes = (draft: Draft, typed: string): readonly DraftNode[] => {
  const start = typed.toLowerCase();
  const begins = (node: DraftNode): boolean =>
    start !== '' && [nameOf(node), node.id].some((name) => name.toLowerCase().startsWith(start));
  return readingOrder(draft)
    .flatMap((id) => nodeOf(draft, id) ?? [])
    .filter((node) =>
      hasWords(`${nameOf(node)} ${node.id} ${node.type} ${LOOKS[node.type].label} ${summaryOf(node)}`, typed),
    )
    .toSorted((a, b) => Number(begins(b)) - Number(begins(a)));
};

const showNode = (node: DraftNode): ReactNode => {
  const { icon: Icon, label, tint } = LOOKS[node.type];
  return (
    <>
      <span className={clsx('flex size-7 shrink-0 items-center justify-center rounded-md', tint)}>
        <Icon size={15} aria-hidden="true" />
      </span>
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">{nameOf(node)}</span>
        <span className="block truncate text-label text-fg-2">
          {label} · <span className="font-mono">{node.id}</span>
        </span>
      </span>
    </>
  );
};

type FindProps = {
  readonly draft: Draft;
  readonly onClose: () => void;
  readonly onGo: (id: string) => void;
};

export const FindDialog = ({ draft, onClose, onGo }: FindProps): ReactNode => (
  <SearchDialog
    title="Find a node"
    placeholder="Name, identifier or type"
    results="Nodes"
    nothing="No node is called that."
    find={(typed) => findNodes(draft, typed)}
    keyOf={(node) => node.id}
    show={showNode}
    onClose={onClose}
    onPick={(node) => onGo(node.id)}
  />
);
