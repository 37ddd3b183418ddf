import { type Json, type JsonObject, isObject } from '@countersign/core';
import { type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { PlainText } from '../approvals/value-text.tsx';
import { FaultLine, type FormScope, OptionalInput, SchemaInput, withMember } from './inputs.tsx';
import { requiredOf, rowsOf, typeWord } from './schema.ts';
import { faultsOf } from './validate.ts';

export type SchemaFormProps = {
  readonly schema: JsonObject | null;
  readonly value: Json;
  readonly onChange: (value: Json) => void;
  readonly onFaultCount: (count: number) => void;
};

/** What inputs of one value share: what is wrong anywhere in it, told on as one types. */
export const useFormScope = (
  schema: JsonObject | null,
  value: Json,
  onFaultCount: SchemaFormProps['onFaultCount'],
): FormScope => {
  const [unreadable, setUnreadable] = useState<ReadonlyMap<string, string>>(new Map());
  const faults = useMemo(() => new Map([...faultsOf(schema, value), ...unreadable]), [schema, value, unreadable]);

  const onUnreadable = useCallback((pointer: string, why: string | null) => {
    setUnreadable((before) => {
      if (why === null && !before.has(pointer)) return before;
      const next = new Map(before);
      if (why === null) next.delete(pointer);
      else next.set(pointer, why);
      return next;
    });
  }, []);
  const faultCount = faults.size;
  useEffect(() => onFaultCount(faultCount), [onFaultCount, faultCount]);
  return useMemo(() => ({ faults, onUnreadable }), [faults, onUnreadable]);
};

/** The rows of the arguments as typed inputs, checked as one types. */
export const SchemaForm = ({ schema, value, onChange, onFaultCount }: SchemaFormProps): ReactNode => {
  const scope = useFormScope(schema, value, onFaultCount);

  if (!isObject(value))
    return (
      <div className="card p-3">
        <SchemaInput
          scope={scope}
          pointer=""
          label="Output"
          schema={schema ?? { type: typeof value === 'string' ? 'string' : 'x-any', maxLength: 1e6 }}
          value={value}
          onChange={(next) => onChange(next ?? null)}
        />
        <FaultLine scope={scope} pointer="" />
      </div>
    );
  return (
    <div className="card divide-y">
      {rowsOf(schema, value).map((row) => (
        <div key={row.name} className="grid gap-x-4 gap-y-0.5 px-3.5 py-2 phone:grid-cols-[9rem_1fr]">
          <span className="pt-1.5 text-fg-2">
            <PlainText text={row.name} />
            <span className="block text-meta text-fg-3">{typeWord(row.schema, row.value)}</span>
          </span>
          <OptionalInput
            scope={scope}
            pointer={`/${row.name.replaceAll('~', '~0').replaceAll('/', '~1')}`}
            label={row.name}
            schema={row.schema ?? guessSchema(row.value)}
            value={row.value}
            required={requiredOf(schema).includes(row.name)}
            onChange={(next) => onChange(withMember(value, row.name, next))}
          />
        </div>
      ))}
      {scope.faults.has('') && (
        <div className="px-3.5 py-2">
          <FaultLine scope={scope} pointer="" />
        </div>
      )}
    </div>
  );
};

/** Without a schema a value keeps the type that it came with. */
const guessSchema = (value: Json | undefined): JsonObject => {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return { type: typeof value };
  return {};
};
