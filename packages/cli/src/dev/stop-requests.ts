/** Ctrl-C, a closed terminal, `kill`: the first asks to stop in order, the second not to wait. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type StopRequests = {
  /** Aborted at the first request. */
  signal: AbortSignal;
  /** Resolves at the first request. */
  requested: Promise<void>;
  /** Listens no longer. */
  forget: () => void;
};

export function stopRequests(onSecond: () => void): StopRequests {
  const controller = new AbortController();
  const { promise: requested, resolve } = Promise.withResolvers<void>();
  const onSignal = (): void => {
    if (controller.signal.aborted) return onSecond();
    controller.abort();
    resolve();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  const forget = (): void => {
    for (const name of SIGNALS) process.off(name, onSignal);
  };
  return { signal: controller.signal, requested, forget };
}
