/** Addresses that other systems post to: what each starts, and what came last. */
import type { WireIncomingDelivery, WireIncomingWebhook, WireIncomingWebhookWithToken } from '@countersign/contract';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { ChevronRight, Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { PlainText } from '../approvals/value-text.tsx';
import { formatExact } from '../live/time.ts';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { StatusMark } from '../ui/glyphs.tsx';
import { Ago } from '../ui/moment.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Failure, Skeleton, errorLine } from '../ui/states.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { HookDialog, HookShown } from './hook-dialog.tsx';
import { deliveriesQuery, hooksQuery } from './queries.ts';

const SCHEME_WORDS = {
  standard: 'signed (Standard Webhooks)',
  body: 'signed over the body',
  timestamp_body: 'signed over timestamp and body',
} as const;

const Detail = ({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode => (
  <div className="grid gap-x-4 phone:grid-cols-[9rem_1fr]">
    <dt className="text-fg-3">{name}</dt>
    <dd className="min-w-0 [overflow-wrap:anywhere]">{children}</dd>
  </div>
);

/** A line of the log; opened, all that is known of what came. Its body is not kept: the execution has it as its input. */
const DeliveryRow = ({ delivery }: { readonly delivery: WireIncomingDelivery }): ReactNode => {
  const { execution, reason, repeats } = delivery;
  return (
    <li className="text-label">
      <details className="group">
        <summary className="flex min-h-8 list-none flex-wrap items-center gap-x-4 gap-y-0.5 px-3.5 py-1.5 hover:bg-hover pointer-coarse:min-h-11">
          <ChevronRight
            size={13}
            aria-hidden="true"
            className="shrink-0 text-fg-3 transition-transform duration-100 group-open:rotate-90"
          />
          <span className="w-28 text-fg-2">
            <Ago at={delivery.received_at} />
          </span>
          {execution ? <StatusMark status={execution.status} /> : <span className="font-medium text-no">refused</span>}
          <span className="min-w-0 flex-1 text-fg-2 [overflow-wrap:anywhere]">
            {reason !== null && <PlainText text={reason} />}
            {repeats > 0 && ` came again ${repeats} ${repeats === 1 ? 'time' : 'times'}`}
          </span>
        </summary>
        <dl className="flex flex-col gap-1 border-t bg-sunken px-3.5 py-2.5 pl-10">
          <Detail name="Received">{formatExact(delivery.received_at)}</Detail>
          <Detail name="From">
            <span className="font-mono">{delivery.address}</span>
          </Detail>
          <Detail name="Delivery id">
            {delivery.delivery_id === null ? (
              'none: a repeat would start anew'
            ) : (
              <span className="font-mono">
                <PlainText text={delivery.delivery_id} />
              </span>
            )}
          </Detail>
          <Detail name="Came again">{repeats === 0 ? 'never' : `${repeats} times, and started nothing`}</Detail>
          {execution === null ? (
            <Detail name="Refused because">
              {reason !== null && <PlainText text={reason} />}{' '}
              {delivery.code !== null && <span className="font-mono text-fg-3">{delivery.code}</span>}
            </Detail>
          ) : (
            <Detail name="Started">
              <Link
                to="/executions/$id"
                params={{ id: execution.id }}
                className="font-mono underline underline-offset-2"
              >
                {execution.id}
              </Link>
            </Detail>
          )}
        </dl>
      </details>
    </li>
  );
};

const Deliveries = ({ id }: { readonly id: string }): ReactNode => {
  const list = useInfiniteQuery(deliveriesQuery(id));
  const rows = list.data?.pages.flatMap((page) => page.data);
  if (rows === undefined)
    return list.error === null ? (
      <Skeleton rows={2} className="h-7" />
    ) : (
      <Failure error={list.error} onRetry={() => void list.refetch()} />
    );
  if (rows.length === 0) return <p className="px-3.5 py-2 text-label text-fg-3">Nothing was posted to it yet.</p>;
  return (
    <>
      <ul className="divide-y" aria-label="Last deliveries">
        {rows.map((delivery) => (
          <DeliveryRow key={delivery.id} delivery={delivery} />
        ))}
      </ul>
      {list.hasNextPage && (
        <div className="border-t p-2">
          <Button size="small" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show older ones
          </Button>
        </div>
      )}
    </>
  );
};

type RowProps = {
  readonly hook: WireIncomingWebhook;
  readonly onShown: (hook: WireIncomingWebhookWithToken) => void;
};

const HookRow = ({ hook, onShown }: RowProps): ReactNode => {
  const client = useQueryClient();
  const mayChange = useCan('triggers:write');
  const [open, setOpen] = useState(false);
  const [dialog, setDialog] = useState<'change' | 'delete' | null>(null);
  const done = { onSettled: () => client.invalidateQueries({ queryKey: hooksQuery.queryKey }) };
  const toggle = useMutation({
    mutationFn: () => call('updateIncomingWebhook', { id: hook.id, body: { enabled: !hook.enabled } }),
    ...done,
  });
  const rotate = useMutation({
    mutationFn: () => call('rotateIncomingWebhook', { id: hook.id }, { idempotencyKey: crypto.randomUUID() }),
    onSuccess: onShown,
    ...done,
  });
  const failure = toggle.error ?? rotate.error;
  return (
    <li>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3.5 py-2.5">
        <div className="min-w-0 flex-1 basis-64">
          <p className={clsx('font-medium', !hook.enabled && 'text-fg-2')}>
            {hook.name} {!hook.enabled && <span className="text-label font-medium text-wait">switched off</span>}
          </p>
          <p className="text-label text-fg-2">
            starts {hook.target.name} · {hook.signature ? SCHEME_WORDS[hook.signature.scheme] : 'not signed'} ·{' '}
            <span className="font-mono">{hook.token_prefix}…</span>
            {hook.last_used_at !== null && (
              <>
                {' '}
                · last used <Ago at={hook.last_used_at} />
              </>
            )}
          </p>
        </div>
        <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
          Deliveries
        </Button>
        {mayChange && (
          <>
            <Button size="small" busy={toggle.isPending} onClick={() => toggle.mutate()}>
              {hook.enabled ? 'Switch off' : 'Switch on'}
            </Button>
            <Button size="small" onClick={() => setDialog('change')}>
              Change
            </Button>
            <Button size="small" busy={rotate.isPending} onClick={() => rotate.mutate()}>
              New address
            </Button>
            <Button size="small" look="reject" onClick={() => setDialog('delete')}>
              Delete
            </Button>
          </>
        )}
        {failure !== null && (
          <p role="alert" className="w-full text-label font-medium text-no">
            {errorLine(failure)}
          </p>
        )}
      </div>
      {open && (
        <div className="border-t bg-bg">
          <Deliveries id={hook.id} />
        </div>
      )}
      {dialog === 'change' && <HookDialog hook={hook} onClose={() => setDialog(null)} />}
      {dialog === 'delete' && (
        <DeleteDialog
          name={hook.name}
          description="What is posted to its address from now on is refused. What it started stays in the executions."
          onDelete={() => call('deleteIncomingWebhook', { id: hook.id })}
          onDeleted={async () => {
            setDialog(null);
            await client.invalidateQueries({ queryKey: hooksQuery.queryKey });
          }}
          onClose={() => setDialog(null)}
        />
      )}
    </li>
  );
};

export const HooksPage = (): ReactNode => {
  useTitle('Incoming webhooks');
  const mayWrite = useCan('triggers:write');
  const [creating, setCreating] = useState(false);
  const [shown, setShown] = useState<WireIncomingWebhookWithToken | null>(null);
  const { data, error, refetch } = useQuery(hooksQuery);
  const newHook = (
    <Button look="ink" onClick={() => setCreating(true)}>
      <Plus size={15} aria-hidden="true" /> New webhook
    </Button>
  );
  return (
    <Page
      title="Incoming webhooks"
      actions={mayWrite && data !== undefined && data.length > 0 && newHook}
      below={<p className="text-fg-2">Addresses that other systems post to, and what that starts.</p>}
    >
      {data === undefined &&
        (error === null ? (
          <Skeleton rows={3} className="h-15" />
        ) : (
          <Failure error={error} onRetry={() => void refetch()} />
        ))}
      {data?.length === 0 && (
        <Empty title="No incoming webhook yet" {...(mayWrite ? { action: newHook } : {})}>
          Give another system an address; what it posts there starts a workflow or an agent.
        </Empty>
      )}
      {data !== undefined && data.length > 0 && (
        <ul className="card divide-y overflow-hidden">
          {data.map((hook) => (
            <HookRow key={hook.id} hook={hook} onShown={setShown} />
          ))}
        </ul>
      )}
      {creating && (
        <HookDialog
          onClose={() => setCreating(false)}
          onMade={(hook) => {
            setCreating(false);
            setShown(hook);
          }}
        />
      )}
      {shown && <HookShown hook={shown} onClose={() => setShown(null)} />}
    </Page>
  );
};
