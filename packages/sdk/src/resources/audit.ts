import { type Body, type Call, type Query, addressOf } from '../call.ts';
import { OPERATIONS } from '../operations.ts';
import { eachItem } from '../page.ts';
import { type CallOptions, type Transport, download } from '../transport.ts';

export const auditMethods = (call: Call, transport: Transport) => ({
  /** Entries, newest first, by type, actor, subject, time and words. */
  list: (query: Query<'listAudit'> = {}, options?: CallOptions) => call('listAudit', { query }, options),
  iterate: (query: Omit<Query<'listAudit'>, 'cursor'> = {}, options?: CallOptions) =>
    eachItem((cursor) => call('listAudit', { query: { ...query, ...cursor } }, options)),
  /** One entry with the bytes that were sealed. */
  get: (id: string, options?: CallOptions) => call('getAuditEntry', { id }, options),
  /** The log or a part of it, as it is written: `countersign verify` checks the file. */
  export: (query: Query<'exportAudit'> = {}, options?: CallOptions) =>
    download(transport, addressOf(OPERATIONS.exportAudit.path, { query }), options),
  /** The signed head of the log. */
  checkpoint: (options?: CallOptions) => call('getAuditCheckpoint', {}, options),
  /** The signed head as the note to keep: a later log must go on from it. */
  note: async (options?: CallOptions) =>
    new Response(await download(transport, addressOf(OPERATIONS.getAuditNote.path, {}), options)).text(),
  /** Proves that an entry is in the log (`index`, `event_id`), or that it goes on from an earlier head (`from`, `to`). */
  proof: (query: Query<'getAuditProof'>, options?: CallOptions) => call('getAuditProof', { query }, options),
  /** Erases an entry's payload for ever; its ids and times stay. For an owner who is signed in. */
  erase: (id: string, body: Body<'eraseAuditEntry'>, options?: CallOptions) =>
    call('eraseAuditEntry', { id, body }, options),
  /** Begins a new log after a restore lost entries. For an owner who is signed in. */
  startEpoch: (body: Body<'startAuditEpoch'>, options?: CallOptions) => call('startAuditEpoch', { body }, options),
});
