import type { WireApproval } from '@countersign/contract';
import { type JsonObject, PLAN_TOOL, PlanSchema, lineWords } from '@countersign/core';
import { planEndsAt } from '@countersign/engine';
import type { ApprovalRow } from '@countersign/store';

/** The plan that an approval is about, as it stands; null where it is about something else. */
export const presentPlan = (row: ApprovalRow, uses: readonly number[], now: Date): WireApproval['plan'] => {
  if (row.tool !== PLAN_TOOL) return null;
  const plan = PlanSchema.parse((JSON.parse(row.action) as JsonObject)['arguments']);
  const endsAt = row.status === 'approved' ? planEndsAt(row, plan) : null;
  return {
    purpose: plan.purpose,
    lines: plan.lines.map((line, index) => ({ ...line, uses: uses[index] ?? 0, allows: lineWords(line) })),
    valid_for_seconds: plan.valid_for_seconds,
    ends_at: endsAt?.toISOString() ?? null,
    is_in_force: endsAt !== null && endsAt > now && !row.revoked,
  };
};

/** How many lines the plan of an approval has. */
export const linesIn = (row: Pick<ApprovalRow, 'action'>): number =>
  PlanSchema.parse((JSON.parse(row.action) as JsonObject)['arguments']).lines.length;
