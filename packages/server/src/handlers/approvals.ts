import {
  type Json,
  type JsonObject,
  PLAN_TOOL,
  type RiskClass,
  canonicalize,
  gateToolCall,
  riskOf,
  titleOf,
} from '@countersign/core';
import {
  type Ask,
  type DecideCommand,
  act,
  ask,
  callDigest,
  checkSchema,
  decide,
  judge,
  lockBoth,
  recordAudited,
  loadConfig,
  plainPlan,
} from '@countersign/engine';
import {
  type ApprovalRow,
  type Scope,
  appendEvent,
  eventsOf,
  findRejectedCall,
  getAgent,
  getApproval,
  getMember,
  getSettings,
  getVersion,
  listApprovals,
  recordGateAnswer,
  toolsByName,
} from '@countersign/store';
import { type Principal, actorOf } from '../auth/principal.ts';
import { holdApprovalToLimits, holdToLimits } from '../auth/limits.ts';
import { requestersAs } from '../auth/requesters.ts';
import { loadVoter } from '../auth/voter.ts';
import type { Context, Handlers } from '../http/context.ts';
import { Problem, fromRefusal, invalid, notFound } from '../http/problem.ts';
import { mayWithdraw } from '../present/approval.ts';
import { summariesOf } from '../present/summaries.ts';
import { refuseFlood } from './ask-limits.ts';
import { type AskApprovalBody, PLAN_IS_ASKED_FOR, contentOf, planNamed, toolsNamedIn } from './asked-content.ts';
import { withMine } from './assigned.ts';
import { redactionsOf } from './redactions.ts';
import { mustRead } from './read-approval.ts';
import { takeSignature } from './signing.ts';

type AskBody = AskApprovalBody | Context<'callGate'>['body'];

/** What asking over the API and through the gate have in common. */
const askOf = (
  principal: Principal,
  requesters: string[],
  body: Omit<AskBody, 'tool' | 'plan'> & { readonly tool?: string | null | undefined },
): Omit<Ask, 'kind' | 'title' | 'tool' | 'arguments' | 'argumentsSchema' | 'output' | 'gateReason' | 'plan'> => ({
  checkpoint: body.checkpoint ?? body.tool ?? 'approval',
  priority: body.priority,
  agent: body.agent_name === undefined ? null : { id: null, versionId: null, version: null, name: body.agent_name },
  executionId: null,
  stepId: null,
  conversationId: null,
  requestedBy: actorOf(principal),
  requesters,
  input: body.input ?? null,
  explanation: body.explanation ?? null,
  impact: body.impact === undefined ? null : (JSON.parse(JSON.stringify(body.impact)) as Ask['impact']),
  evidence: body.evidence.map(({ label, content, source }) => ({
    label,
    content,
    ...(source === undefined ? {} : { source }),
  })),
  metadata: body.metadata,
});

/** What people are to read and sign has a limit (trust.md, T3); larger evidence belongs elsewhere, named by its digest. */
const CONTENT_BYTES_MAX = 256 * 1024;

const checkSize = (content: {
  readonly arguments?: JsonObject | undefined;
  readonly output?: Json | undefined;
}): void => {
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
const refuseRepeat = async (
  scope: Scope,
  principal: Principal,
  tool: string,
  args: JsonObject | null,
): Promise<void> => {
  const rejected = await findRejectedCall(scope, callDigest(tool, args), actorOf(principal).id);
  if (rejected) throw fromRefusal({ type: 'already_rejected', approvalId: rejected.id, decision: rejected.decision });
};

const gateSettingsOf = async (scope: Scope, agentId: string | undefined) => {
  if (agentId === undefined)
    return {
      gate: {
        mode: 'confirm_tools',
        allowedTools: [],
        blockedTools: [],
        holdReadOnly: false,
        approvalRequired: false,
      } as const,
      agent: null,
      timeoutSeconds: null,
      isRelaxationAllowed: true,
      builder: null,
    };
  const agent = await getAgent(scope, agentId);
  if (!agent?.current_version_id)
    throw invalid([{ pointer: '/agent_id', detail: 'is not an agent with a current version' }]);
  const config = await loadConfig(scope, agent.current_version_id, null);
  return {
    gate: config.gate,
    agent: { id: agent.id, versionId: config.versionId, version: config.version, name: agent.name },
    timeoutSeconds: config.timeoutSeconds,
    isRelaxationAllowed: config.isRelaxationAllowed,
    builder: (await getVersion(scope, agent.current_version_id))?.created_by ?? null,
  };
};

const page = (row: ApprovalRow & { cursor_at: string }): readonly [string, string] => [row.cursor_at, row.id];

export const approvalHandlers = {
  askApproval: async ({ engine, principal, body }, scope) => {
    holdToLimits(principal, { agents: [body.agent_name], tools: toolsNamedIn(body) });
    await checkAsk(scope, body);
    const { tool, args, schema, title, risk, planTools } = await contentOf(scope, body);
    if (tool !== null) await refuseRepeat(scope, principal, tool, await engine.redaction.mask(scope, args, schema));
    const settings = await getSettings(scope);
    await refuseFlood(scope, principal, settings);
    const plan =
      tool === null
        ? plainPlan('external', body.timeout_seconds ?? null)
        : await planOfAsk(scope, principal, { ...body, tool, arguments: args ?? {}, risk });
    const id = await ask(engine, scope, {
      ...askOf(principal, requestersAs(settings, principal, { onBehalfOf: body.on_behalf_of }), { ...body, tool }),
      kind: kindOf(body),
      title,
      tool: tool === null ? null : { name: tool, id: null, version: null },
      arguments: tool === null ? args : (args ?? {}),
      argumentsSchema: schema,
      output: body.output ?? null,
      gateReason: 'a program outside asked for an approval',
      responseSchema: body.question ?? null,
      plan,
      planTools,
    });
    return mustRead(scope, id, principal);
  },

  callGate: async ({ engine, principal, body }, scope) => {
    holdToLimits(principal, { agents: [body.agent_id, body.agent_name], tools: [body.tool] });
    if (body.tool === PLAN_TOOL) throw invalid([PLAN_IS_ASKED_FOR]);
    await checkAsk(scope, body);
    const settings = await gateSettingsOf(scope, body.agent_id);
    // What the caller says about its own tool counts where it could register the tool with just that; a tool that the
    // workspace has is what the workspace says.
    const known = (await toolsByName(scope, [body.tool]))[0];
    const isDeclared = !known && body.annotations !== undefined && principal.permissions.has('tools:write');
    const annotations = known?.annotations ?? (isDeclared ? body.annotations : undefined);
    const mode = gateToolCall(settings.gate, {
      name: body.tool,
      readOnly: annotations?.read_only ?? false,
      approval: known?.approval ?? 'default',
    });
    const schema = body.arguments_schema ?? (known ? (JSON.parse(known.parameters) as JsonObject) : null);
    const shown = await engine.redaction.mask(scope, body.arguments, schema);
    const workspace = await getSettings(scope);
    const common = askOf(
      principal,
      requestersAs(workspace, principal, {
        onBehalfOf: body.on_behalf_of,
        ...(settings.builder ? { builder: settings.builder } : {}),
      }),
      body,
    );
    const agent = settings.agent ?? common.agent;
    const risk = annotations ? riskOf(annotations) : 'irreversible';
    const { verdict, plan, isAudited, planUse, departures } = await judge(scope, {
      tool: body.tool,
      arguments: body.arguments,
      storedArguments: shown,
      risk,
      agent: { id: agent?.id ?? null, name: agent?.name ?? null },
      caller: actorOf(principal).id,
      mode,
      isRelaxationAllowed: settings.isRelaxationAllowed,
      timeoutSeconds: body.timeout_seconds ?? settings.timeoutSeconds,
      subject: actorOf(principal).id,
      ...(body.plan === undefined ? {} : { plans: await planNamed(engine, scope, principal, body.plan) }),
    });
    const answer = (approvalId: string | null): void =>
      recordGateAnswer(scope, {
        tool: body.tool,
        agent_id: agent?.id ?? null,
        caller: actorOf(principal).id,
        arguments: canonicalize(shown),
        risk,
        outcome: verdict.outcome,
        approval_id: approvalId,
      });
    if (verdict.outcome !== 'hold') {
      answer(null);
      const by = actorOf(principal);
      if (isAudited || (isDeclared && verdict.outcome === 'proceed'))
        await recordAudited(scope, by.id, by, { tool: body.tool, arguments: shown, policy: plan.policy });
      return { ...verdict, ...(planUse ? { plan: planUse } : {}), approval: null };
    }
    await refuseRepeat(scope, principal, body.tool, shown);
    await refuseFlood(scope, principal, workspace);
    const id = await ask(engine, scope, {
      ...common,
      kind: 'tool_call',
      title: body.title ?? titleOf(body.tool, known?.summary_template ?? null, shown),
      tool: { name: body.tool, id: known?.id ?? null, version: known?.version ?? null },
      arguments: body.arguments,
      argumentsSchema: schema,
      output: null,
      agent,
      gateReason: verdict.reason,
      plan,
      departures,
    });
    answer(id);
    return { ...verdict, approval: await mustRead(scope, id, principal) };
  },

  listApprovals: async ({ query, principal, page: { after, limit, of } }, scope) => {
    const rows = await listApprovals(scope, await withMine(scope, query, principal), after, limit, sortOf(query));
    return of(rows, page, await summariesOf(scope, rows, principal, withFlags(query)));
  },

  getApproval: async ({ engine, params, principal }, scope) => {
    const approval = await mustRead(scope, params.id, principal, 'full');
    return { ...approval, redactions: await redactionsOf(engine, scope, approval, principal) };
  },

  decideApproval: async (context, scope) => {
    const { engine, params, principal, body, dialect } = context;
    await holdApprovalToLimits(scope, principal, params.id);
    // The published APIs know no digest: what is decided is what it is now, and the record says that nobody named it.
    const isUnnamed = dialect !== null && body.digest === undefined;
    checkSize(body);
    // Sent together: who votes is as it is under the lock.
    const locking = lockBoth(scope, params.id);
    const standing = await loadVoter(scope, principal);
    const signed = await takeSignature(context, scope);
    const command: DecideCommand = {
      ...standing,
      ...(signed ? { voter: { ...standing.voter, assurance: 'signed', signed } } : {}),
      decision: body.decision,
      digest: isUnnamed ? (await getApproval(scope, params.id))?.digest : body.digest,
      viewDigest: body.view_digest,
      reason: body.reason ?? null,
      arguments: body.arguments,
      output: body.output,
      response: body.response,
      recallSeconds: body.recall_seconds,
    };
    const result = await decide(engine, scope, params.id, command, locking);
    if (result.ok && isUnnamed)
      await appendEvent(scope, {
        type: 'approval.digest_unnamed',
        subject: params.id,
        actor: actorOf(principal),
        data: { dialect },
      });
    return result.ok ? mustRead(scope, params.id, principal) : fromRefusal(result.refusal);
  },

  cancelApproval: async ({ engine, params, principal, body }, scope) => {
    const row = await getApproval(scope, params.id);
    if (!row) throw notFound('approval');
    if (row.execution_id) throw new Problem('forbidden', 'It belongs to an execution: cancel the execution.');
    if (!mayWithdraw(row, principal)) throw new Problem('forbidden', 'Only who asked for it can withdraw it.');
    const result = await act(engine, scope, params.id, {
      type: 'cancel',
      by: actorOf(principal),
      reason: await engine.redaction.mask(scope, body.reason ?? null),
    });
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
} satisfies Partial<Handlers>;

const kindOf = (body: AskApprovalBody): Ask['kind'] => {
  if (body.tool !== undefined || body.plan !== undefined) return 'tool_call';
  if (body.output !== undefined) return 'output';
  return body.question === undefined ? 'action' : 'question';
};

type Asked = { readonly tool: string; readonly arguments: JsonObject; readonly risk: RiskClass };

/** Who must approve what a program asks about by itself: policies say, and can refuse it. */
const planOfAsk = async (
  scope: Scope,
  principal: Principal,
  asked: Asked & Pick<AskApprovalBody, 'agent_name' | 'timeout_seconds'>,
) => {
  const { verdict, plan } = await judge(scope, {
    tool: asked.tool,
    arguments: asked.arguments,
    risk: asked.risk,
    agent: { id: null, name: asked.agent_name ?? null },
    caller: actorOf(principal).id,
    // It asks: no mode, no grant and no lax rule turns that into going ahead unasked.
    mode: { outcome: 'hold', reason: 'a program outside asked for an approval' },
    isRelaxationAllowed: false,
    timeoutSeconds: asked.timeout_seconds ?? null,
    subject: actorOf(principal).id,
    takesGrants: false,
  });
  if (verdict.outcome === 'block') throw new Problem('policy_blocked', verdict.reason);
  return plan;
};

/** @throws Problem `invalid` where it would be asked of whole pages: each row is compared with all that were approved like it */
const withFlags = ({ flags, ids }: Context<'listApprovals'>['query']): boolean => {
  if (flags !== undefined && ids === undefined) throw invalid([{ pointer: '/flags', detail: 'needs ids' }]);
  return flags !== undefined;
};

/** @throws Problem `invalid` where the order is one that only pending ones have an index for */
const sortOf = ({ sort, status }: Context<'listApprovals'>['query']) => {
  if (sort !== 'newest' && sort !== 'oldest' && status !== 'pending')
    throw invalid([{ pointer: '/sort', detail: 'is for what is pending: say status=pending' }]);
  return sort;
};
