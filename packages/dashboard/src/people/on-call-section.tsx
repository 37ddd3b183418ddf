import type { WireSettings } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { PRIORITIES } from '../search.ts';
import { Check, Field, SelectInput, TextInput } from '../ui/field.tsx';
import { priorityWord } from '../ui/glyphs.tsx';
import { Section } from '../ui/page.tsx';
import { groupsQuery } from './queries.ts';

type OnCall = NonNullable<WireSettings['on_call']>;

/** As typed. Switched off, the rest stays for when it is switched on again. */
export type OnCallChoices = {
  readonly isOn: boolean;
  readonly group: string;
  readonly minutes: string;
  readonly from: OnCall['priority_min'];
};

export const onCallChoicesOf = (onCall: OnCall | null): OnCallChoices => ({
  isOn: onCall !== null,
  group: onCall?.group ?? '',
  minutes: String((onCall?.after_seconds ?? 900) / 60),
  from: onCall?.priority_min ?? 'high',
});

export const onCallOf = ({ isOn, group, minutes, from }: OnCallChoices): OnCall | null =>
  isOn ? { group, after_seconds: Math.round(Number(minutes) * 60), priority_min: from } : null;

const WEEK_SECONDS = 604_800;

const minutesFault = (choices: OnCallChoices): string | undefined => {
  const seconds = onCallOf(choices)?.after_seconds;
  return seconds === undefined || (seconds >= 10 && seconds <= WEEK_SECONDS) ? undefined : 'From 10 seconds to a week';
};

export const onCallFault = (choices: OnCallChoices): string | undefined =>
  choices.isOn && choices.group === '' ? 'Choose the group that is on call' : minutesFault(choices);

type OnCallSectionProps = { readonly value: OnCallChoices; readonly onChange: (value: OnCallChoices) => void };

/** Who hears of what nobody has looked at. */
export const OnCallSection = ({ value, onChange }: OnCallSectionProps): ReactNode => {
  const groups = (useQuery(groupsQuery).data ?? []).map(({ name }) => name);
  // A group that was renamed or is gone must still be seen to be replaced.
  const names = value.group === '' || groups.includes(value.group) ? groups : [...groups, value.group];
  return (
    <Section title="On call">
      <Check
        label="A group is told of what nobody has opened in time"
        hint="At any hour, whatever its members have set for themselves."
        checked={value.isOn}
        onChange={(event) => onChange({ ...value, isOn: event.target.checked })}
      />
      {value.isOn && (
        <div className="flex flex-wrap gap-4">
          <Field label="Group" className="min-w-50">
            {(wiring) => (
              <SelectInput
                {...wiring}
                value={value.group}
                onChange={(event) => onChange({ ...value, group: event.target.value })}
              >
                <option value="">Choose a group</option>
                {names.map((name) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </SelectInput>
            )}
          </Field>
          <Field label="After minutes" error={minutesFault(value)} className="max-w-40">
            {(wiring) => (
              <TextInput
                {...wiring}
                inputMode="decimal"
                value={value.minutes}
                onChange={(event) => onChange({ ...value, minutes: event.target.value })}
              />
            )}
          </Field>
          <Field label="From this priority on" className="min-w-40">
            {(wiring) => (
              <SelectInput
                {...wiring}
                value={value.from}
                onChange={(event) =>
                  onChange({ ...value, from: PRIORITIES.find((one) => one === event.target.value) ?? value.from })
                }
              >
                {PRIORITIES.map((priority) => (
                  <option key={priority} value={priority}>
                    {priorityWord(priority)}
                  </option>
                ))}
              </SelectInput>
            )}
          </Field>
        </div>
      )}
    </Section>
  );
};
