/** Keeps one process running: starts it again, with growing pauses, whenever it ends without having been asked to. */
import { setTimeout as delay } from 'node:timers/promises';

export type Running = {
  pid: number;
  /** Resolves when it has ended, with a few words on how: "signal SIGKILL", "exit code 1". */
  ended: Promise<string>;
  /** Asks it to end, then insists; resolves when it has ended. */
  stop: () => Promise<void>;
};

export type KeepRunningOptions<Process extends Running> = {
  /** Starts it and resolves when it is ready. Aborted when it is to stop before that. */
  start: (signal: AbortSignal) => Promise<Process>;
  /** When aborted, nothing is started any more. */
  signal: AbortSignal;
  onEnded: (how: string) => void;
  onRestarted: (process: Process) => void;
  /** Told about each attempt to start it again that fails; there will be another. */
  onFailed: (error: Error) => void;
};

export type KeptRunning<Process extends Running> = {
  /** Null while it is being started again. */
  current: () => Process | null;
  /** No more restarts; resolves when the process has ended. */
  stop: () => Promise<void>;
};

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
/** After this long without an end, the next one counts as the first again. */
const STEADY_MS = 20_000;

/** Starts it; if that first start fails, so does this. From then on it is kept running. */
export async function keepRunning<Process extends Running>(
  options: KeepRunningOptions<Process>,
): Promise<KeptRunning<Process>> {
  const stop = new AbortController();
  const stopping = AbortSignal.any([stop.signal, options.signal]);
  let current: Process | null = await options.start(stopping);
  const watched = watch(current);
  return {
    current: () => current,
    stop: async () => {
      stop.abort();
      await current?.stop();
      await watched;
    },
  };

  async function watch(first: Process): Promise<void> {
    let process = first;
    let setbacks = 0;
    for (;;) {
      const since = Date.now();
      const how = await process.ended;
      current = null;
      if (stopping.aborted) return;
      options.onEnded(how);
      if (Date.now() - since > STEADY_MS) setbacks = 0;
      const next = await startAgain(setbacks);
      if (next === null) return;
      setbacks = next.setbacks + 1;
      process = next.process;
      current = process;
      options.onRestarted(process);
    }
  }

  async function startAgain(setbacks: number): Promise<{ process: Process; setbacks: number } | null> {
    for (let count = setbacks; ; count += 1) {
      try {
        // The first time at once: most of what waits for the process shouldn't notice.
        if (count > 0) await delay(pauseMs(count), undefined, { signal: stopping });
        const process = await options.start(stopping);
        if (!stopping.aborted) return { process, setbacks: count };
        await process.stop();
        return null;
      } catch (error) {
        if (stopping.aborted) return null;
        options.onFailed(error as Error);
      }
    }
  }
}

function pauseMs(setbacks: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (setbacks - 1));
}
