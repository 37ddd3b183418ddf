/** A plan made stricter, or wider, by its reviewer: the limits that are there; lines and bounds can be taken out. */
import { type Json, type JsonObject, isArray, isObject } from '@countersign/core';
import { Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { FaultLine, type FormScope, SchemaInput, withMember } from '../schema-form/inputs.tsx';
import { type SchemaFormProps, useFormScope } from '../schema-form/schema-form.tsx';
import { itemsOf, propertiesOf } from '../schema-form/schema.ts';
import { IconButton } from '../ui/button.tsx';
import { PlainText } from './value-text.tsx';

const WORDS: Readonly<Record<string, string>> = {
  equals: 'exactly',
  one_of: 'one of',
  at_least: 'at least',
  at_most: 'at most',
  like: 'like',
};

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const objectsIn = (value: Json | undefined): readonly JsonObject[] =>
  value !== undefined && isArray(value) ? value.filter((one) => isObject(one)) : [];
const replaced = (list: readonly JsonObject[], at: number, one: JsonObject): readonly JsonObject[] =>
  list.map((other, index) => (index === at ? one : other));
const without = (list: readonly JsonObject[], at: number): readonly JsonObject[] =>
  list.filter((_, index) => index !== at);

type PartProps = {
  readonly scope: FormScope;
  readonly schema: JsonObject;
  readonly pointer: string;
  readonly label: string;
  readonly value: JsonObject;
  readonly onChange: (value: JsonObject) => void;
};

const Bound = ({ scope, schema, pointer, label, value, onChange }: PartProps): ReactNode => (
  <div className="flex min-w-0 flex-1 flex-wrap items-start gap-x-3 gap-y-1">
    {value['anything'] === true && <span className="leading-8 font-medium text-wait">anything</span>}
    {Object.keys(WORDS)
      .filter((kind) => value[kind] !== undefined)
      .map((kind) => (
        <div key={kind} className="flex min-w-0 flex-1 basis-36 items-start gap-2">
          <span className="text-label leading-8 whitespace-nowrap text-fg-2">{WORDS[kind]}</span>
          <div className="min-w-0 flex-1">
            <SchemaInput
              scope={scope}
              pointer={`${pointer}/${kind}`}
              label={`${label}, ${WORDS[kind]}`}
              schema={propertiesOf(schema)[kind] ?? {}}
              value={value[kind]}
              onChange={(next) => onChange(withMember(value, kind, next))}
            />
            <FaultLine scope={scope} pointer={`${pointer}/${kind}`} />
          </div>
        </div>
      ))}
  </div>
);

const Line = ({ scope, schema, pointer, label, value, onChange }: PartProps): ReactNode => {
  const bounds = objectsIn(value['bounds']);
  const boundSchema = itemsOf(propertiesOf(schema)['bounds'] ?? {});
  return (
    <div className="flex min-w-0 flex-1 flex-col gap-1.5">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-1">
        <span className="min-w-0 flex-1 basis-40 font-mono text-[13.5px] leading-8 font-medium [overflow-wrap:anywhere]">
          <PlainText text={textOf(value['tool'])} />
        </span>
        <span className="text-label leading-8 text-fg-2">calls at most</span>
        <div className="w-24">
          <SchemaInput
            scope={scope}
            pointer={`${pointer}/uses_max`}
            label={`${label}, calls at most`}
            schema={propertiesOf(schema)['uses_max'] ?? {}}
            value={value['uses_max']}
            onChange={(next) => onChange(withMember(value, 'uses_max', next))}
          />
          <FaultLine scope={scope} pointer={`${pointer}/uses_max`} />
        </div>
      </div>
      {bounds.map((bound, index) => {
        const argument = textOf(bound['argument']);
        return (
          <div key={argument} className="grid gap-x-3 phone:grid-cols-[8rem_1fr_2rem]">
            <span className="leading-8 text-fg-2">
              <PlainText text={argument} />
            </span>
            <Bound
              scope={scope}
              schema={boundSchema}
              pointer={`${pointer}/bounds/${index}`}
              label={`${label}, ${argument}`}
              value={bound}
              onChange={(next) => onChange({ ...value, bounds: replaced(bounds, index, next) })}
            />
            <IconButton
              label={`Take ${argument} out of ${label.toLowerCase()}`}
              icon={<Trash2 size={14} aria-hidden="true" />}
              onClick={() => onChange({ ...value, bounds: without(bounds, index) })}
            />
          </div>
        );
      })}
    </div>
  );
};

export const PlanEditor = ({ schema, value, onChange, onFaultCount }: SchemaFormProps): ReactNode => {
  const scope = useFormScope(schema, value, onFaultCount);
  const plan: JsonObject = isObject(value) ? value : {};
  const lines = objectsIn(plan['lines']);
  const lineSchema = itemsOf(propertiesOf(schema)['lines'] ?? {});
  return (
    <div className="flex flex-col gap-1.5">
      <ol className="card divide-y" aria-label="Lines of the plan">
        {lines.map((line, index) => (
          <li key={`${index} of ${lines.length}`} className="flex items-start gap-2 px-3.5 py-2.5">
            <span className="w-4 text-right text-label leading-8 text-fg-3">{index + 1}</span>
            <Line
              scope={scope}
              schema={lineSchema}
              pointer={`/lines/${index}`}
              label={`Line ${index + 1}`}
              value={line}
              onChange={(next) => onChange({ ...plan, lines: replaced(lines, index, next) })}
            />
            <IconButton
              label={`Take line ${index + 1} out`}
              icon={<Trash2 size={14} aria-hidden="true" />}
              onClick={() => onChange({ ...plan, lines: without(lines, index) })}
            />
          </li>
        ))}
      </ol>
      <FaultLine scope={scope} pointer="/lines" />
      <p className="text-label text-fg-2">An argument that is taken out may not be given in a call of the line.</p>
    </div>
  );
};
