/** What a program outside asks to be approved: a call, an output, words, or a plan of calls. */
import {
  type JsonObject,
  PLAN_PARAMETERS,
  PLAN_TOOL,
  type PlanToolReference,
  type RiskClass,
  planTitle,
  riskOf,
  titleOf,
} from '@countersign/core';
import { type Engine, type PlansOf, checkPlan } from '@countersign/engine';
import { type Scope, getApproval, toolsByName } from '@countersign/store';
import { type Principal, actorOf } from '../auth/principal.ts';
import type { Context } from '../http/context.ts';
import { invalid } from '../http/problem.ts';

export type AskApprovalBody = Context<'askApproval'>['body'];

export const PLAN_IS_ASKED_FOR = { pointer: '/tool', detail: 'is for plans: ask for an approval with `plan`' };

/** Every tool that would be called: what a key is limited to holds for the lines of a plan as well. */
export const toolsNamedIn = ({ plan, tool }: AskApprovalBody): (string | undefined)[] =>
  plan ? plan.lines.map((line) => line.tool) : [tool];

export type AskedContent = {
  /** Null where it is no call. */
  readonly tool: string | null;
  readonly args: JsonObject | null;
  readonly schema: JsonObject | null;
  readonly title: string;
  readonly risk: RiskClass;
  readonly planTools: readonly PlanToolReference[] | null;
};

/** @throws Problem `invalid` where a plan can mean nothing */
export const contentOf = async (scope: Scope, body: AskApprovalBody): Promise<AskedContent> => {
  if (body.tool === PLAN_TOOL) throw invalid([PLAN_IS_ASKED_FOR]);
  if (body.plan) {
    const checked = await checkPlan(scope, body.plan as unknown as JsonObject, { type: 'any' });
    if (!checked.ok)
      throw invalid(checked.refusal.map(({ pointer, detail }) => ({ pointer: `/plan${pointer}`, detail })));
    const { plan, tools, risk } = checked.value;
    return {
      tool: PLAN_TOOL,
      args: plan as unknown as JsonObject,
      schema: PLAN_PARAMETERS,
      title: body.title ?? planTitle(plan),
      risk,
      planTools: tools,
    };
  }
  const known = body.tool === undefined ? undefined : (await toolsByName(scope, [body.tool]))[0];
  return {
    tool: body.tool ?? null,
    args: body.arguments ?? null,
    schema: body.arguments_schema ?? null,
    title: body.title ?? titleOf(body.tool ?? '', null, {}),
    risk: known ? riskOf(known.annotations) : 'irreversible',
    planTools: null,
  };
};

/** The plan that a call is said to be part of. @throws Problem `invalid` if it is none of who asks */
export const planNamed = async (
  { redaction }: Engine,
  scope: Scope,
  principal: Principal,
  approvalId: string,
): Promise<PlansOf> => {
  const row = await getApproval(scope, approvalId);
  const askerId = actorOf(principal).id;
  if (row?.tool !== PLAN_TOOL || row.execution_id !== null || row.requested_by.id !== askerId)
    throw invalid([{ pointer: '/plan', detail: 'is not a plan that you asked for' }]);
  return { type: 'named', approvalId, askerId, redaction };
};
