import type { WireSchedule } from '@countersign/contract';
import type { Json } from '@countersign/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { call } from '../api.ts';
import { newIdempotencyKey } from '../idempotency.ts';
import { announce } from '../ui/announce.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, SelectInput, TextInput } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { schedulesQuery } from './queries.ts';
import { InputField, TargetField, bodyOfTarget } from './target-fields.tsx';
import { OWN_TIME_ZONE, TimingFields } from './timing-fields.tsx';
import { draftOf, newDraft, timingFrom } from './timing-words.ts';

export const OVERLAP_WORDS: Readonly<Record<WireSchedule['overlap'], string>> = {
  skip: 'leave the next one out',
  queue: 'start the next one when it has ended',
  allow: 'start the next one beside it',
};
export const MISSED_WORDS: Readonly<Record<WireSchedule['missed'], string>> = {
  skip: 'leave them out',
  run_once: 'run once for all of them',
  run_all: 'run each of them (the last 100)',
};

const options = (words: Readonly<Record<string, string>>): ReactNode =>
  Object.entries(words).map(([value, label]) => (
    <option key={value} value={value}>
      {label}
    </option>
  ));

type DialogProps = {
  /** Undefined: a new one. */
  readonly schedule?: WireSchedule;
  readonly onClose: () => void;
  readonly onSaved?: (schedule: WireSchedule) => void;
};

export const ScheduleDialog = ({ schedule, onClose, onSaved }: DialogProps): ReactNode => {
  const client = useQueryClient();
  const [name, setName] = useState(schedule?.name ?? '');
  const [target, setTarget] = useState(schedule?.target.id ?? '');
  const [input, setInput] = useState<Json>(schedule?.input ?? '');
  const [isFaulty, setFaulty] = useState(false);
  const [draft, setDraft] = useState(() =>
    schedule ? draftOf(schedule.timing, OWN_TIME_ZONE) : newDraft(OWN_TIME_ZONE),
  );
  const [overlap, setOverlap] = useState<WireSchedule['overlap']>(schedule?.overlap ?? 'skip');
  const [missed, setMissed] = useState<WireSchedule['missed']>(schedule?.missed ?? 'run_once');
  const key = useRef(newIdempotencyKey());
  const timing = timingFrom(draft);
  const isSameTime =
    schedule !== undefined && JSON.stringify(draft) === JSON.stringify(draftOf(schedule.timing, OWN_TIME_ZONE));

  const fault =
    name.trim() === ''
      ? 'Give it a name'
      : target === ''
        ? 'Choose what it starts'
        : isFaulty
          ? 'The input is no JSON yet'
          : typeof timing === 'string'
            ? timing
            : null;
  const save = useMutation({
    mutationFn: () => {
      if (typeof timing === 'string') throw new Error(timing);
      const rest = { name: name.trim(), input, overlap, missed };
      return schedule
        ? call('updateSchedule', { id: schedule.id, body: { ...rest, ...(isSameTime ? {} : { timing }) } })
        : call(
            'createSchedule',
            { body: { ...rest, timing, ...bodyOfTarget(target) } },
            { idempotencyKey: key.current },
          );
    },
    onSuccess: async (saved) => {
      announce(schedule ? 'Saved' : 'The schedule is made');
      await client.invalidateQueries({ queryKey: schedulesQuery.queryKey });
      onClose();
      onSaved?.(saved);
    },
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  return (
    <Modal
      open
      onClose={onClose}
      wide
      title={schedule ? 'Change the schedule' : 'New schedule'}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="ink" busy={save.isPending} blockedBecause={fault} onClick={() => save.mutate()}>
            {schedule ? 'Save' : 'Make the schedule'}
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
        {!schedule && (
          <TargetField
            value={target}
            onChange={(id) => {
              setTarget(id);
              setInput(id.startsWith('agt_') ? '' : {});
              setFaulty(false);
            }}
          />
        )}
        <InputField
          key={target}
          target={target}
          value={input}
          hint={
            <>
              Texts may hold <code className="font-mono">{'{{ schedule.planned_at }}'}</code>, the moment it runs for.
            </>
          }
          onChange={(value, faulty) => {
            setInput(value);
            setFaulty(faulty);
          }}
        />
        <TimingFields draft={draft} onChange={setDraft} />
        <div className="grid gap-3 phone:grid-cols-2">
          <Field label="While a run has not ended">
            {(wiring) => (
              <SelectInput
                {...wiring}
                value={overlap}
                onChange={(event) => setOverlap(event.target.value as WireSchedule['overlap'])}
              >
                {options(OVERLAP_WORDS)}
              </SelectInput>
            )}
          </Field>
          <Field label="Moments at which no server ran">
            {(wiring) => (
              <SelectInput
                {...wiring}
                value={missed}
                onChange={(event) => setMissed(event.target.value as WireSchedule['missed'])}
              >
                {options(MISSED_WORDS)}
              </SelectInput>
            )}
          </Field>
        </div>
        <p className="text-label text-fg-3">
          What it starts counts as asked by you: somebody else decides what it asks for.
        </p>
        {save.isError && <Notice tone="no" alert title={`Not saved. ${errorLine(save.error)}`} />}
      </div>
    </Modal>
  );
};
