/** Calls have ids that their clients made up: under which approval each is, and what is read back with it. */
import type { Json, JsonObject } from '@countersign/core';
import { isObject } from '@countersign/core';
import { type ApprovalRow, type Scope, compatNotes, getApproval, putCompatNote } from '@countersign/store';
import { Problem, invalid, notFound } from '../../http/problem.ts';
import type { Asked } from '../dialect.ts';
import { ownId } from '../ids.ts';

const DIALECT = 'humanlayer';

export const BASE = '/humanlayer/v1';

/** What is neither shown to a reviewer nor an argument. No channel: its tokens are nobody's to keep. */
export type Kept = {
  readonly approval: string;
  readonly run_id: string;
  readonly options: readonly Json[];
  readonly state: Json;
};

const CALL_ID = /^[A-Za-z0-9_.:-]{1,200}$/;

export type Wanted = { readonly callId: string; readonly runId: string; readonly spec: JsonObject };

/** @throws Problem `invalid` */
export const readWanted = (body: JsonObject): Wanted => {
  const { call_id: callId, run_id: runId, spec } = body;
  if (typeof callId !== 'string' || !CALL_ID.test(callId))
    throw invalid([{ pointer: '/call_id', detail: 'must be an id of letters, digits and _.:-' }]);
  if (!isObject(spec)) throw invalid([{ pointer: '/spec', detail: 'must be an object' }]);
  return { callId, runId: typeof runId === 'string' && runId !== '' ? runId.slice(0, 100) : 'agent', spec };
};

export const optionsIn = (value: Json | undefined): readonly JsonObject[] =>
  (Array.isArray(value) ? value : []).filter(
    (one): one is JsonObject => isObject(one) && typeof one['name'] === 'string',
  );

/**
 * Asks for what a call wants, under the call's own id, so that a repeat finds the same.
 * @throws Problem; `name_taken` where another call has this id: ids that clients make up may be made up twice
 */
export const askUnder = async (asked: Asked, wanted: Wanted, body: JsonObject, kept: Omit<Kept, 'approval'>) => {
  const { callId } = wanted;
  const { id } = await asked.call('askApproval', { body, once: `call/${callId}` });
  await asked.write('askApproval', async (scope) => {
    const known = (await keptOf(scope, callId))?.approval;
    if (known !== undefined && known !== id)
      throw new Problem('name_taken', `The call_id ${callId} is that of another call.`);
    await putCompatNote(scope, DIALECT, callId, { approval: id, ...kept });
  });
};

// Written by `askUnder` and by nothing else.
const keptOf = async (scope: Scope, callId: string): Promise<Kept | undefined> =>
  (await compatNotes(scope, DIALECT, [callId])).get(callId) as unknown as Kept | undefined;

export type Found = { readonly callId: string; readonly row: ApprovalRow; readonly kept: Kept };

const NOTHING_KEPT = { run_id: 'agent', options: [], state: null };

/** By the client's id, or by ours. @throws Problem `not_found` */
export const findCall = async (scope: Scope, callId: string): Promise<Found> => {
  const kept = await keptOf(scope, callId);
  const row = await getApproval(scope, kept?.approval ?? ownId('approval', callId));
  if (!row) throw notFound('call');
  return { callId, row, kept: kept ?? { approval: row.id, ...NOTHING_KEPT } };
};

export const callIdOf = ({ params }: Asked): string => params['id'] ?? '';

/** Told to more people, as far as the caller may do that. */
export const escalate = async (asked: Asked): Promise<void> => {
  const { escalation_msg: reason } = await asked.body();
  const { row } = await asked.read('getApproval', (scope) => findCall(scope, callIdOf(asked)));
  await asked.call('escalateApproval', {
    params: { id: row.id },
    body: typeof reason === 'string' ? { reason: reason.slice(0, 1000) } : {},
  });
};
