import type { WireAgentConfig, WireTool } from '@countersign/contract';
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { Check, Field, RadioCards, SelectInput, TextArea, TextInput } from '../ui/field.tsx';
import { Section } from '../ui/page.tsx';
import { type Access, MODE_CARDS, VERDICT_WORDS, accessOf, verdictFor, withAccess } from './modes.ts';

type FormProps = {
  readonly config: WireAgentConfig;
  readonly tools: readonly WireTool[];
  readonly onChange: (config: WireAgentConfig) => void;
  /** What the server found wrong, by JSON Pointer into the configuration. */
  readonly faults: ReadonlyMap<string, string>;
};

const PROVIDERS = [
  ['openai', 'OpenAI'],
  ['anthropic', 'Anthropic'],
  ['google', 'Google'],
  ['openai_compatible', 'Any OpenAI-compatible address'],
] as const;

/** The configuration without a member whose field was emptied. */
const set = <K extends keyof WireAgentConfig>(
  config: WireAgentConfig,
  name: K,
  value: WireAgentConfig[K] | undefined,
): WireAgentConfig => {
  const { [name]: _, ...rest } = config;
  return (value === undefined ? rest : { ...rest, [name]: value }) as WireAgentConfig;
};

const filled = (text: string): string | undefined => (text === '' ? undefined : text);
const numeric = (text: string): number | undefined =>
  text.trim() === '' || !Number.isFinite(Number(text)) ? undefined : Number(text);

const ACCESS: readonly (readonly [Access, string])[] = [
  ['none', 'not given'],
  ['alone', 'runs alone'],
  ['asks', 'asks'],
  ['blocked', 'blocked'],
];

const ToolAccess = ({ config, tools, onChange }: Omit<FormProps, 'faults'>): ReactNode => (
  <Section
    title="Tools"
    aside={config.hitl_mode === 'confirm_tools' ? undefined : `in ${config.hitl_mode} the lists have no effect`}
  >
    {tools.length === 0 && <p className="card px-3.5 py-2.5 text-fg-2">This workspace has no tools yet.</p>}
    <ul className="card divide-y empty:hidden">
      {tools.map((tool) => {
        const access = accessOf(config, tool.name);
        const verdict = access === 'none' ? null : verdictFor(config, tool);
        return (
          <li key={tool.id} className="flex flex-wrap items-center gap-x-3 gap-y-1.5 px-3.5 py-2">
            <span className="min-w-0 flex-1 basis-48">
              <span className="block font-mono text-[13px] [overflow-wrap:anywhere]">{tool.name}</span>
              <span className="block text-label text-fg-3">
                {tool.kind === 'agent' && 'asks an agent, '}
                {tool.annotations.read_only
                  ? 'only reads'
                  : tool.annotations.destructive
                    ? 'can destroy'
                    : 'changes something'}
                {tool.approval === 'always' && ', always asks'}
              </span>
            </span>
            <span className="w-36">
              <SelectInput
                aria-label={`Access to ${tool.name}`}
                value={access}
                onChange={(event) => onChange(withAccess(config, tool.name, event.target.value as Access))}
              >
                {ACCESS.map(([value, label]) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </SelectInput>
            </span>
            <span
              className={clsx(
                'w-full text-label phone:w-24',
                verdict?.outcome === 'hold' ? 'font-medium text-wait' : 'text-fg-2',
              )}
            >
              {verdict === null ? '' : `→ ${VERDICT_WORDS[verdict.outcome]}`}
            </span>
          </li>
        );
      })}
    </ul>
  </Section>
);

export const ConfigForm = ({ config, tools, onChange, faults }: FormProps): ReactNode => {
  const hitl = config.hitl_config;
  const fault = (pointer: string) => faults.get(pointer);
  return (
    <div className="flex flex-col gap-6">
      <RadioCards
        legend="When is a person asked?"
        name="hitl_mode"
        value={config.hitl_mode}
        columns
        options={MODE_CARDS.map((card) => ({ ...card, aside: card.value }))}
        onChange={(mode) => onChange({ ...config, hitl_mode: mode })}
      />
      <ToolAccess config={config} tools={tools} onChange={onChange} />
      <Section title="Gates">
        <div className="card flex flex-col gap-3.5 p-3.5">
          <Check
            label="Hold read-only tools too"
            hint="Without it, tools that only read run alone in confirm_tools."
            checked={hitl.hold_read_only}
            onChange={(event) =>
              onChange({ ...config, hitl_config: { ...hitl, hold_read_only: event.target.checked } })
            }
          />
          <Check
            label="May propose plans"
            hint="It can put a list of calls with bounds up for approval; calls within an approved line go ahead."
            checked={hitl.allow_plans}
            onChange={(event) => onChange({ ...config, hitl_config: { ...hitl, allow_plans: event.target.checked } })}
          />
          <Check
            label="Hold the output"
            hint="Whatever the mode: the answer leaves only when a person has approved it."
            checked={config.approval_required}
            onChange={(event) => onChange({ ...config, approval_required: event.target.checked })}
          />
          <div className="grid gap-3.5 phone:grid-cols-2">
            <Field label="Checkpoint name" hint="Such as approve_refund" error={fault('/checkpoint_name')}>
              {(wiring) => (
                <TextInput
                  {...wiring}
                  className="font-mono"
                  value={config.checkpoint_name ?? ''}
                  onChange={(event) => onChange(set(config, 'checkpoint_name', filled(event.target.value)))}
                />
              )}
            </Field>
            <Field
              label="Minutes to decide"
              hint="Then it is rejected. Empty: no limit of its own."
              error={fault('/hitl_config/timeout_minutes')}
            >
              {(wiring) => (
                <TextInput
                  {...wiring}
                  type="number"
                  min={0}
                  step="any"
                  value={hitl.timeout_minutes ?? ''}
                  onChange={(event) =>
                    onChange({
                      ...config,
                      hitl_config: { ...hitl, timeout_minutes: numeric(event.target.value) ?? null },
                    })
                  }
                />
              )}
            </Field>
          </div>
        </div>
      </Section>
      <Section title="Model">
        <div className="card grid gap-3.5 p-3.5 phone:grid-cols-2">
          <Field label="Provider" error={fault('/provider')}>
            {(wiring) => (
              <SelectInput
                {...wiring}
                value={config.provider}
                onChange={(event) =>
                  onChange({ ...config, provider: event.target.value as WireAgentConfig['provider'] })
                }
              >
                {PROVIDERS.map(([value, label]) => (
                  <option key={value} value={value}>
                    {label}
                  </option>
                ))}
              </SelectInput>
            )}
          </Field>
          <Field label="Model" required error={fault('/model')}>
            {(wiring) => (
              <TextInput
                {...wiring}
                className="font-mono"
                value={config.model}
                onChange={(event) => onChange({ ...config, model: event.target.value })}
              />
            )}
          </Field>
          {config.provider === 'openai_compatible' && (
            <Field label="Address" required hint="Such as https://models.example/v1" error={fault('/base_url')}>
              {(wiring) => (
                <TextInput
                  {...wiring}
                  type="url"
                  className="font-mono"
                  value={config.base_url ?? ''}
                  onChange={(event) => onChange(set(config, 'base_url', filled(event.target.value)))}
                />
              )}
            </Field>
          )}
          <Field
            label="Secret with the key"
            hint="Its name. Empty: the provider’s usual one."
            error={fault('/api_key_secret')}
          >
            {(wiring) => (
              <TextInput
                {...wiring}
                className="font-mono"
                value={config.api_key_secret ?? ''}
                onChange={(event) => onChange(set(config, 'api_key_secret', filled(event.target.value)))}
              />
            )}
          </Field>
          <Field label="Temperature" hint="Empty: the provider’s default" error={fault('/temperature')}>
            {(wiring) => (
              <TextInput
                {...wiring}
                type="number"
                min={0}
                max={2}
                step="any"
                value={config.temperature ?? ''}
                onChange={(event) => onChange(set(config, 'temperature', numeric(event.target.value)))}
              />
            )}
          </Field>
          <Field label="Turns at most" error={fault('/max_turns')}>
            {(wiring) => (
              <TextInput
                {...wiring}
                type="number"
                min={1}
                max={200}
                value={config.max_turns}
                onChange={(event) => onChange({ ...config, max_turns: numeric(event.target.value) ?? 30 })}
              />
            )}
          </Field>
          <Field label="Instructions" className="phone:col-span-2" error={fault('/instructions')}>
            {(wiring) => (
              <TextArea
                {...wiring}
                rows={8}
                value={config.instructions}
                onChange={(event) => onChange({ ...config, instructions: event.target.value })}
              />
            )}
          </Field>
        </div>
      </Section>
    </div>
  );
};
