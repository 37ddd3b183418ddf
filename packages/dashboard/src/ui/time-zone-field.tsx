import { type ReactNode, useId } from 'react';
import { ZONES, zoneFault } from '../live/zones.ts';
import { Field, TextInput } from './field.tsx';

type TimeZoneFieldProps = {
  readonly value: string;
  readonly hint?: string;
  readonly onChange: (zone: string) => void;
};

/** A time zone by its IANA name, with all that the browser knows to choose from. */
export const TimeZoneField = ({ value, hint, onChange }: TimeZoneFieldProps): ReactNode => {
  const zones = useId();
  return (
    <>
      <Field label="Time zone" hint={hint} error={zoneFault(value)}>
        {(wiring) => (
          <TextInput {...wiring} list={zones} value={value} onChange={(event) => onChange(event.target.value)} />
        )}
      </Field>
      <datalist id={zones}>
        {ZONES.map((known) => (
          <option key={known} value={known} />
        ))}
      </datalist>
    </>
  );
};
