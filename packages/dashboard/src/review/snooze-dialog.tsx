/** Putting a request off in one's own queue. */
import type { WireApproval } from '@countersign/contract';
import { type ReactNode, useRef, useState } from 'react';
import { call } from '../api.ts';
import { useInbox } from '../approvals/inbox-context.ts';
import { useServerNow } from '../live/clock.ts';
import { formatMoment } from '../live/time.ts';
import { announce } from '../ui/announce.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Kbd } from '../ui/kbd.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { useApprovalAction } from './actions.ts';
import { snoozeTimes, whyNotUntil } from './snooze-times.ts';

type DialogProps = { readonly approval: WireApproval; readonly onClose: () => void };

export const SnoozeDialog = ({ approval, onClose }: DialogProps): ReactNode => {
  const now = useServerNow();
  const inbox = useInbox();
  const first = useRef<HTMLButtonElement>(null);
  const [own, setOwn] = useState('');
  const { id, expires_at: due } = approval;
  const deadline = due === null ? null : new Date(due);
  const times = snoozeTimes(new Date(now), deadline);
  const send = useApprovalAction(
    id,
    async (until: Date) => {
      const answer = await call('snoozeApproval', { id, body: { until: until.toISOString() } });
      onClose();
      inbox?.putOff(id);
      announce(`Snoozed until ${formatMoment(until.toISOString(), Date.now())}`);
      return answer;
    },
    'Snoozed',
  );
  const ownMoment = own === '' ? null : new Date(own);
  return (
    <Modal
      open
      onClose={onClose}
      title="Snooze"
      initialFocus={first}
      description="It leaves your queue until then and comes back by itself. Its deadline and everybody else’s queue stay as they are."
    >
      <div
        className="flex flex-col gap-4"
        onKeyDown={(event) => {
          const chosen = event.target instanceof HTMLInputElement ? undefined : times[Number(event.key) - 1];
          if (chosen === undefined || event.repeat) return;
          event.preventDefault();
          send.mutate(chosen.until);
        }}
      >
        <ul className="flex flex-col gap-1.5">
          {times.map(({ label, until }, index) => (
            <li key={label}>
              <Button
                ref={index === 0 ? first : undefined}
                className="w-full justify-between!"
                busy={send.isPending}
                onClick={() => send.mutate(until)}
              >
                <span>{label}</span>
                <span className="inline-flex items-center gap-2 font-normal text-fg-2">
                  until {formatMoment(until.toISOString(), now)}
                  <Kbd keys={String(index + 1)} />
                </span>
              </Button>
            </li>
          ))}
        </ul>
        {due !== null && times.length < 6 && (
          <p className="text-label text-fg-2">
            Its time ends at {formatMoment(due, now)}
            {times.length === 0 ? ': too soon to put it off.' : '; nothing is put off beyond that.'}
          </p>
        )}
        <form
          className="flex items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            if (ownMoment !== null && whyNotUntil(ownMoment, new Date(now), deadline) === null) send.mutate(ownMoment);
          }}
        >
          <Field label="Or until" className="flex-1">
            {(wiring) => (
              <TextInput
                {...wiring}
                type="datetime-local"
                value={own}
                onChange={(event) => setOwn(event.target.value)}
              />
            )}
          </Field>
          <Button
            type="submit"
            busy={send.isPending}
            blockedBecause={ownMoment === null ? 'Choose a moment' : whyNotUntil(ownMoment, new Date(now), deadline)}
          >
            Snooze
          </Button>
        </form>
        {send.isError && <Notice tone="no" alert title={`Not snoozed. ${errorLine(send.error)}`} />}
      </div>
    </Modal>
  );
};
