import type { WireWorkflow, WireWorkflowDefinition, WireWorkflowVersion } from '@countersign/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { call, isProblem } from '../../api.ts';
import { newIdempotencyKey } from '../../idempotency.ts';
import { announce } from '../../ui/announce.ts';
import { Button } from '../../ui/button.tsx';
import { Modal } from '../../ui/dialog.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { Notice, errorLine } from '../../ui/states.tsx';
import type { Difference } from '../graph/difference.ts';
import type { Draft } from '../graph/draft.ts';
import { DifferenceView } from '../pages/difference-view.tsx';
import { workflowQuery } from '../queries.ts';

type PublishProps = {
  readonly workflow: WireWorkflow;
  readonly draft: Draft;
  readonly basedOn: number;
  readonly difference: Difference | null;
  readonly open: boolean;
  readonly onClose: () => void;
  readonly onPublished: (version: WireWorkflowVersion) => void;
};

export const PublishDialog = ({
  workflow,
  draft,
  basedOn,
  difference,
  open,
  onClose,
  onPublished,
}: PublishProps): ReactNode => {
  const client = useQueryClient();
  const [message, setMessage] = useState('');
  const key = useRef(newIdempotencyKey());
  const publish = useMutation({
    mutationFn: () =>
      call(
        'createWorkflowVersion',
        {
          id: workflow.id,
          body: {
            definition: draft as unknown as WireWorkflowDefinition,
            message: message.trim(),
            promote: true,
            based_on: basedOn,
          },
        },
        { idempotencyKey: key.current },
      ),
    onSuccess: (version) => {
      // At once: until it is asked for again, the one before would pass for the current one.
      client.setQueryData(workflowQuery(workflow.id).queryKey, { ...workflow, current_version: version });
      onPublished(version);
      setMessage('');
      announce(`Version ${version.version} is published`);
      onClose();
    },
    onSettled: () => {
      key.current = newIdempotencyKey();
      void client.invalidateQueries({ queryKey: workflowQuery(workflow.id).queryKey });
      void client.invalidateQueries({ queryKey: ['workflow-versions', workflow.id] });
      void client.invalidateQueries({ queryKey: ['workflows'] });
    },
  });
  const isOutdated = isProblem(publish.error, 'version_outdated');
  return (
    <Modal
      open={open}
      onClose={onClose}
      wide
      title="Publish"
      description="New executions run this version from then on. Those that run already stay on theirs."
      footer={
        <>
          <Button onClick={onClose}>Not yet</Button>
          <Button look="ink" busy={publish.isPending} onClick={() => publish.mutate()}>
            Publish it
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          publish.mutate();
        }}
      >
        <Field label="What changed, and why" hint="Kept with the version.">
          {(wiring) => (
            <TextInput
              {...wiring}
              maxLength={1000}
              value={message}
              onChange={(event) => setMessage(event.target.value)}
            />
          )}
        </Field>
        {publish.isError && (
          <Notice
            tone="no"
            alert
            title={
              isOutdated
                ? 'Not published: somebody published another version in between.'
                : `Not published. ${errorLine(publish.error)}`
            }
          >
            {isOutdated && 'Your draft is kept. Close this, and look at what was published.'}
          </Notice>
        )}
        {difference !== null && (
          <DifferenceView
            difference={difference}
            same={basedOn === 0 ? 'The first version' : `The same settings as v${basedOn}`}
          />
        )}
      </form>
    </Modal>
  );
};
