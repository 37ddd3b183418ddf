/** One of several that are decided together: what it is, whole, and what is to become of it. */
import type { WireApproval } from '@countersign/contract';
import { clsx } from 'clsx';
import { type ReactNode, useId } from 'react';
import { ArgumentsTable } from '../approvals/arguments-table.tsx';
import { PlainText, ValueText } from '../approvals/value-text.tsx';
import { asText } from '../review/seen.ts';
import { PriorityMark } from '../ui/glyphs.tsx';
import { type Choice, whyNotTogether } from './together.ts';

const CHOICES: readonly { readonly value: Choice; readonly label: string; readonly look: string }[] = [
  { value: 'approved', label: 'Approve', look: 'has-checked:bg-ok-tint has-checked:text-ok has-checked:font-semibold' },
  { value: 'rejected', label: 'Reject', look: 'has-checked:bg-no-tint has-checked:text-no has-checked:font-semibold' },
  { value: 'left', label: 'Leave', look: 'has-checked:bg-hover has-checked:font-semibold' },
];

type ItemProps = {
  readonly approval: WireApproval;
  readonly choice: Choice;
  readonly onChoose: (choice: Choice) => void;
};

export const SelectionItem = ({ approval, choice, onChoose }: ItemProps): ReactNode => {
  const name = useId();
  const why = whyNotTogether(approval, 'approved');
  return (
    <li
      data-item={approval.id}
      tabIndex={-1}
      aria-label={`${approval.title}: ${CHOICES.find(({ value }) => value === choice)?.label}`}
      className="flex scroll-my-4 flex-col gap-1.5 rounded-md outline-none focus-visible:outline-2 focus-visible:outline-offset-4 focus-visible:outline-accent"
    >
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <PriorityMark priority={approval.priority} wordless />
        <span className="min-w-0 flex-1 basis-48 font-semibold">
          <PlainText text={approval.title} />
        </span>
        <fieldset className="flex overflow-hidden rounded-md border border-line-2">
          <legend className="sr-only">What to do with it</legend>
          {CHOICES.map(({ value, label, look }) => {
            const off = value === 'left' ? null : whyNotTogether(approval, value);
            return (
              <label
                key={value}
                title={off ?? undefined}
                className={clsx(
                  'inline-flex h-7 items-center gap-1.5 border-l border-line-2 px-2.5 text-label first-of-type:border-l-0 has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent pointer-coarse:h-11',
                  off === null ? look : 'text-fg-3 line-through',
                )}
              >
                <input
                  type="radio"
                  name={name}
                  className="sr-only"
                  checked={choice === value}
                  disabled={off !== null}
                  onChange={() => onChoose(value)}
                />
                {label}
              </label>
            );
          })}
        </fieldset>
      </div>
      {why !== null && <p className="text-label font-medium text-wait">{why}</p>}
      {approval.arguments === null ? (
        approval.output !== null && (
          <div className="card px-3.5 py-2 font-mono text-[13px]">
            <ValueText text={asText(approval.output)} />
          </div>
        )
      ) : (
        <ArgumentsTable value={approval.arguments} schema={approval.arguments_schema} flags={approval.flags} />
      )}
    </li>
  );
};
