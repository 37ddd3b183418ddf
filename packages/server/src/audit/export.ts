/** Writes a part of the audit log as a file, in memory that does not grow with it (docs/spec/audit-log.md). */
import { createHash } from 'node:crypto';
import {
  type JsonObject,
  checkpointLine,
  endLine,
  entryLine,
  formatKey,
  headerLine,
  leafText,
  noteKey,
  parseLeaf,
  payloadText,
  restLine,
} from '@countersign/core';
import { type Engine, rawKey, subtreeHashes } from '@countersign/engine';
import {
  type AuditEntryRow,
  type AuditLogRow,
  type SealedRow,
  auditRange,
  checkpointsBetween,
  reading,
} from '@countersign/store';

const BATCH = 500;
/** So many entries lie between the checkpoints in a file at most: a wrong one is then found among so few. */
const CHECKPOINT_EVERY = 256;

/** The payload of an event as its row stands now. */
const payloadNow = (row: Pick<AuditEntryRow, 'actor' | 'data' | 'detail'>): string =>
  payloadText({ actorName: row.actor.name, data: row.data as JsonObject, detail: row.detail as JsonObject | null });

/** The leaf as it would be made of the event's row as that stands now, under the same commitment. */
const leafNow = (row: SealedRow & { id: string }, workspace: string): string => {
  const sealed = parseLeaf(row.leaf);
  if (!sealed) return row.leaf;
  const { id, type, subject, actor } = row;
  return leafText({
    index: row.index,
    workspace,
    id,
    type,
    subject,
    at: row.at.toISOString(),
    actor,
    payload: sealed.payload,
  });
};

/** What the event's row says is what goes out: whoever changed it in the database is found by whoever verifies. */
export const asSealed = (
  row: SealedRow,
  workspace: string,
): { readonly leaf: string; readonly payload: string | null; readonly isIntact: boolean } => {
  if (row.id === null) return { leaf: row.leaf, payload: row.payload === null ? null : '', isIntact: false };
  const leaf = leafNow({ ...row, id: row.id }, workspace);
  const payload = row.payload === null ? null : payloadNow(row);
  return { leaf, payload, isIntact: leaf === row.leaf && payload === row.payload };
};

const lineOf = (row: SealedRow, workspace: string): string => {
  const { leaf, payload } = asSealed(row, workspace);
  const opening = payload === null || row.salt === null ? { erasedBy: row.erased_by } : { salt: row.salt, payload };
  return entryLine({ index: row.index, leaf, hash: row.hash, opening });
};

export type ExportRange = {
  readonly log: AuditLogRow;
  readonly from: number;
  /** Up to, but without, this one. */
  readonly to: number;
  /** The first checkpoint that covers all of it. */
  readonly covering: { readonly size: number; readonly note: string };
};

async function* exportLines(
  engine: Engine,
  workspace: string,
  { log, from, to, covering }: ExportRange,
): AsyncGenerator<string> {
  const inScope = <T>(work: Parameters<typeof reading<T>>[2]): Promise<T> => reading(engine.api, workspace, work);
  const { epoch, origin } = log;
  const keys = (await engine.signing.published('checkpoint')).map(({ publicJwk }) =>
    formatKey(noteKey(origin, rawKey(publicJwk))),
  );
  const before = await inScope((scope) => subtreeHashes(scope, epoch, { begin: 0, end: from }));
  yield headerLine({ origin, workspace, epoch, from, to, before, keys });
  let signed = from;
  for (let begin = from; begin < to; begin += BATCH) {
    const end = Math.min(begin + BATCH, to);
    const [rows, notes] = await inScope(
      async (scope) =>
        [
          await auditRange(scope, epoch, begin, end, BATCH),
          await checkpointsBetween(scope, epoch, begin, end),
        ] as const,
    );
    const noteAt = new Map(notes.map(({ size, note }) => [size, note]));
    for (const row of rows) {
      yield lineOf(row, workspace);
      const note = noteAt.get(row.index + 1);
      if (note === undefined || (row.index + 1 - signed < CHECKPOINT_EVERY && row.index + 1 !== to)) continue;
      signed = row.index + 1;
      yield checkpointLine(note);
    }
  }
  if (covering.size > to)
    yield restLine(await inScope((scope) => subtreeHashes(scope, epoch, { begin: to, end: covering.size })));
  if (covering.size > to || to === from) yield checkpointLine(covering.note);
}

/** The file, line by line as its reader takes it. */
export const exportFile = (engine: Engine, workspace: string, range: ExportRange): ReadableStream<Uint8Array> => {
  const lines = exportLines(engine, workspace, range);
  const digest = createHash('sha256');
  return new ReadableStream({
    async pull(controller) {
      let text = '';
      // Some lines at a time: a chunk for each would cost more than the line.
      while (text.length < 64 * 1024) {
        const next = await lines.next();
        if (next.done) {
          digest.update(text);
          const end = `${endLine(range.to - range.from, digest.digest('hex'))}\n`;
          controller.enqueue(Buffer.from(text + end));
          controller.close();
          return;
        }
        text += `${next.value}\n`;
      }
      digest.update(text);
      controller.enqueue(Buffer.from(text));
    },
    async cancel() {
      await lines.return(undefined);
    },
  });
};
