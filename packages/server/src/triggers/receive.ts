/** `POST /hooks/{token}`: what somebody else's system posts starts an execution, once for each delivery. */
import { type Json, type JsonObject, parseStrict } from '@countersign/core';
import { fillIn, startTarget } from '@countersign/engine';
import {
  type IncomingWebhookRow,
  type Scope,
  findIncomingWebhook,
  getSecretCiphertext,
  insertIncomingDelivery,
  newId,
  noteIncomingUse,
  reading,
  readClock,
  repeatIncomingDelivery,
  settleIncomingDelivery,
  transaction,
} from '@countersign/store';
import { hashSecret } from '../auth/keys.ts';
import { readBody } from '../http/body.ts';
import type { App } from '../http/context.ts';
import { Problem, notFound } from '../http/problem.ts';
import type { RateLimit } from '../http/rate-limit.ts';
import { verifySignature } from './verify-signature.ts';

/** Name of the workspace's secret that a webhook's deliveries are signed with. */
export const secretNameOf = (webhookId: string): string =>
  `WEBHOOK_${webhookId.slice(webhookId.indexOf('_') + 1).toUpperCase()}`;

/** Where senders put their delivery's id. */
const DELIVERY_HEADERS = [
  'webhook-id',
  'idempotency-key',
  'x-delivery-id',
  'x-webhook-delivery-id',
  'x-github-delivery',
  'x-gitlab-event-uuid',
] as const;
const DELIVERY_ID_LENGTH_MAX = 255;

/** What an expression never sees: credentials, and what proves the sender. */
const HIDDEN = /^(authorization|cookie|proxy-.*|.*(signature|token|secret|api-?key).*)$/i;

export const createReceiver =
  (app: App, rateLimit: RateLimit) =>
  async (request: Request, token: string, address: string): Promise<Response> => {
    const webhook = await findIncomingWebhook(app.engine.api, hashSecret(token));
    await rateLimit.take(webhook?.id ?? address);
    if (!webhook) throw notFound('webhook');
    const delivery = { webhook, address, deliveryId: deliveryIdOf(webhook, request.headers) };
    try {
      const body = await readChecked(app, webhook, request);
      return await start(app, delivery, inputOf(webhook, body, request.headers));
    } catch (error) {
      // What was refused stands in the list, for whoever looks for what became of it.
      if (error instanceof Problem) await noteRefused(app, delivery, error);
      throw error;
    }
  };

type Delivery = {
  readonly webhook: IncomingWebhookRow;
  readonly address: string;
  readonly deliveryId: string | null;
};

const deliveryIdOf = ({ delivery_header: own }: IncomingWebhookRow, headers: Headers): string | null => {
  const found = (own === null ? DELIVERY_HEADERS : [own]).flatMap((name) => headers.get(name) ?? [])[0];
  return found === undefined || found === '' || found.length > DELIVERY_ID_LENGTH_MAX ? null : found;
};

const readChecked = async (app: App, webhook: IncomingWebhookRow, request: Request): Promise<Json> => {
  if (webhook.disabled_at) throw new Problem('webhook_disabled', 'This webhook is switched off.');
  const text = await readBody(request);
  if (webhook.signature) {
    const { api, secrets } = app.engine;
    const name = secretNameOf(webhook.id);
    const { sealed, now } = await reading(api, webhook.workspace_id, async (scope) => ({
      sealed: await getSecretCiphertext(scope, name),
      now: await readClock(scope),
    }));
    if (!sealed) throw new Problem('webhook_signature_invalid', 'The secret of this webhook was deleted.');
    const secret = secrets.open(sealed, `${webhook.workspace_id}/${name}`);
    const verified = verifySignature(webhook.signature, secret, request.headers, text, now.getTime());
    if (!verified.ok) throw new Problem('webhook_signature_invalid', verified.refusal);
  }
  const parsed = parseStrict(text);
  if (parsed.ok) return parsed.value;
  throw new Problem('malformed_json', `${parsed.refusal.pointer || '/'}: ${parsed.refusal.detail}`, {
    errors: [parsed.refusal],
  });
};

const inputOf = (webhook: IncomingWebhookRow, body: Json, headers: Headers): Json => {
  if (webhook.input === null) return body;
  const shown: JsonObject = Object.fromEntries([...headers].filter(([name]) => !HIDDEN.test(name)));
  const filled = fillIn(webhook.input, { body, headers: shown, webhook: { id: webhook.id, name: webhook.name } });
  if (!filled.ok) throw new Problem('invalid', `The body does not fit the webhook: ${filled.refusal}`);
  return filled.value;
};

const answerOf = (status: 200 | 201, executionId: string): Response =>
  Response.json(
    { execution_id: executionId, duplicate: status === 200 },
    { status, headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } },
  );

const start = (app: App, delivery: Delivery, input: Json): Promise<Response> =>
  transaction(app.engine.api, delivery.webhook.workspace_id, async (scope) => {
    const { webhook, deliveryId } = delivery;
    const id = newId('incomingDelivery');
    // Of two at once with one id, the second waits here for what becomes of the first.
    if (!(await insertIncomingDelivery(scope, rowOf(delivery, id, { status: 'started', code: null, reason: null })))) {
      const executionId = await repeatIncomingDelivery(scope, webhook.id, deliveryId ?? '');
      if (executionId === undefined) throw new Error('a delivery was taken and is not there');
      return answerOf(200, executionId);
    }
    const started = await startTarget(app.engine, scope, {
      target: webhook,
      input,
      startedBy: { kind: 'system', id: webhook.id, name: `the webhook ${webhook.name}` },
      triggerId: webhook.id,
      askers: webhook.askers,
      onBehalfOf: webhook.on_behalf_of,
    });
    if (!started.ok) throw new Problem('invalid', `Nothing was started: ${started.refusal}`);
    const executionId = started.value.id;
    await settleIncomingDelivery(scope, { id, status: 'started', code: null, reason: null, execution_id: executionId });
    await noteIncomingUse(scope, webhook.id);
    scope.afterCommit(() => app.engine.wake.changed(scope.workspaceId, [webhook.id]));
    return answerOf(201, executionId);
  });

const rowOf = (
  { webhook, address, deliveryId }: Delivery,
  id: string,
  outcome: { readonly status: 'started' | 'refused'; readonly code: string | null; readonly reason: string | null },
) => ({ id, webhook_id: webhook.id, delivery_id: deliveryId, address, ...outcome });

const noteRefused = (app: App, delivery: Delivery, { code, message }: Problem): Promise<void> =>
  transaction(app.engine.api, delivery.webhook.workspace_id, async (scope: Scope) => {
    const outcome = { status: 'refused', code, reason: message.slice(0, 1000) } as const;
    await insertIncomingDelivery(scope, rowOf(delivery, newId('incomingDelivery'), outcome));
    await noteIncomingUse(scope, delivery.webhook.id);
    scope.afterCommit(() => app.engine.wake.changed(scope.workspaceId, [delivery.webhook.id]));
  });
