/** Giving a request to others, to the next level, or more time. */
import type { WireApproval } from '@countersign/contract';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { useServerNow } from '../live/clock.ts';
import { formatMoment } from '../live/time.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, SelectInput, TextInput } from '../ui/field.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { useApprovalAction } from './actions.ts';
import { NOBODY, PeoplePicker } from './people-picker.tsx';

type DialogProps = { readonly approval: WireApproval; readonly onClose: () => void };

const Reason = ({
  value,
  onChange,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
}): ReactNode => (
  <Field label="Why" hint="Kept with the request. May be empty.">
    {(wiring) => (
      <TextInput {...wiring} maxLength={1000} value={value} onChange={(event) => onChange(event.target.value)} />
    )}
  </Field>
);

const given = (reason: string): { reason?: string } => (reason.trim() === '' ? {} : { reason: reason.trim() });

export const ReassignDialog = ({ approval, onClose }: DialogProps): ReactNode => {
  const [chosen, setChosen] = useState(NOBODY);
  const [reason, setReason] = useState('');
  const count = chosen.people.size + chosen.groups.size;
  const send = useApprovalAction(
    approval.id,
    async () => {
      const answer = await call('reassignApproval', {
        id: approval.id,
        body: { people: [...chosen.people], groups: [...chosen.groups], ...given(reason) },
      });
      onClose();
      return answer;
    },
    'Given to others',
  );
  return (
    <Modal
      open
      onClose={onClose}
      title="Reassign"
      description="Those you choose are asked instead, in the open stage. Votes that were cast stay."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="ink"
            busy={send.isPending}
            blockedBecause={count === 0 ? 'Choose somebody first' : null}
            onClick={() => send.mutate(undefined)}
          >
            Reassign
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <PeoplePicker chosen={chosen} onChange={setChosen} onlyDeciders />
        <Reason value={reason} onChange={setReason} />
        {send.isError && <Notice tone="no" alert title={`Not reassigned. ${errorLine(send.error)}`} />}
      </div>
    </Modal>
  );
};

export const EscalateDialog = ({ approval, onClose }: DialogProps): ReactNode => {
  const [to, setTo] = useState('');
  const [reason, setReason] = useState('');
  const send = useApprovalAction(
    approval.id,
    async () => {
      const answer = await call('escalateApproval', {
        id: approval.id,
        body: { ...(to.trim() === '' ? {} : { to: to.trim() }), ...given(reason) },
      });
      onClose();
      return answer;
    },
    'Escalated',
  );
  return (
    <Modal
      open
      onClose={onClose}
      title="Escalate"
      description="The next level is asked as well; whoever is asked now can still decide."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="ink" busy={send.isPending} onClick={() => send.mutate(undefined)}>
            Escalate
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="To" hint="Empty: the next level that the policy names. Or a rule such as “1 of managers”.">
          {(wiring) => (
            <TextInput
              {...wiring}
              className="font-mono"
              placeholder="the policy’s next level"
              value={to}
              onChange={(event) => setTo(event.target.value)}
            />
          )}
        </Field>
        <Reason value={reason} onChange={setReason} />
        {send.isError && <Notice tone="no" alert title={`Not escalated. ${errorLine(send.error)}`} />}
      </div>
    </Modal>
  );
};

const STEPS = [
  { seconds: 900, label: '15 minutes' },
  { seconds: 3600, label: '1 hour' },
  { seconds: 14_400, label: '4 hours' },
  { seconds: 86_400, label: '1 day' },
  { seconds: 259_200, label: '3 days' },
] as const;

export const ExtendDialog = ({ approval, onClose }: DialogProps): ReactNode => {
  const now = useServerNow();
  const [seconds, setSeconds] = useState(3600);
  const send = useApprovalAction(
    approval.id,
    async () => {
      const answer = await call('extendApproval', { id: approval.id, body: { seconds } });
      onClose();
      return answer;
    },
    'More time given',
  );
  const until =
    approval.expires_at === null ? null : new Date(Date.parse(approval.expires_at) + seconds * 1000).toISOString();
  return (
    <Modal
      open
      onClose={onClose}
      title="Give it more time"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="ink" busy={send.isPending} onClick={() => send.mutate(undefined)}>
            Extend
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="By" {...(until === null ? {} : { hint: `Then its time ends at ${formatMoment(until, now)}.` })}>
          {(wiring) => (
            <SelectInput {...wiring} value={seconds} onChange={(event) => setSeconds(Number(event.target.value))}>
              {STEPS.map((step) => (
                <option key={step.seconds} value={step.seconds}>
                  {step.label}
                </option>
              ))}
            </SelectInput>
          )}
        </Field>
        {send.isError && <Notice tone="no" alert title={`Not extended. ${errorLine(send.error)}`} />}
      </div>
    </Modal>
  );
};
