import { type ReactNode, Suspense, lazy, useCallback, useEffect, useRef, useState } from 'react';
import { onStepUpRequired } from '../api.ts';

const StepUpDialog = lazy(async () => ({ default: (await import('./step-up-dialog.tsx')).StepUpDialog }));

/** Shows the dialog whenever a call needs a fresh proof. Several calls at once wait for the same one. */
export const StepUpHost = (): ReactNode => {
  const [open, setOpen] = useState(false);
  const waiting = useRef<((proved: boolean) => void)[]>([]);
  useEffect(() => {
    onStepUpRequired(
      () =>
        new Promise((resolve) => {
          waiting.current.push(resolve);
          setOpen(true);
        }),
    );
    return () => onStepUpRequired(null);
  }, []);
  const settle = useCallback((proved: boolean) => {
    setOpen(false);
    for (const resolve of waiting.current.splice(0)) resolve(proved);
  }, []);
  if (!open) return null;
  return (
    <Suspense fallback={null}>
      <StepUpDialog onDone={settle} />
    </Suspense>
  );
};
