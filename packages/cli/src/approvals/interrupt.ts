/** Ctrl-C, and the signals of a CI system that cancels a job. */
import { SIGNAL_EXIT } from './exit-codes.ts';

export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: keyof typeof SIGNAL_EXIT) {
    super(signal);
    this.exitCode = SIGNAL_EXIT[signal];
  }
}

/**
 * Runs work with a signal that aborts at the first request to stop, so that it can clean up; at the second the process ends
 * as it stands.
 */
export const interruptible = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    const interrupted = new Interrupted(name as keyof typeof SIGNAL_EXIT); // Only these are listened to.
    if (controller.signal.aborted) process.exit(interrupted.exitCode);
    controller.abort(interrupted);
  };
  const names = Object.keys(SIGNAL_EXIT) as (keyof typeof SIGNAL_EXIT)[];
  for (const name of names) process.on(name, onSignal);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of names) process.off(name, onSignal);
  }
};
