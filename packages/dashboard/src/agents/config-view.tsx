import type { WireAgentConfig } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { ValueText } from '../approvals/value-text.tsx';
import { toolsQuery } from '../settings/queries.ts';
import { ModePill } from './mode-pill.tsx';
import { VERDICT_WORDS, modeLabel, verdictFor } from './modes.ts';

const VERDICT_LOOK = { proceed: 'text-fg-2', hold: 'text-wait', block: 'text-no' } as const;

/** What the gate does with each of the agent's tools. */
const ToolVerdicts = ({ config }: { readonly config: WireAgentConfig }): ReactNode => {
  const { data } = useQuery(toolsQuery);
  if (config.tools.length === 0) return <span className="text-fg-3">no tools</span>;
  return (
    <ul className="flex flex-col">
      {config.tools.map((name) => {
        const tool = data?.find((candidate) => candidate.name === name);
        const verdict = tool === undefined ? undefined : verdictFor(config, tool);
        return (
          <li key={name} className="flex flex-wrap items-baseline justify-between gap-x-3 py-0.5">
            <span className="font-mono text-[13px] [overflow-wrap:anywhere]">{name}</span>
            <span className="flex items-baseline gap-2 text-label">
              {tool?.annotations.read_only === true && <span className="text-fg-3">only reads</span>}
              {verdict !== undefined && (
                <span className={clsx('font-medium', VERDICT_LOOK[verdict.outcome])}>
                  {VERDICT_WORDS[verdict.outcome]}
                </span>
              )}
              {data !== undefined && tool === undefined && <span className="text-no">not in this workspace</span>}
            </span>
          </li>
        );
      })}
    </ul>
  );
};

const Row = ({ label, children }: { readonly label: string; readonly children: ReactNode }): ReactNode => (
  <div className="flex flex-wrap gap-x-4 gap-y-0.5 px-3.5 py-2">
    <dt className="w-full text-fg-2 phone:w-36 phone:shrink-0">{label}</dt>
    <dd className="min-w-0 flex-1 basis-48">{children}</dd>
  </div>
);

const minutesWords = (minutes: number): string => {
  const [count, unit] =
    minutes >= 2880 && minutes % 1440 === 0
      ? [minutes / 1440, 'day']
      : minutes >= 120 && minutes % 60 === 0
        ? [minutes / 60, 'hour']
        : [minutes, 'minute'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
};

/** A configuration for reading. `brief` leaves out what rarely matters at a glance. */
export const ConfigView = ({
  config,
  brief = false,
}: {
  readonly config: WireAgentConfig;
  readonly brief?: boolean;
}): ReactNode => (
  <dl className="card divide-y">
    <Row label="Mode">
      <span className="flex flex-wrap items-center gap-2">
        {modeLabel(config.hitl_mode)} <ModePill mode={config.hitl_mode} />
      </span>
    </Row>
    {config.approval_required && (
      <Row label="Output">
        held until approved
        {config.checkpoint_name === undefined ? (
          ''
        ) : (
          <>
            {' '}
            at <span className="font-mono">{config.checkpoint_name}</span>
          </>
        )}
      </Row>
    )}
    <Row label="Tools">
      <ToolVerdicts config={config} />
    </Row>
    {config.hitl_config.allow_plans && <Row label="Plans">it may put plans of calls up for approval</Row>}
    <Row label="Time to decide">
      {config.hitl_config.timeout_minutes === null
        ? 'no limit of its own'
        : `${minutesWords(config.hitl_config.timeout_minutes)}, then rejected`}
    </Row>
    <Row label="Model">
      <span className="font-mono text-[13px]">{config.model}</span>{' '}
      <span className="text-fg-2">by {config.provider}</span>
    </Row>
    {!brief && (
      <>
        {config.base_url !== undefined && (
          <Row label="Address">
            <span className="font-mono text-[13px]">{config.base_url}</span>
          </Row>
        )}
        <Row label="Key">
          {config.api_key_secret === undefined ? (
            'the provider’s usual secret'
          ) : (
            <span className="font-mono text-[13px]">{config.api_key_secret}</span>
          )}
        </Row>
        <Row label="Temperature">{config.temperature ?? 'the provider’s default'}</Row>
        <Row label="Turns at most">{config.max_turns}</Row>
        {config.max_output_tokens !== undefined && <Row label="Tokens at most">{config.max_output_tokens}</Row>}
        <Row label="Instructions">
          {config.instructions === '' ? (
            <span className="text-fg-3">none</span>
          ) : (
            <ValueText text={config.instructions} />
          )}
        </Row>
      </>
    )}
  </dl>
);
