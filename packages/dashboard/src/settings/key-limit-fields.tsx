import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { agentsQuery } from '../agents/queries.ts';
import { Check, Field, TextArea, TextInput } from '../ui/field.tsx';
import { toolsQuery } from './queries.ts';

type Picked = { readonly ticked: ReadonlySet<string>; readonly typed: string };
type KeyLimits = { readonly agents: Picked; readonly tools: Picked; readonly networks: string };

const NOTHING: Picked = { ticked: new Set(), typed: '' };
export const NO_LIMITS: KeyLimits = { agents: NOTHING, tools: NOTHING, networks: '' };

type PickerProps = {
  readonly legend: string;
  readonly typedLabel: string;
  readonly hint: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly picked: Picked;
  readonly onChange: (picked: Picked) => void;
};

const Picker = ({ legend, typedLabel, hint, options, picked, onChange }: PickerProps): ReactNode => (
  <fieldset className="flex min-w-0 flex-col gap-1.5">
    <legend className="mb-1 text-label font-medium text-fg-2">{legend}</legend>
    {options.length > 0 && (
      <div className="flex max-h-36 flex-col gap-1 overflow-y-auto rounded-md border px-2.5 py-2">
        {options.map(({ value, label }) => (
          <Check
            key={value}
            label={<span className="[overflow-wrap:anywhere]">{label}</span>}
            checked={picked.ticked.has(value)}
            onChange={(event) => {
              const ticked = new Set(picked.ticked);
              if (event.target.checked) ticked.add(value);
              else ticked.delete(value);
              onChange({ ...picked, ticked });
            }}
          />
        ))}
      </div>
    )}
    <Field label={typedLabel} hint={hint}>
      {(wiring) => (
        <TextInput
          {...wiring}
          className="font-mono"
          value={picked.typed}
          onChange={(event) => onChange({ ...picked, typed: event.target.value })}
        />
      )}
    </Field>
  </fieldset>
);

type KeyLimitFieldsProps = {
  readonly limits: KeyLimits;
  readonly networksError: string | undefined;
  readonly onChange: (limits: KeyLimits) => void;
};

/** From where a key may be used, and for which agents and tools. Nothing chosen: any. */
export const KeyLimitFields = ({ limits, networksError, onChange }: KeyLimitFieldsProps): ReactNode => {
  const agents = useQuery(agentsQuery).data ?? [];
  const tools = useQuery(toolsQuery).data ?? [];
  return (
    <>
      <Field
        label="Only from these networks"
        hint="Address ranges such as 10.0.0.0/8, or 203.0.113.9/32 for one address. Empty: from anywhere."
        error={networksError}
      >
        {(wiring) => (
          <TextArea
            {...wiring}
            rows={2}
            className="font-mono"
            value={limits.networks}
            onChange={(event) => onChange({ ...limits, networks: event.target.value })}
          />
        )}
      </Field>
      <div className="grid gap-4 phone:grid-cols-2">
        <Picker
          legend="Only these agents"
          typedLabel="Agents that run elsewhere"
          hint="By name, with commas between. None: any."
          options={agents.map(({ id, name }) => ({ value: id, label: name }))}
          picked={limits.agents}
          onChange={(picked) => onChange({ ...limits, agents: picked })}
        />
        <Picker
          legend="Only these tools"
          typedLabel="Other tools"
          hint="By name, with commas between. None: any."
          options={tools.map(({ name }) => ({ value: name, label: name }))}
          picked={limits.tools}
          onChange={(picked) => onChange({ ...limits, tools: picked })}
        />
      </div>
    </>
  );
};
