/** Everything that is wrong, each a way to where it is. */
import type { WireWorkflowProblem } from '@countersign/contract';
import { clsx } from 'clsx';
import { CircleAlert, CircleCheck } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { errorLine } from '../../ui/states.tsx';
import { type Draft, nameOf, nodeOf } from '../graph/draft.ts';
import type { Validation } from './use-validation.ts';

type ListProps = {
  readonly draft: Draft;
  readonly validation: Validation;
  readonly onGo: (problem: WireWorkflowProblem) => void;
};

const where = (draft: Draft, { node, pointer }: WireWorkflowProblem): string => {
  const named = node === null ? undefined : nodeOf(draft, node);
  if (named !== undefined) return nameOf(named);
  return node ?? (pointer === '' ? 'workflow' : pointer.slice(1).replaceAll('/', ' / '));
};

export const ProblemList = ({ draft, validation, onGo }: ListProps): ReactNode => {
  const { problems, isCurrent, error } = validation;
  const [isOpen, setIsOpen] = useState(true);
  const title =
    problems.length === 0
      ? isCurrent
        ? 'No problem found'
        : 'Checking…'
      : `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
  return (
    <section aria-label="Problems" className="border-t bg-surface">
      <button
        type="button"
        aria-expanded={problems.length === 0 ? undefined : isOpen}
        onClick={() => setIsOpen(!isOpen)}
        className="flex min-h-8 w-full items-center gap-2 px-3 text-left text-label font-medium pointer-coarse:min-h-11"
      >
        {problems.length === 0 ? (
          <CircleCheck size={14} aria-hidden="true" className={isCurrent ? 'text-ok' : 'text-fg-3'} />
        ) : (
          <CircleAlert size={14} aria-hidden="true" className="text-no" />
        )}
        <span role="status" className={clsx(problems.length > 0 && 'text-no')}>
          {error === null ? title : `Could not be checked. ${errorLine(error)}`}
        </span>
      </button>
      {isOpen && problems.length > 0 && (
        <ul aria-busy={!isCurrent || undefined} className="max-h-38 overflow-y-auto px-1.5 pb-1.5">
          {problems.map((problem) => (
            <li key={`${problem.pointer} ${problem.code} ${problem.detail}`}>
              <button
                type="button"
                onClick={() => onGo(problem)}
                className="flex min-h-7 w-full items-baseline gap-2.5 rounded-sm px-1.5 py-0.5 text-left hover:bg-hover pointer-coarse:min-h-11"
              >
                <span className="w-36 shrink-0 truncate text-label font-medium">{where(draft, problem)}</span>
                <span className="min-w-0 flex-1 text-label">
                  {problem.detail}{' '}
                  <span className="font-mono text-meta text-fg-3">{problem.pointer.replace(/^\/nodes\/\d+/, '')}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
};
