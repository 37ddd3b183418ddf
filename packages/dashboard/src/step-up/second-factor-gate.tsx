import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { PasskeysSection } from '../account/passkeys-section.tsx';
import { accountQuery } from '../account/queries.ts';
import { TotpSection } from '../account/totp-section.tsx';
import { useTitle } from '../approvals/approval-pane.tsx';
import { useSession } from '../session.ts';
import { Mark } from '../shell/mark.tsx';
import { useSignOut } from '../shell/sign-out.ts';
import { Button } from '../ui/button.tsx';
import { Failure, Skeleton } from '../ui/states.tsx';
import { StepUpForm } from './step-up-form.tsx';

const Enrol = (): ReactNode => {
  const { data, error, refetch } = useQuery(accountQuery);
  if (data === undefined)
    return error === null ? <Skeleton rows={3} /> : <Failure error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <PasskeysSection account={data} />
      <TotpSection account={data} />
    </>
  );
};

/** Stands before everything else where the workspace asks for a second factor. */
export const SecondFactorGate = ({ state }: { readonly state: 'needed' | 'to_enrol' }): ReactNode => {
  useTitle('Second factor');
  const { workspace, person } = useSession();
  const signOut = useSignOut();
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-140 flex-col justify-center gap-6 px-5 py-10">
      <Mark large />
      <div className="flex flex-col gap-1.5">
        <h1 className="text-sentence font-semibold tracking-[-0.011em]">
          {state === 'needed' ? 'Your second factor' : 'Add a second factor'}
        </h1>
        <p className="text-read text-fg-2">
          {state === 'needed'
            ? `${workspace.name} opens to whoever proves twice who they are.`
            : `${workspace.name} asks its owners, admins and approvers for one: a passkey, or a password with an app. It takes a minute.`}
        </p>
      </div>
      {state === 'needed' ? <StepUpForm onProved={() => undefined} /> : <Enrol />}
      <p className="text-label text-fg-2">
        Signed in as {person.name}.{' '}
        <Button size="small" look="ghost" onClick={() => void signOut()}>
          Sign out
        </Button>
      </p>
    </main>
  );
};
