/** What changed between two versions, in words and values: nodes that came and went, and settings before and after. */
import type { Json, JsonDifference } from '@countersign/core';
import { Minus, Pencil, Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { Change } from '../../approvals/arguments-table.tsx';
import { PlainText } from '../../approvals/value-text.tsx';
import { Notice } from '../../ui/states.tsx';
import { LOOKS, summaryOf } from '../canvas/looks.ts';
import { type Difference, isSame } from '../graph/difference.ts';
import { type DraftNode, nameOf } from '../graph/draft.ts';

const path = (pointer: string): string => pointer.slice(1).split('/').join(' / ');

const Fields = ({ fields }: { readonly fields: readonly JsonDifference[] }): ReactNode => (
  <dl className="mt-1.5 flex flex-col gap-1.5">
    {fields.map((field) => (
      <div key={field.pointer} className="flex flex-wrap gap-x-3 gap-y-0.5">
        <dt className="w-full font-mono text-[13px] text-fg-2 phone:w-48">{path(field.pointer)}</dt>
        <dd className="min-w-0 flex-1 basis-48 font-mono text-[13px]">
          <Change change={field as JsonDifference & { before?: Json; after?: Json }} />
        </dd>
      </div>
    ))}
  </dl>
);

const KINDS = {
  added: { icon: Plus, word: 'Added', look: 'border-ok-solid bg-ok-tint text-ok' },
  removed: { icon: Minus, word: 'Removed', look: 'border-no-solid bg-no-tint text-no' },
  changed: { icon: Pencil, word: 'Changed', look: 'border-esc-solid bg-esc-tint text-esc' },
} as const;

const Row = ({
  kind,
  title,
  below,
  children,
}: {
  readonly kind: keyof typeof KINDS;
  readonly title: ReactNode;
  readonly below?: string;
  readonly children?: ReactNode;
}): ReactNode => {
  const { icon: Icon, word, look } = KINDS[kind];
  return (
    <li className="flex gap-3 px-3.5 py-2.5">
      <span className={`mt-0.5 flex size-5 shrink-0 items-center justify-center rounded-full border ${look}`}>
        <Icon size={12} aria-hidden="true" />
      </span>
      <div className="min-w-0 flex-1">
        <p>
          <span className="sr-only">{word}: </span>
          {title}
        </p>
        {below !== undefined && below !== '' && (
          <p className="truncate font-mono text-label text-fg-2">
            <PlainText brief text={below} />
          </p>
        )}
        {children}
      </div>
    </li>
  );
};

const NodeTitle = ({ node }: { readonly node: DraftNode }): ReactNode => (
  <>
    <span className="font-semibold">{nameOf(node)}</span>{' '}
    <span className="text-label text-fg-2">
      {LOOKS[node.type].label} <span className="font-mono">{node.id}</span>
    </span>
  </>
);

export const DifferenceView = ({
  difference,
  same,
}: {
  readonly difference: Difference;
  readonly same: string;
}): ReactNode => {
  if (isSame(difference))
    return (
      <Notice tone="off" title={same}>
        {difference.moved > 0 &&
          `${difference.moved} ${difference.moved === 1 ? 'node stands' : 'nodes stand'} elsewhere on the canvas.`}
      </Notice>
    );
  return (
    <ul aria-label="Differences" className="card divide-y">
      {difference.added.map((node) => (
        <Row key={node.id} kind="added" title={<NodeTitle node={node} />} below={summaryOf(node)} />
      ))}
      {difference.removed.map((node) => (
        <Row key={node.id} kind="removed" title={<NodeTitle node={node} />} below={summaryOf(node)} />
      ))}
      {difference.changed.map(({ node, fields }) => (
        <Row key={node.id} kind="changed" title={<NodeTitle node={node} />}>
          <Fields fields={fields} />
        </Row>
      ))}
      {difference.settings.length > 0 && (
        <Row kind="changed" title={<span className="font-semibold">Settings of the workflow</span>}>
          <Fields fields={difference.settings} />
        </Row>
      )}
    </ul>
  );
};
