/** A subcommand of `countersign`. */
export type Command = {
  /** How it is called, after the word countersign. */
  usage: string;
  summary: string;
  /** Answers the exit code: 0 done, 1 it failed, 2 it was called wrongly. */
  run: (args: string[]) => Promise<number>;
};

/** It was called wrongly; the message says how. Ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
