/** What starts an agent by itself: an incoming webhook (`generic`) or a schedule, both of ours under one name of theirs. */
import type { WireIncomingWebhook, WireSchedule } from '@countersign/contract';
import { type Json, type JsonObject, isObject } from '@countersign/core';
import { compatNotes, putCompatNote } from '@countersign/store';
import { Problem, invalid } from '../../http/problem.ts';
import type { Asked, DialectRoute } from '../dialect.ts';
import { bareId, ownId } from '../ids.ts';
import { pageCount } from '../page.ts';
import { DIALECT, list, one, pageOf } from './answers.ts';
import { allSchedules, allWebhooks } from './all-triggers.ts';

type Trigger = WireIncomingWebhook | WireSchedule;
const isWebhook = (trigger: Trigger): trigger is WireIncomingWebhook => 'token_prefix' in trigger;

const configOf = (trigger: WireSchedule): JsonObject =>
  trigger.timing.type === 'cron'
    ? { cron: trigger.timing.cron, timezone: trigger.timing.time_zone, input: trigger.input }
    : { ...trigger.timing, input: trigger.input };

const present = (workspaceId: string, trigger: Trigger, note: JsonObject = {}) => ({
  id: bareId(trigger.id),
  workspace_id: bareId(workspaceId),
  agent_id: bareId(trigger.target.id),
  name: trigger.name,
  token_prefix: isWebhook(trigger) ? trigger.token_prefix : '',
  source: isWebhook(trigger) ? 'generic' : 'schedule',
  source_config: isWebhook(trigger) ? (note['source_config'] ?? {}) : configOf(trigger),
  reply_config: note['reply_config'] ?? null,
  is_active: isWebhook(trigger) ? trigger.enabled : trigger.status === 'active',
  has_secret: isWebhook(trigger) && trigger.signature !== null,
  last_used_at: isWebhook(trigger) ? trigger.last_used_at : (trigger.last_run?.created_at ?? null),
  created_at: trigger.created_at,
  updated_at: trigger.updated_at,
});

const presentAll = (asked: Asked, triggers: readonly Trigger[]) =>
  asked.read('listIncomingWebhooks', async (scope) => {
    const notes = await compatNotes(
      scope,
      DIALECT,
      triggers.map(({ id }) => id),
    );
    return triggers.map((trigger) => present(scope.workspaceId, trigger, notes.get(trigger.id)));
  });

const presentOne = async (asked: Asked, trigger: Trigger) => {
  const [shown] = await presentAll(asked, [trigger]);
  if (!shown) throw new Error('a trigger that is not shown');
  return shown;
};

const webhookId = (asked: Asked): string => ownId('incomingWebhook', asked.params['id'] ?? '');
const scheduleId = (asked: Asked): string => ownId('schedule', asked.params['id'] ?? '');

/** Which of the two it is, only the id knows. */
const find = async (asked: Asked): Promise<Trigger> => {
  try {
    return await asked.call('getIncomingWebhook', { params: { id: webhookId(asked) } });
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'not_found') throw error;
    return asked.call('getSchedule', { params: { id: scheduleId(asked) } });
  }
};

const timingOf = (config: JsonObject): JsonObject => ({
  type: 'cron',
  cron: config['cron'] ?? config['cron_expression'] ?? null,
  ...(config['timezone'] ? { time_zone: config['timezone'] } : {}),
});

const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});

const keepNote = (asked: Asked, id: string, body: JsonObject): Promise<unknown> => {
  const { source_config: source, reply_config: reply } = body;
  if (source === undefined && reply === undefined) return Promise.resolve();
  return asked.write('createIncomingWebhook', async (scope) => {
    const before = (await compatNotes(scope, DIALECT, [id])).get(id) ?? {};
    const given = {
      ...(source === undefined ? {} : { source_config: source }),
      ...(reply === undefined ? {} : { reply_config: reply }),
    };
    return putCompatNote(scope, DIALECT, id, { ...before, ...given });
  });
};

const createWebhook = async (asked: Asked, body: JsonObject) => {
  const { name, agent_id: agent, generate_secret: makes, secret } = body;
  const signed = makes === true || typeof secret === 'string';
  const made = await asked.call('createIncomingWebhook', {
    body: {
      name,
      agent_id: typeof agent === 'string' ? ownId('agent', agent) : agent,
      signature: signed
        ? { scheme: 'body', header: 'X-PromptRails-Signature', ...(typeof secret === 'string' ? { secret } : {}) }
        : null,
    },
  });
  await keepNote(asked, made.id, body);
  const shown =
    body['is_active'] === false
      ? await asked.call('updateIncomingWebhook', { params: { id: made.id }, body: { enabled: false } })
      : made;
  const url = new URL(`/compat/promptrails/api/v1/hooks/${made.token}`, asked.app.config.publicUrl).href;
  return one({ ...(await presentOne(asked, shown)), token: made.token, secret: made.secret, url }, 201);
};

const createSchedule = async (asked: Asked, body: JsonObject) => {
  const { name, agent_id: agent } = body;
  const config = objectOf(body['source_config']);
  const made = await asked.call('createSchedule', {
    body: {
      name,
      agent_id: typeof agent === 'string' ? ownId('agent', agent) : agent,
      timing: timingOf(config),
      input: config['input'] ?? '',
      paused: body['is_active'] === false,
    },
  });
  await keepNote(asked, made.id, { reply_config: body['reply_config'] ?? null });
  return one({ ...(await presentOne(asked, made)), token: '', secret: null }, 201);
};

const create = async (asked: Asked) => {
  const body = await asked.body();
  const source = body['source'] ?? 'generic';
  if (source === 'generic') return createWebhook(asked, body);
  if (source === 'schedule') return createSchedule(asked, body);
  throw invalid([
    { pointer: '/source', detail: 'must be generic or schedule: chats are reached through channels here' },
  ]);
};

const updateWebhook = (asked: Asked, id: string, { name, is_active: active }: JsonObject) =>
  asked.call('updateIncomingWebhook', {
    params: { id },
    body: { name: name ?? undefined, enabled: active ?? undefined },
  });

const updateSchedule = async (asked: Asked, id: string, body: JsonObject): Promise<WireSchedule> => {
  const { name, is_active: active, source_config: given } = body;
  const config = objectOf(given);
  const timing = config['cron'] ?? config['cron_expression'];
  if (name !== undefined || given !== undefined)
    await asked.call('updateSchedule', {
      params: { id },
      body: { name: name ?? undefined, timing: timing ? timingOf(config) : undefined, input: config['input'] },
    });
  if (active === false) return asked.call('pauseSchedule', { params: { id } });
  if (active === true) return asked.call('resumeSchedule', { params: { id } });
  return asked.call('getSchedule', { params: { id } });
};

const update = async (asked: Asked) => {
  const body = await asked.body();
  const before = await find(asked);
  const after = isWebhook(before)
    ? await updateWebhook(asked, before.id, body)
    : await updateSchedule(asked, before.id, body);
  await keepNote(asked, before.id, body);
  return one(await presentOne(asked, after));
};

const remove = async (asked: Asked) => {
  const trigger = await find(asked);
  if (isWebhook(trigger)) await asked.call('deleteIncomingWebhook', { params: { id: trigger.id } });
  else await asked.call('deleteSchedule', { params: { id: trigger.id } });
  return { status: 204, body: undefined };
};

const listAll = async (asked: Asked) => {
  const page = pageOf(asked);
  const { agent_id: agent } = asked.query;
  const all = [...(await allWebhooks(asked)), ...(await allSchedules(asked))]
    .filter(({ target }) => target.kind === 'agent' && (!agent || target.id === ownId('agent', agent)))
    .toSorted((a, b) => b.created_at.localeCompare(a.created_at));
  const shown =
    page.page > pageCount(all.length, page) ? [] : all.slice((page.page - 1) * page.size).slice(0, page.size);
  return list(await presentAll(asked, shown), all.length, page);
};

/** `webhook-triggers` is what they were called before. */
const both = (path: '' | '/:id', method: DialectRoute['method'], answer: DialectRoute['answer']): DialectRoute[] =>
  (['triggers', 'webhook-triggers'] as const).map((name) => ({ method, path: `/api/v1/${name}${path}`, answer }));

const receive = async (asked: Asked): Promise<Response> => {
  const received = await asked.hook(asked.params['token'] ?? '');
  const { execution_id: id, duplicate } = (await received.json()) as { execution_id: string; duplicate: boolean };
  const data = { id: bareId(id), execution_id: bareId(id), status: 'pending', duplicate };
  return Response.json({ data }, { status: received.status, headers: { 'cache-control': 'no-store' } });
};

export const triggerRoutes: readonly DialectRoute[] = [
  ...both('', 'GET', listAll),
  ...both('', 'POST', create),
  ...both('/:id', 'GET', async (asked) => one(await presentOne(asked, await find(asked)))),
  ...both('/:id', 'PATCH', update),
  ...both('/:id', 'DELETE', remove),
  { method: 'POST', path: '/api/v1/hooks/:token', answer: receive },
];
