/**
 * Rounds of several executions in one transaction: while one runs, those that come wait for the next and share it, and
 * with it the commit and each statement. One at a time, nobody waits for anybody.
 */
import {
  type Database,
  type KnownExecution,
  type Scope,
  draft,
  holdKnownExecutions,
  saveKnownExecutions,
} from '@countersign/store';
import type { Round } from './round.ts';

/** In one transaction: its locks are held until the last of them is through. */
const ROUNDS_MAX = 32;

/** @param figures about the past, which calls that are judged in one transaction see alike */
export type RoundWork<T> = (scope: Scope, figures: Round['figures']) => Promise<T>;

export type Joint<T> =
  | { readonly type: 'done'; readonly value: T }
  /** Nothing of it is written: it went by what is no longer so, or the transaction was taken back. */
  | { readonly type: 'undone' };

export type JointRounds = {
  /** Does a round that goes by what is known, and writes it if that is still so. */
  readonly join: <T>(known: KnownExecution, work: RoundWork<T>) => Promise<Joint<T>>;
};

type Waiting = {
  readonly known: KnownExecution;
  readonly work: RoundWork<unknown>;
  readonly resolve: (outcome: Joint<unknown>) => void;
};

const runTogether = async (database: Database, workspaceId: string, all: readonly Waiting[]): Promise<void> => {
  const known = all.map((one) => one.known);
  let outcomes: Joint<unknown>[];
  try {
    const { value, written } = await draft(database, workspaceId, {
      hold: async (scope) => {
        if ((await holdKnownExecutions(scope, known)).size < known.length) throw new Error('something has changed');
      },
      work: async (scope) => {
        const figures: Round['figures'] = new Map();
        const values: unknown[] = [];
        for (const { work } of all) values.push(await work(scope, figures));
        return values;
      },
      write: (scope, rows) => saveKnownExecutions(scope, known, rows),
    });
    outcomes = all.map(({ known: { job } }, index) =>
      !written || written.has(job.subject) ? { type: 'done', value: value[index] } : { type: 'undone' },
    );
  } catch {
    // Each does it again alone, where a fault is told.
    outcomes = all.map(() => ({ type: 'undone' }));
  }
  for (const [index, { resolve }] of all.entries()) resolve(outcomes[index] ?? { type: 'undone' });
};

export const createJointRounds = (database: Database): JointRounds => {
  /** Of each workspace in which one runs: those that wait for the next. On two cores one at a time gets most done (bench/README.md). */
  const lines = new Map<string, Waiting[]>();

  const go = async (workspaceId: string, waiting: Waiting[]): Promise<void> => {
    while (waiting.length > 0) await runTogether(database, workspaceId, waiting.splice(0, ROUNDS_MAX));
    lines.delete(workspaceId);
  };

  return {
    join: <T>(known: KnownExecution, work: RoundWork<T>) =>
      new Promise<Joint<T>>((resolve) => {
        const one = { known, work, resolve: resolve as (outcome: Joint<unknown>) => void };
        const workspaceId = known.job.workspace_id;
        const line = lines.get(workspaceId);
        if (line) line.push(one);
        else {
          const waiting = [one];
          lines.set(workspaceId, waiting);
          void go(workspaceId, waiting);
        }
      }),
  };
};
