import type { WireSession } from '@countersign/contract';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { call, isProblem } from '../api.ts';
import { Button } from '../ui/button.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { CODE_LENGTH_MIN, CodeField } from './code-field.tsx';

/** Address and password; then, where there is one, the code of the app. */
export const PasswordForm = ({ onSession }: { readonly onSession: (session: WireSession) => void }): ReactNode => {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const signIn = useMutation({
    mutationFn: () =>
      call('signInWithPassword', {
        body: { email: email.trim(), password, ...(code.trim() === '' ? {} : { code: code.trim() }) },
      }),
    onSuccess: onSession,
    onError: () => setCode(''),
  });
  const { error } = signIn;
  const asksForCode = isProblem(error, 'second_factor_needed');
  const wrongCode = isProblem(error, 'second_factor_needed') && error.problem['wrong_code'] === true;
  const blocked =
    email.trim() === '' || password === ''
      ? 'Give your address and your password'
      : asksForCode && code.trim().length < CODE_LENGTH_MIN
        ? 'Type the code'
        : null;
  return (
    <form
      className="flex flex-col gap-3.5"
      onSubmit={(event) => {
        event.preventDefault();
        if (blocked === null && !signIn.isPending) signIn.mutate();
      }}
    >
      <Field label="E-mail" className={asksForCode ? 'hidden' : ''}>
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
      <Field label="Password" className={asksForCode ? 'hidden' : ''}>
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
      {asksForCode && <CodeField value={code} onChange={setCode} isWrong={wrongCode} />}
      {signIn.isError && !asksForCode && <Notice tone="no" alert title={errorLine(error)} />}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="ink" busy={signIn.isPending} blockedBecause={blocked}>
          {asksForCode ? 'Confirm' : 'Sign in'}
        </Button>
        {asksForCode && (
          <Button
            look="ghost"
            onClick={() => {
              signIn.reset();
              setPassword('');
            }}
          >
            Begin again
          </Button>
        )}
      </div>
    </form>
  );
};
