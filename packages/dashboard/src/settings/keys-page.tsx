import type { WireApiKey } from '@countersign/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { useServerNow } from '../live/clock.ts';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Ago } from '../ui/moment.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { CreateKeyDialog } from './create-key-dialog.tsx';
import { keysQuery } from './queries.ts';
import { SCOPE_SENTENCES } from './scopes.ts';

const KINDS: Readonly<Record<WireApiKey['kind'], string>> = {
  agent: 'asks',
  reviewer: 'decides',
  service: 'only reads',
};

const RevokeDialog = ({
  revoked,
  onClose,
}: {
  readonly revoked: WireApiKey | null;
  readonly onClose: () => void;
}): ReactNode => {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: (id: string) => call('revokeKey', { id }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keysQuery.queryKey });
      onClose();
    },
  });
  return (
    <Modal
      open={revoked !== null}
      onClose={onClose}
      title={`Revoke ${revoked?.name ?? 'the key'}`}
      description="Programs that use it are refused within a second. This can't be taken back."
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" busy={revoke.isPending} onClick={() => revoked !== null && revoke.mutate(revoked.id)}>
            Revoke the key
          </Button>
        </>
      }
    >
      {revoke.isError && <Notice tone="no" alert title={`Not revoked. ${errorLine(revoke.error)}`} />}
    </Modal>
  );
};

const stateOf = (key: WireApiKey, now: number): 'active' | 'revoked' | 'expired' => {
  if (key.revoked_at !== null) return 'revoked';
  return key.expires_at !== null && Date.parse(key.expires_at) <= now ? 'expired' : 'active';
};

const KeyRow = ({
  apiKey,
  onRevoke,
}: {
  readonly apiKey: WireApiKey;
  readonly onRevoke: (() => void) | null;
}): ReactNode => {
  const now = useServerNow();
  const state = stateOf(apiKey, now);
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-1.5 px-3.5 py-3">
      <div className="min-w-0 flex-1 basis-64">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className={state === 'active' ? 'font-medium' : 'font-medium text-fg-3 line-through'}>
            {apiKey.name}
          </span>
          <span className="font-mono text-label text-fg-2">{apiKey.prefix}…</span>
          <span className="rounded-full border border-line-2 px-1.5 text-meta text-fg-2">{KINDS[apiKey.kind]}</span>
          {state !== 'active' && <span className="text-label font-medium text-off">{state}</span>}
        </p>
        <p className="text-label text-fg-2">Can {apiKey.scopes.map((scope) => SCOPE_SENTENCES[scope]).join('; ')}.</p>
      </div>
      <p className="text-label text-fg-2 phone:text-right">
        {apiKey.last_used_at === null ? (
          'Never used'
        ) : (
          <>
            Used <Ago at={apiKey.last_used_at} />
          </>
        )}
        <span className="block text-fg-3">
          {apiKey.revoked_at !== null ? (
            <>
              revoked <Ago at={apiKey.revoked_at} />
            </>
          ) : apiKey.expires_at === null ? (
            'no end'
          ) : (
            `until ${new Date(apiKey.expires_at).toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' })}`
          )}
          {' · '}
          {apiKey.owner.name}
        </span>
      </p>
      {onRevoke !== null && state === 'active' && (
        <Button size="small" look="reject" aria-label={`Revoke ${apiKey.name}`} onClick={onRevoke}>
          Revoke
        </Button>
      )}
    </li>
  );
};

export const KeysPage = (): ReactNode => {
  useTitle('API keys');
  const mayWrite = useCan('keys:write');
  const { data, error, refetch } = useQuery(keysQuery);
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<WireApiKey | null>(null);
  const create = (
    <Button look="ink" onClick={() => setCreating(true)}>
      <Plus size={15} aria-hidden="true" /> New key
    </Button>
  );
  return (
    <Page
      title="API keys"
      below={<p className="text-fg-2">A program’s credential. A key that asks can never decide.</p>}
      actions={mayWrite && data !== undefined && data.length > 0 && create}
    >
      {data === undefined &&
        (error === null ? (
          <Skeleton rows={3} className="h-16" />
        ) : (
          <Failure error={error} onRetry={() => void refetch()} />
        ))}
      {data?.length === 0 && (
        <Empty title="No API key yet" {...(mayWrite ? { action: create } : {})}>
          A program needs one to ask for approvals or to run agents.
        </Empty>
      )}
      {data !== undefined && data.length > 0 && (
        <ul className="card divide-y">
          {data.map((key) => (
            <KeyRow key={key.id} apiKey={key} onRevoke={mayWrite ? () => setRevoking(key) : null} />
          ))}
        </ul>
      )}
      {mayWrite && <CreateKeyDialog open={creating} onClose={() => setCreating(false)} />}
      <RevokeDialog revoked={revoking} onClose={() => setRevoking(null)} />
    </Page>
  );
};
