/** What would happen to one call under the rules as they stand in the editor, and why. */
import type { WireEvaluated } from '@countersign/contract';
import { isObject, parseStrict } from '@countersign/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { clsx } from 'clsx';
import { Check, FlaskConical, Minus } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { call } from '../api.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { toolsQuery } from '../settings/queries.ts';
import { Button } from '../ui/button.tsx';
import { Field, TextArea, TextInput } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';

const OUTCOME = {
  allow: { word: 'Goes ahead', tone: 'ok' },
  audit: { word: 'Goes ahead, and is recorded', tone: 'ok' },
  hold: { word: 'Is held for approval', tone: 'wait' },
  block: { word: 'Is blocked', tone: 'no' },
  deny: { word: 'Is denied; nothing overrides it', tone: 'no' },
  mode: { word: 'The mode decides, with these settings', tone: 'off' },
} as const;

const Result = ({ answer }: { readonly answer: WireEvaluated }): ReactNode => {
  const outcome =
    answer.outcome === null
      ? { word: 'No rule matches: the mode of the agent decides', tone: 'off' as const }
      : OUTCOME[answer.outcome];
  return (
    <div className="flex flex-col gap-3">
      <Notice tone={outcome.tone} title={outcome.word}>
        {answer.rule !== null && (
          <p>
            Rule “<PlainText text={answer.rule} />”
            {answer.policy !== null && (
              <>
                {' '}
                of {answer.policy.name} v{answer.policy.version}
              </>
            )}
          </p>
        )}
        <p>
          <PlainText text={answer.reason} />
        </p>
        {answer.requirement !== null && (
          <p className="mt-1 text-fg">Asks {answer.requirement.map((stage) => stage.approvers).join(', then ')}.</p>
        )}
      </Notice>
      {answer.trace.length > 0 && (
        <ol className="card divide-y" aria-label="Rules in the order in which they were read">
          {answer.trace.map((step, index) => (
            <li key={index} className={clsx('flex items-baseline gap-2 px-3 py-1.5', !step.matched && 'text-fg-2')}>
              {step.matched ? (
                <Check size={13} aria-hidden="true" className="shrink-0 translate-y-0.5 text-ok" />
              ) : (
                <Minus size={13} aria-hidden="true" className="shrink-0 translate-y-0.5 text-fg-3" />
              )}
              <span className="font-medium">
                <PlainText text={step.rule} />
              </span>
              <span className="sr-only">{step.matched ? 'matched' : 'did not match'}</span>
              <span className="text-label text-fg-2">
                <PlainText text={step.why} />
              </span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
};

export const TryCall = ({ source }: { readonly source: string }): ReactNode => {
  const tools = useQuery(toolsQuery).data ?? [];
  const list = useId();
  const [tool, setTool] = useState('');
  const [args, setArgs] = useState('{}');
  const [agent, setAgent] = useState('');
  const parsed = parseStrict(args);
  const fault =
    tool.trim() === ''
      ? 'Name a tool first'
      : !parsed.ok
        ? 'The arguments are not valid JSON'
        : !isObject(parsed.value)
          ? 'The arguments must be an object'
          : null;
  const evaluate = useMutation({
    mutationFn: () =>
      call('evaluatePolicy', {
        body: {
          tool: tool.trim(),
          arguments: parsed.ok && isObject(parsed.value) ? { ...parsed.value } : {},
          source,
          ...(agent.trim() === '' ? {} : { agent_name: agent.trim() }),
        },
      }),
  });
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (fault === null) evaluate.mutate();
      }}
    >
      <div className="grid gap-3 phone:grid-cols-2">
        <Field label="Tool">
          {(wiring) => (
            <TextInput
              {...wiring}
              className="font-mono"
              list={list}
              value={tool}
              onChange={(event) => setTool(event.target.value)}
            />
          )}
        </Field>
        <datalist id={list}>
          {tools.map((known) => (
            <option key={known.id} value={known.name} />
          ))}
        </datalist>
        <Field label="Agent" hint="A name. May be empty.">
          {(wiring) => <TextInput {...wiring} value={agent} onChange={(event) => setAgent(event.target.value)} />}
        </Field>
      </div>
      <Field label="Arguments" error={parsed.ok ? undefined : `is not valid JSON: ${parsed.refusal.detail}`}>
        {(wiring) => (
          <TextArea
            {...wiring}
            rows={4}
            className="font-mono"
            value={args}
            onChange={(event) => setArgs(event.target.value)}
          />
        )}
      </Field>
      <Button type="submit" className="self-start" busy={evaluate.isPending} blockedBecause={fault}>
        <FlaskConical size={14} aria-hidden="true" /> Try this call
      </Button>
      {evaluate.isError && <Notice tone="no" alert title={`Not tried. ${errorLine(evaluate.error)}`} />}
      {evaluate.data !== undefined && (
        <div aria-live="polite">
          <Result answer={evaluate.data} />
        </div>
      )}
    </form>
  );
};
