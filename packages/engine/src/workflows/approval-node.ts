/** An approval node: asks with what the definition says, and goes on with the decision. */
import {
  type ApprovalContent,
  type Decision,
  HoldSettings,
  type Json,
  type JsonObject,
  type NodeOf,
  bindingsFor,
  runAt,
} from '@countersign/core';
import { ask } from '../approvals/ask.ts';
import { EXECUTION_ACTOR } from '../executions/finish.ts';
import { chainOf } from '../executions/record-turn.ts';
import { UNKNOWN_RESULT_CHECKPOINT } from '../executions/resume.ts';
import { planFrom } from '../policies/hold-plan.ts';
import { factsOf } from './live.ts';
import { type Round, failRun, moveRun, nodeOf, settleRun } from './round.ts';
import { askedBy } from './tool-node.ts';

const USUAL_HOLD = HoldSettings.parse({});

export const beginApproval = async (
  round: Round,
  key: string,
  node: NodeOf<'approval'>,
  content: ApprovalContent,
): Promise<void> => {
  const { engine, scope, execution, live } = round;
  const facts = factsOf(live, key);
  const bindings = bindingsFor(live.graph, live.state, runAt(live.state, key));
  facts.approvalId = await ask(engine, scope, {
    kind: node.form ? 'question' : 'action',
    title: content.title.slice(0, 500),
    checkpoint: node.checkpoint ?? node.id,
    priority: 'medium',
    tool: null,
    arguments: content.details,
    argumentsSchema: null,
    output: null,
    agent: askedBy(round),
    executionId: execution.id,
    chain: chainOf(execution),
    stepId: facts.id,
    conversationId: null,
    requestedBy: EXECUTION_ACTOR(execution),
    requesters: execution.requesters,
    input: JSON.parse(execution.input) as Json,
    gateReason: `the workflow ${live.workflow.name} asks for it at ${node.id}`,
    explanation: content.request,
    impact: {
      ...(content.impactIfApproved === null ? {} : { if_approved: content.impactIfApproved }),
      ...(content.impactIfDenied === null ? {} : { if_rejected: content.impactIfDenied }),
    },
    evidence: content.evidence.map((one) => ({ ...one })),
    metadata: { node: node.id, workflow_id: live.workflow.id, channels: node.channels },
    plan: {
      ...planFrom(node.hold ?? USUAL_HOLD, bindings, node.risk, null, null),
      channels: [...node.channels, ...(node.hold?.channels ?? [])],
    },
    responseSchema: node.form ?? null,
  });
  facts.input = JSON.stringify({
    title: content.title,
    ...(Object.keys(content.details).length > 0 ? { details: content.details } : {}),
  });
  moveRun(round, key, 'awaiting_approval');
};

/** What a decision says to the execution that waits for it. */
export type DecidedNews = {
  readonly approvalId: string;
  readonly checkpoint: string;
  readonly outcome: Decision['outcome'];
  readonly reason: string | null;
  readonly by: string;
  readonly arguments: JsonObject | null;
  readonly response: Json;
};

export const recordDecision = async (round: Round, key: string, news: DecidedNews): Promise<void> => {
  const facts = factsOf(round.live, key);
  const run = round.live.state.runs.get(key);
  if (run?.status !== 'awaiting_approval' || facts.approvalId !== news.approvalId) return undefined;
  const node = nodeOf(round, key);
  if (news.outcome !== 'approved') {
    const status = news.outcome === 'cancelled' ? 'rejected' : news.outcome;
    const message =
      news.checkpoint === UNKNOWN_RESULT_CHECKPOINT
        ? 'It is not known whether the call was made, and it was decided not to make it again.'
        : WORDS[news.outcome] + (news.reason ? ` Reason: ${news.reason}` : '');
    const output = {
      approved: false,
      asked: true,
      response: null,
      details: news.arguments,
      reason: news.reason,
      decided_by: news.by,
    };
    return settleRun(round, key, {
      type: 'failed',
      status,
      error: { code: news.checkpoint === UNKNOWN_RESULT_CHECKPOINT ? 'result_unknown' : news.outcome, message },
      output: node.type === 'approval' ? output : null,
    });
  }
  if (node.type === 'tool') {
    facts.input = JSON.stringify(news.arguments ?? {});
    return moveRun(round, key, 'ready');
  }
  if (node.type !== 'approval')
    return failRun(round, key, 'unexpected_decision', 'A decision came for a step that asks for none.');
  return settleRun(round, key, {
    type: 'completed',
    output: {
      approved: true,
      asked: true,
      response: news.response,
      details: news.arguments,
      reason: news.reason,
      decided_by: news.by,
    },
  });
};

const WORDS = {
  rejected: 'A reviewer rejected it.',
  expired: 'Nobody decided in time.',
  cancelled: 'The request was withdrawn.',
} as const;
