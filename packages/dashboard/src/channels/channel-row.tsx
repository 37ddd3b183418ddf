import type { WireChannel } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { Button, buttonClass } from '../ui/button.tsx';
import { Ago } from '../ui/moment.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { useChannelChange } from './use-channel-change.ts';

/** How it is, in a word and a colour; the word says it alone, too. */
const standingOf = ({ status, failing_since: failing, health }: WireChannel): readonly [look: string, word: string] => {
  if (status === 'paused') return ['text-off', 'paused'];
  if (status === 'disabled') return ['text-no', 'disabled'];
  if (failing !== null) return ['text-no', 'failing'];
  return health.failed > 0 ? ['text-wait', 'has dead letters'] : ['text-ok', 'healthy'];
};

const Figures = ({ channel }: { readonly channel: WireChannel }): ReactNode => {
  const { health, last_success_at: last } = channel;
  return (
    <p className="text-label text-fg-2 phone:text-right">
      {health.last_day} in a day
      {health.queued > 0 && `, ${health.queued} waiting`}
      {health.failed > 0 && <span className="font-semibold text-no">, {health.failed} given up</span>}
      <span className="block text-fg-3">
        {last === null ? (
          'Nothing got through yet'
        ) : (
          <>
            last got through <Ago at={last} />
          </>
        )}
      </span>
    </p>
  );
};

/** What the conformance suite saw. */
const Proof = ({
  checks,
}: {
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly detail: string }[];
}): ReactNode => (
  <ul className="basis-full divide-y rounded-lg border" aria-label="What the channel proved">
    {checks.map(({ name, passed, detail }) => (
      <li key={name} className="flex flex-wrap gap-x-3 px-3.5 py-2">
        <span className={passed ? 'font-semibold text-ok' : 'font-semibold text-no'}>{passed ? 'Holds' : 'Fails'}</span>
        <span className="min-w-0 flex-1 basis-64">
          {name}
          <span className="block text-label text-fg-2 [overflow-wrap:anywhere]">{detail}</span>
        </span>
      </li>
    ))}
  </ul>
);

type ChannelRowProps = {
  readonly channel: WireChannel;
  readonly mayWrite: boolean;
  readonly onChange: () => void;
  readonly onRotate: () => void;
  readonly onRemove: () => void;
};

export const ChannelRow = ({ channel, mayWrite, onChange, onRotate, onRemove }: ChannelRowProps): ReactNode => {
  const [look, word] = standingOf(channel);
  const [tested, setTested] = useState<{ ok: boolean; line: string } | null>(null);
  const test = useChannelChange(
    () => call('testChannel', { id: channel.id }),
    ({ state, problem, tries }) =>
      setTested({
        ok: state === 'delivered' || state === 'sent',
        line: problem ?? tries.at(-1)?.response ?? 'nothing was answered',
      }),
  );
  const turn = useChannelChange((status: 'active' | 'paused') =>
    call('updateChannel', { id: channel.id, body: { status } }),
  );
  const prove = useChannelChange(() => call('proveChannel', { id: channel.id }));
  const url = channel.settings['url'] ?? channel.settings['channel'];
  const { inbound_url: inboundUrl } = channel;
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 px-3.5 py-3">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <Link to="/channels/$id" params={{ id: channel.id }} className="font-medium hover:underline">
            {channel.name}
          </Link>
          <span className="rounded-full border border-line-2 px-1.5 text-meta text-fg-2">{channel.kind}</span>
          <span className={`text-label font-semibold ${look}`}>{word}</span>
        </p>
        {typeof url === 'string' && <p className="font-mono text-label text-fg-2 [overflow-wrap:anywhere]">{url}</p>}
        <p className="text-label text-fg-2">
          {channel.event_types.length === 0
            ? 'Tells of everything it can.'
            : `Tells of ${channel.event_types.join(', ')}.`}
          {channel.priority_min !== 'low' && ` Requests from ${channel.priority_min} priority on.`}
        </p>
        {inboundUrl !== null && (
          <p className="text-label text-fg-2">
            Clicks come back to <span className="font-mono [overflow-wrap:anywhere] select-all">{inboundUrl}</span>
          </p>
        )}
        {channel.status_reason !== null && <p className="text-label font-medium text-no">{channel.status_reason}</p>}
      </div>
      <Figures channel={channel} />
      <span className="flex flex-wrap gap-2">
        <Link to="/channels/$id" params={{ id: channel.id }} className={buttonClass('outline', 'small')}>
          Deliveries
        </Link>
        {mayWrite && (
          <>
            <Button size="small" busy={test.isPending} onClick={() => test.mutate(undefined)}>
              Test
            </Button>
            <Button size="small" busy={prove.isPending} onClick={() => prove.mutate(undefined)}>
              Prove
            </Button>
            <Button size="small" onClick={onChange}>
              Change
            </Button>
            {channel.kind === 'webhook' && (
              <Button size="small" onClick={onRotate}>
                New secret
              </Button>
            )}
            <Button
              size="small"
              busy={turn.isPending}
              onClick={() => turn.mutate(channel.status === 'active' ? 'paused' : 'active')}
            >
              {channel.status === 'active' ? 'Pause' : 'Take up again'}
            </Button>
            <Button size="small" look="reject" onClick={onRemove}>
              Remove
            </Button>
          </>
        )}
      </span>
      {tested !== null && (
        <div className="basis-full">
          <Notice
            tone={tested.ok ? 'ok' : 'no'}
            alert
            title={tested.ok ? 'The test got through' : 'The test did not get through'}
          >
            <span className="font-mono text-label [overflow-wrap:anywhere]">{tested.line}</span>
          </Notice>
        </div>
      )}
      {prove.data !== undefined && <Proof checks={prove.data.checks} />}
      {[test.error, turn.error, prove.error].map(
        (error, index) =>
          error !== null && (
            <div key={index} className="basis-full">
              <Notice tone="no" alert title={errorLine(error)} />
            </div>
          ),
      )}
    </li>
  );
};
