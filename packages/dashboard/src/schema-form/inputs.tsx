/** One input a type, so that a number stays a number and a list stays a list. */
import { type Json, type JsonObject, isArray, isObject, parseStrict } from '@countersign/core';
import { Plus, Trash2 } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button, IconButton } from '../ui/button.tsx';
import { Check, SelectInput, TextArea, TextInput } from '../ui/field.tsx';
import { blankFor, choicesOf, itemsOf, requiredOf, rowsOf, widgetFor } from './schema.ts';
import type { Faults } from './validate.ts';

/** What every input shares: where it is, what is wrong anywhere, and how to say that a text can't be read as a value. */
export type FormScope = {
  readonly faults: Faults;
  readonly onUnreadable: (pointer: string, why: string | null) => void;
};

type InputProps = {
  readonly scope: FormScope;
  readonly pointer: string;
  readonly label: string;
  readonly schema: JsonObject;
  readonly value: Json | undefined;
  readonly onChange: (value: Json | undefined) => void;
};

const wiring = (scope: FormScope, pointer: string, label: string) => {
  const fault = scope.faults.get(pointer);
  return {
    'aria-label': label,
    ...(fault === undefined ? {} : { 'aria-invalid': true as const, 'aria-describedby': faultId(pointer) }),
  };
};

const faultId = (pointer: string): string => `fault${pointer.replaceAll(/[^\w-]/g, '_')}`;

export const FaultLine = ({ scope, pointer }: { readonly scope: FormScope; readonly pointer: string }): ReactNode => {
  const fault = scope.faults.get(pointer);
  return fault === undefined ? null : (
    <p id={faultId(pointer)} className="mt-0.5 font-sans text-label font-medium text-no">
      {fault}
    </p>
  );
};

/** A text that stands for a value. While it can't be read, the value stays what it was and the form says so. */
const Typed = ({
  scope,
  pointer,
  label,
  value,
  onChange,
  read,
  write,
  long = false,
}: InputProps & {
  readonly read: (text: string) => Json | Error;
  readonly write: (value: Json | undefined) => string;
  readonly long?: boolean;
}): ReactNode => {
  const [text, setText] = useState(() => write(value));
  const { onUnreadable } = scope;
  useEffect(() => () => onUnreadable(pointer, null), [onUnreadable, pointer]);
  const Input = long ? TextArea : TextInput;
  return (
    <Input
      {...wiring(scope, pointer, label)}
      inputMode={long ? 'text' : 'decimal'}
      className="font-mono"
      {...(long ? { rows: Math.min(14, Math.max(3, text.split('\n').length)) } : {})}
      value={text}
      onChange={(event: { readonly target: { readonly value: string } }) => {
        setText(event.target.value);
        const next = read(event.target.value);
        if (next instanceof Error) onUnreadable(pointer, next.message);
        else {
          onUnreadable(pointer, null);
          onChange(next);
        }
      }}
    />
  );
};

const readNumber = (text: string): Json | Error => {
  const number = Number(text);
  return text.trim() === '' || !Number.isFinite(number) ? new Error('must be a number') : number;
};

const readJson = (text: string): Json | Error => {
  const parsed = parseStrict(text);
  return parsed.ok ? parsed.value : new Error(`is not valid JSON: ${parsed.refusal.detail}`);
};

const Choice = ({ scope, pointer, label, schema, value, onChange }: InputProps): ReactNode => {
  const choices = choicesOf(schema) ?? [];
  const index = choices.findIndex((choice) => choice === value);
  return (
    <SelectInput
      {...wiring(scope, pointer, label)}
      className="font-mono"
      value={index}
      onChange={(event) => onChange(choices[Number(event.target.value)] ?? null)}
    >
      {index === -1 && <option value={-1}>{value === undefined ? 'not given' : JSON.stringify(value)}</option>}
      {choices.map((choice, place) => (
        <option key={place} value={place}>
          {typeof choice === 'string' ? choice : JSON.stringify(choice)}
        </option>
      ))}
    </SelectInput>
  );
};

const List = ({ scope, pointer, label, schema, value, onChange }: InputProps): ReactNode => {
  const items = value !== undefined && isArray(value) ? value : [];
  const itemSchema = itemsOf(schema);
  // A removed row must not leave its text in the next one, so rows are known by their own number and not by their place.
  const numbers = useRef<number[]>([]);
  while (numbers.current.length < items.length)
    numbers.current.push((numbers.current.at(-1) ?? 0) + 1 + numbers.current.length);
  return (
    <div className="flex flex-col gap-1.5">
      {items.map((item, index) => (
        <div key={numbers.current[index]} className="flex items-start gap-1.5">
          <div className="min-w-0 flex-1">
            <SchemaInput
              scope={scope}
              pointer={`${pointer}/${index}`}
              label={`${label}, item ${index + 1}`}
              schema={itemSchema}
              value={item}
              onChange={(next) => onChange(items.map((other, place) => (place === index ? (next ?? null) : other)))}
            />
            <FaultLine scope={scope} pointer={`${pointer}/${index}`} />
          </div>
          <IconButton
            label={`Remove item ${index + 1} of ${label}`}
            icon={<Trash2 size={14} aria-hidden="true" />}
            onClick={() => {
              numbers.current.splice(index, 1);
              onChange(items.filter((_, place) => place !== index));
            }}
          />
        </div>
      ))}
      <Button
        size="small"
        look="outline"
        className="self-start"
        aria-label={`Add an item to ${label}`}
        onClick={() => onChange([...items, blankFor(itemSchema)])}
      >
        <Plus size={13} aria-hidden="true" /> Add
      </Button>
    </div>
  );
};

const Group = ({ scope, pointer, label, schema, value, onChange }: InputProps): ReactNode => {
  const members = isObject(value) ? value : {};
  return (
    <div role="group" aria-label={label} className="flex flex-col gap-1.5 border-l-2 pl-3">
      {rowsOf(schema, members).map((row) => {
        const inner = `${pointer}/${row.name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        return (
          <div key={row.name} className="grid gap-x-3 phone:grid-cols-[8rem_1fr]">
            <span aria-hidden="true" className="font-sans text-label leading-8 text-fg-2">
              {row.name}
            </span>
            <div>
              <OptionalInput
                scope={scope}
                pointer={inner}
                label={`${label}, ${row.name}`}
                schema={row.schema ?? {}}
                value={row.value}
                required={requiredOf(schema).includes(row.name)}
                onChange={(next) => onChange(withMember(members, row.name, next))}
              />
            </div>
          </div>
        );
      })}
    </div>
  );
};

/** The object with one member set, or, where the value is undefined, without it. */
export const withMember = (object: JsonObject, name: string, value: Json | undefined): JsonObject =>
  value === undefined
    ? Object.fromEntries(Object.entries(object).filter(([other]) => other !== name))
    : { ...object, [name]: value };

/** An input for a property that may also be absent. */
export const OptionalInput = ({ required, ...props }: InputProps & { readonly required: boolean }): ReactNode => {
  if (props.value === undefined)
    return (
      <span className="flex min-h-8 items-center gap-2">
        <span className="font-sans text-label text-fg-3">not given</span>
        <Button
          size="small"
          look="ghost"
          aria-label={`Add ${props.label}`}
          onClick={() => props.onChange(blankFor(props.schema))}
        >
          <Plus size={13} aria-hidden="true" /> Add
        </Button>
        <FaultLine scope={props.scope} pointer={props.pointer} />
      </span>
    );
  return (
    <div className="flex items-start gap-1.5">
      <div className="min-w-0 flex-1">
        <SchemaInput {...props} />
        <FaultLine scope={props.scope} pointer={props.pointer} />
      </div>
      {!required && (
        <IconButton
          label={`Leave out ${props.label}`}
          icon={<Trash2 size={14} aria-hidden="true" />}
          onClick={() => props.onChange(undefined)}
        />
      )}
    </div>
  );
};

export const SchemaInput = (props: InputProps): ReactNode => {
  const { scope, pointer, label, schema, value, onChange } = props;
  // Kept from the first showing: an input must not turn into another one under the hand.
  const [widget] = useState(() => widgetFor(schema, value));
  switch (widget) {
    case 'text':
      return (
        <TextInput
          {...wiring(scope, pointer, label)}
          className="font-mono"
          value={typeof value === 'string' ? value : ''}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    case 'long':
      return (
        <TextArea
          {...wiring(scope, pointer, label)}
          className="font-mono"
          value={typeof value === 'string' ? value : ''}
          rows={Math.min(16, Math.max(3, (typeof value === 'string' ? value : '').split('\n').length + 1))}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    case 'number':
    case 'integer':
      return (
        <Typed {...props} read={readNumber} write={(number) => (typeof number === 'number' ? String(number) : '')} />
      );
    case 'boolean':
      return (
        <Check
          label={<span className="font-mono">{value === true ? 'true' : 'false'}</span>}
          {...wiring(scope, pointer, label)}
          checked={value === true}
          onChange={(event) => onChange(event.target.checked)}
          className="py-1.5"
        />
      );
    case 'choice':
      return <Choice {...props} />;
    case 'list':
      return <List {...props} />;
    case 'object':
      return <Group {...props} />;
    case 'json':
      return <Typed {...props} long read={readJson} write={(json) => JSON.stringify(json ?? null, null, 2)} />;
  }
};
