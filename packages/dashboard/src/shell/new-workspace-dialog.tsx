import { type ReactNode, useRef, useState } from 'react';
import { useMutation } from '@tanstack/react-query';
import { call } from '../api.ts';
import { newIdempotencyKey } from '../idempotency.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';

type NewWorkspaceDialogProps = {
  readonly onClose: () => void;
  /** Goes into it. */
  readonly onCreated: (id: string) => Promise<void>;
};

export const NewWorkspaceDialog = ({ onClose, onCreated }: NewWorkspaceDialogProps): ReactNode => {
  const [name, setName] = useState('');
  // Kept until the name changes: made, but not entered, it is not made again.
  const key = useRef(newIdempotencyKey());
  const create = useMutation({
    mutationFn: async () => {
      const { id } = await call('createWorkspace', { body: { name: name.trim() } }, { idempotencyKey: key.current });
      await onCreated(id);
    },
  });
  return (
    <Modal
      open
      onClose={onClose}
      title="New workspace"
      description="Its members, agents, policies, keys and audit log are its own. You become its owner, builder and approver."
      footer={
        <>
          <Button onClick={onClose}>Back</Button>
          <Button
            look="ink"
            busy={create.isPending}
            blockedBecause={name.trim() === '' ? 'Give it a name' : null}
            onClick={() => create.mutate()}
          >
            Create and go in
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-3.5"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== '' && !create.isPending) create.mutate();
        }}
      >
        <Field label="Name of the workspace">
          {(wiring) => (
            <TextInput
              {...wiring}
              maxLength={100}
              value={name}
              onChange={(event) => {
                setName(event.target.value);
                key.current = newIdempotencyKey();
              }}
            />
          )}
        </Field>
        {create.isError && <Notice tone="no" alert title={`Not created. ${errorLine(create.error)}`} />}
      </form>
    </Modal>
  );
};
