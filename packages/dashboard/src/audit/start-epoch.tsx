/** The database does not lead to the last head that was kept outside of it: what that means, and what an owner can do. */
import type { WireAuditCheckpoint } from '@countersign/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, TextArea } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';

export const StartEpoch = ({ checkpoint }: { readonly checkpoint: WireAuditCheckpoint }): ReactNode => {
  const client = useQueryClient();
  const isOwner = useCan('audit:write');
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const start = useMutation({
    mutationFn: () => call('startAuditEpoch', { body: { reason: reason.trim() } }),
    onSuccess: async () => {
      setOpen(false);
      await client.invalidateQueries({ queryKey: ['audit'] });
    },
  });
  return (
    <>
      <Notice tone="no" alert title="Nothing is being signed">
        <p>
          The last checkpoint kept outside of the database has {checkpoint.fork?.size} entries, and the database, with{' '}
          {checkpoint.size}, does not lead to it. It was restored from an older copy, or changed. What happens is still
          recorded, and sealed once an owner begins a new epoch.
        </p>
        {isOwner && (
          <Button className="mt-2" onClick={() => setOpen(true)}>
            Begin a new epoch
          </Button>
        )}
      </Notice>
      <Modal
        open={open}
        onClose={() => setOpen(false)}
        title="Begin a new epoch"
        description="A new log begins, and its first entry records the head that was lost. The old one stays as far as it goes."
        footer={
          <>
            <Button onClick={() => setOpen(false)}>Not now</Button>
            <Button
              look="danger"
              busy={start.isPending}
              blockedBecause={reason.trim() === '' ? 'Say why first.' : null}
              onClick={() => start.mutate()}
            >
              Begin it
            </Button>
          </>
        }
      >
        <Field label="Reason" required hint="What happened to the database. It stays in the log.">
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
        {start.isError && <Notice tone="no" alert title={errorLine(start.error)} />}
      </Modal>
    </>
  );
};
