import type { RouteInput, Routes, WireVoiceLine } from '@countersign/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { agentsQuery } from '../agents/queries.ts';
import { call } from '../api.ts';
import { newIdempotencyKey } from '../idempotency.ts';
import { announce } from '../ui/announce.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, SelectInput, TextArea, TextInput } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { voiceLinesQuery } from './queries.ts';
import {
  ACCOUNT,
  type VoiceField,
  type VoiceValues,
  WAITING,
  WORDS,
  bodyOf,
  faultOf,
  valuesOf,
} from './voice-line-fields.ts';

type FieldsProps = {
  readonly fields: readonly VoiceField[];
  readonly values: VoiceValues;
  readonly isNew: boolean;
  readonly onChange: (name: string, value: string) => void;
};

const Fields = ({ fields, values, isNew, onChange }: FieldsProps): ReactNode =>
  fields
    .filter(({ name }) => name !== 'transfer_to' || values['fallback'] === 'transfer')
    .map(({ name, label, hint, placeholder, choices, isLong, isNumber, isSecret, isRequired }) => {
      const shown = isSecret && !isNew ? 'Empty: it stays as it is.' : hint;
      const value = values[name] ?? '';
      return (
        <Field key={name} label={label} required={isRequired === true && !(isSecret && !isNew)} hint={shown}>
          {(wiring) =>
            choices ? (
              <SelectInput {...wiring} value={value} onChange={(event) => onChange(name, event.target.value)}>
                {choices.map(([option, text]) => (
                  <option key={option} value={option}>
                    {text}
                  </option>
                ))}
              </SelectInput>
            ) : isLong ? (
              <TextArea {...wiring} rows={2} value={value} onChange={(event) => onChange(name, event.target.value)} />
            ) : (
              <TextInput
                {...wiring}
                {...(isSecret
                  ? { type: 'password', autoComplete: 'new-password' }
                  : isNumber
                    ? { type: 'number' }
                    : {})}
                placeholder={placeholder}
                value={value}
                onChange={(event) => onChange(name, event.target.value)}
              />
            )
          }
        </Field>
      );
    });

const Part = ({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode => (
  <fieldset className="flex flex-col gap-3">
    <legend className="mb-2 font-semibold">{title}</legend>
    {children}
  </fieldset>
);

type DialogProps = { readonly line?: WireVoiceLine; readonly onClose: () => void };

/** A new voice line, or a change of one. */
export const VoiceLineDialog = ({ line, onClose }: DialogProps): ReactNode => {
  const client = useQueryClient();
  const agents = (useQuery(agentsQuery).data ?? []).filter((agent) => agent.current_version !== null);
  const isNew = line === undefined;
  const [agent, setAgent] = useState(line?.agent.id ?? '');
  const [values, setValues] = useState<VoiceValues>(() => valuesOf(line));
  const key = useRef(newIdempotencyKey());
  const fault = agent === '' ? 'Choose the agent that answers' : faultOf(values, isNew);
  const save = useMutation({
    mutationFn: async () => {
      const body = bodyOf(values);
      if (line !== undefined) return call('updateVoiceLine', { id: line.id, body });
      // What is needed is there: `faultOf` says what is not.
      const whole = { ...body, agent_id: agent } as RouteInput<Routes['createVoiceLine']>['body'];
      return call('createVoiceLine', { body: whole }, { idempotencyKey: key.current });
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: voiceLinesQuery.queryKey });
      announce('Saved');
      onClose();
    },
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  const parts = { values, isNew, onChange: (name: string, value: string) => setValues({ ...values, [name]: value }) };
  return (
    <Modal
      open
      onClose={onClose}
      wide
      title={isNew ? 'New voice line' : `Change “${line.name}”`}
      description="A phone number at Twilio on which an agent answers."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="ink" busy={save.isPending} blockedBecause={fault} onClick={() => save.mutate()}>
            {isNew ? 'Make the line' : 'Save'}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-6">
        <Part title="The line">
          {isNew && (
            <Field label="Agent" required>
              {(wiring) => (
                <SelectInput {...wiring} value={agent} onChange={(event) => setAgent(event.target.value)}>
                  <option value="">choose who answers</option>
                  {agents.map(({ id, name }) => (
                    <option key={id} value={id}>
                      {name}
                    </option>
                  ))}
                </SelectInput>
              )}
            </Field>
          )}
          <div className="grid gap-3 phone:grid-cols-2">
            <Fields fields={ACCOUNT} {...parts} />
          </div>
        </Part>
        <Part title="What it says">
          <Fields fields={WORDS} {...parts} />
        </Part>
        <Part title="While a caller waits for a decision">
          <div className="grid gap-3 phone:grid-cols-2">
            <Fields fields={WAITING} {...parts} />
          </div>
        </Part>
        {save.isError && <Notice tone="no" alert title={`Not saved. ${errorLine(save.error)}`} />}
      </div>
    </Modal>
  );
};
