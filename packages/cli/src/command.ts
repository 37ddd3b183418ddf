import type { ParseArgsConfig } from 'node:util';

export type Options = NonNullable<ParseArgsConfig['options']>;

/** A subcommand of `countersign`. */
export type Command = {
  /** How it is called, after the word countersign. */
  usage: string;
  summary: string;
  /** What `parseArgs` of node:util is given, and what a shell completes. */
  options: Options;
  /** What can stand after an option, or in place of a word (`0` for the first), where that is one of few. */
  choices?: Readonly<Record<string, readonly string[]>>;
  /** Answers the exit code: 0 done, 1 it failed, 2 it was called wrongly. */
  run: (args: string[]) => Promise<number>;
};

/** It was called wrongly; the message says how. Ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
