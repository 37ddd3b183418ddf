/** When people work: days and hours in a time zone, and the days on which nobody does. Rules name a calendar so that time counts only then. */
import type { WireCalendar } from '@countersign/contract';
import type { Weekday } from '@countersign/core';
import { useQuery } from '@tanstack/react-query';
import { Plus, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { useCan } from '../session.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, TextArea, TextInput } from '../ui/field.tsx';
import { Empty, Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { TimeZoneField } from '../ui/time-zone-field.tsx';
import { calendarsQuery } from './queries.ts';
import { useChange } from './use-change.ts';

type Definition = WireCalendar['definition'];
type Hours = { readonly from: string; readonly to: string };
type Days = Readonly<Partial<Record<Weekday, readonly Hours[]>>>;

// Not the list of the core: with it came the whole validation of calendars, and zod, which the content security policy stops.
const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const satisfies readonly Weekday[];

const OFFICE: readonly Hours[] = [{ from: '09:00', to: '17:00' }];
const WEEK: Days = { monday: OFFICE, tuesday: OFFICE, wednesday: OFFICE, thursday: OFFICE, friday: OFFICE };

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

const DayRow = ({
  day,
  hours,
  onChange,
}: {
  readonly day: Weekday;
  readonly hours: readonly Hours[];
  readonly onChange: (hours: readonly Hours[]) => void;
}): ReactNode => (
  <div className="grid items-start gap-x-3 gap-y-1 px-3 py-1.5 phone:grid-cols-[7rem_1fr]">
    <span className="leading-8">{capital(day)}</span>
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      {hours.length === 0 && <span className="leading-8 text-fg-3">nobody works</span>}
      {hours.map((span, index) => (
        <span key={index} className="flex items-center gap-1.5">
          <TextInput
            className="w-20! font-mono"
            aria-label={`${capital(day)}, from, ${index + 1}`}
            placeholder="09:00"
            value={span.from}
            onChange={(event) =>
              onChange(hours.map((other, place) => (place === index ? { ...other, from: event.target.value } : other)))
            }
          />
          –
          <TextInput
            className="w-20! font-mono"
            aria-label={`${capital(day)}, to, ${index + 1}`}
            placeholder="17:00"
            value={span.to}
            onChange={(event) =>
              onChange(hours.map((other, place) => (place === index ? { ...other, to: event.target.value } : other)))
            }
          />
          <IconButton
            label={`Remove these hours of ${capital(day)}`}
            icon={<Trash2 size={14} aria-hidden="true" />}
            onClick={() => onChange(hours.filter((_, place) => place !== index))}
          />
        </span>
      ))}
      <Button
        size="small"
        look="ghost"
        aria-label={`Add hours to ${capital(day)}`}
        onClick={() => onChange([...hours, ...OFFICE])}
      >
        <Plus size={13} aria-hidden="true" /> Hours
      </Button>
    </div>
  </div>
);

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

const CalendarDialog = ({
  calendar,
  onClose,
}: {
  readonly calendar: WireCalendar | null;
  readonly onClose: () => void;
}): ReactNode => {
  const [name, setName] = useState(calendar?.name ?? '');
  const [zone, setZone] = useState(
    calendar?.definition.time_zone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
  );
  const [days, setDays] = useState<Days>(calendar?.definition.days ?? WEEK);
  const [holidays, setHolidays] = useState((calendar?.definition.holidays ?? []).join('\n'));
  const dates = holidays.split(/[\s,]+/).filter((date) => date !== '');
  const wrongDate = dates.find((date) => !DATE.test(date));
  const wrongHours = Object.values(days)
    .flat()
    .some((span) => !CLOCK.test(span.from) || !CLOCK.test(span.to) || span.from >= span.to);
  const save = useChange<undefined, unknown>(() => {
    const given = Object.fromEntries(
      WEEKDAYS.flatMap((day) => ((days[day]?.length ?? 0) > 0 ? [[day, [...(days[day] ?? [])]]] : [])),
    ) as Definition['days'];
    return call('putCalendar', { body: { name, definition: { time_zone: zone, days: given, holidays: dates } } });
  }, onClose);
  const remove = useChange((gone: string) => call('deleteCalendar', { name: gone }), onClose);
  const error = save.error ?? remove.error;
  const blocked = !/^[A-Za-z0-9_.-]{1,64}$/.test(name)
    ? 'Give it a name of letters and digits'
    : wrongHours
      ? 'Hours are like 09:00 to 17:00'
      : wrongDate === undefined
        ? null
        : 'A holiday is not a date';
  return (
    <Modal
      open
      wide
      onClose={onClose}
      title={calendar === null ? 'New calendar' : `Calendar ${calendar.name}`}
      footer={
        <>
          {calendar !== null && (
            <Button
              look="reject"
              className="mr-auto"
              busy={remove.isPending}
              onClick={() => remove.mutate(calendar.name)}
            >
              Delete the calendar
            </Button>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button look="ink" busy={save.isPending} blockedBecause={blocked} onClick={() => save.mutate(undefined)}>
            Save
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <div className="grid gap-3.5 phone:grid-cols-2">
          <Field label="Name" hint="As rules write it.">
            {(wiring) => (
              <TextInput
                {...wiring}
                className="font-mono"
                readOnly={calendar !== null}
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <TimeZoneField value={zone} onChange={setZone} />
        </div>
        <fieldset>
          <legend className="mb-1 text-label font-medium text-fg-2">Days and hours</legend>
          <div className="card divide-y">
            {WEEKDAYS.map((day) => (
              <DayRow
                key={day}
                day={day}
                hours={days[day] ?? []}
                onChange={(hours) => setDays({ ...days, [day]: hours })}
              />
            ))}
          </div>
        </fieldset>
        <Field
          label="Holidays"
          hint="Dates such as 2026-12-25, one a line."
          error={wrongDate === undefined ? undefined : `“${wrongDate}” is not a date such as 2026-12-25`}
        >
          {(wiring) => (
            <TextArea
              {...wiring}
              rows={3}
              className="font-mono"
              value={holidays}
              onChange={(event) => setHolidays(event.target.value)}
            />
          )}
        </Field>
        {error !== null && <Notice tone="no" alert title={`Not done. ${errorLine(error)}`} />}
      </div>
    </Modal>
  );
};

const daysWords = (definition: Definition): string =>
  WEEKDAYS.flatMap((day) => {
    const hours = definition.days[day] ?? [];
    return hours.length === 0
      ? []
      : [`${capital(day.slice(0, 3))} ${hours.map((span) => `${span.from}–${span.to}`).join(', ')}`];
  }).join(' · ');

export const Calendars = (): ReactNode => {
  const mayWrite = useCan('groups:write');
  const { data, error, refetch } = useQuery(calendarsQuery);
  const [open, setOpen] = useState<WireCalendar | 'new' | null>(null);
  const create = mayWrite ? (
    <Button className="self-start" onClick={() => setOpen('new')}>
      <Plus size={14} aria-hidden="true" /> New calendar
    </Button>
  ) : null;
  if (data === undefined)
    return error === null ? <Skeleton rows={2} /> : <Failure error={error} onRetry={() => void refetch()} />;
  return (
    <>
      {data.length === 0 ? (
        <Empty title="No calendar yet" {...(create === null ? {} : { action: create })}>
          With one, the time of a request counts only while people work.
        </Empty>
      ) : (
        <>
          {create}
          <ul className="card divide-y">
            {data.map((calendar) => (
              <li key={calendar.name} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3.5 py-2.5">
                <span className="min-w-0 flex-1 basis-60">
                  <span className="font-mono text-[13px] font-medium">{calendar.name}</span>
                  <span className="ml-2 text-label text-fg-2">{calendar.definition.time_zone}</span>
                  <span className="block text-label text-fg-2">
                    {daysWords(calendar.definition)}
                    {calendar.definition.holidays.length > 0 && ` · ${calendar.definition.holidays.length} holidays`}
                  </span>
                </span>
                {mayWrite && (
                  <Button
                    size="small"
                    aria-label={`Change the calendar ${calendar.name}`}
                    onClick={() => setOpen(calendar)}
                  >
                    Change
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      {open !== null && <CalendarDialog calendar={open === 'new' ? null : open} onClose={() => setOpen(null)} />}
    </>
  );
};
