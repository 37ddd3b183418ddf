/** Undo and redo: the drafts before and after the one on screen. */
import type { Draft } from './draft.ts';

export type History = {
  readonly past: readonly Draft[];
  readonly present: Draft;
  readonly future: readonly Draft[];
  /** What the last change was of, and when: letters typed into one field are undone together. */
  readonly last: { readonly of: string; readonly at: number } | null;
};

const STEPS_MAX = 200;
const TOGETHER_MS = 1500;

export const beginHistory = (present: Draft): History => ({ past: [], present, future: [], last: null });

/** @param of what is changed; changes of the same in quick succession are one step. Null: always a step of its own. */
export const record = (history: History, next: Draft, of: string | null, at: number): History => {
  if (next === history.present) return history;
  const { last } = history;
  const together = of !== null && last !== null && last.of === of && at - last.at < TOGETHER_MS;
  return {
    past: together ? history.past : [...history.past, history.present].slice(-STEPS_MAX),
    present: next,
    future: [],
    last: of === null ? null : { of, at },
  };
};

export const undo = (history: History): History => {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return { past: history.past.slice(0, -1), present: before, future: [history.present, ...history.future], last: null };
};

export const redo = (history: History): History => {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.present], present: next, future, last: null };
};
