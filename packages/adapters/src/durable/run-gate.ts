/**
 * A run of a durable engine at the gate: asks once, parks until it is told of the decision, and acts once. Pure: it imports
 * nothing, so that it also runs where an engine lets nothing else run (a workflow of Temporal).
 */

/** How the call stands, as plain JSON: engines keep it. */
export type Seen =
  | { readonly state: 'waiting'; readonly approvalId: string; readonly title: string }
  | { readonly state: 'free' }
  | { readonly state: 'refused'; readonly message: string };

export type Made<T> =
  /** `note` says what a reviewer changed, for whoever reads the result. */
  | { readonly isMade: true; readonly result: T; readonly note: string | null; readonly approvalId: string | null }
  /** `message` says why, with the reviewer's reason. */
  | { readonly isMade: false; readonly message: string };

/** What an engine does for a run. */
export type Engine = {
  /** Does it, tries again where it fails, and keeps what came of it: after a restart the run gets that, and it is not done again. */
  readonly step: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  /**
   * Lets the run lie until it is told of a decision on the approval, or until the seconds are over. May come back too early:
   * the server is asked in any case. `name` is another one each time.
   */
  readonly park: (approvalId: string, seconds: number, name: string) => Promise<unknown>;
  /** Whether the error of `park` says that the run was cancelled. */
  readonly isCancellation: (error: unknown) => boolean;
  /** Does it although the run is cancelled. */
  readonly atLast: (name: string, work: () => Promise<void>) => Promise<void>;
};

export type Gate<T> = {
  /** Of the call, in this run. */
  readonly id: string;
  /** Asks, where nobody has asked yet for this call; with the approval's id, looks at that. */
  readonly look: (approvalId: string | null) => Promise<Seen>;
  /** Takes the approval, and acts on what was approved. */
  readonly make: () => Promise<Made<T>>;
  readonly withdraw: (approvalId: string) => Promise<void>;
};

const FIRST = 5;
const DAY = 86_400;

/** A decision can fall, or a webhook be lost, before an engine listens: first it looks again soon, then less and less. */
const secondsOf = (round: number): number => Math.min(FIRST * 4 ** round, DAY);

/** @throws what a step throws when its engine gives up, and the engine's own cancellation: then the approval is withdrawn */
export const runGate = async <T>(engine: Engine, gate: Gate<T>): Promise<Made<T>> => {
  let seen = await engine.step(`ask ${gate.id}`, () => gate.look(null));
  for (let round = 0; seen.state === 'waiting'; round += 1) {
    const { approvalId } = seen;
    try {
      await engine.park(approvalId, secondsOf(round), `wait ${gate.id} ${round}`);
    } catch (error) {
      if (engine.isCancellation(error))
        await engine.atLast(`withdraw ${gate.id}`, () => gate.withdraw(approvalId)).catch(() => undefined);
      throw error;
    }
    seen = await engine.step(`look ${gate.id} ${round}`, () => gate.look(approvalId));
  }
  if (seen.state === 'refused') return { isMade: false, message: seen.message };
  return engine.step(`make ${gate.id}`, gate.make);
};
