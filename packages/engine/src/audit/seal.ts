/**
 * Appends what happened to the log and signs its new head, in one transaction under the log's lock. The order of entries is
 * made here: an event that commits late has no gap to fill, it comes with the next batch (ADR 0043).
 */
import { randomBytes } from 'node:crypto';
import {
  type Checkpoint,
  type Hash,
  type Json,
  type JsonObject,
  SALT_BYTES,
  type Subtree,
  commitmentTo,
  compactRange,
  formatCheckpoint,
  formatNote,
  hashLeafText,
  leafText,
  noteKey,
  payloadText,
  sameHash,
  toBase64,
} from '@countersign/core';
import {
  type AuditFork,
  type AuditLogRow,
  type PublicJwk,
  type Scope,
  type SealedEntry,
  type UnsealedEvent,
  appendLeaves,
  auditLogs,
  insertAuditLog,
  markForked,
  searchWords,
} from '@countersign/store';
import type { SigningKey } from '../signing/signing.ts';
import { checkpointOf } from './kept-head.ts';
import { isStoredLevel, rootAt } from './proofs.ts';

/** What a batch brings to the log. */
const WORDS_LENGTH_MAX = 4000;

export type Head = { readonly checkpoint: Checkpoint; readonly note: string };

/** The raw bytes of an Ed25519 public key. */
export const rawKey = ({ x }: PublicJwk): Uint8Array => Buffer.from(x, 'base64url');

/** `<host>/audit/<workspace>/<epoch>`: the name of a log, for ever, wherever the server moves. */
export const originOf = (publicUrl: string, workspaceId: string, epoch: number): string =>
  `${new URL(publicUrl).host}/audit/${workspaceId}/${epoch}`;

const epochOf = ({ origin }: Checkpoint): number => Number(/\/(\d+)$/.exec(origin)?.[1] ?? 0);

/** The log that is written to now; made with the workspace's first entry. */
export const currentLog = async (scope: Scope, publicUrl: string): Promise<AuditLogRow> => {
  const [log] = await auditLogs(scope);
  if (log) return log;
  const first = { epoch: 1, origin: originOf(publicUrl, scope.workspaceId, 1), settled: 0 };
  await insertAuditLog(scope, first);
  return { ...first, size: 0, hashes: [], note: null, sealed_at: null, fork: null };
};

const forkFrom = (reason: AuditFork['reason'], { origin, size, root }: Checkpoint): AuditFork => ({
  reason,
  origin,
  size,
  root: toBase64(root),
});

/** Whether the database leads to its own last checkpoint, and to one that was kept outside of it (trust.md, T51, T57). */
const forkOf = async (scope: Scope, log: AuditLogRow, kept: Checkpoint | undefined): Promise<AuditFork | undefined> => {
  if (log.note !== null) {
    const own = checkpointOf(log.note);
    const root = compactRange(log.size, log.hashes).root();
    if (own.size !== log.size || own.origin !== log.origin || !sameHash(own.root, root))
      return forkFrom('inconsistent', own);
  }
  if (!kept || epochOf(kept) < log.epoch) return undefined;
  if (kept.origin !== log.origin || kept.size > log.size) return forkFrom('behind', kept);
  const then =
    kept.size === log.size
      ? compactRange(log.size, log.hashes).root()
      : await rootAt(scope, log.epoch, kept.size).catch(() => undefined);
  return then && sameHash(then, kept.root) ? undefined : forkFrom('inconsistent', kept);
};

/** Every text in a value, for the search. */
const textsIn = (value: Json | undefined): string[] => {
  if (value === null || value === undefined) return [];
  if (typeof value !== 'object') return [String(value)];
  return Object.values(value).flatMap(textsIn);
};

const sealEntry = (event: UnsealedEvent, index: number): SealedEntry => {
  const { workspace_id: workspace, id, type, subject, actor } = event;
  const [data, detail] = [event.data as JsonObject, event.detail as JsonObject | null];
  const payload = payloadText({ actorName: actor.name, data, detail });
  const salt = randomBytes(SALT_BYTES);
  const leaf = leafText({
    index,
    workspace,
    id,
    type,
    subject,
    at: event.at.toISOString(),
    actor,
    payload: commitmentTo(payload, salt),
  });
  const words = [type, subject, id, actor.id, actor.name, ...textsIn(data), ...textsIn(detail ?? undefined)];
  return {
    index,
    hash: hashLeafText(leaf),
    leaf,
    event,
    salt,
    payload,
    words: searchWords(words.join(' ').slice(0, WORDS_LENGTH_MAX)).join(' '),
  };
};

export type Sealed =
  | { readonly type: 'sealed'; readonly head: Head }
  | { readonly type: 'nothing' }
  | { readonly type: 'refused'; readonly fork: AuditFork };

/** @param kept the head that is known from outside of the database @returns why nothing may be signed, if so */
export const checkHead = async (
  scope: Scope,
  log: AuditLogRow,
  kept: Checkpoint | undefined,
): Promise<AuditFork | undefined> => {
  if (log.fork) return log.fork;
  const fork = await forkOf(scope, log, kept);
  if (fork) await markForked(scope, log.epoch, fork);
  return fork;
};

/**
 * Appends these events to a log whose head was checked, under its lock.
 * @param settled up to which position nothing is missing any more
 */
export const sealBatch = async (
  scope: Scope,
  log: AuditLogRow,
  events: readonly UnsealedEvent[],
  settled: number,
  key: SigningKey,
): Promise<Head> => {
  const range = compactRange(log.size, log.hashes);
  const nodes: { subtree: Subtree; hash: Hash }[] = [];
  const entries = events.map((event) => {
    const entry = sealEntry(event, range.size);
    range.append(entry.hash, (subtree, hash) => {
      if (subtree.level > 0 && isStoredLevel(subtree.level)) nodes.push({ subtree, hash });
    });
    return entry;
  });
  const checkpoint = { origin: log.origin, size: range.size, root: range.root() };
  const text = formatCheckpoint(checkpoint);
  const note = formatNote(text, noteKey(log.origin, rawKey(key.publicJwk)), key.sign(Buffer.from(text)));
  await appendLeaves(scope, log, entries, nodes, { hashes: range.hashes, note, settled });
  return { checkpoint, note };
};
