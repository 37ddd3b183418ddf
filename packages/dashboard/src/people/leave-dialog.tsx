import type { WireMember } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { call } from '../api.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { useChange } from './use-change.ts';

/** What somebody leaves waiting, before they are deactivated or removed. */
const Waiting = ({ id }: { readonly id: string }): ReactNode => {
  const { data } = useQuery({
    queryKey: ['people', 'assignments', id],
    queryFn: async ({ signal }) => (await call('listAssignments', { id }, { signal })).data,
  });
  if (data === undefined || data.length === 0) return null;
  const stuck = data.filter((one) => one.is_stuck);
  if (stuck.length === 0) return <p className="text-fg-2">{data.length} waiting requests can be decided by others.</p>;
  return (
    <Notice tone="wait" title={`${stuck.length} waiting requests can be decided by nobody else`}>
      <ul className="mt-1 list-disc pl-4">
        {stuck.map((one) => (
          <li key={one.approval_id}>
            <PlainText text={one.title} />
          </li>
        ))}
      </ul>
    </Notice>
  );
};

export const LeaveDialog = ({
  member,
  onClose,
}: {
  readonly member: WireMember;
  readonly onClose: () => void;
}): ReactNode => {
  const { id } = member;
  const isActive = member.status === 'active';
  const pause = useChange(
    async (_: undefined, key) =>
      isActive
        ? call('deactivateMember', { id }, { idempotencyKey: key })
        : call('reactivateMember', { id }, { idempotencyKey: key }),
    onClose,
  );
  const remove = useChange(async (): Promise<unknown> => call('removeMember', { id }), onClose);
  const error = pause.error ?? remove.error;
  return (
    <Modal
      open
      onClose={onClose}
      title={`Deactivate or remove ${member.name}`}
      footer={
        <>
          <Button look="reject" className="mr-auto" busy={remove.isPending} onClick={() => remove.mutate(undefined)}>
            Remove
          </Button>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="ink" busy={pause.isPending} onClick={() => pause.mutate(undefined)}>
            {isActive ? 'Deactivate' : 'Reactivate'}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <p className="text-fg-2">
          Sessions and API keys end within a second. What was decided stays on record. Whoever is removed leaves all
          groups.
        </p>
        <Waiting id={id} />
        {error !== null && <Notice tone="no" alert title={`Not done. ${errorLine(error)}`} />}
      </div>
    </Modal>
  );
};
