import type { WireStepUpOptions } from '@countersign/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Fingerprint } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { askForPasskey, canUsePasskeys } from '../account/webauthn.ts';
import { call } from '../api.ts';
import { sessionQuery, useSession } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';

/** Not kept: its challenge is good once. */
const optionsQuery = { queryKey: ['step-up'], queryFn: () => call('startStepUp', {}), gcTime: 0, staleTime: Infinity };

const CodeForm = ({
  needs,
  busy,
  onSubmit,
}: {
  readonly needs: { readonly code: boolean; readonly password: boolean };
  readonly busy: boolean;
  readonly onSubmit: (proof: { readonly code?: string; readonly password?: string }) => void;
}): ReactNode => {
  const email = useSession().person.email;
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const blocked =
    (needs.password && password === '') || (needs.code && code.trim().length < 6) ? 'Something is missing' : null;
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (blocked === null)
          onSubmit({ ...(needs.code ? { code: code.trim() } : {}), ...(needs.password ? { password } : {}) });
      }}
    >
      <input type="hidden" autoComplete="username" value={email} readOnly />
      {needs.password && (
        <Field label="Password">
          {(wiring) => (
            <TextInput
              {...wiring}
              type="password"
              autoComplete="current-password"
              maxLength={200}
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
      )}
      {needs.code && (
        <Field label="Code of your app" hint="Or a recovery code.">
          {(wiring) => (
            <TextInput
              {...wiring}
              autoComplete="one-time-code"
              maxLength={40}
              value={code}
              onChange={(event) => setCode(event.target.value)}
            />
          )}
        </Field>
      )}
      <Button type="submit" look="ink" className="self-start" busy={busy} blockedBecause={blocked}>
        Confirm
      </Button>
    </form>
  );
};

/** Whatever this person can prove themselves with. */
export const StepUpForm = ({ onProved }: { readonly onProved: () => void }): ReactNode => {
  const client = useQueryClient();
  const begun = useQuery(optionsQuery);
  const prove = useMutation({
    mutationFn: async (proof: { code?: string; password?: string } | { options: WireStepUpOptions['options'] }) =>
      call('stepUp', {
        body: 'options' in proof ? { credential: await askForPasskey(proof.options ?? {}) } : proof,
      }),
    onSuccess: (session) => {
      client.setQueryData(sessionQuery.queryKey, session);
      onProved();
    },
    // A challenge that was answered wrongly is not asked again.
    onError: () => void begun.refetch(),
  });
  if (begun.data === undefined)
    return begun.error === null ? (
      <Skeleton rows={2} />
    ) : (
      <Failure error={begun.error} onRetry={() => void begun.refetch()} />
    );
  const { ways, needs_password: needsPassword, options } = begun.data;
  const hasPasskey = options !== null && canUsePasskeys();
  const hasCode = ways.includes('totp');
  const hasPassword = ways.includes('password');
  return (
    <div className="flex flex-col gap-4">
      {hasPasskey && (
        <Button look="ink" className="self-start" busy={prove.isPending} onClick={() => prove.mutate({ options })}>
          <Fingerprint size={16} aria-hidden="true" /> Use a passkey
        </Button>
      )}
      {hasPasskey && (hasCode || hasPassword) && <p className="text-label text-fg-3">or</p>}
      {(hasCode || hasPassword) && (
        <CodeForm
          needs={{ code: hasCode, password: hasPassword || needsPassword }}
          busy={prove.isPending}
          onSubmit={(proof) => prove.mutate(proof)}
        />
      )}
      {!hasPasskey && !hasCode && !hasPassword && (
        <p className="text-fg-2">
          {ways.length > 0
            ? 'Your passkey does not work at this address, or in this browser.'
            : 'You have nothing here to prove it with. Sign out and in again with single sign-on, or add a passkey on your account page first.'}
        </p>
      )}
      {prove.isError && <Notice tone="no" alert title={errorLine(prove.error)} />}
    </div>
  );
};
