/** Phone numbers on which agents answer, and their calls. */
import type { WireVoiceCall, WireVoiceLine } from '@countersign/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { PlainText } from '../approvals/value-text.tsx';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Ago } from '../ui/moment.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Failure, Skeleton, errorLine } from '../ui/states.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { voiceCallsQuery, voiceLinesQuery } from './queries.ts';
import { VoiceLineDialog } from './voice-line-dialog.tsx';

const FALLBACK = {
  return_to_agent: 'nobody decided in time; the agent went on',
  voicemail: 'nobody decided in time; a message was left',
  callback: 'nobody decided in time',
  transfer: 'nobody decided in time; put through',
} as const;
const CALLBACK = {
  wanted: 'is called back once it is decided',
  calling: 'is called back',
  done: 'was called back',
  failed: 'could not be called back',
} as const;

const factsOf = ({ status, held_since: held, fallback, callback, end_reason: reason }: WireVoiceCall): string =>
  [
    held !== null
      ? 'waits for a decision'
      : status === 'active'
        ? 'is on the phone'
        : status === 'calling'
          ? 'is called'
          : reason,
    fallback && FALLBACK[fallback],
    callback && CALLBACK[callback],
  ]
    .filter((fact) => fact !== null && fact !== '')
    .join(' · ');

const Calls = ({ id }: { readonly id: string }): ReactNode => {
  const { data, error, refetch } = useQuery(voiceCallsQuery(id));
  if (data === undefined)
    return error === null ? (
      <Skeleton rows={2} className="h-7" />
    ) : (
      <Failure error={error} onRetry={() => void refetch()} />
    );
  if (data.length === 0) return <p className="px-3.5 py-2 text-label text-fg-3">Nobody has called yet.</p>;
  return (
    <ul className="divide-y" aria-label="Last calls">
      {data.map((one) => (
        <li key={one.id} className="flex flex-wrap items-center gap-x-4 gap-y-0.5 px-3.5 py-1.5 text-label">
          <span className="w-28 text-fg-2">
            <Ago at={one.started_at} />
          </span>
          <Link
            to="/studio"
            search={{ open: one.conversation_id }}
            className="inline-flex min-h-6 items-center font-mono text-accent underline underline-offset-2"
          >
            <PlainText text={one.number === '' ? 'unknown number' : one.number} />
          </Link>
          <span className="min-w-0 flex-1 text-fg-2 [overflow-wrap:anywhere]">{factsOf(one)}</span>
          {one.voicemail_url !== null && (
            <a
              href={one.voicemail_url}
              target="_blank"
              rel="noreferrer noopener"
              className="inline-flex min-h-6 items-center text-accent underline underline-offset-2"
            >
              Message at Twilio
            </a>
          )}
        </li>
      ))}
    </ul>
  );
};

/** What to enter at Twilio. */
const Addresses = ({ line }: { readonly line: WireVoiceLine }): ReactNode => (
  <dl className="flex flex-col gap-1 border-b px-3.5 py-2.5 text-label">
    {(
      [
        ['A call comes in', line.answer_url],
        ['Call status changes', line.status_url],
      ] as const
    ).map(([name, url]) => (
      <div key={name} className="grid gap-x-4 phone:grid-cols-[10rem_1fr]">
        <dt className="text-fg-2">{name}</dt>
        <dd className="min-w-0 font-mono [overflow-wrap:anywhere] select-all">{url}</dd>
      </div>
    ))}
  </dl>
);

const LineRow = ({ line }: { readonly line: WireVoiceLine }): ReactNode => {
  const client = useQueryClient();
  const mayChange = useCan('triggers:write');
  const [open, setOpen] = useState(false);
  const [dialog, setDialog] = useState<'change' | 'delete' | null>(null);
  const toggle = useMutation({
    mutationFn: () => call('updateVoiceLine', { id: line.id, body: { enabled: !line.enabled } }),
    onSettled: () => client.invalidateQueries({ queryKey: voiceLinesQuery.queryKey }),
  });
  return (
    <li>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3.5 py-2.5">
        <div className="min-w-0 flex-1 basis-64">
          <p className={clsx('font-medium', !line.enabled && 'text-fg-2')}>
            <PlainText text={line.name} />{' '}
            {!line.enabled && <span className="text-label font-medium text-wait">switched off</span>}
          </p>
          <p className="text-label text-fg-2">
            <span className="font-mono">{line.number}</span> · answered by <PlainText text={line.agent.name} /> · waits
            at most {line.timeout_seconds} s
          </p>
        </div>
        <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
          Calls
        </Button>
        {mayChange && (
          <>
            <Button size="small" busy={toggle.isPending} onClick={() => toggle.mutate()}>
              {line.enabled ? 'Switch off' : 'Switch on'}
            </Button>
            <Button size="small" onClick={() => setDialog('change')}>
              Change
            </Button>
            <Button size="small" look="reject" onClick={() => setDialog('delete')}>
              Delete
            </Button>
          </>
        )}
        {toggle.isError && (
          <p role="alert" className="w-full text-label font-medium text-no">
            {errorLine(toggle.error)}
          </p>
        )}
      </div>
      {open && (
        <div className="border-t bg-bg">
          <Addresses line={line} />
          <Calls id={line.id} />
        </div>
      )}
      {dialog === 'change' && <VoiceLineDialog line={line} onClose={() => setDialog(null)} />}
      {dialog === 'delete' && (
        <DeleteDialog
          name={line.name}
          description="Nobody answers its number any more. Its conversations stay."
          onDelete={() => call('deleteVoiceLine', { id: line.id })}
          onDeleted={async () => {
            setDialog(null);
            await client.invalidateQueries({ queryKey: voiceLinesQuery.queryKey });
          }}
          onClose={() => setDialog(null)}
        />
      )}
    </li>
  );
};

export const VoiceLinesPage = (): ReactNode => {
  useTitle('Voice lines');
  const mayWrite = useCan('triggers:write');
  const [creating, setCreating] = useState(false);
  const { data, error, refetch } = useQuery(voiceLinesQuery);
  const newLine = (
    <Button look="ink" onClick={() => setCreating(true)}>
      <Plus size={15} aria-hidden="true" /> New voice line
    </Button>
  );
  return (
    <Page
      title="Voice lines"
      actions={mayWrite && data !== undefined && data.length > 0 && newLine}
      below={<p className="text-fg-2">Phone numbers on which an agent answers.</p>}
    >
      {data === undefined &&
        (error === null ? (
          <Skeleton rows={3} className="h-15" />
        ) : (
          <Failure error={error} onRetry={() => void refetch()} />
        ))}
      {data?.length === 0 && (
        <Empty title="No voice line yet" {...(mayWrite ? { action: newLine } : {})}>
          Give an agent a phone number. At a gate its caller is told that it is being checked, and waits for the
          decision.
        </Empty>
      )}
      {data !== undefined && data.length > 0 && (
        <ul className="card divide-y overflow-hidden">
          {data.map((line) => (
            <LineRow key={line.id} line={line} />
          ))}
        </ul>
      )}
      {creating && <VoiceLineDialog onClose={() => setCreating(false)} />}
    </Page>
  );
};
