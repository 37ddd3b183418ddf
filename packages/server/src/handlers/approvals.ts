import { type Json, type JsonObject, type Role, canonicalize, gateToolCall, permissionsOf, titleOf } from '@countersign/core';
import { type Ask, RECEIPT_VALID_SECONDS, ask, callDigest, cancel, checkSchema, consume, decide, loadConfig } from '@countersign/engine';
import {
  type ApprovalRow,
  type Scope,
  countApprovals,
  eventsOf,
  findRejectedCall,
  getAgent,
  getApproval,
  getMember,
  listApprovals,
  listSteps,
  readClock,
  toolsByName,
} from '@countersign/store';
import type { WireApproval } from '@countersign/contract';
import { type Principal, actorOf, requestersOf, voterOf } from '../auth/principal.ts';
import type { Context, Handlers } from '../http/context.ts';
import { Problem, fromRefusal, invalid, notFound } from '../http/problem.ts';
import { isAsker, mayWithdraw, presentApproval, presentSummary } from '../present/approval.ts';

/** One approval as its reader may see it, with the steps that led to it. */
export const readApproval = async (scope: Scope, id: string, principal: Principal): Promise<WireApproval | undefined> => {
  const [row, now] = await Promise.all([getApproval(scope, id), readClock(scope)]);
  if (!row) return undefined;
  const steps = row.execution_id ? await listSteps(scope, row.execution_id) : [];
  const own = steps.find((step) => step.id === row.step_id);
  const earlierSteps = steps.filter((step) => step.kind === 'tool_call' && own && step.position < own.position);
  return presentApproval({ row, earlierSteps, now }, principal);
};

const mustRead = async (scope: Scope, id: string, principal: Principal): Promise<WireApproval> => {
  const approval = await readApproval(scope, id, principal);
  if (!approval) throw notFound('approval');
  return approval;
};

type AskBody = Context<'askApproval'>['body'] | Context<'callGate'>['body'];

/** What asking over the API and through the gate have in common. */
const askOf = (principal: Principal, body: AskBody): Omit<Ask, 'kind' | 'title' | 'tool' | 'arguments' | 'output' | 'gateReason'> => ({
  checkpoint: body.checkpoint ?? body.tool ?? 'approval',
  priority: body.priority,
  argumentsSchema: body.arguments_schema ?? null,
  agent: body.agent_name === undefined ? null : { id: null, versionId: null, version: null, name: body.agent_name },
  executionId: null,
  stepId: null,
  conversationId: null,
  requestedBy: actorOf(principal),
  requesters: requestersOf(principal, body.on_behalf_of),
  input: body.input ?? null,
  explanation: body.explanation ?? null,
  impact: body.impact === undefined ? null : (JSON.parse(JSON.stringify(body.impact)) as Ask['impact']),
  evidence: body.evidence.map(({ label, content, source }) => ({ label, content, ...(source === undefined ? {} : { source }) })),
  metadata: body.metadata,
  timeoutSeconds: body.timeout_seconds ?? null,
});

/** What people are to read and sign has a limit (trust.md, T3); larger evidence belongs elsewhere, named by its digest. */
const CONTENT_BYTES_MAX = 256 * 1024;

const checkSize = (content: { readonly arguments?: JsonObject | undefined; readonly output?: Json | undefined }): void => {
  for (const member of ['arguments', 'output'] as const) {
    const value = content[member];
    if (value !== undefined && Buffer.byteLength(canonicalize(value)) > CONTENT_BYTES_MAX)
      throw invalid([{ pointer: `/${member}`, detail: `has more than ${CONTENT_BYTES_MAX} bytes` }]);
  }
};

const checkAsk = async (scope: Scope, body: AskBody): Promise<void> => {
  checkSize(body);
  if (body.arguments_schema) {
    const problems = checkSchema(body.arguments_schema);
    if (problems.length > 0)
      throw invalid(problems.map(({ pointer, detail }) => ({ pointer: `/arguments_schema${pointer}`, detail })));
  }
  if (body.on_behalf_of && !(await getMember(scope, body.on_behalf_of)))
    throw invalid([{ pointer: '/on_behalf_of', detail: 'is not a member of this workspace' }]);
};

/** The same call, rejected lately, is not put before people again (trust.md, T18). */
const refuseRepeat = (rejected: Awaited<ReturnType<typeof findRejectedCall>>): void => {
  if (rejected)
    throw fromRefusal({ type: 'already_rejected', approvalId: rejected.id, decision: rejected.decision });
};

const gateSettingsOf = async (scope: Scope, agentId: string | undefined) => {
  if (agentId === undefined)
    return {
      gate: { mode: 'confirm_tools', allowedTools: [], blockedTools: [], holdReadOnly: false, approvalRequired: false } as const,
      agent: null,
      timeoutSeconds: null,
    };
  const agent = await getAgent(scope, agentId);
  if (!agent?.current_version_id) throw invalid([{ pointer: '/agent_id', detail: 'is not an agent with a current version' }]);
  const config = await loadConfig(scope, agent.current_version_id);
  return {
    gate: config.gate,
    agent: { id: agent.id, versionId: config.versionId, version: config.version, name: agent.name },
    timeoutSeconds: config.timeoutSeconds,
  };
};

const page = (row: ApprovalRow & { cursor_at: string }): readonly [string, string] => [row.cursor_at, row.id];

export const approvalHandlers = {
  askApproval: async ({ engine, principal, body }, scope) => {
    await checkAsk(scope, body);
    const args = body.arguments ?? null;
    if (body.tool !== undefined) refuseRepeat(await findRejectedCall(scope, callDigest(body.tool, args), actorOf(principal).id));
    const id = await ask(engine, scope, {
      ...askOf(principal, body),
      kind: body.tool === undefined ? (body.output === undefined ? 'action' : 'output') : 'tool_call',
      title: body.title ?? titleOf(body.tool ?? '', null, {}),
      tool: body.tool === undefined ? null : { name: body.tool, id: null, version: null },
      arguments: body.tool === undefined ? args : (args ?? {}),
      output: body.output ?? null,
      gateReason: 'a program outside asked for an approval',
    });
    return mustRead(scope, id, principal);
  },

  callGate: async ({ engine, principal, body }, scope) => {
    await checkAsk(scope, body);
    const settings = await gateSettingsOf(scope, body.agent_id);
    // What the caller says about its own tool counts for nothing; only a tool of the workspace can be read-only here.
    const [[known], rejected] = await Promise.all([
      toolsByName(scope, [body.tool]),
      findRejectedCall(scope, callDigest(body.tool, body.arguments), actorOf(principal).id),
    ]);
    const verdict = gateToolCall(settings.gate, {
      name: body.tool,
      readOnly: known?.annotations.read_only ?? false,
      approval: known?.approval ?? 'default',
    });
    if (verdict.outcome !== 'hold') return { ...verdict, approval: null };
    refuseRepeat(rejected);
    const common = askOf(principal, body);
    const id = await ask(engine, scope, {
      ...common,
      kind: 'tool_call',
      title: body.title ?? titleOf(body.tool, known?.summary_template ?? null, body.arguments),
      tool: { name: body.tool, id: known?.id ?? null, version: known?.version ?? null },
      arguments: body.arguments,
      argumentsSchema: common.argumentsSchema ?? (known ? (JSON.parse(known.parameters) as JsonObject) : null),
      output: null,
      agent: settings.agent ?? common.agent,
      gateReason: verdict.reason,
      timeoutSeconds: common.timeoutSeconds ?? settings.timeoutSeconds,
    });
    return { ...verdict, approval: await mustRead(scope, id, principal) };
  },

  listApprovals: async ({ query, page: { after, limit, of } }, scope) =>
    of(await listApprovals(scope, query, after, limit), page, presentSummary),

  countApprovals: async (_, scope) => {
    const { waiting, decided } = await countApprovals(scope);
    return {
      pending: waiting?.pending ?? 0,
      pending_by_priority: {
        low: waiting?.low ?? 0,
        medium: waiting?.medium ?? 0,
        high: waiting?.high ?? 0,
        critical: waiting?.critical ?? 0,
      },
      due_within_15_minutes: waiting?.due_soon ?? 0,
      oldest_pending_at: waiting?.oldest?.toISOString() ?? null,
      decided_last_24_hours: {
        approved: decided?.approved ?? 0,
        approved_with_edits: decided?.edited ?? 0,
        rejected: decided?.rejected ?? 0,
        expired: decided?.expired ?? 0,
        cancelled: decided?.cancelled ?? 0,
        median_seconds_to_decision: decided?.median ?? null,
      },
    };
  },

  getApproval: ({ params, principal }, scope) => mustRead(scope, params.id, principal),

  decideApproval: async ({ engine, params, principal, body }, scope) => {
    await checkStanding(scope, principal);
    checkSize(body);
    const result = await decide(engine, scope, params.id, {
      voter: voterOf(principal),
      decision: body.decision,
      digest: body.digest,
      reason: body.reason ?? null,
      arguments: body.arguments,
      output: body.output,
    });
    return result.ok ? mustRead(scope, params.id, principal) : fromRefusal(result.refusal);
  },

  cancelApproval: async ({ engine, params, principal, body }, scope) => {
    const row = await getApproval(scope, params.id);
    if (!row) throw notFound('approval');
    if (row.execution_id) throw new Problem('forbidden', 'It belongs to an execution: cancel the execution.');
    if (!mayWithdraw(row, principal)) throw new Problem('forbidden', 'Only who asked for it can withdraw it.');
    const result = await cancel(engine, scope, params.id, actorOf(principal), body.reason ?? null);
    return result.ok ? mustRead(scope, params.id, principal) : fromRefusal(result.refusal);
  },

  getTimeline: async ({ params }, scope) => {
    const row = await getApproval(scope, params.id);
    if (!row) throw notFound('approval');
    const events = await eventsOf(scope, row.id);
    return {
      data: events.map((event) => ({
        id: event.id,
        at: event.at.toISOString(),
        type: event.type,
        actor: event.actor,
        detail: event.data as JsonObject,
      })),
    };
  },

  consumeReceipt: async ({ engine, principal, body }, scope) => {
    const row = await getApproval(scope, body.approval_id);
    if (!row) throw notFound('approval');
    if (row.execution_id) throw new Problem('forbidden', 'It belongs to an execution, which takes it itself.');
    if (!isAsker(row, principal)) throw new Problem('forbidden', 'Only who asked for it can take it for execution.');
    const result = await consume(engine, scope, row.id, body.digest, actorOf(principal), RECEIPT_VALID_SECONDS);
    if (!result.ok) return fromRefusal(result.refusal);
    const action = JSON.parse(result.value.row.action) as JsonObject;
    return {
      approval_id: row.id,
      digest: result.value.row.digest,
      arguments: (action['arguments'] ?? null) as JsonObject | null,
      output: action['output'] ?? null,
      consumed_at: result.value.at.toISOString(),
    };
  },
} satisfies Partial<Handlers>;

/** A deciding key is worth what its owner may do now, not what they could do when it was made. */
const checkStanding = async (scope: Scope, principal: Principal): Promise<void> => {
  if (principal.kind !== 'key') return;
  const roles: readonly Role[] = (await getMember(scope, principal.ownerId))?.roles ?? [];
  if (!permissionsOf(roles).has('approvals:decide'))
    throw new Problem('forbidden', 'The owner of this key is not an approver any more.');
};
