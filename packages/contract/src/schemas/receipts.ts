/** Receipts: what one says, taking what was approved, and taking that use away. */
import { z } from 'zod';
import { id, instant, jsonObject, jsonValue } from './common.ts';

export const ConsumeReceipt = z.strictObject({
  approval_id: id('approval'),
  digest: z.string().min(1).max(100).describe('the digest of exactly what is about to run'),
  receipt: z
    .string()
    .min(1)
    .max(262_144)
    .optional()
    .describe('the receipt that the caller acts on, in compact form: refused unless it is the one that was issued'),
});

export const Revoke = z.strictObject({ reason: z.string().max(4000).optional() });

export const Receipt = z
  .object({
    approval_id: id('approval'),
    jws: z.string().describe('the receipt: a JWS in compact form (RFC 7515), signed with Ed25519'),
    key: z.object({
      alg: z.literal('EdDSA'),
      crv: z.literal('Ed25519'),
      kid: z.string().describe('the thumbprint of the key (RFC 7638)'),
      kty: z.literal('OKP'),
      x: z.string(),
    }),
    statement: jsonObject.describe('what the receipt says, read out of it'),
  })
  .describe('in canonical form: kept as it is, `countersign verify` checks it');

export const Consumed = z.object({
  approval_id: id('approval'),
  digest: z.string(),
  arguments: jsonObject.nullable(),
  output: jsonValue.nullable(),
  redactions: z.array(z.object({ marker: z.string(), value: jsonValue })).describe('what the markers stood for'),
  consumed_at: instant,
});
