import type { WireBulkOutcome } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import { CircleAlert, CircleCheck, Clock } from 'lucide-react';
import type { ReactNode } from 'react';
import { PlainText } from '../approvals/value-text.tsx';
import { outcomeWords } from './use-bulk.ts';

type ListProps = {
  readonly outcomes: readonly WireBulkOutcome[];
  readonly titles: ReadonlyMap<string, string>;
  readonly asked: 'approved' | 'rejected';
};

/** Each request with its own outcome; those that failed first, since they still wait. */
export const OutcomeList = ({ outcomes, titles, asked }: ListProps): ReactNode => (
  <ul className="card divide-y" aria-label="Outcome of each request">
    {outcomes
      .toSorted((a, b) => Number(a.ok) - Number(b.ok))
      .map((outcome) => (
        <li key={outcome.id} className="flex items-baseline gap-2 px-3.5 py-2">
          {!outcome.ok ? (
            <CircleAlert size={14} aria-hidden="true" className="shrink-0 translate-y-0.5 text-no" />
          ) : outcome.status === 'pending' ? (
            <Clock size={14} aria-hidden="true" className="shrink-0 translate-y-0.5 text-wait" />
          ) : (
            <CircleCheck size={14} aria-hidden="true" className="shrink-0 translate-y-0.5 text-ok" />
          )}
          <Link to="/inbox/$id" params={{ id: outcome.id }} className="min-w-0 flex-1 hover:underline">
            <PlainText brief text={titles.get(outcome.id) ?? outcome.id} />
          </Link>
          <span className={outcome.ok ? 'text-fg-2' : 'font-medium text-no'}>{outcomeWords(outcome, asked)}</span>
        </li>
      ))}
  </ul>
);
