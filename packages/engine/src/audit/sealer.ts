/**
 * Seals the logs of all workspaces, again and again, in one process that answers people at a time: whoever holds the job.
 * Hints of what changed make it quick; looking at some workspaces in each round anyway makes it sure.
 */
import type { Checkpoint } from '@countersign/core';
import {
  type AuditFork,
  type Database,
  type Scope,
  eventForSealing,
  insertAuditLog,
  isConnectionFailure,
  lockAuditLog,
  transaction,
  transactionHorizon,
  tryLockAuditLog,
  unsealedEvents,
  workspaceIds,
} from '@countersign/store';
import type { Log } from '../engine.ts';
import type { Signing } from '../signing/signing.ts';
import type { Wake } from '../wake.ts';
import type { KeptHeads } from './kept-head.ts';
import { type Head, type Sealed, checkHead, currentLog, originOf, sealBatch } from './seal.ts';

const BATCH_MAX = 1000;
/** Workspaces that a round looks at although nothing was heard of them. */
const OTHERS_A_ROUND = 20;
const BUSY_MS = 250;
const IDLE_MS = 1000;
const WATCH_MS = 1000;
const WORKSPACES_KNOWN_MS = 10_000;

export type Sealer = {
  /** Seals what there is, in every workspace that may have something. @returns after how long to come again */
  readonly round: () => Promise<number>;
  /**
   * Looks after what this process has heard of and nobody has sealed: a holder of the job that was killed is missed for a
   * second, not for as long as its lease. @returns how to stop
   */
  readonly watch: () => () => void;
  /** Seals what this workspace has committed, waiting for whoever is at it. */
  readonly sealNow: (workspaceId: string) => Promise<void>;
  /** Begins the next epoch in the caller's transaction, with the event that says why as its first entry. */
  readonly startEpoch: (scope: Scope, eventId: string, epoch: number) => Promise<void>;
};

export const createSealer = (parts: {
  readonly api: Database;
  readonly signing: Signing;
  readonly wake: Wake;
  readonly log: Log;
  readonly publicUrl: string;
  readonly kept: KeptHeads;
}): Sealer => {
  const { api, signing, wake, log, publicUrl, kept } = parts;
  const hinted = new Set<string>();
  wake.onChange((workspaceId) => void hinted.add(workspaceId));
  /** The last head that this process signed: it knows more than a database that was restored under it. */
  const heads = new Map<string, Checkpoint>();
  /** Where events end that were seen, and the transaction from which on others may still come below. */
  const marks = new Map<string, { readonly position: number; readonly xmax: bigint }>();
  let known: { readonly ids: string[]; readonly untilMs: number } = { ids: [], untilMs: 0 };
  let place = 0;

  const keep = async (workspaceId: string, head: Head): Promise<void> => {
    heads.set(workspaceId, head.checkpoint);
    await kept
      .write(workspaceId, head.note)
      .catch((error: unknown) =>
        log.warn({ err: error, workspaceId }, 'a checkpoint could not be kept outside of the database'),
      );
  };

  const knownHead = async (workspaceId: string): Promise<Checkpoint | undefined> => {
    const own = heads.get(workspaceId);
    const outside = await kept.read(workspaceId);
    if (!own || !outside) return own ?? outside;
    return own.origin === outside.origin && own.size >= outside.size ? own : outside;
  };

  const sealOnce = async (scope: Scope, kept_: Checkpoint | undefined): Promise<Sealed & { more?: boolean }> => {
    const { workspaceId } = scope;
    const current = await currentLog(scope, publicUrl);
    const fork = await checkHead(scope, current, kept_);
    if (fork) return { type: 'refused', fork };
    const mark = marks.get(workspaceId);
    const before = mark ? await transactionHorizon(scope) : undefined;
    // Seen in the statement after: whatever was below the mark has committed, or never will.
    const settled = mark && before && before.xmin >= mark.xmax ? mark.position : current.settled;
    const events = await unsealedEvents(scope, current.settled, BATCH_MAX);
    const last = events.at(-1);
    if (!last) return { type: 'nothing' };
    const isAll = events.length < BATCH_MAX;
    const head = await sealBatch(
      scope,
      current,
      events,
      isAll ? Math.max(settled, current.settled) : current.settled,
      await signing.key('checkpoint'),
    );
    if (isAll && (!mark || settled === mark.position))
      marks.set(workspaceId, { position: last.position, xmax: (await transactionHorizon(scope)).xmax });
    return { type: 'sealed', head, more: !isAll };
  };

  const seal = async (workspaceId: string, take: (scope: Scope) => Promise<boolean>): Promise<boolean> => {
    let hasSealed = false;
    for (;;) {
      const outside = await knownHead(workspaceId);
      const result = await transaction(api, workspaceId, async (scope) =>
        (await take(scope)) ? sealOnce(scope, outside) : ({ type: 'nothing' } as const),
      );
      if (result.type === 'refused') {
        tell(workspaceId, result.fork);
        return hasSealed;
      }
      if (result.type === 'nothing') return hasSealed;
      hasSealed = true;
      await keep(workspaceId, result.head);
      if (result.more !== true) return hasSealed;
    }
  };

  const told = new Set<string>();
  const tell = (workspaceId: string, fork: AuditFork): void => {
    if (told.has(workspaceId)) return;
    told.add(workspaceId);
    log.error(
      { workspaceId, fork, state: 'log_forked' },
      'log_forked: the database does not lead to the last checkpoint of the audit log; nothing is signed until an owner starts a new epoch',
    );
  };

  /** One workspace's trouble must not keep the others from being sealed. */
  const trySeal = async (workspaceId: string): Promise<boolean> => {
    try {
      return await seal(workspaceId, tryLockAuditLog);
    } catch (error) {
      if (isConnectionFailure(error)) throw error;
      log.error({ err: error, workspaceId }, 'sealing the audit log failed');
      return false;
    }
  };

  const others = async (): Promise<string[]> => {
    if (known.untilMs < Date.now()) known = { ids: await workspaceIds(api), untilMs: Date.now() + WORKSPACES_KNOWN_MS };
    const { ids } = known;
    const chosen = Array.from(
      { length: Math.min(OTHERS_A_ROUND, ids.length) },
      (_, step) => ids[(place + step) % ids.length] ?? '',
    );
    place = ids.length === 0 ? 0 : (place + chosen.length) % ids.length;
    return chosen;
  };

  return {
    round: async () => {
      const first = [...hinted];
      hinted.clear();
      let hasSealed = first.length > 0;
      try {
        for (const workspaceId of new Set([...first, ...(await others())]))
          if (await trySeal(workspaceId)) hasSealed = true;
      } catch (error) {
        for (const workspaceId of first) hinted.add(workspaceId);
        throw error;
      }
      return hasSealed ? BUSY_MS : IDLE_MS;
    },
    watch: () => {
      let isAtIt = false;
      const look = async (): Promise<void> => {
        if (isAtIt) return;
        isAtIt = true;
        const heard = [...hinted];
        hinted.clear();
        // A database that is away is the round's business, which comes again.
        for (const workspaceId of heard) await trySeal(workspaceId).catch(() => false);
        isAtIt = false;
      };
      const timer = setInterval(() => void look(), WATCH_MS);
      timer.unref();
      return () => clearInterval(timer);
    },
    sealNow: async (workspaceId) => {
      await seal(workspaceId, async (scope) => {
        await lockAuditLog(scope);
        return true;
      });
    },
    startEpoch: async (scope, eventId, epoch) => {
      const { workspaceId } = scope;
      const current = await currentLog(scope, publicUrl);
      await insertAuditLog(scope, {
        epoch,
        origin: originOf(publicUrl, workspaceId, epoch),
        settled: current.settled,
      });
      const event = await eventForSealing(scope, eventId);
      if (!event) throw new Error('the event that begins the epoch is missing');
      const next = await currentLog(scope, publicUrl);
      const head = await sealBatch(scope, next, [event], current.settled, await signing.key('checkpoint'));
      marks.delete(workspaceId);
      scope.afterCommit(() => {
        told.delete(workspaceId);
        void keep(workspaceId, head);
      });
    },
  };
};

const refuse = (): Promise<never> =>
  Promise.reject(new Error('A process that only runs agents seals no log (trust.md, T73).'));

/** What a process has that runs agents and answers nobody. */
export const NO_SEALER: Sealer = {
  round: refuse,
  watch: () => () => undefined,
  sealNow: refuse,
  startEpoch: refuse,
};
