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

type OnMail = NonNullable<WireNotifications['kinds']['email']>;
const PLAIN: OnMail = { enabled: true, priority_min: 'low', digest: 'off' };

const Priority = ({
  value,
  onChange,
  ...wiring
}: {
  readonly id: string;
  readonly value: OnMail['priority_min'];
  readonly onChange: (value: OnMail['priority_min']) => void;
}): ReactNode => (
  <SelectInput {...wiring} value={value} onChange={(event) => onChange(event.target.value as OnMail['priority_min'])}>
    {PRIORITIES.map((one) => (
      <option key={one} value={one}>
        {one}
      </option>
    ))}
  </SelectInput>
);

const Form = ({ saved }: { readonly saved: WireNotifications }): ReactNode => {
  const [draft, setDraft] = useState(saved);
  const mail = draft.kinds.email ?? PLAIN;
  const quiet = draft.quiet_hours;
  const setMail = (more: Partial<OnMail>): void =>
    setDraft({ ...draft, kinds: { ...draft.kinds, email: { ...mail, ...more } } });
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
      <Check
        label="Send me mail"
        hint="When a decision of mine is asked for, and with the outcome of what I ask for."
        checked={mail.enabled}
        onChange={(event) => setMail({ enabled: event.target.checked })}
      />
      {mail.enabled && (
        <div className="grid gap-3.5 phone:grid-cols-2">
          <Field label="From this priority on">
            {(wiring) => (
              <Priority {...wiring} value={mail.priority_min} onChange={(next) => setMail({ priority_min: next })} />
            )}
          </Field>
          <Field label="How">
            {(wiring) => (
              <SelectInput
                {...wiring}
                value={mail.digest}
                onChange={(event) => setMail({ digest: event.target.value as OnMail['digest'] })}
              >
                {DIGESTS.map(({ value, label }) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </SelectInput>
            )}
          </Field>
        </div>
      )}
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
