import { z } from 'zod';
import { Actor, id, instant, jsonObject, listOf, listQuery } from './common.ts';

const size = z.coerce.number<number>().int().min(0).max(Number.MAX_SAFE_INTEGER);
const epoch = z.coerce
  .number<number>()
  .int()
  .min(1)
  .max(1_000_000)
  .optional()
  .describe('which of the workspace’s logs; the current one unless said otherwise');

export const AuditListQuery = z.strictObject({
  ...listQuery,
  type: z.string().max(100).optional(),
  actor: z.string().max(100).optional().describe('id of who did it'),
  subject: z.string().max(200).optional().describe('id of what it happened to'),
  from: instant.optional(),
  to: instant.optional().describe('before this moment'),
  q: z
    .string()
    .max(200)
    .optional()
    .describe('words, each also as the beginning of one, in any part of the entry; up to 16'),
});

export const AuditEntry = z.object({
  id: id('event'),
  type: z.string(),
  at: instant,
  actor: Actor,
  subject: z.string(),
  data: jsonObject,
  detail: jsonObject.nullable().describe('arguments and results, where the mode or a policy records them'),
  epoch: z.number().int().nullable(),
  index: z.number().int().nullable().describe('its place in the sealed log; null for about a second after it happened'),
  is_erased: z.boolean().describe('its payload was erased; ids and times stay'),
});

export const AuditEntryList = listOf(AuditEntry);

export const SealedAuditEntry = AuditEntry.extend({
  sealed: z
    .object({
      leaf: z.string().describe('the bytes that were hashed, as UTF-8 text'),
      leaf_hash: z.string().describe('base64 of SHA-256(0x00 ‖ leaf)'),
      salt: z.string().nullable().describe('base64; null once erased'),
      payload: z.string().nullable().describe('what the leaf commits to: SHA-256(salt ‖ payload)'),
      erased_by: z.string().nullable().describe('epoch/index of the entry that records the erasure'),
      is_intact: z.boolean().describe('whether the event stands in the database as it was sealed'),
    })
    .nullable(),
});

const Fork = z.object({
  reason: z.enum(['behind', 'inconsistent']),
  origin: z.string(),
  size: z.number().int(),
  root: z.string(),
});

export const AuditCheckpoint = z.object({
  state: z.enum(['sealing', 'log_forked']),
  fork: Fork.nullable().describe('the checkpoint, kept outside, that the database does not lead to'),
  epoch: z.number().int(),
  origin: z.string(),
  size: z.number().int(),
  root: z.string().describe('base64'),
  note: z.string().nullable().describe('the signed checkpoint (c2sp.org/tlog-checkpoint); null before the first entry'),
  key: z.string().nullable().describe('what verifies it (c2sp.org/signed-note)'),
  keys: z.array(z.string()).describe('every key that has signed, the latest first'),
  sealed_at: instant.nullable(),
});

export const AuditProofQuery = z.strictObject({
  epoch,
  index: size.optional().describe('of the entry whose inclusion is to be proved'),
  event_id: id('event').optional().describe('the same, by its id'),
  from: size.optional().describe('size of the earlier tree, whose consistency with the later is to be proved'),
  to: size.optional().describe('size of the later tree; that of the last checkpoint unless said otherwise'),
});

export const AuditProof = z.object({
  kind: z.enum(['inclusion', 'consistency']),
  epoch: z.number().int(),
  origin: z.string(),
  index: z.number().int().nullable(),
  leaf_hash: z.string().nullable(),
  from: z.number().int().nullable(),
  from_root: z.string().nullable(),
  size: z.number().int().describe('of the tree that the proof leads to'),
  root: z.string(),
  hashes: z.array(z.string()).describe('base64, from the leaf up (RFC 9162, 2.1.3 and 2.1.4)'),
  note: z.string().nullable().describe('the signed checkpoint of that size, if there is one'),
  tlog_proof: z.string().nullable().describe('c2sp.org/tlog-proof@v1, of an inclusion under a signed checkpoint'),
});

export const AuditExportQuery = z.strictObject({
  epoch,
  from_index: size.optional(),
  to_index: size.optional().describe('up to, but without, this one'),
  from: instant.optional(),
  to: instant.optional().describe('before this moment'),
});

export const EraseAuditEntry = z.strictObject({ reason: z.string().min(1).max(1000) });

export const StartAuditEpoch = z.strictObject({ reason: z.string().min(1).max(1000) });
