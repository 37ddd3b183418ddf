import type { WireDelivery } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { useSession } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Field, SelectInput } from '../ui/field.tsx';
import { Ago } from '../ui/moment.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { type DeliveryStatus, channelsQuery, deliveriesQuery, deliveryQuery } from './queries.ts';
import { useChannelChange } from './use-channel-change.ts';

const LOOKS: Readonly<Record<WireDelivery['state'], readonly [look: string, word: string]>> = {
  queued: ['text-wait', 'waiting'],
  sent: ['text-ok', 'sent'],
  delivered: ['text-ok', 'delivered'],
  opened: ['text-ok', 'opened'],
  seen_whole: ['text-ok', 'seen whole'],
  acted: ['text-ok', 'acted'],
  failed: ['text-no', 'given up'],
  skipped: ['text-off', 'not needed any more'],
};
const FILTERS: readonly (readonly [DeliveryStatus | '', string])[] = [
  ['', 'all'],
  ['queued', 'waiting'],
  ['failed', 'given up'],
  ['delivered', 'delivered'],
  ['sent', 'sent'],
  ['skipped', 'not needed any more'],
];

const Tries = ({ id }: { readonly id: string }): ReactNode => {
  const { data, error } = useQuery(deliveryQuery(id));
  if (data === undefined) return error === null ? <Skeleton rows={2} className="h-10" /> : <Failure error={error} />;
  if (data.tries.length === 0) return <p className="text-label text-fg-3">Not tried yet.</p>;
  return (
    <ol className="flex flex-col gap-3">
      {data.tries.map((one) => (
        <li key={one.attempt} className="flex flex-col gap-1.5">
          <p className="text-label text-fg-2">
            <span className="font-semibold text-fg">Attempt {one.attempt}</span> · <Ago at={one.at} /> ·{' '}
            {one.duration_ms} ms
            {one.problem !== null && <span className="font-semibold text-no"> · {one.problem}</span>}
          </p>
          <div className="grid gap-2 wide:grid-cols-2">
            {[
              ['Request', one.request],
              ['Response', one.response ?? 'none came'],
            ].map(([label, text]) => (
              <div key={label} className="min-w-0">
                <p className="text-meta text-fg-3">{label}</p>
                <pre
                  // Scrolls, so the keyboard has to reach it.
                  tabIndex={0}
                  aria-label={`${label} of attempt ${one.attempt}`}
                  className="max-h-64 overflow-auto rounded-md border bg-sunken p-2.5 font-mono text-meta whitespace-pre-wrap [overflow-wrap:anywhere]"
                >
                  {text}
                </pre>
              </div>
            ))}
          </div>
        </li>
      ))}
    </ol>
  );
};

const DeliveryRow = ({
  delivery,
  mayWrite,
}: {
  readonly delivery: WireDelivery;
  readonly mayWrite: boolean;
}): ReactNode => {
  const [isOpen, setOpen] = useState(false);
  const [look, word] = LOOKS[delivery.state];
  const replay = useChannelChange(() => call('replayDelivery', { id: delivery.id }));
  return (
    <li className="flex flex-col gap-2.5 px-3.5 py-2.5">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1.5">
        <div className="min-w-0 flex-1 basis-64">
          <p className="flex flex-wrap items-baseline gap-x-2">
            <span className="font-mono text-label font-medium">{delivery.event_type}</span>
            <span className={`text-label font-semibold ${look}`}>{word}</span>
          </p>
          <p className="font-mono text-meta text-fg-3 [overflow-wrap:anywhere]">
            {delivery.subject}
            {delivery.recipient !== null && ` → ${delivery.recipient}`}
          </p>
          {delivery.problem !== null && <p className="text-label text-no">{delivery.problem}</p>}
        </div>
        <p className="text-label text-fg-2">
          <Ago at={delivery.created_at} />
          {delivery.attempts > 1 && `, ${delivery.attempts} attempts`}
          {delivery.next_attempt_at !== null && delivery.attempts > 0 && (
            <>
              , next <Ago at={delivery.next_attempt_at} />
            </>
          )}
        </p>
        <span className="flex gap-2">
          <Button size="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? 'Close' : 'Show'}
          </Button>
          {mayWrite && delivery.state !== 'queued' && (
            <Button size="small" busy={replay.isPending} onClick={() => replay.mutate(undefined)}>
              Replay
            </Button>
          )}
        </span>
      </div>
      {replay.isError && <Notice tone="no" alert title={`Not sent again. ${errorLine(replay.error)}`} />}
      {isOpen && <Tries id={delivery.id} />}
    </li>
  );
};

/** What one channel delivered, with request and response of each attempt. */
export const ChannelPage = (): ReactNode => {
  useTitle('Deliveries');
  const { id } = useParams({ from: '/app/channels/$id' });
  const mayWrite = useSession().permissions.includes('channels:write');
  const channel = useQuery(channelsQuery).data?.find((one) => one.id === id);
  const [status, setStatus] = useState<DeliveryStatus | ''>('');
  const { data, error, refetch } = useQuery(deliveriesQuery(id, status));
  return (
    <Page
      title={channel?.name ?? 'Deliveries'}
      above={
        <Link to="/channels" className="text-label text-fg-2 hover:text-fg hover:underline">
          Channels
        </Link>
      }
      below={<p className="text-fg-2">What was told here, newest first.</p>}
      actions={
        <Field label="Show">
          {(wiring) => (
            <SelectInput
              {...wiring}
              value={status}
              onChange={(event) => setStatus(event.target.value as DeliveryStatus | '')}
            >
              {FILTERS.map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </SelectInput>
          )}
        </Field>
      }
    >
      {data === undefined &&
        (error === null ? (
          <Skeleton rows={5} className="h-14" />
        ) : (
          <Failure error={error} onRetry={() => void refetch()} />
        ))}
      {data?.length === 0 && (
        <Empty title="Nothing here">
          {status === '' ? 'Nothing was told on this channel yet.' : 'No delivery is in this state.'}
        </Empty>
      )}
      {data !== undefined && data.length > 0 && (
        <ul className="card divide-y">
          {data.map((delivery) => (
            <DeliveryRow key={delivery.id} delivery={delivery} mayWrite={mayWrite} />
          ))}
        </ul>
      )}
    </Page>
  );
};
