/** The chosen rows, and what can be done with them. */
import type { WireApprovalSummary } from '@countersign/contract';
import { Check, X } from 'lucide-react';
import { type ReactNode, Suspense, lazy, useState } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { type Verdict, isApprovable } from './together.ts';
import { BULK_MAX } from './use-bulk.ts';

const SelectionDialog = lazy(async () => ({ default: (await import('./selection-dialog.tsx')).SelectionDialog }));

type BarProps = {
  readonly chosen: readonly WireApprovalSummary[];
  readonly selecting: boolean;
  readonly onClear: () => void;
};

type Opened = { readonly ids: readonly string[]; readonly wanted: Verdict };

export const SelectionBar = ({ chosen, selecting, onClear }: BarProps): ReactNode => {
  // Pinned when opened: once decided they leave the list, and their outcomes must still be seen.
  const [opened, setOpened] = useState<Opened | null>(null);
  const approvable = chosen.filter(isApprovable).length;
  const count = chosen.length;
  const blocked =
    count === 0 ? 'Choose some rows first' : count > BULK_MAX ? `At most ${BULK_MAX} at once: leave some out` : null;
  const open = (wanted: Verdict): void => setOpened({ ids: chosen.map(({ id }) => id), wanted });
  return (
    <>
      {selecting && (
        <section
          aria-label="Chosen requests"
          className="mt-auto flex items-center gap-2 border-t bg-selected px-3 py-2"
        >
          <IconButton
            label="Choose nothing"
            className="-ml-1.5"
            icon={<X size={16} aria-hidden="true" />}
            onClick={onClear}
          />
          <span className="min-w-0 flex-1 font-medium" aria-live="polite">
            {count} selected
          </span>
          <Button look="reject" blockedBecause={blocked} onClick={() => open('rejected')}>
            <X size={15} aria-hidden="true" /> Reject {count}
          </Button>
          <Button
            look="approve"
            blockedBecause={
              blocked ?? (approvable === 0 ? 'High and critical ones, and questions, are approved on their own' : null)
            }
            onClick={() => open('approved')}
          >
            <Check size={15} aria-hidden="true" /> Approve {approvable}
          </Button>
        </section>
      )}
      <Suspense fallback={null}>
        {opened !== null && (
          <SelectionDialog
            {...opened}
            onClose={() => setOpened(null)}
            onDone={() => {
              setOpened(null);
              onClear();
            }}
          />
        )}
      </Suspense>
    </>
  );
};
