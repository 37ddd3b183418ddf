import { randomBytes } from 'node:crypto';
import type { WireIncomingWebhook } from '@countersign/contract';
import {
  type IncomingWebhookRow,
  type Scope,
  type WebhookSignature,
  appendEvent,
  deleteIncomingWebhook,
  deleteSecret,
  getIncomingWebhook,
  insertIncomingWebhook,
  listIncomingDeliveries,
  listIncomingWebhooks,
  lockIncomingWebhook,
  newId,
  putSecret,
  readClock,
  rotateIncomingToken,
  saveIncomingWebhook,
} from '@countersign/store';
import { hashSecret } from '../auth/keys.ts';
import { type Principal, actorOf } from '../auth/principal.ts';
import type { App, Context, Handlers } from '../http/context.ts';
import { notFound } from '../http/problem.ts';
import { presentIncomingDelivery, presentIncomingWebhook } from '../present/incoming-webhooks.ts';
import { secretNameOf } from '../triggers/receive.ts';
import { askersWith, checkOnBehalfOf, checkTarget, checkTemplate, targetNames, targetOf } from '../triggers/target.ts';

type SignatureInput = NonNullable<Context<'createIncomingWebhook'>['body']['signature']>;

const PREFIX_LENGTH = 10;

/** 256 random bits: known to whoever it was shown to, kept as a hash. */
const makeToken = (): { readonly token: string; readonly hash: Buffer; readonly prefix: string } => {
  const token = `csh_${randomBytes(32).toString('base64url')}`;
  return { token, hash: hashSecret(token), prefix: token.slice(0, PREFIX_LENGTH) };
};

const urlOf = (app: App, token: string): string => new URL(`/hooks/${token}`, app.config.publicUrl).href;

const signatureOf = (given: SignatureInput): WebhookSignature => {
  switch (given.scheme) {
    case 'standard':
      return {
        scheme: 'standard',
        header: 'webhook-signature',
        timestamp_header: 'webhook-timestamp',
        tolerance_seconds: given.tolerance_seconds,
      };
    case 'body':
      // Nothing in it says when it was made.
      return { scheme: 'body', header: given.header, timestamp_header: null, tolerance_seconds: 0 };
    case 'timestamp_body':
      return {
        scheme: 'timestamp_body',
        header: given.header,
        timestamp_header: given.timestamp_header,
        tolerance_seconds: given.tolerance_seconds,
      };
  }
};

/** Keeps the secret among the workspace's. @returns it, if it was made here and has to be shown */
const keepSecret = async (
  { engine }: Pick<App, 'engine'>,
  scope: Scope,
  webhookId: string,
  given: SignatureInput | null,
): Promise<string | null> => {
  if (!given) return null;
  const bytes = randomBytes(32);
  const secret =
    given.secret ?? (given.scheme === 'standard' ? `whsec_${bytes.toString('base64')}` : bytes.toString('base64url'));
  const name = secretNameOf(webhookId);
  await putSecret(scope, name, engine.secrets.seal(secret, `${scope.workspaceId}/${name}`));
  return given.secret === undefined ? secret : null;
};

const mustLock = async (scope: Scope, id: string): Promise<IncomingWebhookRow> => {
  const row = await lockIncomingWebhook(scope, id);
  if (!row) throw notFound('webhook');
  return row;
};

const present = async (scope: Scope, id: string): Promise<WireIncomingWebhook> => {
  const row = await getIncomingWebhook(scope, id);
  if (!row) throw notFound('webhook');
  return presentIncomingWebhook(row, await targetNames(scope, [row]));
};

type Change =
  | 'incoming_webhook.created'
  | 'incoming_webhook.updated'
  | 'incoming_webhook.rotated'
  | 'incoming_webhook.deleted';

const announce = (
  scope: Scope,
  principal: Principal,
  type: Change,
  id: string,
  data: Record<string, unknown> = {},
): Promise<void> => appendEvent(scope, { type, subject: id, actor: actorOf(principal), data });

export const incomingWebhookHandlers = {
  createIncomingWebhook: async ({ app, principal, body }, scope) => {
    const target = targetOf(body);
    if (body.input !== null) checkTemplate(body.input);
    await checkTarget(scope, principal, target);
    const id = newId('incomingWebhook');
    const { token, hash, prefix } = makeToken();
    await insertIncomingWebhook(scope, {
      ...target,
      id,
      name: body.name,
      input: body.input === null ? null : JSON.stringify(body.input),
      signature: body.signature && signatureOf(body.signature),
      delivery_header: body.delivery_header,
      on_behalf_of: await checkOnBehalfOf(scope, body.on_behalf_of),
      askers: askersWith(principal),
      token_hash: hash,
      token_prefix: prefix,
      created_by: actorOf(principal),
    });
    const secret = await keepSecret(app, scope, id, body.signature);
    await announce(scope, principal, 'incoming_webhook.created', id);
    return { ...(await present(scope, id)), url: urlOf(app, token), token, secret };
  },

  listIncomingWebhooks: async ({ page }, scope) => {
    const rows = await listIncomingWebhooks(scope, page.after, page.limit);
    const names = await targetNames(scope, rows);
    return page.of(
      rows,
      (row) => [row.cursor_at, row.id],
      (row) => presentIncomingWebhook(row, names),
    );
  },

  getIncomingWebhook: async ({ params }, scope) => present(scope, params.id),

  updateIncomingWebhook: async ({ params, principal, body }, scope) => {
    const row = await mustLock(scope, params.id);
    const version = body.version === undefined ? row.version : body.version;
    if (body.input !== undefined && body.input !== null) checkTemplate(body.input);
    await checkTarget(scope, principal, { ...row, version });
    const enabled = body.enabled ?? row.disabled_at === null;
    await saveIncomingWebhook(scope, {
      ...row,
      name: body.name ?? row.name,
      version,
      input: body.input === undefined ? row.input : body.input === null ? null : JSON.stringify(body.input),
      delivery_header: body.delivery_header === undefined ? row.delivery_header : body.delivery_header,
      askers: askersWith(principal, row.askers),
      disabled_at: enabled ? null : (row.disabled_at ?? (await readClock(scope))),
    });
    await announce(scope, principal, 'incoming_webhook.updated', row.id, { enabled });
    return present(scope, row.id);
  },

  rotateIncomingWebhook: async ({ app, params, principal }, scope) => {
    const row = await mustLock(scope, params.id);
    const { token, hash, prefix } = makeToken();
    await rotateIncomingToken(scope, row.id, hash, prefix);
    await announce(scope, principal, 'incoming_webhook.rotated', row.id);
    return { ...(await present(scope, row.id)), url: urlOf(app, token), token, secret: null };
  },

  deleteIncomingWebhook: async ({ params, principal }, scope) => {
    const row = await mustLock(scope, params.id);
    await deleteIncomingWebhook(scope, row.id);
    await deleteSecret(scope, secretNameOf(row.id));
    await announce(scope, principal, 'incoming_webhook.deleted', row.id);
    return undefined;
  },

  listIncomingDeliveries: async ({ params, page }, scope) => {
    if (!(await getIncomingWebhook(scope, params.id))) throw notFound('webhook');
    const rows = await listIncomingDeliveries(scope, params.id, page.after, page.limit);
    return page.of(rows, (row) => [row.cursor_at, row.id], presentIncomingDelivery);
  },
} satisfies Partial<Handlers>;
