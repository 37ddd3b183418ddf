import type { WireSession } from '@countersign/contract';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { signInWaysQuery } from '../account/queries.ts';
import { call, isProblem } from '../api.ts';
import { Button } from '../ui/button.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { CODE_LENGTH_MIN, CodeField } from './code-field.tsx';

/** For whoever has no password, or forgot it: a link by mail, where this installation can send any. */
export const ForgotPassword = (): ReactNode => {
  const [email, setEmail] = useState('');
  const canMail = useQuery(signInWaysQuery).data?.mail === true;
  const ask = useMutation({ mutationFn: () => call('mailSignInLink', { body: { email: email.trim() } }) });
  if (!canMail) return null;
  return (
    <details className="border-t pt-4 text-fg-2">
      <summary className="font-medium">Forgot your password?</summary>
      {ask.isSuccess ? (
        <p role="status" className="mt-2">
          If this is the address of a member, a link is on its way there. It works once, within an hour.
        </p>
      ) : (
        <form
          className="mt-2 flex flex-col gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            if (email.trim() !== '' && !ask.isPending) ask.mutate();
          }}
        >
          <Field label="Your e-mail" hint="A link comes by mail that signs you in. You can set a new password then.">
            {(wiring) => (
              <TextInput
                {...wiring}
                type="email"
                autoComplete="username"
                maxLength={200}
                value={email}
                onChange={(event) => setEmail(event.target.value)}
              />
            )}
          </Field>
          {ask.isError && <Notice tone="no" alert title={errorLine(ask.error)} />}
          <Button
            type="submit"
            className="self-start"
            busy={ask.isPending}
            blockedBecause={email.trim() === '' ? 'Give your address' : null}
          >
            Mail me a link
          </Button>
        </form>
      )}
    </details>
  );
};

type LinkCodeProps = {
  readonly token: string;
  readonly onSession: (session: WireSession) => void;
  /** The link itself is no longer good. */
  readonly onRefused: () => void;
};

/** The code that a mailed link asks for, from who has an authenticator app. */
export const LinkCode = ({ token, onSession, onRefused }: LinkCodeProps): ReactNode => {
  const [code, setCode] = useState('');
  const signIn = useMutation({
    mutationFn: () => call('signIn', { body: { token, code: code.trim() } }),
    onSuccess: onSession,
    onError: (error) => {
      setCode('');
      if (isProblem(error, 'unauthenticated')) onRefused();
    },
  });
  const isWrong = isProblem(signIn.error, 'second_factor_needed');
  const blocked = code.trim().length < CODE_LENGTH_MIN ? 'Type the code' : null;
  return (
    <form
      className="flex flex-col gap-3.5"
      onSubmit={(event) => {
        event.preventDefault();
        if (blocked === null && !signIn.isPending) signIn.mutate();
      }}
    >
      <CodeField value={code} onChange={setCode} isWrong={isWrong} />
      {signIn.isError && !isWrong && <Notice tone="no" alert title={errorLine(signIn.error)} />}
      <Button type="submit" look="ink" className="self-start" busy={signIn.isPending} blockedBecause={blocked}>
        Confirm
      </Button>
    </form>
  );
};
