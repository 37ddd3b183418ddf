/** Arguments as rows, in the schema's order: everything that was given, as plain text, and what differs from before. */
import { type Json, type JsonDifference, type JsonObject, canonicalize, isArray, isObject } from '@countersign/core';
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { type Row, propertiesOf, itemsOf, rowsOf, typeWord } from '../schema-form/schema.ts';
import type { Flag } from '../review/flag-kinds.ts';
import { FlagNote, type Points } from '../review/flag-note.tsx';
import { asText, longStringsIn } from '../review/seen.ts';
import { PlainText, ValueText } from './value-text.tsx';

/** Where values were changed, by JSON Pointer. */
export type Changes = ReadonlyMap<string, JsonDifference>;

export const changesByPointer = (differences: readonly JsonDifference[]): Changes =>
  new Map(differences.map((difference) => [difference.pointer, difference]));

const escape = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

const scalarWord = (value: Json): ReactNode => {
  if (typeof value === 'string') return <ValueText text={value} />;
  if (value === null) return <span className="text-fg-3">null</span>;
  return canonicalize(value);
};

/** A text of its own, and the texts in it where it is laid out as JSON. */
const covered = (value: Json): readonly string[] => [asText(value), ...longStringsIn(value)];

/** Before and after, told apart by strike and underline besides colour. */
export const Change = ({ change }: { readonly change: JsonDifference }): ReactNode => (
  <span className="flex flex-wrap items-baseline gap-x-2 gap-y-1">
    {change.before !== undefined && (
      <del className="rounded-sm bg-no-tint px-0.5 whitespace-pre-wrap text-no line-through [overflow-wrap:anywhere]">
        <ValueText text={asText(change.before)} covers={covered(change.before)} />
      </del>
    )}
    <span aria-hidden="true" className="text-fg-3">
      →
    </span>
    {change.after === undefined ? (
      <span className="font-sans text-fg-3">removed</span>
    ) : (
      <ins className="rounded-sm bg-ok-tint px-0.5 whitespace-pre-wrap text-ok underline underline-offset-3 [overflow-wrap:anywhere]">
        <ValueText text={asText(change.after)} covers={covered(change.after)} />
      </ins>
    )}
  </span>
);

type ValueProps = {
  readonly value: Json | undefined;
  readonly schema: JsonObject | null;
  readonly pointer: string;
  readonly changes: Changes;
};

const Items = ({ value, schema, pointer, changes }: ValueProps & { readonly value: readonly Json[] }): ReactNode => {
  const itemSchema = schema === null ? null : itemsOf(schema);
  if (value.length === 0) return <span className="font-sans text-fg-3">empty list</span>;
  const nested = value.some((item) => typeof item === 'object' && item !== null);
  return (
    <ol className={clsx('flex flex-col', nested ? 'gap-2' : 'gap-0.5')}>
      {value.map((item, index) => (
        <li key={index} className="flex gap-2.5">
          <span aria-hidden="true" className="w-4 shrink-0 text-right text-meta leading-5 text-fg-3">
            {index + 1}
          </span>
          <div className="min-w-0 flex-1">
            <Value value={item} schema={itemSchema} pointer={`${pointer}/${index}`} changes={changes} />
          </div>
        </li>
      ))}
    </ol>
  );
};

const Members = ({ value, schema, pointer, changes }: ValueProps & { readonly value: JsonObject }): ReactNode => {
  const rows = rowsOf(schema, value).filter(
    (row) => row.value !== undefined || changes.has(`${pointer}/${escape(row.name)}`),
  );
  if (rows.length === 0) return <span className="font-sans text-fg-3">empty object</span>;
  return (
    <dl className="flex flex-col gap-1 border-l-2 pl-3">
      {rows.map((row) => (
        <div key={row.name} className="flex flex-wrap gap-x-3">
          <dt className="min-w-28 font-sans text-label leading-5 text-fg-2">
            <PlainText text={row.name} />
          </dt>
          <dd className="min-w-0 flex-1 basis-32">
            <Value value={row.value} schema={row.schema} pointer={`${pointer}/${escape(row.name)}`} changes={changes} />
          </dd>
        </div>
      ))}
    </dl>
  );
};

const Value = ({ value, schema, pointer, changes }: ValueProps): ReactNode => {
  const change = changes.get(pointer);
  if (change !== undefined) return <Change change={change} />;
  if (value === undefined) return <span className="font-sans text-fg-3">not given</span>;
  if (isArray(value)) return <Items value={value} schema={schema} pointer={pointer} changes={changes} />;
  if (isObject(value)) return <Members value={value} schema={schema} pointer={pointer} changes={changes} />;
  return scalarWord(value);
};

const label = (row: Row): string => {
  const title = row.schema?.['title'];
  return typeof title === 'string' ? title : row.name;
};

const isTouched = (pointer: string, changes: Changes): boolean =>
  [...changes.keys()].some((key) => key === pointer || key.startsWith(`${pointer}/`));

type TableProps = {
  readonly value: JsonObject;
  readonly schema: JsonObject | null;
  readonly changes?: Changes;
  readonly flags?: readonly Flag[];
  readonly points?: Points;
  readonly compared?: boolean;
};

const NONE: Changes = new Map();

const NO_FLAGS: readonly Flag[] = [];

/** Flags at a row or below it, with their place in the whole list. */
const flagsAt = (pointer: string, flags: readonly Flag[]) =>
  flags
    .map((flag, index) => ({ flag, index }))
    .filter(({ flag }) => flag.pointer === pointer || flag.pointer.startsWith(`${pointer}/`));

export const ArgumentsTable = ({
  value,
  schema,
  changes = NONE,
  flags = NO_FLAGS,
  points = null,
  compared = false,
}: TableProps): ReactNode => {
  const rows = rowsOf(schema, value);
  const hasSchema = Object.keys(propertiesOf(schema)).length > 0;
  const removed = [...changes.values()].filter(
    (change) => /^\/[^/]*$/.test(change.pointer) && change.after === undefined,
  );
  const given = rows.filter((row) => row.value !== undefined || changes.has(`/${escape(row.name)}`));
  const gone = removed.filter((change) => !rows.some((row) => `/${escape(row.name)}` === change.pointer));
  const missing = rows.filter((row) => row.value === undefined && !changes.has(`/${escape(row.name)}`));
  if (given.length + gone.length === 0)
    return <p className="card px-3.5 py-2.5 text-fg-2">This call has no arguments.</p>;
  return (
    <div className="flex flex-col gap-1.5">
      <dl className="card divide-y overflow-hidden">
        {given.map((row) => {
          const pointer = `/${escape(row.name)}`;
          const here = flagsAt(pointer, flags);
          // Compared with another call, much differs that means nothing: only what is unusual is set off.
          const touched = compared ? here.length > 0 : isTouched(pointer, changes) || here.length > 0;
          return (
            <div
              key={row.name}
              className={clsx(
                'flex flex-wrap gap-x-4 gap-y-0.5 px-3.5 py-2',
                touched && 'bg-wait-tint/55 shadow-[inset_3px_0_0_var(--wait-solid)]',
              )}
            >
              <dt className="w-full text-fg-2 phone:w-36 phone:shrink-0">
                <PlainText text={label(row)} />
                {hasSchema && row.schema === null && (
                  <span className="block text-meta font-semibold text-no">not in the schema</span>
                )}
              </dt>
              <dd className="min-w-0 flex-1 basis-48 font-mono text-[13.5px] leading-5">
                <Value value={row.value} schema={row.schema} pointer={pointer} changes={changes} />
                {here.map(({ flag, index }) => (
                  <FlagNote key={index} flag={flag} index={index} points={points} />
                ))}
              </dd>
              <dd className={clsx('text-meta leading-5', touched ? 'text-fg-2' : 'text-fg-3')}>
                {typeWord(row.schema, row.value)}
              </dd>
            </div>
          );
        })}
        {gone.map((change) => (
          <div
            key={change.pointer}
            className="flex flex-wrap gap-x-4 bg-wait-tint/55 px-3.5 py-2 shadow-[inset_3px_0_0_var(--wait-solid)]"
          >
            <dt className="w-full text-fg-2 phone:w-36">{change.pointer.slice(1)}</dt>
            <dd className="min-w-0 flex-1 font-mono text-[13.5px]">
              <Change change={change} />
            </dd>
          </div>
        ))}
      </dl>
      {missing.length > 0 && (
        <p className="text-label text-fg-3">
          Not given:{' '}
          {missing.map((row, index) => (
            <span key={row.name}>
              {index > 0 && ', '}
              <span className="font-mono">{row.name}</span>
            </span>
          ))}
        </p>
      )}
    </div>
  );
};
