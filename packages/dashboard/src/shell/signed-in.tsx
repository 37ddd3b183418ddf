import { type ReactNode, Suspense, lazy } from 'react';
import { useSession } from '../session.ts';
import { SigningHost } from '../signing/signing-host.tsx';
import { StepUpHost } from '../step-up/step-up-host.tsx';
import { Shell } from './shell.tsx';

const SecondFactorGate = lazy(async () => ({
  default: (await import('../step-up/second-factor-gate.tsx')).SecondFactorGate,
}));

/** The pages; or, where the workspace wants a second factor that this session has not given, the way to give it. */
export const SignedIn = (): ReactNode => {
  const { second_factor: state } = useSession();
  const isShut = state === 'needed' || state === 'to_enrol';
  return (
    <>
      {isShut ? (
        <Suspense fallback={null}>
          <SecondFactorGate state={state} />
        </Suspense>
      ) : (
        <Shell />
      )}
      <StepUpHost />
      <SigningHost />
    </>
  );
};
