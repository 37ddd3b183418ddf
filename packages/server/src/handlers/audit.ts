/** The audit log: finding entries, proving them, taking them away as a file; erasing, and beginning anew after a restore. */
import {
  type Hash,
  type JsonObject,
  compactRange,
  consistencySpans,
  formatKey,
  formatProof,
  inclusionSpans,
  noteKey,
  toBase64,
} from '@countersign/core';
import { type Engine, checkpointOf, proofHashes, rawKey, rootAt } from '@countersign/engine';
import {
  type AuditEntryRow,
  type AuditLogRow,
  type Scope,
  appendEvent,
  auditLogs,
  auditRange,
  checkpointCovering,
  erasePayload,
  firstIndexAt,
  getAuditEntry,
  lastIndexBefore,
  listAuditEntries,
  lockAuditLog,
  newId,
  unsealedEvents,
} from '@countersign/store';
import { asSealed, exportFile } from '../audit/export.ts';
import { actorOf } from '../auth/principal.ts';
import type { FreeHandlers, Handlers } from '../http/context.ts';
import { Problem, invalid, notFound } from '../http/problem.ts';

const presentEntry = (row: AuditEntryRow) => ({
  id: row.id,
  type: row.type,
  at: row.at.toISOString(),
  actor: row.actor,
  subject: row.subject,
  data: row.data as JsonObject,
  detail: row.detail as JsonObject | null,
  epoch: row.epoch,
  index: row.index,
  is_erased: row.index !== null && row.payload === null,
});

const presentSealed = (row: AuditEntryRow, workspace: string) => {
  const { index, leaf, hash, salt, payload } = row;
  if (index === null || leaf === null || hash === null) return { ...presentEntry(row), sealed: null };
  return {
    ...presentEntry(row),
    sealed: {
      leaf,
      leaf_hash: toBase64(hash),
      salt: salt && toBase64(salt),
      payload,
      erased_by: row.erased_by,
      is_intact: asSealed({ ...row, index, leaf, hash }, workspace).isIntact,
    },
  };
};

const mustGetEntry = async (scope: Scope, id: string): Promise<AuditEntryRow> => {
  const row = await getAuditEntry(scope, id);
  if (!row) throw notFound('entry');
  return row;
};

const mustGetLog = async (scope: Scope, epoch: number | undefined): Promise<AuditLogRow> => {
  const logs = await auditLogs(scope);
  const log = epoch === undefined ? logs[0] : logs.find((one) => one.epoch === epoch);
  if (!log) throw epoch === undefined ? notSealed('Nothing is sealed yet.') : notFound('epoch');
  return log;
};

const notSealed = (detail: string): Problem => new Problem('not_sealed', detail, {}, { 'Retry-After': '1' });

const presentLog = async (engine: Engine, scope: Scope, log: AuditLogRow) => {
  const keys = (await engine.signing.published('checkpoint', scope)).map(({ publicJwk }) =>
    noteKey(log.origin, rawKey(publicJwk)),
  );
  const note = log.note ?? '';
  // The one that signed it is named in its last line by its id; a key that was rotated since still verifies it.
  const signer = keys.find((key) => note.includes(`\n— ${key.name} ${idPrefix(key.id)}`)) ?? keys[0];
  return {
    state: log.fork ? ('log_forked' as const) : ('sealing' as const),
    fork: log.fork,
    epoch: log.epoch,
    origin: log.origin,
    size: log.size,
    root: toBase64(log.note === null ? compactRange().root() : checkpointOf(log.note).root),
    note: log.note,
    key: log.note !== null && signer ? formatKey(signer) : null,
    keys: keys.map(formatKey),
    sealed_at: log.sealed_at?.toISOString() ?? null,
  };
};

/** The first letters of a signature line: 4 bytes are 5⅓ of them. */
const idPrefix = (id: string): string => Buffer.from(id, 'hex').toString('base64').slice(0, 5);

/** An empty log of a workspace in which nothing has happened yet is a log as well. */
const emptyLog = (): AuditLogRow => ({
  epoch: 1,
  origin: '',
  size: 0,
  hashes: [],
  note: null,
  sealed_at: null,
  settled: 0,
  fork: null,
});

const beyond = (pointer: string, size: number): Problem =>
  invalid([{ pointer, detail: `the log has ${size} entries` }]);

const inclusion = async (scope: Scope, log: AuditLogRow, index: number) => {
  const [leaf] = await auditRange(scope, log.epoch, index, index + 1, 1);
  if (index >= log.size || !leaf || log.note === null) throw notFound('entry');
  const hashes = await proofHashes(scope, log.epoch, inclusionSpans(index, log.size));
  return {
    kind: 'inclusion' as const,
    epoch: log.epoch,
    origin: log.origin,
    index,
    leaf_hash: toBase64(leaf.hash),
    from: null,
    from_root: null,
    size: log.size,
    root: toBase64(checkpointOf(log.note).root),
    hashes: hashes.map(toBase64),
    note: log.note,
    tlog_proof: formatProof(index, hashes, log.note),
  };
};

const consistency = async (scope: Scope, log: AuditLogRow, from: number, to: number) => {
  if (to > log.size) throw beyond('/to', log.size);
  if (from > to) throw invalid([{ pointer: '/from', detail: 'is after to' }]);
  const root = (size: number): Promise<Hash> => rootAt(scope, log.epoch, size);
  const signed = await checkpointCovering(scope, log.epoch, to);
  return {
    kind: 'consistency' as const,
    epoch: log.epoch,
    origin: log.origin,
    index: null,
    leaf_hash: null,
    from,
    from_root: toBase64(await root(from)),
    size: to,
    root: toBase64(await root(to)),
    hashes: (await proofHashes(scope, log.epoch, consistencySpans(from, to))).map(toBase64),
    note: signed?.size === to ? signed.note : null,
    tlog_proof: null,
  };
};

export const auditHandlers = {
  listAudit: async ({ query, page }, scope) => {
    const { limit: _limit, cursor: _cursor, ...filter } = query;
    const before = page.after === null ? null : Number(page.after.at);
    return page.of(
      await listAuditEntries(scope, filter, before, page.limit),
      (row) => [String(row.position), row.id],
      presentEntry,
    );
  },
  getAuditEntry: async ({ params }, scope) => presentSealed(await mustGetEntry(scope, params.id), scope.workspaceId),
  getAuditCheckpoint: async ({ engine }, scope) => presentLog(engine, scope, (await auditLogs(scope))[0] ?? emptyLog()),
  getAuditProof: async ({ query }, scope) => {
    const { index, event_id: eventId, from, to } = query;
    if ([index, eventId, from].filter((given) => given !== undefined).length !== 1)
      throw invalid([{ pointer: '', detail: 'name an index, an event_id, or from (and to)' }]);
    if (eventId !== undefined) {
      const row = await mustGetEntry(scope, eventId);
      if (row.index === null || row.epoch === null)
        throw notSealed('It happened a moment ago, and is sealed in the next.');
      return inclusion(scope, await mustGetLog(scope, row.epoch), row.index);
    }
    const log = await mustGetLog(scope, query.epoch);
    if (index !== undefined) return inclusion(scope, log, index);
    return consistency(scope, log, from ?? 0, to ?? log.size);
  },
  startAuditEpoch: async ({ engine, principal, body }, scope) => {
    await lockAuditLog(scope);
    const [log] = await auditLogs(scope);
    if (!log?.fork) throw new Problem('log_not_forked', 'The log goes on: there is no head that was lost.');
    const { origin, size, root, reason } = log.fork;
    const epoch = Math.max(log.epoch, Number(/\/(\d+)$/.exec(origin)?.[1] ?? 0)) + 1;
    const eventId = newId('event');
    await appendEvent(scope, {
      id: eventId,
      type: 'audit.epoch_started',
      subject: scope.workspaceId,
      actor: actorOf(principal),
      data: {
        epoch,
        reason: body.reason,
        why: reason,
        lost_origin: origin,
        lost_size: size,
        lost_root: root,
        database_size: log.size,
        database_root: toBase64(compactRange(log.size, log.hashes).root()),
      },
    });
    await engine.sealer.startEpoch(scope, eventId, epoch);
    return presentLog(engine, scope, await mustGetLog(scope, epoch));
  },
} satisfies Partial<Handlers>;

const SEALED_WITHIN_MS = 2000;
const LOOK_EVERY_MS = 100;

/** Waits for the sealer, so that a file holds what its reader has just done. Reading never seals by itself (trust.md, T41). */
const untilSealed = async (inScope: <T>(work: (scope: Scope) => Promise<T>) => Promise<T>): Promise<void> => {
  const beganAt = Date.now();
  while (Date.now() < beganAt + SEALED_WITHIN_MS) {
    const [first] = await inScope(async (scope) => unsealedEvents(scope, (await auditLogs(scope))[0]?.settled ?? 0, 1));
    if (!first || first.at.getTime() > beganAt) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
};

export const auditFreeHandlers = {
  exportAudit: async ({ engine, principal, query, reading }) => {
    const { workspaceId } = principal;
    await untilSealed(reading);
    const range = await reading(async (scope) => {
      const log = await mustGetLog(scope, query.epoch);
      const since = query.from === undefined ? 0 : ((await firstIndexAt(scope, log.epoch, query.from)) ?? log.size);
      const until = query.to === undefined ? log.size : ((await lastIndexBefore(scope, log.epoch, query.to)) ?? -1) + 1;
      const from = Math.max(query.from_index ?? 0, since);
      const to = Math.min(query.to_index ?? log.size, until);
      if (from > log.size || (query.to_index ?? 0) > log.size) throw beyond('/to_index', log.size);
      const end = Math.max(from, to);
      const covering = await checkpointCovering(scope, log.epoch, end);
      if (!covering) throw notSealed('Nothing is sealed yet.');
      return { log, from, to: end, covering };
    });
    return new Response(exportFile(engine, workspaceId, range), {
      headers: {
        'content-type': 'application/x-ndjson',
        'content-disposition': `attachment; filename="audit-${workspaceId}-${range.from}-${range.to}.ndjson"`,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
    });
  },
  getAuditNote: async ({ reading }) => {
    const { note } = await reading((scope) => mustGetLog(scope, undefined));
    if (note === null) throw notSealed('Nothing is sealed yet.');
    return new Response(note, {
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
    });
  },
  eraseAuditEntry: async ({ engine, principal, params, body, commit }) => {
    await engine.sealer.sealNow(principal.workspaceId);
    return commit(async (scope) => {
      const row = await mustGetEntry(scope, params.id);
      if (row.index === null) throw notSealed('Only what is sealed can be erased: what it was stays proved.');
      if (row.type.startsWith('audit.'))
        throw new Problem('forbidden', 'What was done to the log itself is not erased from it.');
      const recordedBy = newId('event');
      await appendEvent(scope, {
        id: recordedBy,
        type: 'audit.erased',
        subject: row.id,
        actor: actorOf(principal),
        data: { reason: body.reason, epoch: row.epoch, index: row.index },
      });
      if (!(await erasePayload(scope, row.id, recordedBy)))
        throw new Problem('already_erased', 'Its payload was erased before.');
      return presentSealed(await mustGetEntry(scope, row.id), scope.workspaceId);
    });
  },
} satisfies Partial<FreeHandlers>;
