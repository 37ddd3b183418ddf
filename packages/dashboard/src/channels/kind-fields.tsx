import type { ReactNode } from 'react';
import { Check, Field, SelectInput, TextInput } from '../ui/field.tsx';
import type { KindField } from './kinds.ts';

export type KindValues = Readonly<Record<string, string | boolean>>;

type KindFieldsProps = {
  readonly fields: readonly KindField[];
  readonly values: KindValues;
  /** What is needed and empty says so. */
  readonly isAsked: boolean;
  /** Whether there is a secret already, which stays where nothing is entered. */
  readonly hasSecrets: boolean;
  readonly onChange: (name: string, value: string | boolean) => void;
};

export const isMissing = (field: KindField, values: KindValues, hasSecrets: boolean): boolean =>
  field.isRequired === true &&
  String(values[field.name] ?? '').trim() === '' &&
  !(field.place === 'secrets' && hasSecrets);

export const KindFields = ({ fields, values, isAsked, hasSecrets, onChange }: KindFieldsProps): ReactNode =>
  fields.map((field) => {
    const { name, label, hint, place, choices } = field;
    if (field.isCheck)
      return (
        <Check
          key={name}
          label={label}
          hint={hint}
          checked={values[name] === true}
          onChange={(event) => onChange(name, event.target.checked)}
        />
      );
    const isSecret = place === 'secrets';
    return (
      <Field
        key={name}
        label={label}
        hint={isSecret && hasSecrets ? `${hint} Left empty, it stays as it is.` : hint}
        required={field.isRequired === true && !(isSecret && hasSecrets)}
        error={isAsked && isMissing(field, values, hasSecrets) ? 'is needed' : undefined}
      >
        {(wiring) =>
          choices ? (
            <SelectInput
              {...wiring}
              value={String(values[name] ?? '')}
              onChange={(event) => onChange(name, event.target.value)}
            >
              {choices.map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </SelectInput>
          ) : (
            <TextInput
              {...wiring}
              className="font-mono"
              {...(isSecret ? { type: 'password', autoComplete: 'new-password' } : {})}
              placeholder={field.placeholder}
              value={String(values[name] ?? '')}
              onChange={(event) => onChange(name, event.target.value)}
            />
          )
        }
      </Field>
    );
  });
