import type { WireBulkOutcome } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CircleAlert, CircleCheck, Clock, Undo2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { call } from '../api.ts';
import { askAgain } from '../approvals/live-queue.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { useServerNow } from '../live/clock.ts';
import { announce } from '../ui/announce.ts';
import { Button } from '../ui/button.tsx';
import type { Verdict } from './together.ts';
import { outcomeWords } from './use-bulk.ts';

type ListProps = {
  readonly outcomes: readonly WireBulkOutcome[];
  readonly titles: ReadonlyMap<string, string>;
  /** What was asked for each. */
  readonly asked: (id: string) => Verdict;
};

/** One way back for all that the server still holds back. */
const TakeAllBack = ({ outcomes }: Pick<ListProps, 'outcomes'>): ReactNode => {
  const now = useServerNow();
  const client = useQueryClient();
  const held = outcomes.flatMap(({ id, held_until: until }) => (until === null ? [] : [{ id, until }]));
  const until = held.map((one) => one.until).toSorted()[0];
  const back = useMutation({
    mutationFn: () => Promise.allSettled(held.map(({ id }) => call('recallApproval', { id }))),
    onSuccess: (results) => announce(`${takenBack(results)} taken back`),
    onSettled: () => Promise.all(held.map(({ id }) => askAgain(client, id))),
  });
  if (back.data !== undefined)
    return (
      <p role="status" className="mb-2 text-label font-medium">
        {takenBack(back.data)} of {held.length} taken back; they wait again.
      </p>
    );
  if (until === undefined || Date.parse(until) <= now) return null;
  return (
    <p className="mb-2 flex items-center gap-3 text-label text-fg-2">
      <span className="flex-1">They take effect in a few seconds.</span>
      <Button size="small" busy={back.isPending} onClick={() => back.mutate()}>
        <Undo2 size={13} aria-hidden="true" /> Take all back
      </Button>
    </p>
  );
};

const takenBack = (results: readonly PromiseSettledResult<unknown>[]): number =>
  results.filter(({ status }) => status === 'fulfilled').length;

/** Each request with its own outcome; those that failed first, since they still wait. */
export const OutcomeList = (props: ListProps): ReactNode => (
  <div>
    <TakeAllBack outcomes={props.outcomes} />
    <Outcomes {...props} />
  </div>
);

const Outcomes = ({ outcomes, titles, asked }: ListProps): ReactNode => (
  <ul className="card divide-y" aria-label="Outcome of each request">
    {outcomes
      .toSorted((a, b) => Number(a.ok) - Number(b.ok))
      .map((outcome) => (
        <li key={outcome.id} className="flex items-baseline gap-2 px-3.5 py-2">
          {!outcome.ok ? (
            <CircleAlert size={14} aria-hidden="true" className="shrink-0 translate-y-0.5 text-no" />
          ) : outcome.status === 'pending' && outcome.held_until === null ? (
            <Clock size={14} aria-hidden="true" className="shrink-0 translate-y-0.5 text-wait" />
          ) : (
            <CircleCheck size={14} aria-hidden="true" className="shrink-0 translate-y-0.5 text-ok" />
          )}
          <Link to="/inbox/$id" params={{ id: outcome.id }} className="min-w-0 flex-1 hover:underline">
            <PlainText brief text={titles.get(outcome.id) ?? outcome.id} />
          </Link>
          <span className={outcome.ok ? 'text-fg-2' : 'font-medium text-no'}>
            {outcomeWords(outcome, asked(outcome.id))}
          </span>
        </li>
      ))}
  </ul>
);
