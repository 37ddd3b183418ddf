/**
 * What a tool server did, kept by itself and independently of the product: an append-only file of JSON lines, on disk
 * before the answer is given. It is the witness when the product is judged.
 */
import { type FileHandle, open, readFile, truncate } from 'node:fs/promises';
import { type Json, canonicalize } from '@countersign/core';

export type ToolCall = {
  readonly key: string | null;
  readonly tool: string;
  readonly arguments: Json;
  /** The model's id of the call, the execution, and the conversation, as the product's headers said. */
  readonly call: string | null;
  readonly execution: string | null;
  readonly conversation: string | null;
  /** Milliseconds since 1970 at receipt. */
  readonly receivedAtMs: number;
};

/**
 * `executed`: done now. `repeat`: the key was known, the first result was given again, nothing was done.
 * `conflict`: the key was known from a different call; refused.
 */
export type LedgerLine = ToolCall & {
  readonly what: 'executed' | 'repeat' | 'conflict';
  readonly result: string | null;
};

export type Ledger = {
  /** Executes a call that is new, and writes it down before it resolves. */
  readonly record: (call: ToolCall, execute: () => string) => Promise<LedgerLine>;
  readonly lines: () => readonly LedgerLine[];
  readonly close: () => Promise<void>;
};

/** Opens a ledger, with everything that was written to it before. */
export const openLedger = async (file: string): Promise<Ledger> => {
  const lines = await reload(file);
  const byKey = new Map<string, LedgerLine>();
  for (const line of lines) if (line.what === 'executed' && line.key !== null) byKey.set(line.key, line);
  const handle = await open(file, 'a');
  let lastWrite: Promise<void> = Promise.resolve();

  const write = (line: LedgerLine): Promise<void> => {
    lines.push(line);
    lastWrite = lastWrite.then(() => append(handle, line));
    return lastWrite;
  };

  return {
    record: async (call, execute) => {
      const first = call.key === null ? undefined : byKey.get(call.key);
      const line: LedgerLine = first
        ? {
            ...call,
            ...(isSameCall(first, call)
              ? { what: 'repeat', result: first.result }
              : { what: 'conflict', result: null }),
          }
        : { ...call, what: 'executed', result: execute() };
      // Before any wait: a second request with this key that comes while the line is being written finds it.
      if (!first && call.key !== null) byKey.set(call.key, line);
      await write(line);
      return line;
    },
    lines: () => lines,
    close: async () => {
      await lastWrite;
      await handle.close();
    },
  };
};

const isSameCall = (first: ToolCall, again: ToolCall): boolean =>
  first.tool === again.tool && canonicalize(first.arguments) === canonicalize(again.arguments);

const append = async (handle: FileHandle, line: LedgerLine): Promise<void> => {
  await handle.appendFile(`${JSON.stringify(line)}\n`);
  await handle.datasync();
};

/** A last line without its end was being written when the process was killed: its call was never answered. */
const reload = async (file: string): Promise<LedgerLine[]> => {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) await truncate(file, Buffer.byteLength(whole));
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LedgerLine);
};

/** How often one call of one execution was carried out beyond the first time, whatever keys came with it. */
export const duplicatesIn = (lines: readonly LedgerLine[]): number => {
  const executed = lines.filter(({ what }) => what === 'executed');
  // A call without these headers can't be told from another one, so each counts as its own.
  return (
    executed.length -
    new Set(executed.map(({ execution, call }, index) => (call ? `${execution} ${call}` : index))).size
  );
};
