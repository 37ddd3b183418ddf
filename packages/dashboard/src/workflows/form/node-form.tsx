/** The settings of one node, from its schema; what the workspace has is offered by name. */
import { type Json, type JsonObject, isObject } from '@countersign/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { agentsQuery } from '../../agents/queries.ts';
import { propertiesOf, requiredOf } from '../../schema-form/schema.ts';
import { useCan } from '../../session.ts';
import { toolsQuery } from '../../settings/queries.ts';
import { Field, SelectInput } from '../../ui/field.tsx';
import type { DraftNode } from '../graph/draft.ts';
import { workflowsQuery } from '../queries.ts';
import { AnyField, CEL_JSON, SettingsGroup, withSetting } from './fields.tsx';
import schemas from './node-schemas.json' with { type: 'json' };
import { pointerTo, useFormScope } from './scope.ts';
import { NOT_SETTINGS, isSeldom, labelOf } from './words.ts';

const SCHEMAS = schemas.nodes as unknown as Readonly<Record<string, JsonObject>>;
const WHOLE_SCHEMA = schemas.whole as unknown as JsonObject;

type Choice = { readonly value: string; readonly label: string };

const PickField = ({
  label,
  pointer,
  value,
  choices,
  onChange,
}: {
  readonly label: string;
  readonly pointer: string;
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly onChange: (value: string) => void;
}): ReactNode => {
  const { faults, readOnly } = useFormScope();
  const isKnown = choices.some((choice) => choice.value === value);
  return (
    <Field label={label} required error={faults.get(pointer)}>
      {(wiring) => (
        <SelectInput {...wiring} disabled={readOnly} value={value} onChange={(event) => onChange(event.target.value)}>
          {value === '' && <option value="">Choose…</option>}
          {value !== '' && !isKnown && <option value={value}>{value} (not here)</option>}
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </SelectInput>
      )}
    </Field>
  );
};

/** What a tool takes, before it was given: every argument that it needs. */
const withNeeded = (schema: Json | undefined, given: JsonObject): JsonObject => {
  const parameters = isObject(schema) ? schema : null;
  const missing = requiredOf(parameters).filter((name) => !(name in given));
  return { ...given, ...Object.fromEntries(missing.map((name) => [name, ''])) };
};

type NodeFormProps = { readonly node: DraftNode; readonly onChange: (node: DraftNode) => void };

/** Names of what the node runs, chosen from what there is. */
const Picks = ({ node, onChange }: NodeFormProps): ReactNode => {
  const tools = useQuery({ ...toolsQuery, enabled: useCan('tools:read') && node.type === 'tool' }).data ?? [];
  const agents = useQuery({ ...agentsQuery, enabled: useCan('agents:read') && node.type === 'agent' }).data ?? [];
  const workflows = useQuery({ ...workflowsQuery, enabled: node.type === 'workflow' }).data ?? [];
  const text = (name: string): string => (typeof node[name] === 'string' ? node[name] : '');
  if (node.type === 'tool')
    return (
      <PickField
        label="Tool"
        pointer="/tool"
        value={text('tool')}
        choices={tools.map(({ name, description }) => ({
          value: name,
          label: description === '' ? name : `${name}: ${description.slice(0, 60)}`,
        }))}
        onChange={(tool) =>
          onChange({
            ...node,
            tool,
            arguments: withNeeded(
              tools.find(({ name }) => name === tool)?.parameters,
              isObject(node['arguments']) ? node['arguments'] : {},
            ),
          })
        }
      />
    );
  if (node.type === 'agent')
    return (
      <PickField
        label="Agent"
        pointer="/agent_id"
        value={text('agent_id')}
        choices={agents.flatMap(({ id, name }) => [
          { value: name, label: name },
          ...(text('agent_id') === id ? [{ value: id, label: `${name} (by its id)` }] : []),
        ])}
        onChange={(agent) => onChange({ ...node, agent_id: agent })}
      />
    );
  if (node.type === 'workflow')
    return (
      <PickField
        label="Workflow"
        pointer="/workflow_id"
        value={text('workflow_id')}
        choices={workflows.flatMap(({ id, name }) => [
          { value: name, label: name },
          ...(text('workflow_id') === id ? [{ value: id, label: `${name} (by its id)` }] : []),
        ])}
        onChange={(workflow) => onChange({ ...node, workflow_id: workflow })}
      />
    );
  return null;
};

const PICKED: ReadonlySet<string> = new Set(['tool', 'agent_id', 'workflow_id']);

export const NodeForm = ({ node, onChange }: NodeFormProps): ReactNode => {
  const { faults } = useFormScope();
  const schema = SCHEMAS[node.type] ?? {};
  const properties = propertiesOf(schema);
  const names = Object.keys(properties).filter((name) => !NOT_SETTINGS.has(name) && !PICKED.has(name));
  const usual = names.filter((name) => !isSeldom(node.type, name));
  const seldom = names.filter((name) => isSeldom(node.type, name));
  const isSet = (name: string): boolean =>
    node[name] !== undefined || [...faults.keys()].some((at) => at.startsWith(pointerTo('', name)));
  const set = (next: JsonObject): void => onChange(next as DraftNode);
  return (
    <div className="flex flex-col gap-3.5">
      <Picks node={node} onChange={onChange} />
      <SettingsGroup pointer="" schema={schema} value={node} names={usual} onChange={set} />
      {seldom.length > 0 && (
        <details className="border-t pt-2.5" open={seldom.some(isSet)}>
          <summary className="text-label font-medium text-fg-2">More settings</summary>
          <div className="mt-3 flex flex-col gap-3.5">
            <SettingsGroup pointer="" schema={schema} value={node} names={seldom} onChange={set} />
          </div>
        </details>
      )}
    </div>
  );
};

/** Of the workflow itself. */
export const WholeForm = ({
  value,
  onChange,
}: {
  readonly value: JsonObject;
  readonly onChange: (value: JsonObject) => void;
}): ReactNode => {
  const properties = propertiesOf(WHOLE_SCHEMA);
  return (
    <div className="flex flex-col gap-4">
      {['input_schema', 'variables', 'on_failure', 'retry_from'].map((name) => (
        <AnyField
          key={name}
          label={labelOf(name)}
          pointer={`/${name}`}
          schema={
            name === 'variables'
              ? { type: 'object', additionalProperties: { contentMediaType: CEL_JSON } }
              : (properties[name] ?? {})
          }
          value={value[name]}
          onChange={(next) => onChange(withSetting(value, name, next))}
        />
      ))}
    </div>
  );
};
