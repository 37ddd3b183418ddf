import type { WireExecution } from '@countersign/contract';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, TextArea } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { executionQuery } from './queries.ts';

type CancelProps = { readonly execution: WireExecution; readonly open: boolean; readonly onClose: () => void };

/** Says what cancelling withdraws before it is done. */
export const CancelDialog = ({ execution, open, onClose }: CancelProps): ReactNode => {
  const client = useQueryClient();
  const [reason, setReason] = useState('');
  const pending = useQuery({
    queryKey: ['approvals', 'of', execution.id],
    queryFn: async ({ signal }) => (await call('listPendingApprovals', { id: execution.id }, { signal })).data,
    enabled: open,
  });
  const cancel = useMutation({
    mutationFn: () =>
      call('cancelExecution', { id: execution.id, body: reason.trim() === '' ? {} : { reason: reason.trim() } }),
    onSuccess: (answer) => {
      client.setQueryData(executionQuery(execution.id).queryKey, answer);
      void client.invalidateQueries({ queryKey: ['steps', execution.id] });
      onClose();
    },
  });
  return (
    <Modal
      open={open}
      onClose={onClose}
      title="Cancel this execution"
      description="It stops and can't be taken up again. What already ran stays done."
      footer={
        <>
          <Button onClick={onClose}>Keep it running</Button>
          <Button look="danger" busy={cancel.isPending} onClick={() => cancel.mutate()}>
            Cancel the execution
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {pending.data !== undefined && (
          <div>
            <p className="font-medium">
              {pending.data.length === 0 ? 'No request is withdrawn by this.' : 'These requests are withdrawn:'}
            </p>
            <ul className="mt-1 flex list-disc flex-col gap-0.5 pl-5">
              {pending.data.map((approval) => (
                <li key={approval.id}>
                  <PlainText text={approval.title} />
                </li>
              ))}
            </ul>
          </div>
        )}
        <Field label="Reason" hint="Kept with the execution.">
          {(wiring) => (
            <TextArea
              {...wiring}
              rows={2}
              maxLength={1000}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        {cancel.isError && <Notice tone="no" alert title={`Not cancelled. ${errorLine(cancel.error)}`} />}
      </div>
    </Modal>
  );
};
