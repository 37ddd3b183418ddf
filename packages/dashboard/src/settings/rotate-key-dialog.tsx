import type { WireApiKey } from '@countersign/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { call } from '../api.ts';
import { newIdempotencyKey } from '../idempotency.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, SelectInput } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { KEY_DAYS } from './create-key-dialog.tsx';
import { KeySecret } from './key-secret.tsx';
import { keysQuery } from './queries.ts';

const OVERLAPS = [
  { hours: 0, label: 'not at all' },
  { hours: 1, label: '1 hour' },
  { hours: 24, label: '1 day' },
  { hours: 72, label: '3 days' },
  { hours: 168, label: '7 days' },
] as const;

type RotateKeyDialogProps = { readonly rotated: WireApiKey; readonly onClose: () => void };

/** A new secret under the same id; the one before goes on for a while, so that no program has to stop. */
export const RotateKeyDialog = ({ rotated, onClose }: RotateKeyDialogProps): ReactNode => {
  const client = useQueryClient();
  const [overlap, setOverlap] = useState(24);
  const [days, setDays] = useState(90);
  const key = useRef(newIdempotencyKey());
  const rotate = useMutation({
    mutationFn: () =>
      call(
        'rotateKey',
        { id: rotated.id, body: { overlap_hours: overlap, expires_in_days: days } },
        { idempotencyKey: key.current },
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: keysQuery.queryKey }),
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  const secret = rotate.data?.secret;
  return (
    <Modal
      open
      onClose={onClose}
      title={secret === undefined ? `Rotate ${rotated.name}` : `The new secret of ${rotated.name}`}
      {...(secret === undefined
        ? { description: 'It gets a new secret. What it can do, and its limits, stay as they are.' }
        : {})}
      footer={
        secret === undefined ? (
          <>
            <Button onClick={onClose}>Back</Button>
            <Button look="ink" busy={rotate.isPending} onClick={() => rotate.mutate()}>
              Make a new secret
            </Button>
          </>
        ) : (
          <Button look="ink" onClick={onClose}>
            I have copied it
          </Button>
        )
      }
    >
      {secret !== undefined ? (
        <KeySecret secret={secret} />
      ) : (
        <div className="flex flex-col gap-3.5">
          <div className="grid gap-3.5 phone:grid-cols-2">
            <Field label="The old secret goes on for">
              {(wiring) => (
                <SelectInput {...wiring} value={overlap} onChange={(event) => setOverlap(Number(event.target.value))}>
                  {OVERLAPS.map(({ hours, label }) => (
                    <option key={hours} value={hours}>
                      {label}
                    </option>
                  ))}
                </SelectInput>
              )}
            </Field>
            <Field label="The new one works for">
              {(wiring) => (
                <SelectInput {...wiring} value={days} onChange={(event) => setDays(Number(event.target.value))}>
                  {KEY_DAYS.map((count) => (
                    <option key={count} value={count}>
                      {count} days
                    </option>
                  ))}
                </SelectInput>
              )}
            </Field>
          </div>
          {rotate.isError && <Notice tone="no" alert title={`Not rotated. ${errorLine(rotate.error)}`} />}
        </div>
      )}
    </Modal>
  );
};
