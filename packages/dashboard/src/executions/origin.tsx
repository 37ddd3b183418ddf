/** Where an execution comes from, and what it started itself. */
import type { WireExecution } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { PlainText } from '../approvals/value-text.tsx';
import { useCan } from '../session.ts';
import { hooksQuery, scheduleQuery } from '../triggers/queries.ts';
import { shortId } from '../ui/copy.tsx';
import { StatusMark } from '../ui/glyphs.tsx';
import { Ago } from '../ui/moment.tsx';
import { Section } from '../ui/page.tsx';
import { childrenQuery, executionQuery } from './queries.ts';

const LINK = 'inline-flex min-h-6 items-center text-accent underline underline-offset-2';

type Target = Pick<WireExecution, 'agent' | 'workflow'>;
const nameOf = ({ agent, workflow }: Target): string => (agent ?? workflow)?.name ?? '';

const FromSchedule = ({ id }: { readonly id: string }): ReactNode => {
  const { data } = useQuery({ ...scheduleQuery(id), enabled: useCan('triggers:read') });
  return (
    <>
      the schedule{' '}
      <Link to="/schedules/$id" params={{ id }} className={LINK}>
        {data === undefined ? shortId(id) : <PlainText text={data.name} />}
      </Link>
    </>
  );
};

const FromWebhook = ({ id }: { readonly id: string }): ReactNode => {
  const { data } = useQuery({ ...hooksQuery, enabled: useCan('triggers:read') });
  const name = data?.find((hook) => hook.id === id)?.name;
  return (
    <>
      the incoming webhook{' '}
      <Link to="/triggers" className={LINK}>
        {name === undefined ? shortId(id) : <PlainText text={name} />}
      </Link>
    </>
  );
};

const FromExecution = ({ id }: { readonly id: string }): ReactNode => {
  const { data } = useQuery(executionQuery(id));
  return (
    <>
      {data?.workflow ? 'a step of the workflow' : data?.agent ? 'a call of the agent' : 'the execution'}{' '}
      <Link to="/executions/$id" params={{ id }} className={LINK}>
        {data === undefined ? shortId(id) : <PlainText text={nameOf(data)} />}
      </Link>
    </>
  );
};

/** The nearest cause first: what another execution started says so, whatever started that one. */
export const Origin = ({ execution }: { readonly execution: WireExecution }): ReactNode => {
  const { parent, trigger, conversation_id: conversation } = execution;
  return (
    <p className="text-fg-2">
      Started by{' '}
      {parent !== null ? (
        <FromExecution id={parent.execution_id} />
      ) : trigger?.kind === 'schedule' ? (
        <FromSchedule id={trigger.id} />
      ) : trigger?.kind === 'webhook' ? (
        <FromWebhook id={trigger.id} />
      ) : trigger?.kind === 'voice_line' && conversation !== null ? (
        <>
          what was said on{' '}
          <Link to="/studio" search={{ open: conversation }} className={LINK}>
            a phone call
          </Link>
        </>
      ) : conversation !== null ? (
        <>
          a message in{' '}
          <Link to="/studio" search={{ open: conversation }} className={LINK}>
            a conversation
          </Link>
        </>
      ) : (
        'hand or over the API'
      )}
      .
    </p>
  );
};

export const Children = ({ execution }: { readonly execution: WireExecution }): ReactNode => {
  const { data } = useQuery(childrenQuery(execution.id));
  if (data === undefined || data.data.length === 0) return null;
  return (
    <Section title="Executions that it started" aside={data.next_cursor === null ? undefined : 'the newest of them'}>
      <ul className="card divide-y">
        {data.data.map((child) => (
          <li key={child.id}>
            <Link
              to="/executions/$id"
              params={{ id: child.id }}
              className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-0.5 px-3.5 py-1.5 hover:bg-hover pointer-coarse:min-h-12"
            >
              <span className="min-w-0 font-medium [overflow-wrap:anywhere]">
                <PlainText text={nameOf(child)} />
              </span>
              <span className="font-mono text-label text-fg-3">{shortId(child.id)}</span>
              <span className="ml-auto flex items-center gap-3 text-label text-fg-3">
                <Ago at={child.created_at} />
                <StatusMark status={child.status} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
};
