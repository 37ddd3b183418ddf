import type { Permission } from '@countersign/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { call } from '../api.ts';
import { newIdempotencyKey } from '../idempotency.ts';
import { useSession } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, RadioCards, SelectInput, TextInput } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { KeyLimitFields, NO_LIMITS } from './key-limit-fields.tsx';
import { limitOf, networksOf } from './key-limits.ts';
import { presetsFor } from './key-presets.ts';
import { KeySecret } from './key-secret.tsx';
import { keysQuery } from './queries.ts';
import { ScopeFields } from './scope-fields.tsx';

export const KEY_DAYS = [7, 30, 90, 180, 365] as const;
const DAYS_DEFAULT = 90;

const OWN = 'own';

/** Mounted while it is open, so that neither the secret nor what was typed stays in memory for the next opening. */
export const CreateKeyDialog = ({ onClose }: { readonly onClose: () => void }): ReactNode => {
  const client = useQueryClient();
  const presets = presetsFor(useSession().permissions);
  const [name, setName] = useState('');
  const [days, setDays] = useState(DAYS_DEFAULT);
  const [preset, setPreset] = useState(presets[0]?.value ?? OWN);
  const [chosen, setChosen] = useState<ReadonlySet<Permission>>(new Set(presets[0]?.scopes));
  const [limits, setLimits] = useState(NO_LIMITS);
  const [asked, setAsked] = useState(false);
  const key = useRef(newIdempotencyKey());
  const networks = networksOf(limits.networks);
  const create = useMutation({
    mutationFn: () =>
      call(
        'createKey',
        {
          body: {
            name: name.trim(),
            scopes: [...chosen],
            expires_in_days: days,
            agents: limitOf(limits.agents.ticked, limits.agents.typed),
            tools: limitOf(limits.tools.ticked, limits.tools.typed),
            networks: networks.ok ? networks.networks : null,
          },
        },
        { idempotencyKey: key.current },
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: keysQuery.queryKey }),
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  const submit = (): void => {
    setAsked(true);
    if (name.trim() !== '' && chosen.size > 0 && networks.ok) create.mutate();
  };
  const secret = create.data?.secret;
  return (
    <Modal
      open
      onClose={onClose}
      wide
      title={secret === undefined ? 'New API key' : `The key ${create.data?.name ?? ''}`}
      footer={
        secret === undefined ? (
          <>
            <Button onClick={onClose}>Back</Button>
            <Button look="ink" busy={create.isPending} onClick={submit}>
              Create the key
            </Button>
          </>
        ) : (
          <Button look="ink" onClick={onClose}>
            I have copied it
          </Button>
        )
      }
    >
      {secret !== undefined ? (
        <KeySecret secret={secret} />
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
                  {KEY_DAYS.map((count) => (
                    <option key={count} value={count}>
                      {count} days
                    </option>
                  ))}
                </SelectInput>
              )}
            </Field>
          </div>
          <RadioCards
            legend="What it is for"
            name="preset"
            columns
            value={preset}
            options={[...presets, { value: OWN, label: 'Something else', hint: 'Choose what it can do, one by one.' }]}
            onChange={(value) => {
              setPreset(value);
              const scopes = presets.find((one) => one.value === value)?.scopes;
              setChosen(new Set(scopes));
            }}
          />
          {preset === OWN && <ScopeFields chosen={chosen} onChange={setChosen} />}
          {asked && chosen.size === 0 && (
            <p className="text-label font-medium text-no">Choose at least one thing it can do.</p>
          )}
          <KeyLimitFields
            limits={limits}
            networksError={networks.ok ? undefined : `“${networks.wrong}” is not a range such as 10.0.0.0/8`}
            onChange={setLimits}
          />
          {create.isError && <Notice tone="no" alert title={`Not created. ${errorLine(create.error)}`} />}
        </form>
      )}
    </Modal>
  );
};
