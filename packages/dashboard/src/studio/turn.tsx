/** What an agent did to answer one message, in the order in which it happened. */
import type { WireApprovalSummary, WireMessage } from '@countersign/contract';
import type { ConversationView, TurnView } from '@countersign/sdk';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { RotateCw } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { call } from '../api.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { useCan } from '../session.ts';
import { announce } from '../ui/announce.ts';
import { Button } from '../ui/button.tsx';
import { Notice, errorLine } from '../ui/states.tsx';
import { ToolLine } from './tool-line.tsx';

const ENDED: readonly TurnView['status'][] = ['completed', 'failed', 'rejected', 'cancelled', 'expired'];
export const isOver = ({ status }: TurnView): boolean => ENDED.includes(status);

/** An answer is read out sentence by sentence, and no faster than somebody listens. */
const READ_EVERY_MS = 2000;

const useReadAloud = (text: string, isSaying: boolean): void => {
  const read = useRef({ length: 0, at: 0 });
  useEffect(() => {
    if (!isSaying) return;
    const rest = text.slice(read.current.length);
    const end = Math.max(
      rest.lastIndexOf('. '),
      rest.lastIndexOf('? '),
      rest.lastIndexOf('! '),
      rest.lastIndexOf('\n'),
    );
    if (end < 0 || performance.now() - read.current.at < READ_EVERY_MS) return;
    read.current = { length: read.current.length + end + 1, at: performance.now() };
    announce(rest.slice(0, end + 1));
  }, [text, isSaying]);
};

const Said = ({ text, isSaying = false }: { readonly text: string; readonly isSaying?: boolean }): ReactNode => {
  useReadAloud(text, isSaying);
  return (
    <p className="text-[15px] leading-5.5 whitespace-pre-wrap [overflow-wrap:anywhere]">
      <PlainText text={text} />
      {isSaying && (
        <span aria-hidden="true" className="ml-0.5 inline-block h-3.5 w-1.5 translate-y-0.5 rounded-sm bg-fg-3" />
      )}
    </p>
  );
};

const Failed = ({ turn, onRetried }: { readonly turn: TurnView; readonly onRetried: () => void }): ReactNode => {
  const mayRun = useCan('executions:run');
  const retry = useMutation({
    mutationFn: () => call('retryExecution', { id: turn.executionId }),
    onSuccess: onRetried,
  });
  const error = turn.execution?.error;
  return (
    <Notice tone="no" title="It ended without an answer">
      <p>
        <PlainText text={error?.message ?? 'The execution failed.'} />
      </p>
      {mayRun && (
        <Button size="small" className="mt-2" busy={retry.isPending} onClick={() => retry.mutate()}>
          <RotateCw size={13} aria-hidden="true" /> Try the failed step again
        </Button>
      )}
      {retry.isError && <p className="font-medium text-no">Not retried. {errorLine(retry.error)}</p>}
    </Notice>
  );
};

const WORDS: Readonly<Record<'rejected' | 'cancelled' | 'expired', string>> = {
  rejected: 'The answer was rejected, and did not go out',
  cancelled: 'Stopped',
  expired: 'Nobody decided about the answer in time; it did not go out',
};

const Ended = ({ turn, onRetried }: { readonly turn: TurnView; readonly onRetried: () => void }): ReactNode => {
  switch (turn.status) {
    case 'failed':
      return <Failed turn={turn} onRetried={onRetried} />;
    case 'rejected':
    case 'cancelled':
    case 'expired':
      return (
        <Notice tone="off" title={WORDS[turn.status]}>
          {turn.execution?.error && <PlainText text={turn.execution.error.message} />}
        </Notice>
      );
    default:
      return null;
  }
};

/** What happens before there is anything to read. */
const Waiting = ({ turn }: { readonly turn: TurnView }): ReactNode =>
  turn.status === 'queued' || turn.status === 'running' || turn.status === 'waiting' ? (
    <p className="text-label text-fg-3">
      {turn.status === 'waiting' ? 'A step failed and is tried again soon…' : 'Working…'}
    </p>
  ) : null;

type TurnProps = {
  readonly turn: TurnView;
  readonly answer: WireMessage | undefined;
  readonly approvals: ConversationView['approvals'];
  readonly held: ReactNode;
  readonly onRetried: () => void;
};

const approvalOf = (approvals: ConversationView['approvals'], id: string | null): WireApprovalSummary | undefined =>
  id === null ? undefined : approvals[id];

export const Turn = ({ turn, answer, approvals, held, onRetried }: TurnProps): ReactNode => {
  const texts = new Map(turn.texts.map(({ stepId, text }) => [stepId, text]));
  const lastTurn = turn.steps.findLast(({ kind }) => kind === 'model_turn')?.id;
  const shown = turn.steps.flatMap((step): ReactNode[] => {
    if (step.kind === 'tool_call')
      return [<ToolLine key={step.id} step={step} approval={approvalOf(approvals, step.approval_id)} />];
    const text = texts.get(step.id) ?? '';
    // The message takes the place of what was said last: it may have been edited.
    if (step.kind !== 'model_turn' || text === '' || (answer !== undefined && step.id === lastTurn)) return [];
    return [<Said key={step.id} text={text} isSaying={step.status === 'running'} />];
  });
  const isSaying = turn.steps.some(
    ({ id, kind, status }) => kind === 'model_turn' && status === 'running' && texts.get(id),
  );
  return (
    <>
      {shown}
      {!isSaying && turn.approvals.length === 0 && <Waiting turn={turn} />}
      {held}
      {answer === undefined ? <Ended turn={turn} onRetried={onRetried} /> : <Said text={answer.content} />}
      {isOver(turn) && turn.steps.length === 0 && (
        <Link
          to="/executions/$id"
          params={{ id: turn.executionId }}
          className="self-start text-label text-fg-3 underline underline-offset-2 hover:text-fg"
        >
          What it did
        </Link>
      )}
    </>
  );
};
