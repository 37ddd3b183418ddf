import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useDeferredValue } from 'react';
import { call } from '../api.ts';
import { formatExact } from '../live/time.ts';
import { Field, RadioCards, SelectInput, TextInput } from '../ui/field.tsx';
import { errorLine } from '../ui/states.tsx';
import { TimeZoneField } from '../ui/time-zone-field.tsx';
import { type TimingDraft, UNIT_WORDS, type Unit, sunWords, timingFrom } from './timing-words.ts';

export const OWN_TIME_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const inZone = (iso: string, timeZone: string): string =>
  new Intl.DateTimeFormat(undefined, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZone,
    timeZoneName: 'short',
  }).format(Date.parse(iso));

/** The next moments as the server reads what is in the fields, or what is wrong with it. */
const NextMoments = ({ draft }: { readonly draft: TimingDraft }): ReactNode => {
  const timing = useDeferredValue(timingFrom(draft));
  const preview = useQuery({
    queryKey: ['timing', timing],
    queryFn: ({ signal }) =>
      typeof timing === 'string'
        ? Promise.reject(new Error(timing))
        : call('previewTiming', { body: { timing, count: 3 } }, { signal }),
    enabled: typeof timing !== 'string',
    retry: false,
    placeholderData: (before) => before,
  });
  if (typeof timing === 'string') return <p className="text-label text-fg-3">{timing}.</p>;
  if (preview.isError)
    return (
      <p role="alert" className="text-label font-medium text-no">
        {errorLine(preview.error)}
      </p>
    );
  return (
    <div className="rounded-md bg-sunken px-3 py-2 text-label text-fg-2" aria-live="polite">
      <p className="font-semibold text-fg">Next</p>
      <ol>
        {(preview.data?.next_runs ?? []).map((at) => (
          <li key={at} title={formatExact(at)} className="tabular-nums">
            {inZone(at, draft.type === 'cron' ? draft.timeZone : OWN_TIME_ZONE)}
          </li>
        ))}
      </ol>
    </div>
  );
};

type TimingFieldsProps = { readonly draft: TimingDraft; readonly onChange: (draft: TimingDraft) => void };

export const TimingFields = ({ draft, onChange }: TimingFieldsProps): ReactNode => {
  const set = (change: Partial<TimingDraft>): void => onChange({ ...draft, ...change });
  return (
    <div className="flex flex-col gap-3">
      <RadioCards
        legend="When"
        name="timing"
        columns
        value={draft.type}
        options={[
          { value: 'cron', label: 'At times of day', hint: 'A cron expression in a time zone.' },
          { value: 'interval', label: 'At a distance', hint: 'Every so many minutes, hours, days.' },
          { value: 'once', label: 'Once', hint: 'At one moment.' },
          ...(draft.sun === null ? [] : ([{ value: 'sun', label: 'By the sun', hint: sunWords(draft.sun) }] as const)),
        ]}
        onChange={(type) => set({ type })}
      />
      {draft.type === 'cron' && (
        <div className="grid gap-3 phone:grid-cols-2">
          <Field label="Cron expression" hint="Minute, hour, day, month, weekday.">
            {(wiring) => (
              <TextInput
                {...wiring}
                className="font-mono"
                value={draft.cron}
                onChange={(event) => set({ cron: event.target.value })}
              />
            )}
          </Field>
          <TimeZoneField value={draft.timeZone} onChange={(timeZone) => set({ timeZone })} />
        </div>
      )}
      {draft.type === 'interval' && (
        <div className="grid grid-cols-2 gap-3">
          <Field label="Every">
            {(wiring) => (
              <TextInput
                {...wiring}
                inputMode="numeric"
                value={draft.count}
                onChange={(event) => set({ count: event.target.value })}
              />
            )}
          </Field>
          <Field label="Unit">
            {(wiring) => (
              <SelectInput
                {...wiring}
                value={draft.unit}
                onChange={(event) => set({ unit: event.target.value as Unit })}
              >
                {UNIT_WORDS.map((unit) => (
                  <option key={unit} value={unit}>
                    {unit}s
                  </option>
                ))}
              </SelectInput>
            )}
          </Field>
        </div>
      )}
      {draft.type === 'once' && (
        <Field label="At" hint={`In your time zone, ${OWN_TIME_ZONE}.`}>
          {(wiring) => (
            <TextInput
              {...wiring}
              type="datetime-local"
              value={draft.at}
              onChange={(event) => set({ at: event.target.value })}
            />
          )}
        </Field>
      )}
      <NextMoments draft={draft} />
    </div>
  );
};
