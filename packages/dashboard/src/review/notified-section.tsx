/** Who was told of the request, on which channel, and how far each has come. */
import type { WireNotified } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { notifiedQuery } from '../approvals/queries.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { useCan } from '../session.ts';
import { Ago } from '../ui/moment.tsx';
import { Section } from '../ui/page.tsx';

type Told = WireNotified['data'][number];

const STATES: Readonly<Record<Told['state'], { readonly words: string; readonly look: string }>> = {
  queued: { words: 'not sent yet', look: 'text-wait' },
  sent: { words: 'sent', look: 'text-fg-2' },
  delivered: { words: 'delivered', look: 'text-fg-2' },
  opened: { words: 'opened it', look: 'text-fg' },
  seen_whole: { words: 'saw all of it', look: 'text-fg' },
  acted: { words: 'acted on it', look: 'text-ok' },
  failed: { words: 'could not be told', look: 'text-no' },
  skipped: { words: 'not told: it was over', look: 'text-fg-3' },
};

const WHAT: Readonly<Record<string, string>> = {
  'approval.requested': 'the request',
  'approval.reminder': 'a reminder',
  'approval.escalated': 'the escalation',
  'approval.overdue': 'that it is overdue',
  'approval.decided': 'the decision',
  'approval.expired': 'that its time was over',
  'approval.cancelled': 'that it was withdrawn',
};

const what = (type: string): string => WHAT[type] ?? type.replace(/^approval\./, '').replaceAll('_', ' ');

const Row = ({ told, isLinked }: { readonly told: Told; readonly isLinked: boolean }): ReactNode => {
  const { words, look } = STATES[told.state];
  const channel = <PlainText text={told.channel.name} brief />;
  return (
    <li className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 px-3.5 py-2">
      <span className="min-w-0 flex-1 basis-44">
        <span className="font-medium">
          <PlainText text={told.recipient?.name ?? told.channel.name} brief />
        </span>{' '}
        <span className="text-label text-fg-2">{what(told.event_type)}</span>
      </span>
      <span className="text-label text-fg-2">
        {isLinked ? (
          <Link to="/channels/$id" params={{ id: told.channel.id }} className="underline underline-offset-2">
            {channel}
          </Link>
        ) : (
          channel
        )}
      </span>
      <span className={clsx('text-label font-medium phone:w-44 phone:text-right', look)}>
        {words}{' '}
        <span className="font-normal text-fg-3">
          <Ago at={told.at} />
        </span>
      </span>
    </li>
  );
};

/** Nothing, where nobody was told outside the dashboard. */
export const NotifiedSection = ({ id }: { readonly id: string }): ReactNode => {
  const isLinked = useCan('channels:read');
  const told = useQuery(notifiedQuery(id)).data?.data ?? [];
  if (told.length === 0) return null;
  return (
    <Section title="Who was told">
      <ul className="card divide-y">
        {told.map((one) => (
          <Row key={one.delivery_id} told={one} isLinked={isLinked} />
        ))}
      </ul>
    </Section>
  );
};
