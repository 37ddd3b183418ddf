import type { ReactNode } from 'react';
import { Field, TextInput } from '../ui/field.tsx';

type CodeFieldProps = {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly isWrong: boolean;
};

export const CODE_LENGTH_MIN = 6;

/** The code that follows the first step of signing in. */
export const CodeField = ({ value, onChange, isWrong }: CodeFieldProps): ReactNode => (
  <Field
    label="Code of your authenticator app"
    hint="Lost the phone? A recovery code does, too."
    error={isWrong ? 'This code is wrong, or was used already' : undefined}
  >
    {(wiring) => (
      <TextInput
        {...wiring}
        // Asked for by the person's own step before, and the only field there is.
        autoFocus
        autoComplete="one-time-code"
        maxLength={40}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    )}
  </Field>
);
