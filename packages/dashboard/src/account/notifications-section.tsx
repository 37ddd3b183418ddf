import type { WireNotifications } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { zoneFault } from '../live/zones.ts';
import { Button } from '../ui/button.tsx';
import { Check, Field, SelectInput, TextInput } from '../ui/field.tsx';
import { Section } from '../ui/page.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { TimeZoneField } from '../ui/time-zone-field.tsx';
import { notificationsQuery } from './queries.ts';
import { useAccountChange } from './use-account-change.ts';

const PRIORITIES = ['low', 'medium', 'high', 'critical'] as const;
const DIGESTS = [
  { value: 'off', label: 'each by itself' },
  { value: 'hourly', label: 'together, at the hour' },
  { value: 'daily', label: 'together, at 8 in the morning' },
] as const;
const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

type OnKind = NonNullable<WireNotifications['kinds']['email']>;
const PLAIN: OnKind = { enabled: true, priority_min: 'low', digest: 'off' };

/** The kinds of channel that reach a person by themselves, in the order of how loud they are. */
const KINDS = [
  {
    kind: 'email',
    label: 'Send me mail',
    hint: 'When a decision of mine is asked for, and with the outcome of what I ask for.',
  },
  { kind: 'push', label: 'Notify me in my browsers', hint: 'In those that are listed below.' },
  {
    kind: 'sms',
    label: 'Send me text messages',
    hint: 'To my number below. An owner says for what; at first only for what is critical.',
  },
  { kind: 'voice', label: 'Call me', hint: 'On the same number, and by the same rule.' },
] as const;

const Priority = ({
  value,
  onChange,
  ...wiring
}: {
  readonly id: string;
  readonly value: OnKind['priority_min'];
  readonly onChange: (value: OnKind['priority_min']) => void;
}): ReactNode => (
  <SelectInput {...wiring} value={value} onChange={(event) => onChange(event.target.value as OnKind['priority_min'])}>
    {PRIORITIES.map((one) => (
      <option key={one} value={one}>
        {one}
      </option>
    ))}
  </SelectInput>
);

type KindProps = {
  readonly about: (typeof KINDS)[number];
  readonly value: OnKind;
  readonly onChange: (value: OnKind) => void;
};

/** Whether one wants to hear on a kind of channel, from which priority on, and how often. */
const Kind = ({ about: { kind, label, hint }, value, onChange }: KindProps): ReactNode => (
  <>
    <Check
      label={label}
      hint={hint}
      checked={value.enabled}
      onChange={(event) => onChange({ ...value, enabled: event.target.checked })}
    />
    {value.enabled && (
      <div className="ml-7 grid gap-3.5 phone:grid-cols-2">
        <Field label="From this priority on">
          {(wiring) => (
            <Priority
              {...wiring}
              value={value.priority_min}
              onChange={(least) => onChange({ ...value, priority_min: least })}
            />
          )}
        </Field>
        {kind === 'email' && (
          <Field label="How">
            {(wiring) => (
              <SelectInput
                {...wiring}
                value={value.digest}
                onChange={(event) => onChange({ ...value, digest: event.target.value as OnKind['digest'] })}
              >
                {DIGESTS.map(({ value: digest, label: words }) => (
                  <option key={digest} value={digest}>
                    {words}
                  </option>
                ))}
              </SelectInput>
            )}
          </Field>
        )}
      </div>
    )}
  </>
);

const Form = ({ saved }: { readonly saved: WireNotifications }): ReactNode => {
  const [draft, setDraft] = useState(saved);
  const quiet = draft.quiet_hours;
  const save = useAccountChange(() => call('putNotifications', { body: draft }));
  const blocked =
    JSON.stringify(draft) === JSON.stringify(saved) ? 'Nothing was changed' : (zoneFault(draft.time_zone) ?? null);
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (blocked === null) save.mutate(undefined);
      }}
    >
      {KINDS.map((about) => (
        <Kind
          key={about.kind}
          about={about}
          value={draft.kinds[about.kind] ?? PLAIN}
          onChange={(value) => setDraft({ ...draft, kinds: { ...draft.kinds, [about.kind]: value } })}
        />
      ))}
      <Check
        label="Quiet hours"
        hint="What comes in them waits until they end."
        checked={quiet !== null}
        onChange={(event) =>
          setDraft({
            ...draft,
            ...(event.target.checked
              ? { quiet_hours: { from: '20:00', to: '07:00' }, time_zone: OWN_ZONE }
              : { quiet_hours: null }),
          })
        }
      />
      {quiet !== null && (
        <div className="grid gap-3.5 phone:grid-cols-2">
          {(['from', 'to'] as const).map((end) => (
            <Field key={end} label={end === 'from' ? 'From' : 'To'}>
              {(wiring) => (
                <TextInput
                  {...wiring}
                  type="time"
                  value={quiet[end]}
                  onChange={(event) => setDraft({ ...draft, quiet_hours: { ...quiet, [end]: event.target.value } })}
                />
              )}
            </Field>
          ))}
          <TimeZoneField value={draft.time_zone} onChange={(zone) => setDraft({ ...draft, time_zone: zone })} />
          <Field label="Comes all the same from">
            {(wiring) => (
              <Priority
                {...wiring}
                value={draft.quiet_except}
                onChange={(next) => setDraft({ ...draft, quiet_except: next })}
              />
            )}
          </Field>
        </div>
      )}
      <div>
        <Button type="submit" busy={save.isPending} blockedBecause={blocked}>
          Save what I am told
        </Button>
      </div>
      {save.isError && <Notice tone="no" alert title={`Not saved. ${errorLine(save.error)}`} />}
    </form>
  );
};

export const NotificationsSection = (): ReactNode => {
  const { data, error, refetch, dataUpdatedAt } = useQuery(notificationsQuery);
  return (
    <div id="notifications">
      <Section title="What I am told, and when">
        {data === undefined ? (
          error === null ? (
            <Skeleton rows={2} className="h-12" />
          ) : (
            <Failure error={error} onRetry={() => void refetch()} />
          )
        ) : (
          <Form key={dataUpdatedAt} saved={data} />
        )}
      </Section>
    </div>
  );
};
