import type { Permission } from '@countersign/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { call } from '../api.ts';
import { newIdempotencyKey } from '../idempotency.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Check, Field, SelectInput, TextInput } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { keysQuery } from './queries.ts';
import { SCOPE_GROUPS, SCOPE_SENTENCES, whyNot } from './scopes.ts';

const DAYS = [7, 30, 90, 180, 365] as const;

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

const Reveal = ({ secret }: { readonly secret: string }): ReactNode => (
  <div className="flex flex-col gap-3">
    <Notice tone="wait" title="This is shown once">
      Copy it now and keep it where your program reads its secrets. It can't be seen again.
    </Notice>
    <div className="flex items-center gap-2 rounded-md border border-line-2 bg-sunken px-3 py-2">
      <code className="min-w-0 flex-1 text-[13px] break-all select-all">{secret}</code>
      <CopyButton text={secret} label="Copy the key" />
    </div>
  </div>
);

type DialogProps = { readonly open: boolean; readonly onClose: () => void };

export const CreateKeyDialog = ({ open, onClose }: DialogProps): ReactNode => {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [days, setDays] = useState(90);
  const [chosen, setChosen] = useState<ReadonlySet<Permission>>(new Set());
  const [asked, setAsked] = useState(false);
  const key = useRef(newIdempotencyKey());
  const create = useMutation({
    mutationFn: () =>
      call(
        'createKey',
        { body: { name: name.trim(), scopes: [...chosen], expires_in_days: days } },
        { idempotencyKey: key.current },
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: keysQuery.queryKey }),
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  const close = (): void => {
    onClose();
    // The secret must not stay in memory for the next opening.
    create.reset();
    setName('');
    setChosen(new Set());
    setAsked(false);
    key.current = newIdempotencyKey();
  };
  const toggle = (scope: Permission, on: boolean): void => {
    const next = new Set(chosen);
    if (on) next.add(scope);
    else next.delete(scope);
    setChosen(next);
  };
  const submit = (): void => {
    setAsked(true);
    if (name.trim() !== '' && chosen.size > 0) create.mutate();
  };
  const secret = create.data?.secret;
  return (
    <Modal
      open={open}
      onClose={close}
      wide
      title={secret === undefined ? 'New API key' : `The key ${create.data?.name ?? ''}`}
      footer={
        secret === undefined ? (
          <>
            <Button onClick={close}>Back</Button>
            <Button look="ink" busy={create.isPending} onClick={submit}>
              Create the key
            </Button>
          </>
        ) : (
          <Button look="ink" onClick={close}>
            I have copied it
          </Button>
        )
      }
    >
      {secret !== undefined ? (
        <Reveal secret={secret} />
      ) : (
        <form
          className="flex flex-col gap-5"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <div className="grid gap-3.5 phone:grid-cols-2">
            <Field label="Name" required error={asked && name.trim() === '' ? 'is needed' : undefined}>
              {(wiring) => (
                <TextInput {...wiring} value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
              )}
            </Field>
            <Field label="Works for">
              {(wiring) => (
                <SelectInput {...wiring} value={days} onChange={(event) => setDays(Number(event.target.value))}>
                  {DAYS.map((count) => (
                    <option key={count} value={count}>
                      {count} days
                    </option>
                  ))}
                </SelectInput>
              )}
            </Field>
          </div>
          {SCOPE_GROUPS.map((group) => (
            <fieldset key={group.title} className="flex flex-col gap-1.5">
              <legend className="font-semibold">{group.title}</legend>
              <p className="text-label text-fg-2">{group.hint}</p>
              <div className="grid gap-1.5 phone:grid-cols-2">
                {group.scopes.map((scope) => {
                  const refused = whyNot(scope, chosen);
                  return (
                    <Check
                      key={scope}
                      disabled={refused !== null}
                      checked={chosen.has(scope)}
                      onChange={(event) => toggle(scope, event.target.checked)}
                      label={capital(SCOPE_SENTENCES[scope])}
                      {...(refused === null ? {} : { hint: capital(refused) })}
                    />
                  );
                })}
              </div>
            </fieldset>
          ))}
          {asked && chosen.size === 0 && (
            <p className="text-label font-medium text-no">Choose at least one thing it can do.</p>
          )}
          {create.isError && <Notice tone="no" alert title={`Not created. ${errorLine(create.error)}`} />}
        </form>
      )}
    </Modal>
  );
};
