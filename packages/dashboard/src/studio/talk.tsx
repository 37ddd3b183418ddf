/** One conversation: what was said and done, and where it waits, the decision in the place of the words. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Square } from 'lucide-react';
import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import { call } from '../api.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Failure, Skeleton, errorLine } from '../ui/states.tsx';
import { ConversationHead } from './column-head.tsx';
import { HeldRequest } from './held-request.tsx';
import { conversationQuery } from './queries.ts';
import { Turn, isOver } from './turn.tsx';
import { useConversation } from './use-conversation.ts';

/** What a column says of itself to the page around it. */
export type TalkState = { readonly isBusy: boolean; readonly isHeld: boolean };

type TalkProps = {
  readonly id: string;
  /** Which column it is, from 1. */
  readonly at: number;
  readonly bar: HTMLElement | null;
  readonly onTakeBar: (() => void) | null;
  readonly onClose: (() => void) | null;
  readonly onState: (id: string, state: TalkState) => void;
  /** Counts what was said from here. */
  readonly said: number;
};

const NEAR_PX = 120;

/**
 * Keeps the end in sight while it grows, unless somebody has scrolled up to read. A request that comes up is shown from
 * its beginning, and nothing moves under whoever reads it.
 */
const useFollowEnd = (isHeld: boolean): RefObject<HTMLDivElement | null> => {
  const box = useRef<HTMLDivElement>(null);
  const isNear = useRef(true);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const look = (): void => {
      isNear.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    };
    element.addEventListener('scroll', look, { passive: true });
    return () => element.removeEventListener('scroll', look);
  }, []);
  const shown = useRef<Element | null>(null);
  useLayoutEffect(() => {
    const element = box.current;
    const request = isHeld ? (element?.querySelector('article') ?? null) : null;
    if (request && request !== shown.current) request.scrollIntoView({ block: 'start' });
    else if (element && !isHeld && isNear.current) element.scrollTop = element.scrollHeight;
    shown.current = request;
  });
  return box;
};

const Stop = ({ executionId, isHeld }: { readonly executionId: string; readonly isHeld: boolean }): ReactNode => {
  const stop = useMutation({
    mutationFn: () => call('cancelExecution', { id: executionId, body: { reason: 'stopped in the Studio' } }),
  });
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button size="small" busy={stop.isPending} onClick={() => stop.mutate()}>
        <Square size={12} aria-hidden="true" /> {isHeld ? 'Withdraw this request' : 'Stop'}
      </Button>
      {stop.isError && <span className="text-label font-medium text-no">Not stopped. {errorLine(stop.error)}</span>}
    </div>
  );
};

export const Talk = ({ id, at, bar, onTakeBar, onClose, onState, said }: TalkProps): ReactNode => {
  const { view, error, isLoading, wake } = useConversation(id);
  const conversation = useQuery(conversationQuery(id));
  const mayRun = useCan('executions:run');
  const active = Object.values(view.turns).find((turn) => !isOver(turn));
  const isHeld = (active?.approvals.length ?? 0) > 0;
  const isBusy = active !== undefined;
  const box = useFollowEnd(isHeld);
  useEffect(() => onState(id, { isBusy, isHeld }), [onState, id, isBusy, isHeld]);
  useEffect(() => {
    if (said > 0) wake();
  }, [said, wake]);
  return (
    <section
      aria-label={`Column ${at}: conversation with ${conversation.data?.agent.name ?? 'an agent'}`}
      className="flex h-full min-h-0 min-w-0 flex-col"
    >
      <ConversationHead conversation={conversation.data} onClose={onClose} />
      <div
        ref={box}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="What was said"
        className="min-h-0 flex-1 overflow-y-auto overscroll-contain"
      >
        <div className="mx-auto flex max-w-215 flex-col gap-3 px-3 py-4 phone:px-6">
          {isLoading && view.messages.length === 0 && error === null && <Skeleton rows={4} />}
          {error !== null && <Failure error={error} onRetry={wake} />}
          {view.messages.map((message) => {
            if (message.role === 'assistant') return null;
            const turn = message.execution_id === null ? undefined : view.turns[message.execution_id];
            const answer = view.messages.find(
              (other) => other.role === 'assistant' && other.execution_id === message.execution_id,
            );
            return (
              <div key={message.id} className="flex flex-col gap-2.5">
                <p className="max-w-[85%] self-end rounded-xl bg-selected px-3.5 py-2 text-[15px] leading-5.5 whitespace-pre-wrap [overflow-wrap:anywhere]">
                  <span className="sr-only">You: </span>
                  <PlainText text={message.content} />
                </p>
                {turn !== undefined && (
                  <Turn
                    turn={turn}
                    answer={answer}
                    approvals={view.approvals}
                    onRetried={wake}
                    held={turn.approvals.map((approvalId, index) => (
                      <HeldRequest
                        key={approvalId}
                        id={approvalId}
                        request={message.content}
                        place={{ at: index + 1, of: turn.approvals.length }}
                        // One decision at a time: the first that waits has the buttons.
                        bar={index === 0 ? bar : null}
                        onTakeBar={index === 0 ? onTakeBar : null}
                        onDecided={wake}
                      />
                    ))}
                  />
                )}
              </div>
            );
          })}
          {mayRun && active !== undefined && <Stop executionId={active.executionId} isHeld={isHeld} />}
        </div>
      </div>
    </section>
  );
};
