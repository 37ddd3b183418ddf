import type { WireApproval } from '@countersign/contract';
import { Pencil, X } from 'lucide-react';
import { type ReactNode, Suspense, lazy, useState } from 'react';
import { ariaKeys, useHotkey } from '../keys/hotkeys.ts';
import { formatMoment } from '../live/time.ts';
import { useServerNow } from '../live/clock.ts';
import { ApproveButton, holdMsOf } from '../review/approve-button.tsx';
import { MoreMenu } from '../review/more-menu.tsx';
import { timeoutShort } from '../review/time-words.ts';
import { useHold } from '../review/use-hold.ts';
import { Button } from '../ui/button.tsx';
import { errorLine } from '../ui/states.tsx';
import type { Decision } from './use-decision.ts';

/** Fetched with the page's other parts that open by a key (shell.tsx). */
const RejectBox = lazy(async () => ({ default: (await import('./reject-box.tsx')).RejectBox }));

const changedWords = (count: number): string => `${count} ${count === 1 ? 'value' : 'values'} changed`;

const Between = ({ approval, decision, hint }: BarProps & { readonly hint: string }): ReactNode => {
  const now = useServerNow();
  const { phase, blocked, changes, faultCount, error } = decision;
  if (error !== null && phase !== 'sending')
    return <span className="font-medium text-no">Not sent. {errorLine(error)}</span>;
  if (hint !== '' && phase === 'idle') return <span className="font-medium text-wait">{hint}</span>;
  if (phase === 'editing') {
    if (faultCount > 0)
      return (
        <span className="font-medium text-no">
          {faultCount} {faultCount === 1 ? 'value is' : 'values are'} not valid yet
        </span>
      );
    return (
      <span>{changes.length === 0 ? 'Nothing changed yet' : `${changedWords(changes.length)}; the agent is told`}</span>
    );
  }
  const voted = votesWords(approval);
  if (phase === 'idle' && voted !== null && approval.can.approve.ok && blocked.approve === null && changes.length === 0)
    return <span>{voted}</span>;
  const reason = blocked.approve ?? blocked.reject;
  if (phase === 'idle' && reason !== null) return <span>{reason}</span>;
  if (changes.length > 0) return <span>{changedWords(changes.length)}; the agent is told</span>;
  if (approval.expires_at !== null)
    return (
      <span className="hidden phone:inline">
        {timeoutShort(approval.on_timeout, formatMoment(approval.expires_at, now))}
      </span>
    );
  return null;
};

/** What an approval would be, where it takes more than one. */
const votesWords = ({ quorum, votes }: WireApproval): string | null => {
  const cast = votes.filter((vote) => vote.counts && vote.vote === 'approved' && vote.stage === quorum.stage).length;
  if (cast === 0 && quorum.stages.length === 1 && /^1 of [^ ]+$|^anyone$/.test(quorum.stages[0]?.approvers ?? ''))
    return null;
  return quorum.missing.length === 0 ? null : `Still needs ${quorum.missing.join(' and ')}`;
};

const approveWords = ({ kind }: WireApproval, isEdited: boolean, isHeld: boolean): string => {
  const words = isEdited ? 'Approve with edits' : kind === 'question' ? 'Answer' : 'Approve';
  return isHeld ? `Hold to ${words.toLowerCase()}` : words;
};

/** What has to be opened or confirmed first, in the order of the page. */
const firstObstacle = (): HTMLElement | null =>
  document.querySelector<HTMLElement>('article [data-fold][aria-expanded=false], [data-point]:not(:checked)');

type BarProps = { readonly approval: WireApproval; readonly decision: Decision };

/** Reject left, Approve right, equal in size and far apart; neither has the focus, and Enter never approves. */
export const DecisionBar = ({ approval, decision }: BarProps): ReactNode => {
  const { phase, ready, blocked, changes, faultCount, setPhase, setEdited, setFaultCount, send } = decision;
  const startReject = (): void => {
    if (ready && blocked.reject === null) setPhase('rejecting');
  };
  const finishEditing = (): void => {
    if (faultCount === 0) setPhase('idle');
  };
  const discard = (): void => {
    setEdited(undefined);
    setFaultCount(0);
    setPhase('idle');
  };
  const editing = phase === 'editing';
  const [hint, setHint] = useState('');
  const holdMs = holdMsOf(approval.priority);
  const hold = useHold(
    holdMs,
    () => send('approved'),
    () => setHint('Keep it pressed to approve'),
  );
  const approve: typeof hold = {
    ...hold,
    start: () => {
      const refused = decision.tooSoon();
      setHint(refused ?? '');
      if (refused === null && ready && blocked.approve === null) hold.start();
    },
  };
  useHotkey(
    editing
      ? null
      : {
          keys: ['a'],
          label: holdMs > 0 ? 'Approve: keep it pressed' : 'Approve',
          group: 'Decision',
          run: () => {
            approve.start();
            if (blocked.approve !== null) firstObstacle()?.focus();
          },
        },
  );
  useHotkey(editing ? null : { keys: ['r'], label: 'Reject with a reason', group: 'Decision', run: startReject });
  useHotkey(
    editing
      ? null
      : {
          keys: ['e'],
          label: 'Edit what will run',
          group: 'Decision',
          run: () => {
            if (ready && blocked.edit === null) setPhase('editing');
          },
        },
  );
  useHotkey(
    editing
      ? { keys: ['mod+Enter'], label: 'Finish editing', group: 'Decision', inFields: true, run: finishEditing }
      : null,
  );
  useHotkey(
    editing
      ? {
          keys: ['Escape'],
          label: 'Leave the form, if nothing was changed',
          group: 'Decision',
          inFields: true,
          run: () => {
            if (changes.length === 0 && faultCount === 0) discard();
          },
        }
      : null,
  );

  return (
    <section
      aria-label="Decision"
      data-decision-bar=""
      data-ready={ready ? '' : undefined}
      className="border-t bg-surface px-3 py-2.5 phone:px-6"
    >
      {phase === 'rejecting' && (
        <Suspense fallback={null}>
          <RejectBox decision={decision} />
        </Suspense>
      )}
      {phase !== 'rejecting' && (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          {editing ? (
            <Button size="bar" look="outline" className="flex-1 phone:flex-none" onClick={discard}>
              Discard edits
            </Button>
          ) : (
            <Button
              size="bar"
              look="reject"
              shortcut="r"
              className="flex-1 phone:min-w-33 phone:flex-none"
              blockedBecause={blocked.reject}
              onClick={startReject}
            >
              <X size={16} aria-hidden="true" /> Reject
            </Button>
          )}
          {!editing && <MoreMenu approval={approval} />}
          {!editing && changes.length > 0 && (
            <Button size="bar" look="ghost" className="max-phone:hidden" onClick={discard}>
              Discard edits
            </Button>
          )}
          <p
            aria-live="polite"
            className="order-first w-full min-w-0 text-label text-fg-2 empty:hidden phone:order-none phone:w-auto phone:flex-1 phone:text-right"
          >
            <Between approval={approval} decision={decision} hint={hint} />
          </p>
          {editing ? (
            <Button
              size="bar"
              look="ink"
              className="flex-1 phone:flex-none"
              aria-keyshortcuts={ariaKeys('mod+Enter')}
              blockedBecause={faultCount > 0 ? 'Some values are not valid yet' : null}
              onClick={finishEditing}
            >
              <Pencil size={15} aria-hidden="true" /> Finish editing
            </Button>
          ) : (
            <ApproveButton
              words={phase === 'sending' ? 'Sending…' : approveWords(approval, changes.length > 0, holdMs > 0)}
              holdMs={holdMs}
              hold={approve}
              busy={phase === 'sending'}
              blockedBecause={phase === 'sending' ? null : blocked.approve}
              onHint={setHint}
              onTwice={() => send('approved')}
            />
          )}
        </div>
      )}
    </section>
  );
};
