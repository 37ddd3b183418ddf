import { type ReactNode, Suspense, lazy, useCallback, useEffect, useRef, useState } from 'react';
import { type Signature, type ToSign, onSignatureRequired } from './ask-to-sign.ts';

const SigningDialog = lazy(async () => ({ default: (await import('./signing-dialog.tsx')).SigningDialog }));

/** Shows the sheet whenever a decision has to be signed. */
export const SigningHost = (): ReactNode => {
  const [asked, setAsked] = useState<ToSign | null>(null);
  const answer = useRef<((signature: Signature | null) => void) | null>(null);
  const settle = useCallback((signature: Signature | null) => {
    setAsked(null);
    answer.current?.(signature);
    answer.current = null;
  }, []);
  useEffect(() => {
    onSignatureRequired((what) => {
      settle(null);
      setAsked(what);
      return new Promise((resolve) => {
        answer.current = resolve;
      });
    });
    return () => onSignatureRequired(null);
  }, [settle]);
  if (asked === null) return null;
  return (
    <Suspense fallback={null}>
      <SigningDialog asked={asked} onDone={settle} />
    </Suspense>
  );
};
