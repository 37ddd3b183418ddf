import type { WireAccount } from '@countersign/contract';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { announce } from '../ui/announce.ts';
import { Button } from '../ui/button.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Ago } from '../ui/moment.tsx';
import { Section } from '../ui/page.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { useAccountChange } from './use-account-change.ts';

const LENGTH_MIN = 12;

export const PasswordSection = ({ account }: { readonly account: WireAccount }): ReactNode => {
  const changedAt = account.password_changed_at;
  const [open, setOpen] = useState(false);
  const [password, setPassword] = useState('');
  const [saved, setSaved] = useState(false);
  const save = useAccountChange(
    (next: string) => call('putPassword', { body: { password: next } }),
    () => {
      setOpen(false);
      setPassword('');
      setSaved(true);
      announce('The password is set');
    },
  );
  const blocked = password.length < LENGTH_MIN ? `At least ${LENGTH_MIN} characters` : null;
  return (
    <Section
      title="Password"
      aside={
        !open && (
          <Button size="small" onClick={() => setOpen(true)}>
            {changedAt === null ? 'Set a password' : 'Change the password'}
          </Button>
        )
      }
    >
      <p className="text-fg-2">
        {changedAt === null ? (
          'You have none.'
        ) : (
          <>
            Set <Ago at={changedAt} />.
          </>
        )}{' '}
        {saved && 'Your other sessions have ended.'}
      </p>
      {open && (
        <form
          className="card flex flex-col gap-3.5 px-4 py-3.5"
          onSubmit={(event) => {
            event.preventDefault();
            if (blocked === null) save.mutate(password);
          }}
        >
          <input type="hidden" autoComplete="username" value={account.person.email} readOnly />
          <Field
            label="New password"
            hint="At least 12 characters, and nothing that is easily guessed: several words that have nothing to do with each other."
          >
            {(wiring) => (
              <TextInput
                {...wiring}
                type="password"
                autoComplete="new-password"
                maxLength={200}
                value={password}
                onChange={(event) => setPassword(event.target.value)}
              />
            )}
          </Field>
          <p className="text-label text-fg-2">Your other sessions end.</p>
          {save.isError && <Notice tone="no" alert title={`Not set. ${errorLine(save.error)}`} />}
          <div className="flex gap-2">
            <Button type="submit" look="ink" busy={save.isPending} blockedBecause={blocked}>
              {changedAt === null ? 'Set it' : 'Change it'}
            </Button>
            <Button onClick={() => setOpen(false)}>Cancel</Button>
          </div>
        </form>
      )}
    </Section>
  );
};
