/**
 * Rounds of several executions in one transaction: while as many transactions run as help, those that come wait for the
 * next and share it, and with it the commit and each statement. One at a time, nobody waits for anybody.
 */
import {
  type Database,
  type HeldExecution,
  type Job,
  type LivePolicy,
  type Scope,
  type ToolRow,
  holdFreeExecutions,
  livePolicies,
  toolsByName,
  transaction,
} from '@countersign/store';
import type { Round } from './round.ts';

/** At the same time, for one workspace and process: on two cores one gets more done than two or four (bench/README.md). */
const TRANSACTIONS_MAX = 1;
/** In one transaction: its locks are held until the last of them is through. */
const ROUNDS_MAX = 32;

/** What rounds of one transaction read together. */
export type ReadAhead = Pick<Round, 'tools' | 'policies' | 'figures'>;

export type RoundWork<T> = (scope: Scope, held: HeldExecution, read: ReadAhead) => Promise<T>;

export type Joint<T> =
  | { readonly type: 'done'; readonly value: T }
  /** Somebody has locked it, or the job is another's now: nothing was begun. */
  | { readonly type: 'busy' }
  /** The transaction was taken back, whoever of those in it was the cause. */
  | { readonly type: 'undone' };

export type JointRounds = {
  /** @param tools every tool that the round may name */
  readonly join: <T>(job: Job, tools: readonly string[], work: RoundWork<T>) => Promise<Joint<T>>;
};

type Waiting = {
  readonly job: Job;
  readonly tools: readonly string[];
  readonly work: RoundWork<unknown>;
  readonly resolve: (outcome: Joint<unknown>) => void;
};

/** What a call of a tool needs is sent for with the locks, and not with a wait of its own for each. */
export const readAhead = (scope: Scope, names: readonly string[]): ReadAhead => {
  const tools = names.length === 0 ? Promise.resolve<ToolRow[]>([]) : toolsByName(scope, names);
  const policies = names.length === 0 ? Promise.resolve<LivePolicy[]>([]) : livePolicies(scope);
  scope.later(tools);
  scope.later(policies);
  return { tools, policies, figures: new Map() };
};

const runTogether = async (database: Database, workspaceId: string, all: readonly Waiting[]): Promise<void> => {
  let outcomes: Joint<unknown>[];
  try {
    outcomes = await transaction(database, workspaceId, async (scope) => {
      const rows = holdFreeExecutions(
        scope,
        all.map(({ job }) => job),
      );
      // After the locks, so that nothing is older than they are.
      const read = readAhead(scope, [...new Set(all.flatMap(({ tools }) => tools))]);
      const held = new Map((await rows).map((row) => [row.id, row]));
      const ended: Joint<unknown>[] = [];
      for (const { job, work } of all) {
        const row = held.get(job.subject);
        ended.push(row ? { type: 'done', value: await work(scope, row, read) } : { type: 'busy' });
      }
      return ended;
    });
  } catch {
    // Each does it again alone, where a fault is told.
    outcomes = all.map(() => ({ type: 'undone' }));
  }
  for (const [index, { resolve }] of all.entries()) resolve(outcomes[index] ?? { type: 'undone' });
};

export const createJointRounds = (database: Database): JointRounds => {
  const lines = new Map<string, { running: number; readonly waiting: Waiting[] }>();

  const go = (workspaceId: string): void => {
    const line = lines.get(workspaceId);
    if (!line || line.running >= TRANSACTIONS_MAX) return;
    if (line.waiting.length === 0) {
      if (line.running === 0) lines.delete(workspaceId);
      return;
    }
    line.running += 1;
    void runTogether(database, workspaceId, line.waiting.splice(0, ROUNDS_MAX)).then(() => {
      line.running -= 1;
      go(workspaceId);
    });
  };

  return {
    join: <T>(job: Job, tools: readonly string[], work: RoundWork<T>) =>
      new Promise<Joint<T>>((resolve) => {
        const line = lines.get(job.workspace_id) ?? { running: 0, waiting: [] };
        lines.set(job.workspace_id, line);
        line.waiting.push({ job, tools, work, resolve: resolve as (outcome: Joint<unknown>) => void });
        go(job.workspace_id);
      }),
  };
};
