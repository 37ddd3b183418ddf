import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { PlainText } from '../approvals/value-text.tsx';
import { Notice } from '../ui/states.tsx';
import { diffLines } from './line-diff.ts';

/** Two sources, line by line: what went is struck, what came is underlined, both with a sign besides the colour. */
export const DiffView = ({
  before,
  after,
  same,
}: {
  readonly before: string;
  readonly after: string;
  readonly same: string;
}): ReactNode => {
  const lines = diffLines(before, after);
  if (lines.every((line) => line.kind === 'same')) return <Notice tone="off" title={same} />;
  return (
    <div
      className="card overflow-x-auto py-1.5 font-mono text-[13px] leading-5"
      role="region"
      aria-label="Difference"
      tabIndex={0}
    >
      {lines.map((line, index) => {
        const Tag = line.kind === 'gone' ? 'del' : line.kind === 'new' ? 'ins' : 'span';
        return (
          <div
            key={index}
            className={clsx(
              'flex',
              line.kind === 'gone' && 'bg-no-tint text-no',
              line.kind === 'new' && 'bg-ok-tint text-ok',
            )}
          >
            <span aria-hidden="true" className="w-10 shrink-0 pr-2 text-right text-fg-3 select-none">
              {line.before}
            </span>
            <span aria-hidden="true" className="w-10 shrink-0 pr-2 text-right text-fg-3 select-none">
              {line.after}
            </span>
            <span aria-hidden="true" className="w-4 shrink-0 select-none">
              {line.kind === 'gone' ? '−' : line.kind === 'new' ? '+' : ''}
            </span>
            <Tag className={clsx('whitespace-pre', line.kind === 'same' && 'no-underline')}>
              <PlainText text={line.text === '' ? ' ' : line.text} />
            </Tag>
          </div>
        );
      })}
    </div>
  );
};
