/** A retry by hand: where a failed execution goes on. What is done stays done. */
import { type State, scopeOf } from './state.ts';

/** How a run is taken up again. */
export type Reopened = {
  readonly key: string;
  /** `unknown`: a call was on its way, and nobody knows what became of it (E4). `opened`: what it opened goes on. */
  readonly how: 'ready' | 'unknown' | 'opened';
};

/**
 * The runs that are taken up again: in every scope that was not left the last one, from the main line inwards; so a
 * branch that a join did without stays as it is.
 *
 * @param wasOnItsWay whether a call of this run had begun and its result never came
 */
export const reopened = (state: State, wasOnItsWay: (key: string) => boolean): Reopened[] => {
  const found: Reopened[] = [];
  const visit = (scope: string): void => {
    const run = state.runs.get(state.current.get(scope) ?? '');
    if (!run || run.leadsTo !== null || run.status === 'completed') return;
    const container = state.containers.get(run.key);
    if (container) {
      found.push({ key: run.key, how: 'opened' });
      for (let index = 0; index < container.begun; index += 1) visit(scopeOf(run.key, index));
    } else found.push({ key: run.key, how: run.status === 'cancelled' && wasOnItsWay(run.key) ? 'unknown' : 'ready' });
  };
  visit('');
  return found;
};
