/** What is started, and with which input: by the form of a workflow's input schema, as text for an agent, or as JSON. */
import type { Json } from '@countersign/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { agentsQuery } from '../agents/queries.ts';
import { SchemaForm } from '../schema-form/schema-form.tsx';
import { blankFor } from '../schema-form/schema.ts';
import { Button } from '../ui/button.tsx';
import { Field, SelectInput, TextArea } from '../ui/field.tsx';
import { inputSchemaQuery, startableWorkflowsQuery } from './queries.ts';

/** The id of an agent or a workflow; empty: none chosen yet. */
export const bodyOfTarget = (id: string) => (id.startsWith('agt_') ? { agent_id: id } : { workflow_id: id });

type TargetFieldProps = { readonly value: string; readonly onChange: (id: string) => void };

export const TargetField = ({ value, onChange }: TargetFieldProps): ReactNode => {
  const workflows = useQuery(startableWorkflowsQuery).data ?? [];
  const agents = (useQuery(agentsQuery).data ?? []).filter((agent) => agent.current_version !== null);
  return (
    <Field label="Starts" required>
      {(wiring) => (
        <SelectInput {...wiring} value={value} onChange={(event) => onChange(event.target.value)}>
          <option value="">choose a workflow or an agent</option>
          {workflows.length > 0 && (
            <optgroup label="Workflows">
              {workflows.map((workflow) => (
                <option key={workflow.id} value={workflow.id}>
                  {workflow.name}
                </option>
              ))}
            </optgroup>
          )}
          {agents.length > 0 && (
            <optgroup label="Agents">
              {agents.map((agent) => (
                <option key={agent.id} value={agent.id}>
                  {agent.name}
                </option>
              ))}
            </optgroup>
          )}
        </SelectInput>
      )}
    </Field>
  );
};

const parse = (text: string): { readonly value: Json } | null => {
  try {
    return { value: JSON.parse(text) as Json };
  } catch {
    return null;
  }
};

type JsonFieldProps = { readonly value: Json; readonly onChange: (value: Json, isFaulty: boolean) => void };

const JsonField = ({ value, onChange }: JsonFieldProps): ReactNode => {
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  return (
    <Field label="Input as JSON" error={parse(text) ? undefined : 'This is no JSON yet.'}>
      {(wiring) => (
        <TextArea
          {...wiring}
          rows={6}
          className="font-mono text-[13px]"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            const parsed = parse(event.target.value);
            onChange(parsed ? parsed.value : value, parsed === null);
          }}
        />
      )}
    </Field>
  );
};

type InputFieldProps = {
  readonly target: string;
  readonly value: Json;
  readonly hint?: ReactNode;
  readonly onChange: (value: Json, isFaulty: boolean) => void;
};

export const InputField = ({ target, value, hint, onChange }: InputFieldProps): ReactNode => {
  const isAgent = target.startsWith('agt_');
  const schema = useQuery(inputSchemaQuery(isAgent ? '' : target)).data;
  // What is needed stands there from the start, to be filled in.
  const isBlank = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  useEffect(() => {
    const blank = schema && isBlank ? blankFor({ type: 'object', ...schema }) : {};
    if (typeof blank === 'object' && blank !== null && Object.keys(blank).length > 0) onChange(blank, false);
    // Only as the schema comes: emptied by hand, it stays empty.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [schema]);
  const [isJson, setJson] = useState(typeof value !== 'string' && value !== null && isAgent);
  if (target === '' || (!isAgent && schema === undefined)) return null;
  const switcher = (
    <Button size="small" look="ghost" onClick={() => setJson(!isJson)}>
      {isJson ? 'As a form' : 'As JSON'}
    </Button>
  );
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-center justify-between">
        <span className="text-label font-medium text-fg-2">Input</span>
        {switcher}
      </div>
      {isJson ? (
        <JsonField value={value} onChange={onChange} />
      ) : isAgent ? (
        <TextArea
          aria-label="Input"
          rows={3}
          value={typeof value === 'string' ? value : ''}
          onChange={(event) => onChange(event.target.value, false)}
        />
      ) : (
        <SchemaForm
          schema={schema ?? null}
          value={typeof value === 'object' && value !== null ? value : {}}
          onChange={(next) => onChange(next, false)}
          onFaultCount={() => undefined}
        />
      )}
      {hint !== undefined && <p className="text-label text-fg-3">{hint}</p>}
    </div>
  );
};
