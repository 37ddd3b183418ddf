import { z } from 'zod';
import { Actor, id, instant, jsonValue, listOf } from './common.ts';
import { EXECUTION_STATUSES } from './executions.ts';
import { Target } from './schedules.ts';

const headerName = z.string().regex(/^[A-Za-z0-9-]{1,100}$/, 'must be the name of a header');
const TOLERANCE_SECONDS_MAX = 3600;

/** How senders sign: HMAC-SHA-256 as hex or base 64, with or without `sha256=` before it. */
const SignatureInput = z.discriminatedUnion('scheme', [
  z.strictObject({
    scheme: z.literal('standard').describe('Standard Webhooks: webhook-id, webhook-timestamp, webhook-signature'),
    tolerance_seconds: z.number().int().min(1).max(TOLERANCE_SECONDS_MAX).default(300),
    secret: z.string().min(8).max(500).optional().describe('the sender’s; without it, one is made and shown once'),
  }),
  z.strictObject({
    scheme: z.literal('body').describe('over the body alone, as GitHub does'),
    header: headerName.default('X-Hub-Signature-256'),
    secret: z.string().min(8).max(500).optional(),
  }),
  z.strictObject({
    scheme: z.literal('timestamp_body').describe('over the timestamp, a dot and the body'),
    header: headerName.default('X-Webhook-Signature'),
    timestamp_header: headerName.default('X-Webhook-Timestamp'),
    tolerance_seconds: z.number().int().min(1).max(TOLERANCE_SECONDS_MAX).default(300),
    secret: z.string().min(8).max(500).optional(),
  }),
]);

const Signature = z.object({
  scheme: z.enum(['standard', 'body', 'timestamp_body']),
  header: z.string(),
  timestamp_header: z.string().nullable(),
  tolerance_seconds: z.number().int(),
});

export const IncomingWebhook = z.object({
  id: id('incomingWebhook'),
  name: z.string(),
  target: Target,
  input: jsonValue.describe('a template over `body`; null: the body as it is'),
  signature: Signature.nullable(),
  delivery_header: z.string().nullable(),
  on_behalf_of: z.string().nullable(),
  token_prefix: z.string(),
  enabled: z.boolean(),
  last_used_at: instant.nullable(),
  created_at: instant,
  updated_at: instant,
  created_by: Actor,
});

/** What is shown once. */
export const IncomingWebhookWithToken = IncomingWebhook.extend({
  url: z.string().describe('where to post; whoever knows it can start executions'),
  token: z.string(),
  secret: z.string().nullable().describe('what deliveries are signed with, where it was made here'),
});

export const IncomingWebhookList = listOf(IncomingWebhook);

const name = z.string().min(1).max(100);
const input = jsonValue
  .nullable()
  .describe('such as {"order_id": "{{ body.order.id }}"}; also `headers` and `webhook`; null: the body as it is');
const deliveryHeader = headerName
  .nullable()
  .describe('where the sender puts its delivery’s id; null: the usual ones, such as webhook-id or X-GitHub-Delivery');

export const CreateIncomingWebhook = z.strictObject({
  name,
  agent_id: id('agent').optional(),
  workflow_id: id('workflow').optional().describe('one of the two'),
  version: z.number().int().min(1).optional(),
  input: input.default(null),
  signature: SignatureInput.nullable().default(null),
  delivery_header: deliveryHeader.default(null),
  on_behalf_of: id('person').optional(),
});

export const UpdateIncomingWebhook = z.strictObject({
  name: name.optional(),
  version: z.number().int().min(1).nullable().optional(),
  input: input.optional(),
  delivery_header: deliveryHeader.optional(),
  enabled: z.boolean().optional(),
});

export const IncomingDelivery = z.object({
  id: id('incomingDelivery'),
  delivery_id: z.string().nullable().describe('the sender’s own; null: it sent none, and a repeat starts anew'),
  status: z.enum(['started', 'refused']),
  code: z.string().nullable(),
  reason: z.string().nullable(),
  execution: z.object({ id: z.string(), status: z.enum(EXECUTION_STATUSES) }).nullable(),
  repeats: z.number().int().describe('how often the same came again, and was told of the same execution'),
  address: z.string(),
  received_at: instant,
});
export const IncomingDeliveryList = listOf(IncomingDelivery);
