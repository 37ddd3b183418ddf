import type { WireScheduleRun } from '@countersign/contract';
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { StatusMark } from '../ui/glyphs.tsx';

const WORDS: Readonly<Record<Exclude<WireScheduleRun['status'], 'started'>, readonly [string, string]>> = {
  queued: ['waits for the run before it', 'text-off'],
  skipped: ['left out', 'text-wait'],
  missed: ['missed', 'text-wait'],
  failed: ['could not be started', 'text-no'],
};

/** What became of a moment: the state of what it started, or why nothing did. */
export const RunMark = ({ run }: { readonly run: WireScheduleRun }): ReactNode => {
  if (run.execution) return <StatusMark status={run.execution.status} />;
  const [word, look] = run.status === 'started' ? ['started', 'text-off'] : WORDS[run.status];
  return <span className={clsx('text-label font-medium', look)}>{word}</span>;
};
