import type { WireAccount } from '@countersign/contract';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { Button } from '../ui/button.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Section } from '../ui/page.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { useAccountChange } from './use-account-change.ts';

export const ProfileSection = ({ account }: { readonly account: WireAccount }): ReactNode => {
  const [name, setName] = useState(account.person.name);
  const save = useAccountChange((next: string) => call('updateAccount', { body: { name: next } }));
  const trimmed = name.trim();
  const blocked = trimmed === '' ? 'A name is needed' : trimmed === account.person.name ? 'Nothing was changed' : null;
  return (
    <Section title="Profile">
      <form
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (blocked === null) save.mutate(trimmed);
        }}
      >
        <Field label="Name" className="min-w-0 flex-1 basis-56">
          {(wiring) => (
            <TextInput
              {...wiring}
              autoComplete="name"
              maxLength={100}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" busy={save.isPending} blockedBecause={blocked}>
          Save the name
        </Button>
      </form>
      <p className="text-label text-fg-2">
        {account.person.email}. Decisions on record keep the name under which they were made.
      </p>
      {save.isError && <Notice tone="no" alert title={`Not saved. ${errorLine(save.error)}`} />}
    </Section>
  );
};
