import { type GrantBounds, type Json, type JsonObject, PLAN_TOOL, coveredBy, riskOf } from '@countersign/core';
import { applyPolicies } from '@countersign/engine';
import {
  type GrantRow,
  type Scope,
  appendEvent,
  getAgent,
  getApproval,
  getGrant,
  insertGrant,
  listGrantUses,
  listGrants,
  livePolicies,
  newId,
  readClock,
  revokeGrant,
  toolsByName,
} from '@countersign/store';
import { actorOf, requestersOf } from '../auth/principal.ts';
import { loadVoter } from '../auth/voter.ts';
import type { Handlers } from '../http/context.ts';
import { Problem, fromRefusal, invalid, notFound } from '../http/problem.ts';

const present = (row: GrantRow, agentName: string, now: Date) => ({
  id: row.id,
  agent: row.agent_id === null ? null : { id: row.agent_id, name: agentName },
  tool: row.tool,
  bounds: row.bounds,
  reason: row.reason,
  created_by: row.created_by,
  approval_id: row.approval_id,
  uses: row.uses,
  total: row.total,
  is_live: row.revoked_at === null && row.expires_at > now && row.uses < row.bounds.uses_max,
  created_at: row.created_at.toISOString(),
  expires_at: row.expires_at.toISOString(),
  revoked_at: row.revoked_at?.toISOString() ?? null,
});

const nameOf = async (scope: Scope, agentId: string | null): Promise<string> =>
  agentId === null ? '' : ((await getAgent(scope, agentId))?.name ?? '');

export const grantHandlers = {
  listGrants: async ({ page }, scope) => {
    const rows = await listGrants(scope, page.after, page.limit);
    const now = await readClock(scope);
    const names = new Map<string | null, string>();
    for (const { agent_id: id } of rows) if (!names.has(id)) names.set(id, await nameOf(scope, id));
    return page.of(
      rows,
      (row) => [row.cursor_at, row.id],
      (row) => present(row, names.get(row.agent_id) ?? '', now),
    );
  },
  getGrant: async ({ params }, scope) => {
    const row = await getGrant(scope, params.id);
    if (!row) throw notFound('grant');
    return present(row, await nameOf(scope, row.agent_id), await readClock(scope));
  },

  createGrant: async ({ engine, principal, body }, scope) => {
    await loadVoter(scope, principal);
    if (body.tool === PLAN_TOOL) throw invalid([{ pointer: '/tool', detail: 'each plan is put before a person' }]);
    if (body.agent_id !== undefined && !(await getAgent(scope, body.agent_id)))
      throw invalid([{ pointer: '/agent_id', detail: 'is not an agent of this workspace' }]);
    const approval = body.approval_id === undefined ? undefined : await getApproval(scope, body.approval_id);
    if (body.approval_id !== undefined && !approval)
      throw invalid([{ pointer: '/approval_id', detail: 'is not an approval of this workspace' }]);
    // Who asked can not give themselves a standing permission for what they asked.
    if (approval && requestersOf(principal).some((identity) => approval.requesters.includes(identity)))
      throw fromRefusal({ type: 'self_approval', possibleAtMs: null });
    const tool = (await toolsByName(scope, [body.tool]))[0];
    const risk = tool ? riskOf(tool.annotations) : 'irreversible';
    const now = await readClock(scope);
    if (risk === 'irreversible') {
      const request = {
        tool: body.tool,
        arguments: approval ? (((JSON.parse(approval.action) as JsonObject)['arguments'] ?? {}) as JsonObject) : {},
        risk,
        agent: { id: body.agent_id ?? null, name: await nameOf(scope, body.agent_id ?? null) },
        caller: approval?.requested_by.id ?? '',
        now: now.toISOString(),
      } as const;
      const { verdict } = await applyPolicies(scope, await livePolicies(scope), request);
      if (verdict.hold?.grants_allowed !== true)
        throw new Problem(
          'policy_blocked',
          'What this tool does can not be undone, and no policy allows grants for it (grants_allowed).',
        );
    }
    const bounds: GrantBounds = JSON.parse(
      JSON.stringify({ bounds: body.bounds, uses_max: body.uses_max, total: body.total }),
    );
    const expiresAt = new Date(now.getTime() + body.expires_in_seconds * 1000);
    checkCovers(bounds, expiresAt, now, approval?.action);
    const row = await insertGrant(scope, {
      id: newId('grant'),
      agent_id: body.agent_id ?? null,
      tool: body.tool,
      bounds,
      reason: body.reason ?? null,
      created_by: actorOf(principal),
      approval_id: body.approval_id ?? null,
      expires_at: expiresAt,
    });
    await appendEvent(scope, {
      type: 'grant.created',
      subject: row.id,
      actor: actorOf(principal),
      data: { tool: row.tool, agent_id: row.agent_id },
    });
    scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [row.id]));
    return present(row, await nameOf(scope, row.agent_id), now);
  },

  revokeGrant: async ({ engine, params, principal }, scope) => {
    if (!(await getGrant(scope, params.id))) throw notFound('grant');
    if ((await revokeGrant(scope, params.id)) === 1)
      await appendEvent(scope, { type: 'grant.revoked', subject: params.id, actor: actorOf(principal) });
    scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [params.id]));
    return undefined;
  },
  listGrantUses: async ({ params, page }, scope) => {
    if (!(await getGrant(scope, params.id))) throw notFound('grant');
    const before = page.after ? Number(page.after.id) : Number.MAX_SAFE_INTEGER;
    return page.of(
      await listGrantUses(scope, params.id, before, page.limit),
      (row) => ['', String(row.id)],
      (row) => ({
        subject: row.subject,
        arguments: JSON.parse(row.arguments) as Json,
        amount: row.amount,
        at: row.at.toISOString(),
      }),
    );
  },
} satisfies Partial<Handlers>;

/** A grant given from a card must fit the call on the card: otherwise its bounds are not what the giver thinks. */
const checkCovers = (bounds: GrantBounds, expiresAt: Date, now: Date, action: string | undefined): void => {
  if (action === undefined) return;
  const args = ((JSON.parse(action) as JsonObject)['arguments'] ?? {}) as JsonObject;
  const answer = coveredBy(
    { bounds, expiresAtMs: expiresAt.getTime(), isRevoked: false, uses: 0, total: 0 },
    args,
    now.getTime(),
  );
  if (!answer.covers)
    throw invalid([{ pointer: '/bounds', detail: `do not cover the call they are given from: ${answer.why}` }]);
};
