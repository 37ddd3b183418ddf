/** Small questions about the workflow itself: its name, whether to drop the draft, whether to archive it. */
import type { WireWorkflow } from '@countersign/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { call } from '../../api.ts';
import { Button } from '../../ui/button.tsx';
import { Modal } from '../../ui/dialog.tsx';
import { Field, TextArea, TextInput } from '../../ui/field.tsx';
import { Notice, errorLine } from '../../ui/states.tsx';
import { workflowQuery } from '../queries.ts';
import { dropStored } from './stored-draft.ts';

type DialogProps = { readonly workflow: WireWorkflow; readonly onClose: () => void };

export const RenameDialog = ({ workflow, onClose }: DialogProps): ReactNode => {
  const client = useQueryClient();
  const [name, setName] = useState(workflow.name);
  const [description, setDescription] = useState(workflow.description);
  const save = useMutation({
    mutationFn: () => call('updateWorkflow', { id: workflow.id, body: { name: name.trim(), description } }),
    onSuccess: (answer) => {
      client.setQueryData(workflowQuery(workflow.id).queryKey, answer);
      void client.invalidateQueries({ queryKey: ['workflows'] });
      onClose();
    },
  });
  return (
    <Modal
      open
      onClose={onClose}
      title="Name and description"
      footer={
        <>
          <Button onClick={onClose}>Back</Button>
          <Button
            look="ink"
            busy={save.isPending}
            blockedBecause={name.trim() === '' ? 'A name is needed' : null}
            onClick={() => save.mutate()}
          >
            Save
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="Name" required>
          {(wiring) => (
            <TextInput {...wiring} maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <Field label="Description">
          {(wiring) => (
            <TextArea
              {...wiring}
              maxLength={2000}
              value={description}
              onChange={(event) => setDescription(event.target.value)}
            />
          )}
        </Field>
        {save.isError && <Notice tone="no" alert title={`Not saved. ${errorLine(save.error)}`} />}
      </div>
    </Modal>
  );
};

export const DiscardDialog = ({
  basedOn,
  onDiscard,
  onClose,
}: {
  readonly basedOn: number;
  readonly onDiscard: () => void;
  readonly onClose: () => void;
}): ReactNode => (
  <Modal
    open
    onClose={onClose}
    title="Drop the draft"
    description={
      basedOn === 0
        ? 'Everything that was built here is gone; nothing was published yet.'
        : 'What was changed since the published version is gone.'
    }
    footer={
      <>
        <Button onClick={onClose}>Keep it</Button>
        <Button look="danger" onClick={onDiscard}>
          Drop it
        </Button>
      </>
    }
  />
);

export const ArchiveDialog = ({ workflow, onClose }: DialogProps): ReactNode => {
  const client = useQueryClient();
  const navigate = useNavigate();
  const archive = useMutation({
    mutationFn: () => call('archiveWorkflow', { id: workflow.id }),
    onSuccess: () => {
      dropStored(workflow.id);
      void client.invalidateQueries({ queryKey: ['workflows'] });
      return navigate({ to: '/workflows' });
    },
  });
  return (
    <Modal
      open
      onClose={onClose}
      title={`Archive ${workflow.name}`}
      description="It can't be started any more and leaves the list. Executions that run go on, and what ran stays to be seen."
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button look="danger" busy={archive.isPending} onClick={() => archive.mutate()}>
            Archive it
          </Button>
        </>
      }
    >
      {archive.isError && <Notice tone="no" alert title={`Not archived. ${errorLine(archive.error)}`} />}
    </Modal>
  );
};
