/** Channels: adding, changing, pausing, rotating secrets, trying out. */
import { newWebhookSecret } from '@countersign/channels';
import { type WireChannel, channelShapes } from '@countersign/contract';
import {
  TEST_TYPE,
  checkUrl,
  previewOf,
  proveChannel,
  sealChannelSecret,
  sendNow,
  startFanOut,
} from '@countersign/engine';
import {
  type ChannelRow,
  type Scope,
  appendEvent,
  channelHealth,
  deleteChannel,
  enqueue,
  findMember,
  getChannel,
  getDelivery,
  giveUpDeliveries,
  insertChannel,
  insertDeliveries,
  listAttempts,
  listChannels,
  newId,
  rotateChannelSecret,
  saveChannel,
  transaction,
} from '@countersign/store';
import { actorOf, personOf } from '../auth/principal.ts';
import { proveDecidingChannel } from '../channels/prove.ts';
import type { App, FreeHandlers, Handlers } from '../http/context.ts';
import { Problem, invalid, notFound } from '../http/problem.ts';
import { presentChannel, presentDeliveryDetail } from '../present/channels.ts';

/** Of one workspace; each is a page of deliveries for every event. */
const CHANNELS_MAX = 50;

export const mustGetChannel = async (scope: Scope, id: string): Promise<ChannelRow> => {
  const row = await getChannel(scope, id);
  if (!row) throw notFound('channel');
  return row;
};

const shown = async (app: App, scope: Scope, row: ChannelRow): Promise<WireChannel> =>
  presentChannel(row, (await channelHealth(scope, [row.id]))[0], app.engine);

/** @throws Problem `invalid` for settings that are not the kind's, or an address that may not be reached */
const checkSettings = (app: App, kind: WireChannel['kind'], given: unknown): Record<string, unknown> => {
  const parsed = channelShapes.SETTINGS_OF[kind].safeParse(given);
  if (!parsed.success)
    throw invalid(
      parsed.error.issues.map(({ path, message }) => ({
        pointer: ['/settings', ...path.map(String)].join('/'),
        detail: message,
      })),
    );
  for (const member of ['url', 'api_url', 'login_url', 'openid_url'] as const) {
    const url = (parsed.data as Record<string, unknown>)[member];
    const problem = typeof url === 'string' ? checkUrl(url, app.engine.outbound) : null;
    if (problem) throw invalid([{ pointer: `/settings/${member}`, detail: problem.detail }]);
  }
  return parsed.data;
};

/** @throws Problem `invalid` for what the other side can't have given, or can't be connected with */
const checkSecrets = (row: ChannelRow, given: unknown): unknown => {
  const shape = channelShapes.SECRETS_OF[row.kind as keyof typeof channelShapes.SECRETS_OF];
  const parsed = shape.safeParse(given);
  if (!parsed.success) throw invalid([{ pointer: '/secrets', detail: `are needed for a channel in ${row.kind}` }]);
  holdToConnection(row.settings, parsed.data);
  return parsed.data;
};

/** @throws Problem `invalid` for a socket without the token that opens it */
const holdToConnection = (settings: Record<string, unknown>, secrets: object | null): void => {
  if (settings['connection'] === 'socket' && !(secrets && 'app_token' in secrets))
    throw invalid([{ pointer: '/secrets/app_token', detail: 'is needed for socket mode' }]);
};

const refuseName = async (scope: Scope, name: string, exceptId: string): Promise<void> => {
  const all = await listChannels(scope, null, CHANNELS_MAX);
  if (all.some((row) => row.id !== exceptId && row.name.toLowerCase() === name.toLowerCase()))
    throw new Problem('name_taken', `There is a channel called ${name} already.`);
  if (exceptId === '' && all.length >= CHANNELS_MAX)
    throw invalid([{ pointer: '', detail: `there are ${CHANNELS_MAX} channels already` }]);
};

export const channelHandlers = {
  listChannels: async ({ engine, page }, scope) => {
    const rows = await listChannels(scope, page.after, page.limit);
    const health = await channelHealth(
      scope,
      rows.map(({ id }) => id),
    );
    return page.of(
      rows,
      (row) => [row.cursor_at, row.id],
      (row) =>
        presentChannel(
          row,
          health.find(({ channel_id: id }) => id === row.id),
          engine,
        ),
    );
  },
  getChannel: async ({ app, params }, scope) => shown(app, scope, await mustGetChannel(scope, params.id)),
  createChannel: async ({ app, engine, principal, body }, scope) => {
    const settings = checkSettings(app, body.kind, body.settings);
    await refuseName(scope, body.name, '');
    const id = newId('channel');
    if (!engine.channels.has(body.kind))
      throw invalid([{ pointer: '/kind', detail: 'no mail server is set up: COUNTERSIGN_SMTP_URL' }]);
    const given = 'secrets' in body ? body.secrets : null;
    holdToConnection(settings, given);
    const secret = body.kind === 'webhook' ? newWebhookSecret() : given && JSON.stringify(given);
    await insertChannel(scope, {
      id,
      kind: body.kind,
      name: body.name,
      settings,
      secret: secret === null ? null : sealChannelSecret(engine, scope.workspaceId, id, secret),
      event_types: body.event_types,
      priority_min: body.priority_min,
      is_ordered: body.ordered,
      rate_per_second: body.rate_per_second,
    });
    await startFanOut(scope);
    await appendEvent(scope, {
      type: 'channel.created',
      subject: id,
      actor: actorOf(principal),
      data: { kind: body.kind, name: body.name },
    });
    const told = body.kind === 'webhook' ? secret : null;
    return { ...(await shown(app, scope, await mustGetChannel(scope, id))), secret: told };
  },
  updateChannel: async ({ app, principal, params, body }, scope) => {
    const row = await mustGetChannel(scope, params.id);
    const kind = row.kind as WireChannel['kind'];
    if (body.name !== undefined) await refuseName(scope, body.name, row.id);
    const status = body.status ?? row.status;
    await saveChannel(scope, {
      id: row.id,
      name: body.name ?? row.name,
      settings: body.settings === undefined ? row.settings : checkSettings(app, kind, body.settings),
      event_types: body.event_types ?? row.event_types,
      priority_min: body.priority_min ?? row.priority_min,
      is_ordered: body.ordered ?? row.is_ordered,
      rate_per_second: body.rate_per_second === undefined ? row.rate_per_second : body.rate_per_second,
      status,
      status_reason: status === row.status ? row.status_reason : null,
    });
    if (status === 'active' && row.status !== 'active') {
      await startFanOut(scope);
      await enqueue(scope, 'deliver', row.id, null);
    }
    await appendEvent(scope, {
      type: 'channel.updated',
      subject: row.id,
      actor: actorOf(principal),
      data: { name: row.name, fields: Object.keys(body), status },
    });
    return shown(app, scope, await mustGetChannel(scope, row.id));
  },
  deleteChannel: async ({ principal, params }, scope) => {
    const row = await mustGetChannel(scope, params.id);
    await giveUpDeliveries(scope, row.id, 'the channel was removed');
    await deleteChannel(scope, row.id);
    await appendEvent(scope, {
      type: 'channel.deleted',
      subject: row.id,
      actor: actorOf(principal),
      data: { name: row.name, kind: row.kind },
    });
    return undefined;
  },
  rotateChannelSecret: async ({ app, engine, principal, params, body }, scope) => {
    const row = await mustGetChannel(scope, params.id);
    if (row.secret === null) throw invalid([{ pointer: '', detail: 'this kind of channel has no secret' }]);
    const isGiven = row.kind !== 'webhook';
    const secret = isGiven ? JSON.stringify(checkSecrets(row, body.secrets)) : newWebhookSecret();
    if (!isGiven && body.secrets)
      throw invalid([{ pointer: '/secrets', detail: 'are for kinds whose other side gives them' }]);
    const sealed = sealChannelSecret(engine, scope.workspaceId, row.id, secret);
    await rotateChannelSecret(scope, row.id, sealed, body.overlap_seconds);
    const after = await mustGetChannel(scope, row.id);
    await appendEvent(scope, {
      type: 'channel.secret_rotated',
      subject: row.id,
      actor: actorOf(principal),
      data: { name: row.name, previous_until: after.previous_secret_until?.toISOString() ?? null },
    });
    return { ...(await shown(app, scope, after)), secret: isGiven ? null : secret };
  },
  previewChannel: async ({ engine, principal, params, query }, scope) =>
    previewOf(engine, scope, await mustGetChannel(scope, params.id), query.event_type, personOf(principal)),
} satisfies Partial<Handlers>;

export const freeChannelHandlers = {
  proveChannel: async ({ app, engine, principal, params, json, reading }) => {
    const personId = personOf(principal);
    const { name = '', email = '' } = (await reading((scope) => findMember(scope, personId))) ?? {};
    const checks =
      (await proveDecidingChannel(app, principal.workspaceId, params.id, { id: personId, name, email })) ??
      (await proveChannel(engine, principal.workspaceId, params.id, personId));
    if (!checks) throw notFound('channel');
    return json({ passed: checks.every(({ passed }) => passed), checks });
  },
  testChannel: async ({ engine, principal, params, reading, json }) => {
    const id = newId('delivery');
    await transaction(engine.api, principal.workspaceId, async (scope) => {
      const row = await mustGetChannel(scope, params.id);
      const isToPeople = engine.channels.get(row.kind)?.audience === 'people';
      await insertDeliveries(scope, [
        {
          id,
          channel_id: row.id,
          cause: id,
          recipient: isToPeople ? personOf(principal) : '',
          event_type: TEST_TYPE,
          subject: row.id,
          notice: {
            event_id: id,
            at: new Date().toISOString(),
            actor: actorOf(principal),
            data: { name: row.name },
            sequence: 0,
          },
          is_digest: false,
          // Sent right here. The channel's own job takes it over only if this process does not come back.
          next_at: new Date(Date.now() + 60_000),
        },
      ]);
      await enqueue(scope, 'deliver', row.id, new Date(Date.now() + 60_000));
    });
    await sendNow(engine, principal.workspaceId, id);
    return json(
      await reading(async (scope) => {
        const delivery = await getDelivery(scope, id);
        if (!delivery) throw notFound('delivery');
        return presentDeliveryDetail(delivery, await listAttempts(scope, id));
      }),
    );
  },
} satisfies Partial<FreeHandlers>;
