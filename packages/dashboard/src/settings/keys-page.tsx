import type { WireApiKey } from '@countersign/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { useTitle } from '../approvals/approval-pane.tsx';
import { useSession } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Page } from '../ui/page.tsx';
import { Empty, Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { CreateKeyDialog } from './create-key-dialog.tsx';
import { KeyRow } from './key-row.tsx';
import { keysQuery } from './queries.ts';
import { RotateKeyDialog } from './rotate-key-dialog.tsx';

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

export const KeysPage = (): ReactNode => {
  useTitle('API keys');
  const { person, permissions } = useSession();
  const mayWrite = permissions.includes('keys:write');
  // As the server has it: others' keys are an owner's or admin's to revoke, and nobody's to rotate; a secret is given to
  // whoever could have made the key.
  const mayRevoke = (key: WireApiKey): boolean =>
    mayWrite && (key.owner.id === person.id || permissions.includes('keys:manage'));
  const mayRotate = (key: WireApiKey): boolean =>
    mayWrite && key.owner.id === person.id && key.scopes.every((scope) => permissions.includes(scope));
  const { data, error, refetch } = useQuery(keysQuery);
  const [creating, setCreating] = useState(false);
  const [rotating, setRotating] = useState<WireApiKey | null>(null);
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
            <KeyRow
              key={key.id}
              apiKey={key}
              onRotate={mayRotate(key) ? () => setRotating(key) : null}
              onRevoke={mayRevoke(key) ? () => setRevoking(key) : null}
            />
          ))}
        </ul>
      )}
      {creating && <CreateKeyDialog onClose={() => setCreating(false)} />}
      {rotating !== null && <RotateKeyDialog rotated={rotating} onClose={() => setRotating(null)} />}
      <RevokeDialog revoked={revoking} onClose={() => setRevoking(null)} />
    </Page>
  );
};
