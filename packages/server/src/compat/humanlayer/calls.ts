/** Function calls: a person's leave for a call that runs in the client. */
import { type Json, type JsonObject, isObject } from '@countersign/core';
import type { ApprovalRow } from '@countersign/store';
import { invalid } from '../../http/problem.ts';
import type { Asked, DialectRoute } from '../dialect.ts';
import { BASE, type Found, askUnder, callIdOf, escalate, findCall, optionsIn, readWanted } from './kept.ts';

/** Names of functions are free in their world; ours are those that models can be given. */
const toolNameOf = (fn: unknown): string => {
  if (typeof fn !== 'string' || fn === '') throw invalid([{ pointer: '/spec/fn', detail: 'must name a function' }]);
  const name = fn.replaceAll(/[^a-zA-Z0-9_.-]/g, '_').slice(0, 64);
  return /^[a-zA-Z]/.test(name) ? name : `f${name}`.slice(0, 64);
};

const add = async (asked: Asked) => {
  const wanted = readWanted(await asked.body());
  const { spec, runId } = wanted;
  const kwargs = spec['kwargs'] ?? {};
  await askUnder(
    asked,
    wanted,
    {
      tool: toolNameOf(spec['fn']),
      arguments: isObject(kwargs) ? kwargs : { arguments: kwargs },
      agent_name: runId,
    },
    { run_id: runId, options: [...optionsIn(spec['reject_options'])], state: spec['state'] ?? null },
  );
  return { body: await read(asked, wanted.callId) };
};

const read = (asked: Asked, callId: string) =>
  asked.read('getApproval', async (scope) => present(await findCall(scope, callId)));

const present = ({ callId, row, kept }: Found) => {
  const action = JSON.parse(row.original_action ?? row.action) as JsonObject;
  return {
    run_id: kept.run_id,
    call_id: callId,
    spec: {
      fn: row.tool ?? row.checkpoint,
      kwargs: action['arguments'] ?? {},
      channel: null,
      reject_options: kept.options,
      state: kept.state,
    },
    status: statusOf(row, kept.options),
  };
};

const statusOf = (row: ApprovalRow, options: readonly Json[]) => {
  const { decision, status } = row;
  const reason = decision?.reason ?? null;
  const name = optionsIn([...options]).find((one) => one['name'] === reason || one['title'] === reason)?.['name'];
  return {
    requested_at: row.created_at.toISOString(),
    responded_at: decision?.at ?? null,
    approved: status === 'pending' ? null : status === 'approved' && row.original_action === null,
    comment: commentOf(row, reason),
    reject_option_name: status === 'rejected' ? (name ?? null) : null,
  };
};

/** Why not, in words for the model, which is given them. */
const commentOf = (row: ApprovalRow, reason: string | null): string | null => {
  if (row.status === 'approved' && row.original_action !== null) {
    // Their clients run what they asked for, whatever was approved: so a change is a no, that says what would be a yes.
    const { arguments: approved } = JSON.parse(row.action) as JsonObject;
    return `Approved with changes only. Ask again with these arguments: ${JSON.stringify(approved)}${reason === null ? '' : ` (${reason})`}`;
  }
  if (row.status === 'expired') return 'Nobody decided in time.';
  if (row.status === 'cancelled') return reason === null ? 'It was withdrawn.' : `It was withdrawn: ${reason}`;
  return reason;
};

const respond = async (asked: Asked) => {
  const { approved, comment } = await asked.body();
  if (typeof approved !== 'boolean') throw invalid([{ pointer: '/approved', detail: 'must be true or false' }]);
  const { row } = await asked.read('getApproval', (scope) => findCall(scope, callIdOf(asked)));
  const decision = approved ? 'approved' : 'rejected';
  await asked.call('decideApproval', { params: { id: row.id }, body: { decision, reason: comment ?? undefined } });
  return { body: await read(asked, callIdOf(asked)) };
};

export const callRoutes: readonly DialectRoute[] = [
  { method: 'POST', path: `${BASE}/function_calls`, answer: add },
  {
    method: 'GET',
    path: `${BASE}/function_calls/:id`,
    answer: async (asked) => ({ body: await read(asked, callIdOf(asked)) }),
  },
  { method: 'POST', path: `${BASE}/agent/function_calls/:id/respond`, answer: respond },
  {
    method: 'POST',
    path: `${BASE}/agent/function_calls/:id/escalate_email`,
    answer: async (asked) => {
      await escalate(asked);
      return { body: await read(asked, callIdOf(asked)) };
    },
  },
];
