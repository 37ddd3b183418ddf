import { X } from 'lucide-react';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { settingsQuery } from '../people/queries.ts';
import { useCan } from '../session.ts';
import { useHotkey } from '../keys/hotkeys.ts';
import { Button } from '../ui/button.tsx';
import { Field, TextArea } from '../ui/field.tsx';
import { errorLine } from '../ui/states.tsx';
import type { Decision } from './use-decision.ts';

const PRESETS = [
  'Wrong amount or value',
  'Wrong recipient or record',
  'Not what was asked for',
  'Against policy',
  'Needs more information first',
] as const;

/** The reason for a rejection: needed, in place, and told to the agent. */
export const RejectBox = ({ decision }: { readonly decision: Decision }): ReactNode => {
  const { reason, setReason, send, setPhase, blocked, error } = decision;
  const [asked, setAsked] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => box.current?.focus(), []);
  const own = useQuery({ ...settingsQuery, enabled: useCan('members:read') }).data?.reason_presets ?? [];
  const presets = own.length > 0 ? own : PRESETS;
  const missing = reason.trim() === '';
  const submit = (): void => {
    setAsked(true);
    if (missing) box.current?.focus();
    else send('rejected');
  };
  const leave = (): void => setPhase('idle');
  useHotkey({ keys: ['mod+Enter'], label: 'Send the rejection', group: 'Decision', inFields: true, run: submit });
  useHotkey({ keys: ['Escape'], label: 'Do not reject', group: 'Decision', inFields: true, run: leave });
  return (
    <form
      className="flex flex-col gap-2.5"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Field
        label="Why do you reject this?"
        required
        hint="The agent is told, and it is kept with the decision."
        error={asked && missing ? 'A reason is needed to reject' : undefined}
      >
        {(wiring) => (
          <TextArea
            {...wiring}
            ref={box}
            rows={2}
            maxLength={4000}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            className="max-h-40"
          />
        )}
      </Field>
      <div className="flex flex-wrap gap-1.5" role="group" aria-label="Common reasons">
        {presets.map((preset) => (
          <Button
            key={preset}
            size="small"
            onClick={() => {
              setReason(
                missing ? preset : `${reason.trimEnd()}${/[.!?;:,]$/.test(reason.trimEnd()) ? ' ' : '. '}${preset}`,
              );
              box.current?.focus();
            }}
          >
            {preset}
          </Button>
        ))}
      </div>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <Button size="bar" onClick={leave}>
          Back
        </Button>
        <span aria-live="polite" className="min-w-0 flex-1 text-right text-label font-medium text-no">
          {error === null ? '' : `Not sent. ${errorLine(error)}`}
        </span>
        <Button
          type="submit"
          size="bar"
          look="danger"
          shortcut="mod+Enter"
          blockedBecause={blocked.reject}
          onClick={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <X size={16} aria-hidden="true" /> Reject
        </Button>
      </div>
    </form>
  );
};
