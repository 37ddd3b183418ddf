/** A JSON Schema as rows: what fields there are, of which type, and whether they are needed. Beyond that it is written as JSON. */
import { type Json, type JsonObject, isObject, parseStrict } from '@countersign/core';
import { Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { propertiesOf, requiredOf } from '../../schema-form/schema.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Check, SelectInput, TextArea } from '../../ui/field.tsx';
import { AddName } from './add-name.tsx';
import { useFormScope } from './scope.ts';

const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object'] as const;

type BuilderProps = {
  readonly label: string;
  readonly pointer: string;
  readonly value: Json | undefined;
  readonly onChange: (value: Json | undefined) => void;
};

type RowProps = {
  readonly name: string;
  readonly schema: JsonObject;
  readonly isRequired: boolean;
  readonly onType: (type: string) => void;
  readonly onRequired: (isRequired: boolean) => void;
  readonly onRemove: () => void;
};

const PropertyRow = ({ name, schema, isRequired, onType, onRequired, onRemove }: RowProps): ReactNode => {
  const { readOnly } = useFormScope();
  const type = typeof schema['type'] === 'string' ? schema['type'] : '';
  return (
    <li className="flex flex-wrap items-center gap-x-2 gap-y-1 py-1.5">
      <span className="min-w-0 flex-1 basis-24 font-mono text-[13px] [overflow-wrap:anywhere]">{name}</span>
      <SelectInput
        aria-label={`Type of ${name}`}
        className="w-26! text-label"
        disabled={readOnly}
        value={type}
        onChange={(event) => onType(event.target.value)}
      >
        {!TYPES.some((known) => known === type) && <option value={type}>as written</option>}
        {TYPES.map((known) => (
          <option key={known} value={known}>
            {known === 'array' ? 'list' : known === 'string' ? 'text' : known}
          </option>
        ))}
      </SelectInput>
      <Check
        label={<span className="text-label">needed</span>}
        aria-label={`${name} is needed`}
        disabled={readOnly}
        checked={isRequired}
        onChange={(event) => onRequired(event.target.checked)}
      />
      {!readOnly && (
        <IconButton label={`Remove ${name}`} icon={<Trash2 size={14} aria-hidden="true" />} onClick={onRemove} />
      )}
    </li>
  );
};

const JsonText = ({ label, value, onChange }: Omit<BuilderProps, 'pointer'>): ReactNode => {
  const { readOnly } = useFormScope();
  const [text, setText] = useState(() => (value === undefined ? '' : JSON.stringify(value, null, 2)));
  const parsed = text.trim() === '' ? null : parseStrict(text);
  return (
    <>
      <TextArea
        aria-label={`${label} as JSON`}
        rows={Math.min(16, Math.max(5, text.split('\n').length))}
        className="font-mono text-[13px]"
        readOnly={readOnly}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          const next = parseStrict(event.target.value);
          if (event.target.value.trim() === '') onChange(undefined);
          else if (next.ok) onChange(next.value);
        }}
      />
      {parsed !== null && !parsed.ok && (
        <p className="text-label font-medium text-no">is not valid JSON: {parsed.refusal.detail}</p>
      )}
    </>
  );
};

export const SchemaBuilder = ({ label, pointer, value, onChange }: BuilderProps): ReactNode => {
  const { faults, readOnly } = useFormScope();
  const [asJson, setAsJson] = useState(false);
  const schema = isObject(value) ? value : {};
  const properties = propertiesOf(schema);
  const required = requiredOf(schema);
  const fault = faults.get(pointer);
  const set = (nextProperties: Readonly<Record<string, JsonObject>>, nextRequired: readonly string[]): void =>
    onChange({ ...schema, type: 'object', properties: nextProperties, required: nextRequired });
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="sr-only">{label}</legend>
      <div className="flex items-center justify-between gap-2">
        <span aria-hidden="true" className="text-label font-medium text-fg-2">
          {label}
        </span>
        <Button
          size="small"
          look="ghost"
          aria-pressed={asJson}
          aria-label={`${label} as JSON Schema`}
          onClick={() => setAsJson(!asJson)}
        >
          JSON Schema
        </Button>
      </div>
      {asJson ? (
        <JsonText label={label} value={value} onChange={onChange} />
      ) : (
        <>
          {Object.keys(properties).length === 0 && <p className="text-label text-fg-3">Any value; no fields named.</p>}
          <ul className="divide-y">
            {Object.entries(properties).map(([key, inner]) => (
              <PropertyRow
                key={key}
                name={key}
                schema={inner}
                isRequired={required.includes(key)}
                onType={(type) => set({ ...properties, [key]: { ...inner, type } }, required)}
                onRequired={(isRequired) =>
                  set(properties, isRequired ? [...required, key] : required.filter((one) => one !== key))
                }
                onRemove={() =>
                  set(
                    Object.fromEntries(Object.entries(properties).filter(([other]) => other !== key)),
                    required.filter((one) => one !== key),
                  )
                }
              />
            ))}
          </ul>
          {!readOnly && (
            <AddName
              label={label}
              what="Field"
              placeholder="name of a field"
              isTaken={(name) => name in properties}
              onAdd={(name) => set({ ...properties, [name]: { type: 'string' } }, [...required, name])}
            />
          )}
        </>
      )}
      {fault !== undefined && <p className="text-label font-medium text-no">{fault}</p>}
    </fieldset>
  );
};
