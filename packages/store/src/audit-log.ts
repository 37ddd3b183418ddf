/** The sealed audit log of a workspace: its head, its leaves, its nodes. Only appended to, by whoever holds its lock. */
import type { Subtree } from '@countersign/core';
import { type Scope, statement } from './database.ts';
import type { EventRow } from './rows.ts';

/** The first half of the advisory lock's key; the second is a hash of the workspace. */
const LOCK_CLASS = 4401;

/** Why nothing is signed: the checkpoint that this database does not lead to. */
export type AuditFork = {
  readonly reason: 'behind' | 'inconsistent';
  readonly origin: string;
  readonly size: number;
  /** Base 64. */
  readonly root: string;
};

export type AuditLogRow = {
  epoch: number;
  origin: string;
  size: number;
  hashes: Buffer[];
  note: string | null;
  sealed_at: Date | null;
  settled: number;
  fork: AuditFork | null;
};

const tryLock = statement<{ locked: boolean }>(
  'audit_try_lock',
  `select pg_try_advisory_xact_lock(${LOCK_CLASS}, hashtext($1)) as locked`,
);
const lock = statement('audit_lock', `select pg_advisory_xact_lock(${LOCK_CLASS}, hashtext($1))`);

/** The right to append, until the end of the transaction. False if another has it. */
export const tryLockAuditLog = async (scope: Scope): Promise<boolean> =>
  (await tryLock.one(scope, scope.workspaceId))?.locked ?? false;
export const lockAuditLog = (scope: Scope): Promise<number> => lock.run(scope, scope.workspaceId);

const columns = 'epoch, origin, size, hashes, note, sealed_at, settled, fork';
const logs = statement<AuditLogRow>(
  'audit_log_list',
  `select ${columns} from audit_log where workspace_id = $1 order by epoch desc`,
);

/** Every epoch's log, the current one first. */
export const auditLogs = (scope: Scope): Promise<AuditLogRow[]> => logs.all(scope, scope.workspaceId);

const insertLog = statement(
  'audit_log_insert',
  'insert into audit_log (workspace_id, epoch, origin, settled) values ($1, $2, $3, $4)',
);
export const insertAuditLog = (scope: Scope, log: Pick<AuditLogRow, 'epoch' | 'origin' | 'settled'>): Promise<number> =>
  insertLog.run(scope, scope.workspaceId, log.epoch, log.origin, log.settled);

const setFork = statement('audit_log_fork', 'update audit_log set fork = $3 where workspace_id = $1 and epoch = $2');
export const markForked = (scope: Scope, epoch: number, fork: AuditFork): Promise<number> =>
  setFork.run(scope, scope.workspaceId, epoch, fork);

export type UnsealedEvent = EventRow & { detail: Record<string, unknown> | null; position: number };

const eventColumns = 'workspace_id, id, type, subject, actor, data, detail, at, position';
const unsealed = statement<UnsealedEvent>(
  'audit_unsealed',
  `select ${eventColumns} from event e where workspace_id = $1 and position > $2
     and not exists (select from audit_leaf l where l.workspace_id = e.workspace_id and l.position = e.position)
   order by position limit $3`,
);

/** Events that are committed and in no log yet, by position. One that commits late has a low position, and comes with the next. */
export const unsealedEvents = (scope: Scope, settled: number, limit: number): Promise<UnsealedEvent[]> =>
  unsealed.all(scope, scope.workspaceId, settled, limit);

const oneEvent = statement<UnsealedEvent>(
  'audit_event',
  `select ${eventColumns} from event where workspace_id = $1 and id = $2`,
);
export const eventForSealing = (scope: Scope, id: string): Promise<UnsealedEvent | undefined> =>
  oneEvent.one(scope, scope.workspaceId, id);

const horizon = statement<{ xmin: string; xmax: string }>(
  'audit_horizon',
  'select pg_snapshot_xmin(s)::text as xmin, pg_snapshot_xmax(s)::text as xmax from pg_current_snapshot() as s',
);

/** The oldest running transaction, and the next one to begin. */
export const transactionHorizon = async (scope: Scope): Promise<{ xmin: bigint; xmax: bigint }> => {
  const row = await horizon.one(scope);
  return { xmin: BigInt(row?.xmin ?? 0), xmax: BigInt(row?.xmax ?? 0) };
};

export type SealedEntry = {
  readonly index: number;
  readonly hash: Uint8Array;
  readonly leaf: string;
  readonly event: UnsealedEvent;
  readonly salt: Uint8Array;
  readonly payload: string;
  readonly words: string;
};

const insertLeaves = statement(
  'audit_leaf_insert',
  `insert into audit_leaf (workspace_id, epoch, index, hash, leaf, position, event_id, type, actor_id, subject, at)
   select $1, $2, * from unnest($3::bigint[], $4::bytea[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[],
     $11::timestamptz[])`,
);
const insertPayloads = statement(
  'audit_payload_insert',
  `insert into audit_payload (workspace_id, position, salt, payload, words)
   select $1, position, salt, payload, to_tsvector('simple', words)
   from unnest($2::bigint[], $3::bytea[], $4::text[], $5::text[]) as new (position, salt, payload, words)`,
);
const insertNodes = statement(
  'audit_node_insert',
  `insert into audit_node (workspace_id, epoch, level, index, hash)
   select $1, $2, * from unnest($3::smallint[], $4::bigint[], $5::bytea[])`,
);
const insertCheckpoint = statement(
  'audit_checkpoint_insert',
  'insert into audit_checkpoint (workspace_id, epoch, size, note) values ($1, $2, $3, $4)',
);
const moveHead = statement(
  'audit_log_append',
  `update audit_log set size = $4, hashes = $5, note = $6, settled = $7, sealed_at = clock_timestamp()
   where workspace_id = $1 and epoch = $2 and size = $3`,
);

/** Appends leaves and moves the head, all of it or nothing. @throws if the head is not where the caller saw it */
export const appendLeaves = async (
  scope: Scope,
  log: Pick<AuditLogRow, 'epoch' | 'size'>,
  entries: readonly SealedEntry[],
  nodes: readonly { readonly subtree: Subtree; readonly hash: Uint8Array }[],
  head: { readonly hashes: readonly Uint8Array[]; readonly note: string; readonly settled: number },
): Promise<void> => {
  const { workspaceId } = scope;
  const bytes = (from: readonly Uint8Array[]): Buffer[] => from.map((hash) => Buffer.from(hash));
  const size = log.size + entries.length;
  insertLeaves.send(
    scope,
    workspaceId,
    log.epoch,
    entries.map(({ index }) => index),
    bytes(entries.map(({ hash }) => hash)),
    entries.map(({ leaf }) => leaf),
    entries.map(({ event }) => event.position),
    entries.map(({ event }) => event.id),
    entries.map(({ event }) => event.type),
    entries.map(({ event }) => event.actor.id),
    entries.map(({ event }) => event.subject),
    entries.map(({ event }) => event.at),
  );
  insertPayloads.send(
    scope,
    workspaceId,
    entries.map(({ event }) => event.position),
    bytes(entries.map(({ salt }) => salt)),
    entries.map(({ payload }) => payload),
    entries.map(({ words }) => words),
  );
  if (nodes.length > 0)
    insertNodes.send(
      scope,
      workspaceId,
      log.epoch,
      nodes.map(({ subtree }) => subtree.level),
      nodes.map(({ subtree }) => subtree.index),
      bytes(nodes.map(({ hash }) => hash)),
    );
  insertCheckpoint.send(scope, workspaceId, log.epoch, size, head.note);
  const moved = await moveHead.run(
    scope,
    workspaceId,
    log.epoch,
    log.size,
    size,
    bytes(head.hashes),
    head.note,
    head.settled,
  );
  if (moved !== 1) throw new Error('the head of the audit log moved under its lock');
};

const leafHashes = statement<{ hash: Buffer }>(
  'audit_leaf_hashes',
  'select hash from audit_leaf where workspace_id = $1 and epoch = $2 and index >= $3 and index < $4 order by index',
);
const nodeHashes = statement<{ hash: Buffer }>(
  'audit_node_hashes',
  `select hash from audit_node where workspace_id = $1 and epoch = $2 and level = $5 and index >= $3 and index < $4
   order by index`,
);

/** Hashes of this level (0, 8, 16 …) from an index on, as many as there are up to the other. */
export const storedHashes = async (
  scope: Scope,
  epoch: number,
  level: number,
  begin: number,
  end: number,
): Promise<Buffer[]> => {
  const rows =
    level === 0
      ? await leafHashes.all(scope, scope.workspaceId, epoch, begin, end)
      : await nodeHashes.all(scope, scope.workspaceId, epoch, begin, end, level);
  return rows.map(({ hash }) => hash);
};

const erase = statement<{ erased: boolean }>('audit_erase', 'select erase_payload($1, $2) as erased');

/** Deletes one event's payload and salt for ever. @returns whether there was something to erase */
export const erasePayload = async (scope: Scope, eventId: string, recordedBy: string): Promise<boolean> =>
  (await erase.one(scope, eventId, recordedBy))?.erased ?? false;
