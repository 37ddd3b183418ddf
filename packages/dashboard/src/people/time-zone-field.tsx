import { type ReactNode, useId } from 'react';
import { Field, TextInput } from '../ui/field.tsx';

type TimeZoneFieldProps = {
  readonly value: string;
  readonly hint?: string;
  readonly error?: string | undefined;
  readonly onChange: (zone: string) => void;
};

/** A time zone by its IANA name, with all that the browser knows to choose from. */
export const TimeZoneField = ({ value, hint, error, onChange }: TimeZoneFieldProps): ReactNode => {
  const zones = useId();
  return (
    <>
      <Field label="Time zone" hint={hint} error={error}>
        {(wiring) => (
          <TextInput {...wiring} list={zones} value={value} onChange={(event) => onChange(event.target.value)} />
        )}
      </Field>
      <datalist id={zones}>
        {Intl.supportedValuesOf('timeZone').map((known) => (
          <option key={known} value={known} />
        ))}
      </datalist>
    </>
  );
};

/** `undefined`, or what is wrong with it. */
export const zoneFault = (zone: string): string | undefined => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return undefined;
  } catch {
    return 'Not a time zone, such as Europe/Berlin';
  }
};
