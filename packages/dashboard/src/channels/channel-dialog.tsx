import type { RouteInput, Routes, WireChannel } from '@countersign/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { call } from '../api.ts';
import { newIdempotencyKey } from '../idempotency.ts';
import { KeySecret } from '../settings/key-secret.tsx';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Check, Field, SelectInput, TextInput } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { KindFields, type KindValues, isMissing } from './kind-fields.tsx';
import { type ChannelKind, KINDS, type KindField, fieldsOfKind } from './kinds.ts';

const OFTEN = ['approval.requested', 'approval.decided', 'approval.expired', 'execution.failed'] as const;
const PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;

type CreateBody = RouteInput<Routes['createChannel']>['body'];

const initialOf = (fields: readonly KindField[], settings: Readonly<Record<string, unknown>>): KindValues =>
  Object.fromEntries(
    fields.map(({ name, initial = '', place }) => {
      const now = place === 'settings' ? settings[name] : undefined;
      return [name, typeof now === 'string' || typeof now === 'boolean' ? now : initial];
    }),
  );

/** What was entered, without what was left empty. */
const valuesIn = (place: KindField['place'], fields: readonly KindField[], values: KindValues) =>
  Object.fromEntries(
    fields
      .filter((field) => field.place === place)
      .map(({ name }) => [name, typeof values[name] === 'string' ? values[name].trim() : (values[name] ?? '')])
      .filter(([, value]) => value !== ''),
  );

/** A new channel, or a change of one. Mounted while it is open, so that no secret stays in memory. */
export const ChannelDialog = ({
  changed,
  onClose,
}: {
  readonly changed: WireChannel | null;
  readonly onClose: () => void;
}): ReactNode => {
  const client = useQueryClient();
  const [kind, setKind] = useState<ChannelKind>(changed?.kind ?? 'webhook');
  const fields = fieldsOfKind(kind);
  const [name, setName] = useState(changed?.name ?? '');
  const [values, setValues] = useState<KindValues>(initialOf(fields, changed?.settings ?? {}));
  const [priority, setPriority] = useState<WireChannel['priority_min']>(changed?.priority_min ?? 'low');
  const choose = (next: ChannelKind): void => {
    setKind(next);
    setValues(initialOf(fieldsOfKind(next), {}));
    // What rings and costs is for what is critical, unless somebody says otherwise.
    setPriority(next === 'sms' || next === 'voice' ? 'critical' : 'low');
  };
  const [types, setTypes] = useState<ReadonlySet<string>>(new Set(changed?.event_types));
  const [ordered, setOrdered] = useState(changed?.ordered ?? false);
  const [asked, setAsked] = useState(false);
  const key = useRef(newIdempotencyKey());
  const save = useMutation({
    mutationFn: async (): Promise<string | null> => {
      const body = {
        name: name.trim(),
        event_types: [...types] as (typeof OFTEN)[number][], // those of the server, and of the list above
        priority_min: priority,
        ordered,
      };
      const settings = valuesIn('settings', fields, values);
      const secrets = valuesIn('secrets', fields, values);
      const hasNew = Object.keys(secrets).length > 0;
      if (changed !== null) {
        const all = fields.length > 0 ? { settings: { ...changed.settings, ...settings } } : {};
        await call('updateChannel', { id: changed.id, body: { ...body, ...all } });
        if (hasNew)
          await call('rotateChannelSecret', { id: changed.id, body: { secrets } }, { idempotencyKey: key.current });
        return null;
      }
      // Which members a kind has, the server says: it checks them all.
      const created = { kind, settings, ...(hasNew ? { secrets } : {}), ...body } as unknown as CreateBody;
      return (await call('createChannel', { body: created }, { idempotencyKey: key.current })).secret;
    },
    onSuccess: async (secret) => {
      await client.invalidateQueries({ queryKey: ['channels'] });
      if (secret === null) onClose();
    },
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  const hasSecrets = changed !== null;
  const ready = name.trim() !== '' && !fields.some((field) => isMissing(field, values, hasSecrets));
  const submit = (): void => {
    setAsked(true);
    if (ready) save.mutate();
  };
  const secret = save.data ?? undefined;
  const toggle = (type: string): void =>
    setTypes((before) => new Set(before.has(type) ? [...before].filter((one) => one !== type) : [...before, type]));
  if (secret !== undefined)
    return (
      <Modal
        open
        onClose={onClose}
        title={`The secret of ${name.trim()}`}
        footer={
          <Button look="ink" onClick={onClose}>
            I have copied it
          </Button>
        }
      >
        <KeySecret secret={secret} />
      </Modal>
    );
  return (
    <Modal
      open
      onClose={onClose}
      title={changed === null ? 'New channel' : `Change ${changed.name}`}
      footer={
        <>
          <Button onClick={onClose}>Back</Button>
          <Button look="ink" busy={save.isPending} onClick={submit}>
            {changed === null ? 'Add the channel' : 'Save the channel'}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {changed === null && (
          <Field label="Kind">
            {(wiring) => (
              <SelectInput {...wiring} value={kind} onChange={(event) => choose(event.target.value as ChannelKind)}>
                {KINDS.map((one) => (
                  <option key={one.kind} value={one.kind}>
                    {one.label}
                  </option>
                ))}
              </SelectInput>
            )}
          </Field>
        )}
        <Field
          label="Name"
          required
          hint="Policies and workflows name it by this."
          error={asked && name.trim() === '' ? 'is needed' : undefined}
        >
          {(wiring) => (
            <TextInput {...wiring} value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <KindFields
          fields={fields}
          values={values}
          isAsked={asked}
          hasSecrets={hasSecrets}
          onChange={(field, value) => setValues((before) => ({ ...before, [field]: value }))}
        />
        <fieldset>
          <legend className="mb-1.5 text-label font-medium text-fg-2">
            Only these events <span className="font-normal text-fg-3">· none ticked: all that it can tell</span>
          </legend>
          <div className="grid gap-1.5 phone:grid-cols-2">
            {[...new Set([...OFTEN, ...types])].map((type) => (
              <Check
                key={type}
                label={<span className="font-mono text-label">{type}</span>}
                checked={types.has(type)}
                onChange={() => toggle(type)}
              />
            ))}
          </div>
        </fieldset>
        <Field label="Requests from this priority on">
          {(wiring) => (
            <SelectInput
              {...wiring}
              value={priority}
              onChange={(event) => setPriority(event.target.value as WireChannel['priority_min'])}
            >
              {PRIORITIES.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </SelectInput>
          )}
        </Field>
        {kind === 'webhook' && (
          <Check
            label="Keep the order"
            hint="What is about one request waits until what came before it is through."
            checked={ordered}
            onChange={(event) => setOrdered(event.target.checked)}
          />
        )}
        {save.isError && <Notice tone="no" alert title={`Not saved. ${errorLine(save.error)}`} />}
      </form>
    </Modal>
  );
};
