/** Unsaved work, kept in this browser until it is published or dropped. */
import { parseStrict } from '@countersign/core';
import { type Draft, readDraft } from '../graph/draft.ts';

export type StoredDraft = {
  /** The version that was the current one when the work began; 0 for none. */
  readonly basedOn: number;
  readonly draft: Draft;
};

const keyOf = (workflowId: string): string => `countersign.workflow.${workflowId}`;

export const readStored = (workflowId: string): StoredDraft | null => {
  try {
    const parsed = parseStrict(localStorage.getItem(keyOf(workflowId)) ?? '');
    if (!parsed.ok) return null;
    const { basedOn, draft } = parsed.value as unknown as StoredDraft;
    const read = readDraft(draft);
    return typeof basedOn === 'number' && typeof read !== 'string' ? { basedOn, draft: read } : null;
  } catch {
    // Without storage the work lasts as long as the page.
    return null;
  }
};

export const storeDraft = (workflowId: string, stored: StoredDraft): void => {
  try {
    localStorage.setItem(keyOf(workflowId), JSON.stringify(stored));
  } catch {
    // Full or forbidden: the page still has it.
  }
};

export const dropStored = (workflowId: string): void => {
  try {
    localStorage.removeItem(keyOf(workflowId));
  } catch {
    // Then there is nothing to drop.
  }
};
