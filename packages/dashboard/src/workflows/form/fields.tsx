/** A form made from a JSON Schema: one field a setting, of the kind that the schema says. */
import { type Json, type JsonObject, isArray, isObject } from '@countersign/core';
import { Plus, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { choicesOf, itemsOf, propertiesOf, requiredOf } from '../../schema-form/schema.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Check, Field, SelectInput, TextArea, TextInput } from '../../ui/field.tsx';
import { AddName } from './add-name.tsx';
import { ExpressionInput } from './expression-field.tsx';
import { pointerTo, useFormScope } from './scope.ts';
import { SchemaBuilder } from './schema-builder.tsx';
import { readTemplate, writeTemplate } from './template-text.ts';
import { NOT_SETTINGS, isFull, labelOf } from './words.ts';

export type FieldProps = {
  readonly label: string;
  readonly pointer: string;
  readonly schema: JsonObject;
  readonly value: Json | undefined;
  readonly required?: boolean;
  readonly takesSecrets?: boolean;
  readonly onChange: (value: Json | undefined) => void;
};

/** How a schema says that a text is CEL, and that a JSON holds some. */
const CEL = 'text/x-cel';
export const CEL_JSON = 'application/x-cel-template+json';

const without = (object: JsonObject, name: string): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([other]) => other !== name));

/** An object with a member set; one that has no member left is not there. */
export const withSetting = (object: JsonObject, name: string, value: Json | undefined): JsonObject =>
  value === undefined ? without(object, name) : { ...object, [name]: value };

const hintOf = (schema: JsonObject): string | undefined =>
  typeof schema['description'] === 'string' && schema['contentMediaType'] === undefined
    ? schema['description']
    : undefined;

const defaultWord = (schema: JsonObject): string => {
  const value = schema['default'];
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value);
};

const numberIn = (schema: JsonObject): JsonObject | undefined => {
  const options = schema['anyOf'];
  return options !== undefined && isArray(options)
    ? options.filter(isObject).find(({ type }) => type === 'number' || type === 'integer')
    : undefined;
};

const isExpressionOrNumber = (schema: JsonObject): boolean =>
  numberIn(schema) !== undefined &&
  (schema['anyOf'] as readonly Json[]).some((one) => isObject(one) && one['contentMediaType'] === CEL);

/** What a field shows of a value that is no text: never `[object Object]`. */
const textOf = (value: Json | undefined): string =>
  value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);

/** A number that is being typed: `1.` is none yet, and stays on screen. */
const NumberField = (props: FieldProps): ReactNode => {
  const { faults, readOnly } = useFormScope();
  const { label, pointer, schema, value, required = false, onChange } = props;
  const [text, setText] = useState<{ readonly typed: string; readonly made: Json | undefined } | null>(null);
  const shown = text !== null && text.made === value ? text.typed : textOf(value);
  return (
    <Field label={label} hint={hintOf(schema)} error={faults.get(pointer)} required={required}>
      {(wiring) => (
        <TextInput
          {...wiring}
          inputMode="decimal"
          readOnly={readOnly}
          className="font-mono"
          placeholder={defaultWord(schema)}
          value={shown}
          onBlur={() => setText(null)}
          onChange={(event) => {
            const typed = event.target.value;
            const made = typed.trim() === '' ? undefined : Number.isFinite(Number(typed)) ? Number(typed) : value;
            setText({ typed, made });
            onChange(made);
          }}
        />
      )}
    </Field>
  );
};

const ChoiceField = ({ label, pointer, schema, value, required = false, onChange }: FieldProps): ReactNode => {
  const { faults, readOnly } = useFormScope();
  const choices = choicesOf(schema) ?? [];
  const usual = defaultWord(schema);
  return (
    <Field label={label} hint={hintOf(schema)} error={faults.get(pointer)} required={required}>
      {(wiring) => (
        <SelectInput
          {...wiring}
          disabled={readOnly}
          value={textOf(value)}
          onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)}
        >
          {(!required || value === undefined) && (
            <option value="">{usual === '' ? 'not set' : `${usual.replaceAll('_', ' ')} (as usual)`}</option>
          )}
          {choices.map(textOf).map((choice) => (
            <option key={choice} value={choice}>
              {choice.replaceAll('_', ' ')}
            </option>
          ))}
        </SelectInput>
      )}
    </Field>
  );
};

const CelField = ({
  label,
  pointer,
  schema,
  value,
  required = false,
  takesSecrets,
  onChange,
}: FieldProps): ReactNode => {
  const { faults } = useFormScope();
  const kind = schema['contentMediaType'];
  const numeric = isExpressionOrNumber(schema);
  const isWhole = kind === CEL || numeric;
  const isJson = kind === CEL_JSON;
  const [text, setText] = useState<{ readonly typed: string; readonly made: Json | undefined } | null>(null);
  const fault = faults.get(pointer) ?? [...faults].find(([at]) => at.startsWith(`${pointer}/`))?.[1];
  // What was typed stays as it was typed, until the value becomes another one by other means.
  const shown = text !== null && text.made === value ? text.typed : isJson ? writeTemplate(value) : textOf(value);
  const read = (typed: string): Json | undefined => {
    if (typed === '' && !required) return undefined;
    if (numeric && typed.trim() !== '' && Number.isFinite(Number(typed))) return Number(typed);
    return isJson ? readTemplate(typed) : typed;
  };
  return (
    <Field
      label={label}
      error={fault}
      required={required}
      hint={numeric ? 'A number, or an expression' : hintOf(schema)}
    >
      {(wiring) => (
        <ExpressionInput
          id={wiring.id}
          describedBy={wiring['aria-describedby']}
          invalid={wiring['aria-invalid'] === true}
          label={label}
          isWhole={isWhole}
          takesSecrets={takesSecrets === true}
          placeholder={isWhole ? (numeric ? '60' : 'input.amount > 100') : '{{ input.amount }}'}
          value={shown}
          onChange={(typed) => {
            const made = read(typed);
            setText({ typed, made });
            onChange(made);
          }}
        />
      )}
    </Field>
  );
};

/** Names with values: arguments, details, variables. */
const EntriesField = ({ label, pointer, schema, value, takesSecrets, onChange }: FieldProps): ReactNode => {
  const { readOnly } = useFormScope();
  const entries = isObject(value) ? value : {};
  const inner = isObject(schema['additionalProperties']) ? schema['additionalProperties'] : {};
  return (
    <fieldset className="flex flex-col gap-2.5">
      <legend className="mb-1 text-label font-medium text-fg-2">{label}</legend>
      {Object.entries(entries).map(([key, member]) => (
        <div key={key} className="flex items-start gap-1">
          <div className="min-w-0 flex-1">
            <CelField
              label={key}
              pointer={pointerTo(pointer, key)}
              schema={{ ...inner, contentMediaType: CEL_JSON }}
              value={member}
              required
              takesSecrets={takesSecrets === true}
              onChange={(next) => onChange({ ...entries, [key]: next ?? '' })}
            />
          </div>
          {!readOnly && (
            <IconButton
              label={`Remove ${key}`}
              className="mt-5"
              icon={<Trash2 size={14} aria-hidden="true" />}
              onClick={() => onChange(without(entries, key))}
            />
          )}
        </div>
      ))}
      {!readOnly && (
        <AddName
          label={label}
          what="Name"
          placeholder="name"
          isTaken={(name) => name in entries}
          onAdd={(name) => onChange({ ...entries, [name]: '' })}
        />
      )}
    </fieldset>
  );
};

const blankItem = (schema: JsonObject): Json => {
  const type = schema['type'];
  if (type === 'object')
    return Object.fromEntries(
      requiredOf(schema)
        .filter((name) => !NOT_SETTINGS.has(name))
        .map((name) => [name, blankItem(propertiesOf(schema)[name] ?? {})]),
    );
  return type === 'number' || type === 'integer' ? 0 : '';
};

const ListField = ({ label, pointer, schema, value, onChange }: FieldProps): ReactNode => {
  const { readOnly, faults } = useFormScope();
  const items = value !== undefined && isArray(value) ? value : [];
  const itemSchema = itemsOf(schema);
  const set = (next: readonly Json[]): void => onChange(next.length === 0 ? undefined : next);
  const fault = faults.get(pointer);
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-label font-medium text-fg-2">{label}</legend>
      {hintOf(schema) !== undefined && <p className="text-label text-fg-3">{hintOf(schema)}</p>}
      {items.map((item, index) => (
        // A row has no name of its own; its place is what people know it by.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className="flex items-start gap-1 border-l-2 pl-2.5">
          <div className="min-w-0 flex-1">
            <AnyField
              label={`${label}, ${index + 1}`}
              pointer={pointerTo(pointer, index)}
              schema={itemSchema}
              value={item}
              required
              onChange={(next) => set(items.map((other, place) => (place === index ? (next ?? '') : other)))}
            />
          </div>
          {!readOnly && (
            <IconButton
              label={`Remove ${label}, ${index + 1}`}
              icon={<Trash2 size={14} aria-hidden="true" />}
              onClick={() => set(items.filter((_, place) => place !== index))}
            />
          )}
        </div>
      ))}
      {fault !== undefined && <p className="text-label font-medium text-no">{fault}</p>}
      {!readOnly && (
        <Button
          size="small"
          className="self-start"
          aria-label={`Add to ${label}`}
          onClick={() => set([...items, blankItem(itemSchema)])}
        >
          <Plus size={13} aria-hidden="true" /> Add
        </Button>
      )}
    </fieldset>
  );
};

/** An object inside: its settings, without those that are lines of the graph. */
export const SettingsGroup = ({
  pointer,
  schema,
  value,
  names,
  onChange,
}: {
  readonly pointer: string;
  readonly schema: JsonObject;
  readonly value: JsonObject;
  readonly names?: readonly string[];
  readonly onChange: (value: JsonObject) => void;
}): ReactNode => {
  const properties = propertiesOf(schema);
  return (names ?? Object.keys(properties).filter((name) => !NOT_SETTINGS.has(name))).map((name) => (
    <AnyField
      key={name}
      label={labelOf(name)}
      pointer={pointerTo(pointer, name)}
      schema={properties[name] ?? {}}
      value={value[name]}
      required={requiredOf(schema).includes(name)}
      takesSecrets={name === 'arguments'}
      onChange={(next) => onChange(withSetting(value, name, next))}
    />
  ));
};

const GroupField = ({ label, pointer, schema, value, onChange }: FieldProps): ReactNode => {
  const members = isObject(value) ? value : {};
  const isItem = /, \d+$/.test(label);
  const body = (
    <div className="flex flex-col gap-3">
      <SettingsGroup
        pointer={pointer}
        schema={schema}
        value={members}
        onChange={(next) => onChange(Object.keys(next).length === 0 && !isItem ? undefined : next)}
      />
    </div>
  );
  if (isItem)
    return (
      <div role="group" aria-label={label}>
        {body}
      </div>
    );
  return (
    <details open={value !== undefined} className="rounded-md border px-3 py-2 open:pb-3">
      <summary className="text-label font-medium text-fg-2">{label}</summary>
      <div className="mt-2.5">{body}</div>
    </details>
  );
};

export const AnyField = (props: FieldProps): ReactNode => {
  const { faults, readOnly } = useFormScope();
  const { label, pointer, schema, value, required = false, onChange } = props;
  if (schema['contentMediaType'] !== undefined || isExpressionOrNumber(schema)) return <CelField {...props} />;
  if (choicesOf(schema)) return <ChoiceField {...props} />;
  const number = numberIn(schema);
  if (number !== undefined) return <NumberField {...props} schema={{ ...schema, ...number }} />;
  switch (schema['type']) {
    case 'number':
    case 'integer':
      return <NumberField {...props} />;
    case 'boolean':
      return (
        <Check
          label={label}
          hint={isFull(label) ? undefined : hintOf(schema)}
          disabled={readOnly}
          checked={value === true}
          onChange={(event) => onChange(event.target.checked ? true : undefined)}
        />
      );
    case 'array':
      return <ListField {...props} />;
    case 'object':
      if (Object.keys(propertiesOf(schema)).length > 0) return <GroupField {...props} />;
      if (isObject(schema['additionalProperties']) && schema['additionalProperties']['contentMediaType'] !== undefined)
        return <EntriesField {...props} />;
      return <SchemaBuilder label={label} pointer={pointer} value={value} onChange={onChange} />;
    default: {
      const long = typeof schema['maxLength'] === 'number' && schema['maxLength'] > 1000;
      const Input = long ? TextArea : TextInput;
      return (
        <Field label={label} hint={hintOf(schema)} error={faults.get(pointer)} required={required}>
          {(wiring) => (
            <Input
              {...wiring}
              {...(long ? { rows: 2 } : {})}
              readOnly={readOnly}
              value={typeof value === 'string' ? value : ''}
              onChange={(event: { readonly target: { readonly value: string } }) =>
                onChange(event.target.value === '' && !required ? undefined : event.target.value)
              }
            />
          )}
        </Field>
      );
    }
  }
};
