/** From a request's card: let calls like this one go ahead, within bounds that start as narrow as this very call. */
import type { WireApproval } from '@countersign/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import { call } from '../api.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { newIdempotencyKey } from '../idempotency.ts';
import { announce } from '../ui/announce.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Check, Field, SelectInput, TextInput } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { type BoundKind, type BoundRow, boundOf, grantSentence, hasUnnameable, kindsFor, rowsFrom } from './bounds.ts';

const KIND_WORDS: Readonly<Record<BoundKind, string>> = {
  equals: 'is exactly',
  like: 'is like',
  at_most: 'is at most',
  any: 'may be anything',
};

const TIMES = [
  { seconds: 3600, label: '1 hour' },
  { seconds: 28_800, label: '8 hours' },
  { seconds: 86_400, label: '1 day' },
  { seconds: 604_800, label: '7 days' },
  { seconds: 2_592_000, label: '30 days' },
] as const;

const BoundInput = ({
  row,
  onChange,
}: {
  readonly row: BoundRow;
  readonly onChange: (row: BoundRow) => void;
}): ReactNode => {
  const bound = boundOf(row);
  return (
    <div className="grid items-center gap-x-2.5 gap-y-1 px-3 py-1.5 phone:grid-cols-[8.5rem_8.5rem_1fr]">
      <span className="font-mono text-[13px] [overflow-wrap:anywhere]">
        <PlainText text={row.argument} />
      </span>
      <SelectInput
        aria-label={`Bound on ${row.argument}`}
        value={row.kind}
        onChange={(event) => onChange({ ...row, kind: event.target.value as BoundKind })}
      >
        {kindsFor(row.value).map((kind) => (
          <option key={kind} value={kind}>
            {KIND_WORDS[kind]}
          </option>
        ))}
      </SelectInput>
      {row.kind === 'any' ? (
        <span className="text-label font-medium text-wait">no bound</span>
      ) : row.kind === 'equals' ? (
        <span className="font-mono text-[13px] text-fg-2 [overflow-wrap:anywhere]">
          <PlainText text={typeof row.value === 'string' ? row.value : JSON.stringify(row.value)} />
        </span>
      ) : (
        <span>
          <TextInput
            className="font-mono"
            aria-label={`${row.kind === 'like' ? 'Pattern' : 'Ceiling'} for ${row.argument}`}
            aria-invalid={bound instanceof Error || undefined}
            value={row.text}
            onChange={(event) => onChange({ ...row, text: event.target.value })}
          />
          {bound instanceof Error && <span className="block text-label font-medium text-no">{bound.message}</span>}
        </span>
      )}
    </div>
  );
};

type DialogProps = { readonly approval: WireApproval; readonly onClose: () => void };

export const GrantDialog = ({ approval, onClose }: DialogProps): ReactNode => {
  const client = useQueryClient();
  const args = approval.arguments ?? {};
  const [rows, setRows] = useState(() => rowsFrom(args));
  const [uses, setUses] = useState('10');
  const [seconds, setSeconds] = useState(3600);
  const numbers = rows.filter((row) => typeof row.value === 'number');
  const [totalOf, setTotalOf] = useState('');
  const [totalMax, setTotalMax] = useState('');
  const [thisAgent, setThisAgent] = useState(true);
  const [reason, setReason] = useState('');
  const key = useRef(newIdempotencyKey());

  const bounds = rows.map(boundOf);
  const usesMax = Number(uses);
  const total = totalOf === '' ? undefined : { argument: totalOf, at_most: Number(totalMax) };
  const agentId = approval.agent?.id ?? null;
  const fault = bounds.some((bound) => bound instanceof Error)
    ? 'A bound is not valid yet'
    : !Number.isInteger(usesMax) || usesMax < 1
      ? 'Say how many uses'
      : total !== undefined && !(total.at_most > 0)
        ? 'Say how much in all'
        : null;
  const valid = bounds.flatMap((bound) => (bound === null || bound instanceof Error ? [] : [bound]));
  const create = useMutation({
    mutationFn: () =>
      call(
        'createGrant',
        {
          body: {
            tool: approval.tool ?? '',
            bounds: valid,
            uses_max: usesMax,
            expires_in_seconds: seconds,
            approval_id: approval.id,
            ...(total === undefined ? {} : { total }),
            ...(agentId !== null && thisAgent ? { agent_id: agentId } : {}),
            ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
          },
        },
        { idempotencyKey: key.current },
      ),
    onSuccess: async () => {
      announce('The grant holds from now on');
      await client.invalidateQueries({ queryKey: ['grants'] });
      onClose();
    },
    onError: () => {
      key.current = newIdempotencyKey();
    },
  });
  return (
    <Modal
      open
      onClose={onClose}
      wide
      title="Give a grant"
      description={
        <>
          Later calls of <span className="font-mono text-fg">{approval.tool}</span> within these bounds go ahead without
          asking. This request is not decided by it.
        </>
      }
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button busy={create.isPending} blockedBecause={fault} onClick={() => create.mutate()}>
            Give the grant
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <fieldset>
          <legend className="mb-1 text-label font-medium text-fg-2">Where the arguments are</legend>
          <div className="card divide-y">
            {rows.map((row, index) => (
              <BoundInput
                key={row.argument}
                row={row}
                onChange={(next) => setRows(rows.map((other, place) => (place === index ? next : other)))}
              />
            ))}
            {rows.length === 0 && (
              <p className="px-3 py-2 text-fg-2">The call has no arguments that a bound could name.</p>
            )}
          </div>
        </fieldset>
        {hasUnnameable(args) && (
          <Notice tone="wait" title="Some arguments have names that no bound can hold">
            They would be free. Better ask each time.
          </Notice>
        )}
        <div className="grid gap-3.5 phone:grid-cols-2">
          <Field label="Uses at most">
            {(wiring) => (
              <TextInput
                {...wiring}
                inputMode="numeric"
                value={uses}
                onChange={(event) => setUses(event.target.value)}
              />
            )}
          </Field>
          <Field label="For">
            {(wiring) => (
              <SelectInput {...wiring} value={seconds} onChange={(event) => setSeconds(Number(event.target.value))}>
                {TIMES.map((time) => (
                  <option key={time.seconds} value={time.seconds}>
                    {time.label}
                  </option>
                ))}
              </SelectInput>
            )}
          </Field>
          {numbers.length > 0 && (
            <>
              <Field label="Total of">
                {(wiring) => (
                  <SelectInput {...wiring} value={totalOf} onChange={(event) => setTotalOf(event.target.value)}>
                    <option value="">no total</option>
                    {numbers.map((row) => (
                      <option key={row.argument} value={row.argument}>
                        {row.argument}
                      </option>
                    ))}
                  </SelectInput>
                )}
              </Field>
              {totalOf !== '' && (
                <Field label="Up to, in all" required>
                  {(wiring) => (
                    <TextInput
                      {...wiring}
                      inputMode="decimal"
                      value={totalMax}
                      onChange={(event) => setTotalMax(event.target.value)}
                    />
                  )}
                </Field>
              )}
            </>
          )}
        </div>
        {agentId !== null && (
          <Check
            label={<>Only for the agent {approval.agent?.name}</>}
            checked={thisAgent}
            onChange={(event) => setThisAgent(event.target.checked)}
          />
        )}
        <Field label="Why" hint="May be empty.">
          {(wiring) => (
            <TextInput
              {...wiring}
              maxLength={1000}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        {fault === null && (
          <p className="rounded-md bg-sunken px-3 py-2 text-label text-fg-2">
            <span className="font-semibold text-fg">In words: </span>
            {grantSentence({ bounds: { bounds: valid, uses_max: usesMax, ...(total === undefined ? {} : { total }) } })}
            .
          </p>
        )}
        {create.isError && <Notice tone="no" alert title={`Not given. ${errorLine(create.error)}`} />}
      </div>
    </Modal>
  );
};
