import { checkUrl, sealLineToken } from '@countersign/engine';
import {
  type Scope,
  type VoiceLineRow,
  appendEvent,
  deleteVoiceLine,
  getVoiceLine,
  insertVoiceLine,
  listVoiceCalls,
  listVoiceLines,
  lockVoiceLine,
  namesOf,
  newId,
  readClock,
  saveVoiceLine,
} from '@countersign/store';
import { type Principal, actorOf } from '../auth/principal.ts';
import type { App, Handlers } from '../http/context.ts';
import { invalid, notFound } from '../http/problem.ts';
import { presentVoiceCall, presentVoiceLine } from '../present/voice-lines.ts';
import { askersWith, checkTarget } from '../triggers/target.ts';

const present = async (app: App, scope: Scope, id: string) => {
  const row = await getVoiceLine(scope, id);
  if (!row) throw notFound('voice line');
  return presentVoiceLine(row, await namesOf(scope, [row.agent_id]), app.engine);
};

const mustLock = async (scope: Scope, id: string): Promise<VoiceLineRow> => {
  const row = await lockVoiceLine(scope, id);
  if (!row) throw notFound('voice line');
  return row;
};

/** @throws Problem `invalid` for what does not go together, or an address that may not be reached */
const check = async (
  app: App,
  scope: Scope,
  principal: Principal,
  line: Pick<VoiceLineRow, 'agent_id' | 'version' | 'fallback' | 'transfer_to' | 'api_url'>,
): Promise<void> => {
  await checkTarget(scope, principal, { agent_id: line.agent_id, workflow_id: null, version: line.version });
  if (line.fallback === 'transfer' && line.transfer_to === null)
    throw invalid([{ pointer: '/transfer_to', detail: 'is the number that callers are put through to, and needed' }]);
  const problem = checkUrl(line.api_url, app.engine.outbound);
  if (problem) throw invalid([{ pointer: '/api_url', detail: problem.detail }]);
};

type Change = 'voice_line.created' | 'voice_line.updated' | 'voice_line.deleted';

const announce = (scope: Scope, principal: Principal, id: string, type: Change): Promise<void> =>
  appendEvent(scope, { type, subject: id, actor: actorOf(principal) });

export const voiceLineHandlers = {
  createVoiceLine: async ({ app, principal, body }, scope) => {
    await check(app, scope, principal, body);
    const id = newId('voiceLine');
    await insertVoiceLine(scope, {
      ...body,
      id,
      auth_token: sealLineToken(app.engine, scope, id, body.auth_token),
      askers: askersWith(principal),
      created_by: actorOf(principal),
    });
    await announce(scope, principal, id, 'voice_line.created');
    return present(app, scope, id);
  },

  listVoiceLines: async ({ engine, page }, scope) => {
    const rows = await listVoiceLines(scope, page.after, page.limit);
    const names = await namesOf(
      scope,
      rows.map(({ agent_id: id }) => id),
    );
    return page.of(
      rows,
      (row) => [row.cursor_at, row.id],
      (row) => presentVoiceLine(row, names, engine),
    );
  },

  getVoiceLine: async ({ app, params }, scope) => present(app, scope, params.id),

  updateVoiceLine: async ({ app, principal, params, body }, scope) => {
    const row = await mustLock(scope, params.id);
    const { auth_token: token, enabled, ...given } = body;
    const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const next: VoiceLineRow = { ...row, ...known };
    await check(app, scope, principal, next);
    await saveVoiceLine(scope, {
      ...next,
      auth_token: token === undefined ? row.auth_token : sealLineToken(app.engine, scope, row.id, token),
      askers: askersWith(principal, row.askers),
      disabled_at:
        enabled === undefined ? row.disabled_at : enabled ? null : (row.disabled_at ?? (await readClock(scope))),
    });
    await announce(scope, principal, row.id, 'voice_line.updated');
    return present(app, scope, row.id);
  },

  deleteVoiceLine: async ({ principal, params }, scope) => {
    const row = await mustLock(scope, params.id);
    await deleteVoiceLine(scope, row.id);
    await announce(scope, principal, row.id, 'voice_line.deleted');
    return undefined;
  },

  listVoiceCalls: async ({ params, page }, scope) => {
    if (!(await getVoiceLine(scope, params.id))) throw notFound('voice line');
    const rows = await listVoiceCalls(scope, params.id, page.after, page.limit);
    return page.of(rows, (row) => [row.cursor_at, row.id], presentVoiceCall);
  },
} satisfies Partial<Handlers>;
