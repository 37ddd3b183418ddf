/** The rows that were chosen with X, to be decided together. */
import { ListChecks } from 'lucide-react';
import { type ReactNode, Suspense, lazy, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { BULK_MAX } from './use-bulk.ts';

const SelectionDialog = lazy(async () => ({ default: (await import('./selection-dialog.tsx')).SelectionDialog }));

type BarProps = { readonly selected: ReadonlySet<string>; readonly onClear: () => void };

export const SelectionBar = ({ selected, onClear }: BarProps): ReactNode => {
  // Pinned when opened: once decided they leave the list, and their outcomes must still be seen.
  const [open, setOpen] = useState<readonly string[] | null>(null);
  const over = selected.size > BULK_MAX;
  return (
    <>
      {selected.size > 0 && (
        <div className="mt-auto flex items-center gap-2 border-t bg-selected px-3 py-2">
          <span className="flex-1 font-medium" aria-live="polite">
            {selected.size} selected
          </span>
          <Button size="small" look="ghost" onClick={onClear}>
            Clear
          </Button>
          <Button
            size="small"
            blockedBecause={over ? `At most ${BULK_MAX} at once` : null}
            onClick={() => setOpen([...selected])}
          >
            <ListChecks size={13} aria-hidden="true" /> Decide together
          </Button>
        </div>
      )}
      <Suspense fallback={null}>
        {open !== null && (
          <SelectionDialog
            ids={open}
            onClose={() => setOpen(null)}
            onDone={() => {
              setOpen(null);
              onClear();
            }}
          />
        )}
      </Suspense>
    </>
  );
};
