/** Rules as text, with line numbers and what is wrong marked beside the line. A plain text area: find, undo and screen readers work as ever. */
import { clsx } from 'clsx';
import { CircleAlert, CircleCheck } from 'lucide-react';
import { type ReactNode, type Ref, useId, useRef } from 'react';
import { errorLine } from '../ui/states.tsx';
import type { Checked, PolicyProblem } from './use-check.ts';

const LINE_PX = 20;

/** Where a line begins in a text, by number from 1. */
const offsetOf = (text: string, line: number, column: number): number =>
  text
    .split('\n')
    .slice(0, line - 1)
    .reduce((sum, part) => sum + part.length + 1, 0) + Math.max(0, column - 1);

const ProblemList = ({
  id,
  checked,
  onGo,
}: {
  readonly id: string;
  readonly checked: Checked;
  readonly onGo: (problem: PolicyProblem) => void;
}): ReactNode => (
  <div id={id} aria-live="polite" className="border-t bg-bg px-3 py-2">
    {checked.error !== null && <p className="font-medium text-no">Could not be checked. {errorLine(checked.error)}</p>}
    {checked.problems.length === 0 && checked.error === null && (
      <p className="flex items-center gap-1.5 text-label text-fg-2">
        <CircleCheck size={14} aria-hidden="true" className="text-ok" />
        {checked.isCurrent ? 'No problem found' : 'Checking…'}
      </p>
    )}
    {checked.problems.length > 0 && (
      <ul className={clsx('flex flex-col gap-0.5', !checked.isCurrent && 'opacity-60')}>
        {checked.problems.map((problem, index) => (
          <li key={index}>
            <button
              type="button"
              onClick={() => onGo(problem)}
              className="flex min-h-6 w-full items-baseline gap-2 rounded-sm px-1 text-left hover:bg-hover pointer-coarse:min-h-11"
            >
              <CircleAlert size={13} aria-hidden="true" className="shrink-0 translate-y-0.5 text-no" />
              <span className="shrink-0 font-mono text-label text-fg-2">
                {problem.line === null ? 'whole text' : `line ${problem.line}, column ${problem.column ?? 1}`}
              </span>
              <span className="font-medium text-no">
                {problem.pointer !== '' && (
                  <span className="font-mono text-label font-normal text-fg-2">{problem.pointer} </span>
                )}
                {problem.detail}
              </span>
            </button>
          </li>
        ))}
      </ul>
    )}
  </div>
);

type EditorProps = {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly checked: Checked;
  readonly readOnly?: boolean;
  readonly ref?: Ref<HTMLTextAreaElement>;
};

export const SourceEditor = ({ label, value, onChange, checked, readOnly = false }: EditorProps): ReactNode => {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const lines = value.split('\n').length;
  const faulty = new Set(checked.problems.map((problem) => problem.line));
  const go = (problem: PolicyProblem): void => {
    if (area.current === null || problem.line === null) return;
    const start = offsetOf(value, problem.line, problem.column ?? 1);
    area.current.focus();
    area.current.setSelectionRange(start, Math.max(start, (value.indexOf('\n', start) + 1 || value.length + 1) - 1));
    area.current.scrollTop = Math.max(0, (problem.line - 5) * LINE_PX);
  };
  const rows = Math.min(30, Math.max(12, lines + 1));
  return (
    <div className="overflow-hidden rounded-lg border border-line-2 bg-surface focus-within:outline-2 focus-within:outline-accent">
      <div className="flex font-mono text-[13px] leading-5">
        <div
          ref={gutter}
          aria-hidden="true"
          className="shrink-0 overflow-hidden border-r bg-sunken py-2 text-right text-fg-3 select-none"
          style={{ height: rows * LINE_PX + 16 }}
        >
          {Array.from({ length: lines }, (_, index) => (
            <div
              key={index}
              className={clsx(
                'h-5 min-w-11 pr-2 pl-1.5',
                faulty.has(index + 1) && 'bg-no-solid font-semibold text-on-solid',
              )}
            >
              {faulty.has(index + 1) && '✕ '}
              {index + 1}
            </div>
          ))}
          <div className="h-8" />
        </div>
        <textarea
          ref={area}
          aria-label={label}
          aria-describedby={`${id}-problems`}
          aria-invalid={checked.problems.length > 0 || undefined}
          readOnly={readOnly}
          spellCheck={false}
          autoCapitalize="off"
          wrap="off"
          value={value}
          onChange={(event) => onChange(event.target.value)}
          onScroll={(event) => {
            if (gutter.current !== null) gutter.current.scrollTop = event.currentTarget.scrollTop;
          }}
          className="min-w-0 flex-1 resize-none overflow-auto bg-surface px-3 py-2 whitespace-pre outline-none"
          style={{ height: rows * LINE_PX + 16 }}
        />
      </div>
      <ProblemList id={`${id}-problems`} checked={checked} onGo={go} />
    </div>
  );
};
