/** What people do with a request beside deciding it alone: claim, give on, more time, discuss, many at once, take up again. */
import type { WireBulkOutcome } from '@countersign/contract';
import {
  type Actor,
  type Json,
  type JsonObject,
  type PlanToolReference,
  type Voter,
  accountsOf,
  diffJson,
  parseRule,
} from '@countersign/core';
import { type ActCommand, type AskedTool, act, ask, decide, plainPlan } from '@countersign/engine';
import {
  type ApprovalRow,
  type CommentRow,
  type Scope,
  appendEvent,
  getApproval,
  insertComment,
  listComments,
  listGroups,
  lockApproval,
  newId,
  pendingAlike,
  reopenedAs,
  standingOf,
  toolsByName,
} from '@countersign/store';
import { actorOf, requestersOf } from '../auth/principal.ts';
import { holdApprovalToLimits } from '../auth/limits.ts';
import { loadVoter } from '../auth/voter.ts';
import type { Context, Handlers } from '../http/context.ts';
import { Problem, fromRefusal, invalid, notFound } from '../http/problem.ts';
import { presentHeld } from '../present/approval.ts';
import { mustRead } from './read-approval.ts';

type Acting = Pick<Context<'claimApproval'>, 'engine' | 'params' | 'principal'>;

const mustGet = async (scope: Scope, id: string): Promise<ApprovalRow> => {
  const row = await getApproval(scope, id);
  if (!row) throw notFound('approval');
  return row;
};

/** Whoever asked may not move their own request to friendlier people. */
const perform = async (
  { engine, params, principal }: Acting,
  scope: Scope,
  commandOf: (voter: Voter, by: Actor) => ActCommand,
) => {
  await holdApprovalToLimits(scope, principal, params.id);
  const { voter } = await loadVoter(scope, principal);
  const row = await mustGet(scope, params.id);
  const identities = [...requestersOf(principal), ...accountsOf(voter.standing)];
  const own = identities.some((identity) => row.requesters.includes(identity));
  if (own) throw fromRefusal({ type: 'self_approval', possibleAtMs: null });
  const result = await act(engine, scope, params.id, commandOf(voter, actorOf(principal)));
  return result.ok ? mustRead(scope, params.id, principal) : fromRefusal(result.refusal);
};

/** Whether the tool of a call is still the one that it was asked with; one that nobody described here has no versions. */
const isToolAsAsked = async (scope: Scope, asked: AskedTool | null): Promise<boolean> => {
  if (!asked?.id) return true;
  const known = (await toolsByName(scope, [asked.name]))[0];
  return known?.id === asked.id && known.version === asked.version;
};

const presentComment = (row: CommentRow) => ({
  id: row.id,
  author: row.author,
  body: row.body,
  is_question: row.is_question,
  created_at: row.created_at.toISOString(),
});

/** One click for many: never for what deserves a look of its own (trust.md, T21). */
const refusedInBulk = (row: ApprovalRow): Problem | null =>
  row.priority === 'high' || row.priority === 'critical'
    ? new Problem('forbidden', `Its priority is ${row.priority}: approve it by itself.`)
    : null;

const outcomeOf = (id: string, row: ApprovalRow | undefined, problem: Problem | null): WireBulkOutcome => ({
  id,
  ok: problem === null,
  status: row?.status ?? null,
  held_until: (row && presentHeld(row)?.until) ?? null,
  problem: problem && { code: problem.code, status: problem.status, detail: problem.message },
});

export const approvalActionHandlers = {
  claimApproval: (context, scope) =>
    perform(context, scope, (voter, by) => ({ type: 'claim', by, voter, isForced: context.body.force })),
  releaseApproval: (context, scope) =>
    perform(context, scope, ({ personId }, by) => ({ type: 'release', by, personId })),
  recallApproval: async ({ engine, params, principal }, scope) => {
    const { voter } = await loadVoter(scope, principal);
    const { personId } = voter;
    const result = await act(engine, scope, params.id, { type: 'recall', by: actorOf(principal), personId });
    return result.ok ? mustRead(scope, params.id, principal, 'full') : fromRefusal(result.refusal);
  },
  reassignApproval: async (context, scope) => {
    const { people, groups, reason } = context.body;
    await mustGet(scope, context.params.id);
    const standings = await standingOf(scope, people);
    const known = await listGroups(scope);
    const problems = [
      ...people.flatMap((id, index) =>
        standings.some(({ personId, roles }) => personId === id && roles.includes('approver'))
          ? []
          : [{ pointer: `/people/${index}`, detail: 'is not an approver of this workspace' }],
      ),
      ...groups.flatMap((name, index) =>
        known.some((group) => group.name === name) ? [] : [{ pointer: `/groups/${index}`, detail: 'is not a group' }],
      ),
    ];
    if (problems.length > 0) throw invalid(problems);
    const to = { members: people, groups, roles: [] };
    const shown = await context.engine.redaction.mask(scope, reason ?? null);
    return perform(context, scope, (voter, by) => ({ type: 'reassign', by, voter, to, reason: shown }));
  },
  escalateApproval: async (context, scope) => {
    const { to, reason } = context.body;
    const rule = to === undefined ? undefined : parseRule(to);
    if (rule && !rule.ok) throw invalid([{ pointer: '/to', detail: rule.refusal.detail }]);
    const target = rule?.ok ? rule.value : null;
    const shown = await context.engine.redaction.mask(scope, reason ?? null);
    return perform(context, scope, (voter, by) => ({
      type: 'escalate',
      by,
      voter,
      to: target,
      reason: shown,
    }));
  },
  extendApproval: (context, scope) =>
    perform(context, scope, (voter, by) => ({ type: 'extend', by, voter, seconds: context.body.seconds })),

  reopenApproval: async ({ engine, params, principal }, scope) => {
    await loadVoter(scope, principal);
    // Locked, so that of two at once the second sees what the first made of it.
    const row = (await lockApproval(scope, params.id))?.row;
    if (!row) throw notFound('approval');
    if (row.status !== 'expired')
      throw new Problem('too_late', `Only what expired can be taken up again; this is ${row.status}.`);
    if (row.execution_id) throw new Problem('too_late', 'The execution went on without it.');
    const already = await reopenedAs(scope, row.id);
    if (already) throw new Problem('too_late', `It was taken up again as ${already}.`, { approval_id: already });
    const action = JSON.parse(row.action) as JsonObject;
    // Its secrets move to where the new approval looks for them.
    const real = await engine.redaction.restore(scope, row.id, {
      arguments: (action['arguments'] ?? null) as JsonObject | null,
      output: action['output'] ?? null,
    });
    const tool = action['tool'] as AskedTool | null;
    if (!(await isToolAsAsked(scope, tool)))
      throw new Problem('too_late', 'The tool was changed since: the same content would do something else.');
    const id = await ask(engine, scope, {
      kind: row.kind,
      title: row.title,
      checkpoint: row.checkpoint,
      priority: row.priority,
      tool,
      arguments: real.arguments,
      argumentsSchema: row.arguments_schema === null ? null : (JSON.parse(row.arguments_schema) as JsonObject),
      output: real.output,
      agent: row.agent && { ...row.agent, versionId: null },
      executionId: null,
      stepId: null,
      conversationId: row.conversation_id,
      requestedBy: row.requested_by,
      requesters: row.requesters,
      input: row.input === null ? null : JSON.parse(row.input),
      gateReason: row.gate_reason,
      explanation: row.explanation,
      impact: row.impact,
      evidence: row.evidence,
      metadata: row.metadata as JsonObject,
      responseSchema: row.response_schema === null ? null : (JSON.parse(row.response_schema) as JsonObject),
      planTools: (action['plan_tools'] ?? null) as unknown as PlanToolReference[] | null,
      departures: row.departures,
      plan: {
        ...plainPlan(row.risk ?? 'irreversible', row.timeout?.seconds ?? null),
        ...(row.requirement ? { requirement: row.requirement } : {}),
        ...(row.timeout ? { timeout: row.timeout } : {}),
        policy: row.policy,
        calendar: row.calendar,
        recallSeconds: row.recall_seconds,
      },
      reopenedFrom: row.id,
    });
    await appendEvent(scope, {
      type: 'approval.reopened',
      subject: row.id,
      actor: actorOf(principal),
      data: { as: id },
    });
    return mustRead(scope, id, principal);
  },

  listComments: async ({ params }, scope) => {
    await mustGet(scope, params.id);
    return { data: (await listComments(scope, params.id)).map(presentComment) };
  },
  createComment: async ({ engine, params, principal, body }, scope) => {
    await mustGet(scope, params.id);
    const row = await insertComment(scope, {
      id: newId('comment'),
      approval_id: params.id,
      author: actorOf(principal),
      body: await engine.redaction.mask(scope, body.body),
      is_question: body.is_question,
    });
    await appendEvent(scope, {
      type: 'approval.commented',
      subject: params.id,
      actor: actorOf(principal),
      data: {
        comment_id: row.id,
        is_question: row.is_question,
        // Where it was said it need not be told.
        ...(principal.kind === 'channel' ? { channel_id: principal.channel.id } : {}),
      },
    });
    scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [params.id]));
    return presentComment(row);
  },

  bulkDecide: async ({ engine, principal, body, refused: note }, scope) => {
    const standing = await loadVoter(scope, principal);
    const data = new Map<(typeof body.items)[number], WireBulkOutcome>();
    // In the order of their ids, so that two of these at once do not wait for each other.
    for (const item of body.items.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
      const row = await getApproval(scope, item.id);
      if (!row) {
        const missing = notFound('approval');
        note(item.id, missing);
        data.set(item, outcomeOf(item.id, undefined, missing));
        continue;
      }
      const refused = item.decision === 'approved' && row.status === 'pending' ? refusedInBulk(row) : null;
      if (refused) {
        note(item.id, refused);
        data.set(item, outcomeOf(item.id, row, refused));
        continue;
      }
      await holdApprovalToLimits(scope, principal, item.id);
      const result = await decide(engine, scope, item.id, {
        ...standing,
        decision: item.decision,
        digest: item.digest,
        reason: item.reason ?? null,
        recallSeconds: body.recall_seconds,
      });
      const problem = result.ok ? null : fromRefusal(result.refusal);
      if (problem) note(item.id, problem);
      data.set(item, outcomeOf(item.id, await getApproval(scope, item.id), problem));
    }
    return { data: body.items.map((item) => data.get(item) ?? outcomeOf(item.id, undefined, notFound('approval'))) };
  },

  listAlike: async (_, scope) => {
    const groups = await pendingAlike(scope, 50);
    return {
      data: groups.map(({ shape, rows }) => {
        const calls = rows.map((row) => ({
          row,
          args: ((JSON.parse(row.action) as JsonObject)['arguments'] ?? {}) as JsonObject,
        }));
        const first = calls[0]?.args ?? {};
        const differing = new Set(calls.flatMap(({ args }) => diffJson(first, args).map(({ pointer }) => pointer)));
        const tool = shape.slice(0, shape.indexOf('('));
        const leaves = leafValues(first);
        return {
          shape,
          tool,
          count: rows.length,
          common: Object.fromEntries(leaves.filter(([pointer]) => !differing.has(pointer))),
          items: calls.map(({ row, args }) => ({
            id: row.id,
            digest: row.digest,
            title: row.title,
            priority: row.priority as 'low',
            differs: Object.fromEntries(leafValues(args).filter(([pointer]) => differing.has(pointer))),
          })),
        };
      }),
    };
  },
} satisfies Partial<Handlers>;

/** Every value that `diffJson` can point at, by JSON Pointer. */
const leafValues = (args: JsonObject): [string, Json][] =>
  diffJson({}, args).flatMap(({ pointer, after }) => (after === undefined ? [] : expand(pointer, after)));

const expand = (pointer: string, value: Json): [string, Json][] => {
  if (typeof value !== 'object' || value === null) return [[pointer, value]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [[pointer, value]];
  return entries.flatMap(([key, member]) =>
    expand(`${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, member),
  );
};
