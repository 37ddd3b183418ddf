import type { WireChannel } from '@countersign/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { call } from '../api.ts';
import { newIdempotencyKey } from '../idempotency.ts';
import { KeySecret } from '../settings/key-secret.tsx';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Check, Field, SelectInput, TextInput } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';

const OFTEN = ['approval.requested', 'approval.decided', 'approval.expired', 'execution.failed'] as const;
const PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;

/** A new webhook, or a change of a channel. Mounted while it is open, so that no secret stays in memory. */
export const ChannelDialog = ({
  changed,
  onClose,
}: {
  readonly changed: WireChannel | null;
  readonly onClose: () => void;
}): ReactNode => {
  const client = useQueryClient();
  const isWebhook = changed === null || changed.kind === 'webhook';
  const [name, setName] = useState(changed?.name ?? '');
  const [url, setUrl] = useState(typeof changed?.settings['url'] === 'string' ? changed.settings['url'] : '');
  const [types, setTypes] = useState<ReadonlySet<string>>(new Set(changed?.event_types));
  const [priority, setPriority] = useState<WireChannel['priority_min']>(changed?.priority_min ?? 'low');
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
      if (changed !== null) {
        await call('updateChannel', {
          id: changed.id,
          body: { ...body, ...(isWebhook ? { settings: { ...changed.settings, url: url.trim() } } : {}) },
        });
        return null;
      }
      const made = await call(
        'createChannel',
        { body: { kind: 'webhook', settings: { url: url.trim() }, ...body } },
        { idempotencyKey: key.current },
      );
      return made.secret;
    },
    onSuccess: async (secret) => {
      await client.invalidateQueries({ queryKey: ['channels'] });
      if (secret === null) onClose();
    },
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  const ready = name.trim() !== '' && (!isWebhook || url.trim() !== '');
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
      title={changed === null ? 'New webhook' : `Change ${changed.name}`}
      footer={
        <>
          <Button onClick={onClose}>Back</Button>
          <Button look="ink" busy={save.isPending} onClick={submit}>
            {changed === null ? 'Add the webhook' : 'Save the channel'}
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
        {isWebhook && (
          <Field
            label="Address"
            required
            error={asked && url.trim() === '' ? 'is needed' : undefined}
            hint="Signed by the Standard Webhooks specification; it carries ids and no content."
          >
            {(wiring) => (
              <TextInput
                {...wiring}
                type="url"
                className="font-mono"
                placeholder="https://hooks.example.com/countersign"
                value={url}
                onChange={(event) => setUrl(event.target.value)}
              />
            )}
          </Field>
        )}
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
        {isWebhook && (
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
