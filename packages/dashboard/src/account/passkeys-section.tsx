import type { WireAccount } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Fingerprint, Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Ago } from '../ui/moment.tsx';
import { Section } from '../ui/page.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { signInWaysQuery } from './queries.ts';
import { useAccountChange } from './use-account-change.ts';
import { canUsePasskeys, makePasskey } from './webauthn.ts';

type Passkey = WireAccount['passkeys'][number];

/** What the browser says about itself, as a first name for the passkey. */
const deviceName = (): string => {
  const found = /Windows|Android|iPhone|iPad|Mac|Linux|CrOS/.exec(navigator.userAgent)?.[0];
  return found === undefined ? 'My device' : found === 'CrOS' ? 'Chromebook' : found;
};

const NameDialog = ({
  passkey,
  onClose,
}: {
  /** Null: a new one. */
  readonly passkey: Passkey | null;
  readonly onClose: () => void;
}): ReactNode => {
  const [name, setName] = useState(passkey?.name ?? deviceName());
  const save = useAccountChange(async (next: string) => {
    if (passkey !== null) return call('renamePasskey', { id: passkey.id, body: { name: next } });
    const { options } = await call('startPasskey', {});
    return call('addPasskey', { body: { name: next, credential: await makePasskey(options) } });
  }, onClose);
  const blocked = name.trim() === '' ? 'A name is needed' : null;
  return (
    <Modal
      open
      onClose={onClose}
      title={passkey === null ? 'Add a passkey' : 'Rename the passkey'}
      description={
        passkey === null
          ? 'Your device asks for your finger, your face or its number. It works without a password, and counts as two factors.'
          : undefined
      }
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="ink" busy={save.isPending} blockedBecause={blocked} onClick={() => save.mutate(name.trim())}>
            {passkey === null ? 'Go on' : 'Rename'}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (blocked === null) save.mutate(name.trim());
        }}
      >
        <Field label="Name" hint="So that you know it again in the list.">
          {(wiring) => (
            <TextInput {...wiring} maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        {save.isError && <Notice tone="no" alert title={`Not done. ${errorLine(save.error)}`} />}
      </form>
    </Modal>
  );
};

const PasskeyRow = ({ passkey, onRename }: { readonly passkey: Passkey; readonly onRename: () => void }): ReactNode => {
  const remove = useAccountChange((id: string) => call('removePasskey', { id }));
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1.5 px-3.5 py-2.5">
      <Fingerprint size={16} aria-hidden="true" className="shrink-0 text-fg-3" />
      <span className="min-w-0 flex-1 basis-44">
        <span className="font-medium [overflow-wrap:anywhere]">{passkey.name}</span>
        <span className="block text-label text-fg-2">
          added <Ago at={passkey.created_at} />
          {passkey.last_used_at !== null && (
            <>
              {' · used '}
              <Ago at={passkey.last_used_at} />
            </>
          )}
        </span>
      </span>
      <span className="flex gap-2">
        <Button size="small" aria-label={`Rename ${passkey.name}`} onClick={onRename}>
          Rename
        </Button>
        <Button
          size="small"
          look="reject"
          aria-label={`Remove ${passkey.name}`}
          busy={remove.isPending}
          onClick={() => remove.mutate(passkey.id)}
        >
          Remove
        </Button>
      </span>
      {remove.isError && (
        <p role="alert" className="basis-full text-label font-medium text-no">
          Not removed. {errorLine(remove.error)}
        </p>
      )}
    </li>
  );
};

/** Why there can be no passkey here, if so. */
const useObstacle = (): string | null => {
  const ways = useQuery(signInWaysQuery).data;
  if (!canUsePasskeys()) return 'This browser knows no passkeys.';
  if (ways?.passkeys === false)
    return 'Passkeys are bound to a name, and this page was opened by a number. Open it at localhost instead.';
  return null;
};

export const PasskeysSection = ({ account }: { readonly account: WireAccount }): ReactNode => {
  const [open, setOpen] = useState<Passkey | 'new' | null>(null);
  const obstacle = useObstacle();
  return (
    <Section
      title="Passkeys"
      aside={
        <Button size="small" blockedBecause={obstacle} onClick={() => setOpen('new')}>
          <Plus size={14} aria-hidden="true" /> Add a passkey
        </Button>
      }
    >
      <p className="text-fg-2">
        Your device signs you in. Nothing has to be remembered, and nothing can be told to a false page.
      </p>
      {obstacle !== null && <p className="text-label text-fg-2">{obstacle}</p>}
      {account.passkeys.length > 0 && (
        <ul className="card divide-y">
          {account.passkeys.map((passkey) => (
            <PasskeyRow key={passkey.id} passkey={passkey} onRename={() => setOpen(passkey)} />
          ))}
        </ul>
      )}
      {open !== null && <NameDialog passkey={open === 'new' ? null : open} onClose={() => setOpen(null)} />}
    </Section>
  );
};
