/** Plans in force, and what was used of them. A plan is an approval: its lines are its frozen content. */
import { PLAN_TOOL } from '@countersign/core';
import { approvalColumns } from './approvals.ts';
import { type Scope, statement } from './database.ts';
import type { ApprovalRow } from './rows.ts';

const revokedAt = `(select v.at from revocation v
   where v.workspace_id = a.workspace_id and v.approval_id = a.id) as revoked_at`;

export type PlanRow = ApprovalRow & { readonly revoked_at: Date | null };

// Locked: of two calls that would each take the last use, the second sees that it is gone.
const ofExecution = statement<PlanRow>(
  'plan_of_execution',
  `select ${approvalColumns}, null as consumed_at, ${revokedAt} from approval a
   where a.workspace_id = $1 and a.execution_id = $2 and a.tool = '${PLAN_TOOL}' and a.status = 'approved'
   order by a.decided_at, a.id for update of a`,
);
const named = statement<PlanRow>(
  'plan_named',
  `select ${approvalColumns}, null as consumed_at, ${revokedAt} from approval a
   where a.workspace_id = $1 and a.id = $2 and a.tool = '${PLAN_TOOL}' for update of a`,
);

/** The approved plans of an execution, in the order of their approval, locked until the transaction ends. */
export const lockPlansOf = (scope: Scope, executionId: string): Promise<PlanRow[]> =>
  ofExecution.all(scope, scope.workspaceId, executionId);

/** A plan by the id of its approval, whatever became of it, locked until the transaction ends. */
export const lockPlan = (scope: Scope, approvalId: string): Promise<PlanRow | undefined> =>
  named.one(scope, scope.workspaceId, approvalId);

const counts = statement<{ line: number; uses: number }>(
  'plan_use_counts',
  `select line, count(*)::int as uses from plan_use where workspace_id = $1 and approval_id = $2 group by line`,
);

/** How often each of the lines was used, in their order. */
export const planUses = async (scope: Scope, approvalId: string, lines: number): Promise<number[]> => {
  const rows = await counts.all(scope, scope.workspaceId, approvalId);
  return Array.from({ length: lines }, (_, index) => rows.find(({ line }) => line === index + 1)?.uses ?? 0);
};

const insert = statement(
  'plan_use_insert',
  `insert into plan_use (workspace_id, approval_id, line, number, subject, arguments) values ($1, $2, $3, $4, $5, $6)`,
);

/** Takes one use of a line, in the transaction of the call that it lets through. */
export const usePlan = (
  scope: Scope,
  use: { approvalId: string; line: number; number: number; subject: string; arguments: string },
): Promise<number> =>
  insert.run(scope, scope.workspaceId, use.approvalId, use.line, use.number, use.subject, use.arguments);
