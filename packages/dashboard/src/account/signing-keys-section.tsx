/** What one signs decisions with. Beside the passkeys, and never one of them. */
import type { WireSigningCredential } from '@countersign/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { PenLine, Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { newIdempotencyKey } from '../idempotency.ts';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Ago } from '../ui/moment.tsx';
import { Section } from '../ui/page.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { signInWaysQuery } from './queries.ts';
import { canUsePasskeys, makePasskey } from './webauthn.ts';

const keysQuery = {
  queryKey: ['signing-keys'],
  queryFn: async () => (await call('listSigningKeys', {})).data,
};

const AddDialog = ({ onClose }: { readonly onClose: () => void }): ReactNode => {
  const client = useQueryClient();
  const [name, setName] = useState('My signing key');
  const add = useMutation({
    mutationFn: async () => {
      const { options } = await call('startSigningKey', {});
      const credential = await makePasskey(options);
      return call(
        'addSigningKey',
        { body: { name: name.trim(), credential } },
        { idempotencyKey: newIdempotencyKey() },
      );
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keysQuery.queryKey });
      onClose();
    },
  });
  const blocked = name.trim() === '' ? 'A name is needed' : null;
  return (
    <Modal
      open
      onClose={onClose}
      title="Add a signing key"
      description="Your device makes a key that signs decisions, and nothing else. It will ask for your finger, your face or its number each time."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="ink" busy={add.isPending} blockedBecause={blocked} onClick={() => add.mutate()}>
            Go on
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <Field label="Name" hint="So that you know it again in the list.">
          {(wiring) => (
            <TextInput {...wiring} maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        {add.isError && <Notice tone="no" alert title={`Not added. ${errorLine(add.error)}`} />}
      </div>
    </Modal>
  );
};

const KeyRow = ({ row }: { readonly row: WireSigningCredential }): ReactNode => {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => call('revokeSigningKey', { id: row.id }),
    onSuccess: () => client.invalidateQueries({ queryKey: keysQuery.queryKey }),
  });
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1.5 px-3.5 py-2.5">
      <PenLine size={16} aria-hidden="true" className="shrink-0 text-fg-3" />
      <span className="min-w-0 flex-1 basis-44">
        <span className="font-medium [overflow-wrap:anywhere]">{row.name}</span>
        <span className="block text-label text-fg-2">
          {row.revoked_at === null ? (
            <>
              added <Ago at={row.created_at} />
              {row.last_used_at !== null && (
                <>
                  {' · signed '}
                  <Ago at={row.last_used_at} />
                </>
              )}
            </>
          ) : (
            <>
              revoked <Ago at={row.revoked_at} />; what it signed stays good
            </>
          )}
        </span>
      </span>
      {row.revoked_at === null && (
        <Button
          size="small"
          look="reject"
          aria-label={`Revoke ${row.name}`}
          busy={revoke.isPending}
          onClick={() => revoke.mutate()}
        >
          Revoke
        </Button>
      )}
      {revoke.isError && (
        <p role="alert" className="basis-full text-label font-medium text-no">
          Not revoked. {errorLine(revoke.error)}
        </p>
      )}
    </li>
  );
};

const Keys = (): ReactNode => {
  const { data, error, refetch } = useQuery(keysQuery);
  if (data === undefined)
    return error === null ? <Skeleton rows={2} /> : <Failure error={error} onRetry={() => void refetch()} />;
  if (data.length === 0) return null;
  return (
    <ul className="card divide-y">
      {data.map((row) => (
        <KeyRow key={row.id} row={row} />
      ))}
    </ul>
  );
};

/** For whoever decides; nobody else has anything to sign. */
export const SigningKeysSection = (): ReactNode => {
  const decides = useCan('approvals:decide');
  const [open, setOpen] = useState(false);
  const ways = useQuery(signInWaysQuery).data;
  const obstacle = !canUsePasskeys()
    ? 'This browser knows no such keys.'
    : ways?.passkeys === false
      ? 'Signing keys are bound to a name, and this page was opened by a number. Open it at localhost instead.'
      : null;
  if (!decides) return null;
  return (
    <Section
      title="Signing keys"
      aside={
        <Button size="small" blockedBecause={obstacle} onClick={() => setOpen(true)}>
          <Plus size={14} aria-hidden="true" /> Add a signing key
        </Button>
      }
    >
      <p className="text-fg-2">
        Some decisions need your own signature, which nobody can make for you. A signing key never signs you in, and a
        passkey never signs a decision.
      </p>
      {obstacle !== null && <p className="text-label text-fg-2">{obstacle}</p>}
      <Keys />
      {open && <AddDialog onClose={() => setOpen(false)} />}
    </Section>
  );
};
