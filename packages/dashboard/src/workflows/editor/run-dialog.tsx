/** Starts an execution: of the published version, or of the draft, which is then kept as a version that is not the current one. */
import type { WireWorkflow, WireWorkflowDefinition } from '@countersign/contract';
import { type Json, type JsonObject, isObject } from '@countersign/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Play } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { call } from '../../api.ts';
import { newIdempotencyKey } from '../../idempotency.ts';
import { SchemaForm } from '../../schema-form/schema-form.tsx';
import { blankFor } from '../../schema-form/schema.ts';
import { Button } from '../../ui/button.tsx';
import { Modal } from '../../ui/dialog.tsx';
import { RadioCards } from '../../ui/field.tsx';
import { Notice, errorLine } from '../../ui/states.tsx';
import type { Draft } from '../graph/draft.ts';

type Which = 'published' | 'draft';
type RunProps = {
  readonly workflow: WireWorkflow;
  readonly draft: Draft;
  readonly hasChanges: boolean;
  readonly isValid: boolean;
  readonly onClose: () => void;
};

type Definition = JsonObject | { readonly input_schema?: JsonObject | undefined };

const schemaOf = (definition: Definition | null | undefined): JsonObject | null => {
  const schema = definition?.['input_schema'];
  return isObject(schema) ? schema : null;
};

export const RunDialog = ({ workflow, draft, hasChanges, isValid, onClose }: RunProps): ReactNode => {
  const navigate = useNavigate();
  const current = workflow.current_version;
  const mayRunDraft = isValid && (hasChanges || current === null);
  const [which, setWhich] = useState<Which>(mayRunDraft ? 'draft' : 'published');
  const schema = schemaOf(which === 'draft' ? draft : current?.definition);
  const [input, setInput] = useState<Json>(() => blankFor(schema ?? { type: 'object', properties: {} }));
  const [faults, setFaults] = useState(0);
  const [isAsked, setIsAsked] = useState(false);
  const keys = useRef({ version: newIdempotencyKey(), run: newIdempotencyKey() });
  const run = useMutation({
    mutationFn: async () => {
      const version =
        which === 'published'
          ? undefined
          : (
              await call(
                'createWorkflowVersion',
                {
                  id: workflow.id,
                  body: {
                    definition: draft as unknown as WireWorkflowDefinition,
                    message: 'Tried out from the editor',
                    promote: false,
                  },
                },
                { idempotencyKey: keys.current.version },
              )
            ).version;
      return call(
        'executeWorkflow',
        { id: workflow.id, body: { input, ...(version === undefined ? {} : { version }) } },
        { idempotencyKey: keys.current.run },
      );
    },
    onSuccess: (execution) => navigate({ to: '/executions/$id', params: { id: execution.id } }),
    onError: () => {
      keys.current = { version: newIdempotencyKey(), run: newIdempotencyKey() };
    },
  });
  const blocked =
    which === 'published' && current === null
      ? 'Nothing is published yet, and the draft has problems'
      : isAsked && faults > 0
        ? 'Mend the input first'
        : null;
  return (
    <Modal
      open
      onClose={onClose}
      wide
      title="Run it"
      description="It really runs: tools are called, and people are asked."
      footer={
        <>
          <Button onClick={onClose}>Back</Button>
          <Button
            look="ink"
            busy={run.isPending}
            blockedBecause={blocked}
            onClick={() => {
              setIsAsked(true);
              if (faults === 0) run.mutate();
            }}
          >
            <Play size={14} aria-hidden="true" /> Run
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {current !== null && mayRunDraft && (
          <RadioCards<Which>
            legend="Which version"
            name="which"
            columns
            value={which}
            onChange={setWhich}
            options={[
              {
                value: 'draft',
                label: 'The draft as it stands',
                hint: 'Kept as a version; the published one stays current.',
              },
              { value: 'published', label: `The published one, v${current.version}` },
            ]}
          />
        )}
        {current !== null && hasChanges && !isValid && (
          <Notice
            tone="wait"
            title={`The draft has problems, so this runs the published version, v${current.version}.`}
          />
        )}
        <div className="flex flex-col gap-1.5">
          <h3 className="text-label font-medium text-fg-2">Input</h3>
          {schema !== null && isObject(input) && Object.keys(input).length === 0 && (
            <p className="text-label text-fg-3">The workflow names no field that it needs.</p>
          )}
          <SchemaForm key={which} schema={schema} value={input} onChange={setInput} onFaultCount={setFaults} />
          {isAsked && faults > 0 && <p className="text-label font-medium text-no">The input is not right yet.</p>}
        </div>
        {run.isError && <Notice tone="no" alert title={`Not started. ${errorLine(run.error)}`} />}
      </div>
    </Modal>
  );
};
