import type { WireIncomingWebhook, WireIncomingWebhookWithToken } from '@countersign/contract';
import type { Json } from '@countersign/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { call } from '../api.ts';
import { newIdempotencyKey } from '../idempotency.ts';
import { announce } from '../ui/announce.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, SelectInput, TextArea, TextInput } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { hooksQuery } from './queries.ts';
import { TargetField, bodyOfTarget } from './target-fields.tsx';

const SIGNATURES = {
  none: 'the address alone proves the sender',
  standard: 'Standard Webhooks (webhook-signature)',
  body: 'HMAC over the body, as GitHub does',
  timestamp_body: 'HMAC over timestamp and body',
} as const;
type Scheme = keyof typeof SIGNATURES;

const Shown = ({ label, text }: { readonly label: string; readonly text: string }): ReactNode => (
  <div>
    <p className="text-label font-medium text-fg-2">{label}</p>
    <div className="flex items-center gap-2 rounded-md border border-line-2 bg-sunken px-3 py-2">
      <code className="min-w-0 flex-1 text-[13px] break-all select-all">{text}</code>
      <CopyButton text={text} label={`Copy the ${label.toLowerCase()}`} />
    </div>
  </div>
);

/** Address and secret, on screen this once. */
export const HookShown = ({
  hook,
  onClose,
}: {
  hook: WireIncomingWebhookWithToken;
  onClose: () => void;
}): ReactNode => (
  <Modal
    open
    onClose={onClose}
    wide
    title={`The address of “${hook.name}”`}
    footer={
      <Button look="ink" onClick={onClose}>
        I have it
      </Button>
    }
  >
    <div className="flex flex-col gap-3">
      <Notice tone="wait" title="This is shown once">
        Whoever knows the address can start what it starts. It is kept as a hash, and can’t be seen again.
      </Notice>
      <Shown label="Address" text={hook.url} />
      {hook.secret !== null && <Shown label="Secret" text={hook.secret} />}
    </div>
  </Modal>
);

const readTemplate = (text: string): Json | undefined => {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
};

type DialogProps = {
  /** Undefined: a new one. What an old one starts, and how it is signed, stays: whoever posts to it counts on that. */
  readonly hook?: WireIncomingWebhook;
  readonly onClose: () => void;
  readonly onMade?: (hook: WireIncomingWebhookWithToken) => void;
};

export const HookDialog = ({ hook: changed, onClose, onMade }: DialogProps): ReactNode => {
  const client = useQueryClient();
  const [name, setName] = useState(changed?.name ?? '');
  const [target, setTarget] = useState(changed?.target.id ?? '');
  const [template, setTemplate] = useState(
    changed === undefined || changed.input === null ? '' : JSON.stringify(changed.input, null, 2),
  );
  const [scheme, setScheme] = useState<Scheme>('none');
  const [secret, setSecret] = useState('');
  const key = useRef(newIdempotencyKey());
  const input = readTemplate(template);
  const fault =
    name.trim() === ''
      ? 'Give it a name'
      : target === ''
        ? 'Choose what it starts'
        : input === undefined
          ? 'The input is no JSON yet'
          : secret !== '' && secret.length < 8
            ? 'A secret has at least 8 characters'
            : null;
  const create = useMutation({
    mutationFn: () =>
      call(
        'createIncomingWebhook',
        {
          body: {
            name: name.trim(),
            ...bodyOfTarget(target),
            input: input ?? null,
            signature: scheme === 'none' ? null : { scheme, ...(secret === '' ? {} : { secret }) },
          },
        },
        { idempotencyKey: key.current },
      ),
    onSuccess: async (hook) => {
      await client.invalidateQueries({ queryKey: hooksQuery.queryKey });
      onMade?.(hook);
    },
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  const save = useMutation({
    mutationFn: (id: string) =>
      call('updateIncomingWebhook', { id, body: { name: name.trim(), input: input ?? null } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: hooksQuery.queryKey });
      announce('Saved');
      onClose();
    },
  });
  const failure = create.error ?? save.error;
  return (
    <Modal
      open
      onClose={onClose}
      wide
      title={changed === undefined ? 'New incoming webhook' : `Change “${changed.name}”`}
      description="An address to which another system posts JSON. Each delivery starts an execution, once."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="ink"
            busy={create.isPending || save.isPending}
            blockedBecause={fault}
            onClick={() => (changed === undefined ? create.mutate() : save.mutate(changed.id))}
          >
            {changed === undefined ? 'Make the webhook' : 'Save'}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="Name" required>
          {(wiring) => (
            <TextInput {...wiring} maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        {changed === undefined && <TargetField value={target} onChange={setTarget} />}
        <Field
          label="Input"
          error={input === undefined ? 'This is no JSON yet.' : undefined}
          hint={
            <>
              JSON with <code className="font-mono">{'{{ body.… }}'}</code> in its texts, such as{' '}
              <code className="font-mono">{'{"order_id": "{{ body.order.id }}"}'}</code>. Empty: the body as it is.
            </>
          }
        >
          {(wiring) => (
            <TextArea
              {...wiring}
              className="font-mono text-[13px]"
              value={template}
              onChange={(event) => setTemplate(event.target.value)}
            />
          )}
        </Field>
        {changed === undefined && (
          <div className="grid gap-3 phone:grid-cols-2">
            <Field label="How deliveries are signed">
              {(wiring) => (
                <SelectInput {...wiring} value={scheme} onChange={(event) => setScheme(event.target.value as Scheme)}>
                  {Object.entries(SIGNATURES).map(([value, label]) => (
                    <option key={value} value={value}>
                      {label}
                    </option>
                  ))}
                </SelectInput>
              )}
            </Field>
            {scheme !== 'none' && (
              <Field label="Secret" hint="Empty: one is made, and shown once.">
                {(wiring) => (
                  <TextInput
                    {...wiring}
                    type="password"
                    value={secret}
                    onChange={(event) => setSecret(event.target.value)}
                  />
                )}
              </Field>
            )}
          </div>
        )}
        {failure !== null && <Notice tone="no" alert title={`Not saved. ${errorLine(failure)}`} />}
      </div>
    </Modal>
  );
};
