import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { announce } from '../ui/announce.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Notice, errorLine } from '../ui/states.tsx';

type DeleteDialogProps = {
  readonly name: string;
  /** What ends with it, and what stays. */
  readonly description: string;
  readonly onDelete: () => Promise<unknown>;
  /** Once it is deleted: leads away from it, asks for its list anew. */
  readonly onDeleted: () => Promise<unknown>;
  readonly onClose: () => void;
};

/** Asks before something that starts work is deleted. */
export const DeleteDialog = ({ name, description, onDelete, onDeleted, onClose }: DeleteDialogProps): ReactNode => {
  const remove = useMutation({
    mutationFn: onDelete,
    onSuccess: async () => {
      announce('Deleted');
      await onDeleted();
    },
  });
  return (
    <Modal
      open
      onClose={onClose}
      title={`Delete “${name}”`}
      description={description}
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
            Delete
          </Button>
        </>
      }
    >
      {remove.isError && <Notice tone="no" alert title={`Not deleted. ${errorLine(remove.error)}`} />}
    </Modal>
  );
};
