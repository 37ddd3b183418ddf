/** Shows what a model says while it says it, to whoever watches the execution, in whichever process they are. */
import { saveTurnDraft, transaction } from '@countersign/store';
import type { Engine } from '../engine.ts';

/** People read no faster, and each writing is a transaction. */
const WRITE_EVERY_MS = 40;

const isWordPart = (code: number): boolean => code > 0x20 && code < 0x7f;
const isNumberPart = (char: string): boolean => /[\d -]/.test(char);

/**
 * A text without the end that may still grow into a secret: the last word, a row of numbers, a key that has begun. It is
 * shown with what follows, so that nothing is shown, or stored, that a longer text would have hidden (trust.md, T46).
 */
export const settledPart = (text: string): string => {
  let end = text.length;
  while (end > 0 && isWordPart(text.charCodeAt(end - 1))) end -= 1;
  if (/^[\d-]*$/.test(text.slice(end))) {
    let start = end;
    while (start > 0 && isNumberPart(text.charAt(start - 1))) start -= 1;
    const number = text.slice(start, end).search(/\d/);
    if (number >= 0) end = start + number;
  }
  const key = text.lastIndexOf('-----BEGIN');
  const isOpen = key >= 0 && !/-----END[^-]*-----/.test(text.slice(key));
  return text.slice(0, isOpen ? Math.min(end, key) : end);
};

export type TurnDraft = {
  /** Takes the next piece of the text. */
  readonly add: (piece: string) => void;
  /** Ends it. Afterwards nothing is written. */
  readonly close: () => Promise<void>;
};

export const openTurnDraft = (
  engine: Pick<Engine, 'worker' | 'wake' | 'redaction' | 'log'>,
  workspaceId: string,
  executionId: string,
  step: { readonly id: string; readonly attempt: number },
): TurnDraft => {
  let text = '';
  let written = '';
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();
  let isClosed = false;

  const write = async (): Promise<void> => {
    const settled = settledPart(text);
    if (settled === written) return;
    written = settled;
    try {
      await transaction(engine.worker, workspaceId, async (scope) => {
        const shown = await engine.redaction.mask(scope, settled.replaceAll('\u0000', '\ufffd'));
        await saveTurnDraft(scope, executionId, { step_id: step.id, attempt: step.attempt, text: shown });
        scope.afterCommit(() => engine.wake.changed(workspaceId, [executionId]));
      });
    } catch (error) {
      // Only for watching: the turn goes on, and is recorded when it has ended.
      engine.log.warn({ err: error, executionId }, 'what the model says could not be shown');
    }
  };
  const schedule = (): void => {
    if (isClosed || timer) return;
    timer = setTimeout(() => {
      writing = write().then(() => {
        timer = undefined;
        if (settledPart(text) !== written) schedule();
      });
    }, WRITE_EVERY_MS);
  };
  return {
    add: (piece) => {
      text += piece;
      schedule();
    },
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await writing;
    },
  };
};
