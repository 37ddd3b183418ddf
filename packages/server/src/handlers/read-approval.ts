/** One approval as its reader may see it: its content, what led to it, who was asked, what is unusual about it. */
import type { WireApproval } from '@countersign/contract';
import { PLAN_TOOL, standsInFor } from '@countersign/core';
import {
  type Scope,
  approverStandings,
  getApproval,
  getSettings,
  listDelegations,
  listLateAnswers,
  listSteps,
  listVotes,
  planUses,
  readClock,
  snoozesOf,
  toDelegation,
} from '@countersign/store';
import { type Principal, personOf } from '../auth/principal.ts';
import { notFound } from '../http/problem.ts';
import { presentApproval } from '../present/approval.ts';
import { linesIn } from '../present/plan.ts';
import { aroundAll } from '../present/summaries.ts';
import { comparisonOf } from '../present/unusual.ts';

/**
 * `brief`: what answers a command or a wait, read on the way of every request; without the comparison with others.
 */
export const readApproval = async (
  scope: Scope,
  id: string,
  principal: Principal,
  extent: 'full' | 'brief' = 'brief',
): Promise<WireApproval | undefined> => {
  const [row, now, votes] = await Promise.all([getApproval(scope, id), readClock(scope), listVotes(scope, id)]);
  if (!row) return undefined;
  const isPending = row.status === 'pending';
  const isOpen = isPending && extent === 'full';
  const steps = row.execution_id && extent === 'full' ? await listSteps(scope, row.execution_id) : [];
  const own = steps.find((step) => step.id === row.step_id);
  const around = isOpen
    ? (await aroundAll(scope, [row], principal))(row)
    : {
        alike: null,
        snoozedUntil: isPending ? ((await snoozesOf(scope, personOf(principal), [id])).get(id) ?? null) : null,
      };
  const delegations = isOpen ? (await listDelegations(scope)).map(toDelegation) : [];
  return presentApproval(
    {
      row,
      earlierSteps: steps.filter((step) => step.kind === 'tool_call' && own && step.position < own.position),
      ...around,
      votes,
      lateAnswers: row.status === 'expired' ? await listLateAnswers(scope, id) : [],
      approvers: isPending ? await approverStandings(scope) : [],
      absentFor: standsInFor(delegations, personOf(principal), now.getTime()),
      ...(isOpen ? await comparisonOf(scope, row) : { past: [], flags: [] }),
      planUses: row.tool === PLAN_TOOL ? await planUses(scope, id, linesIn(row)) : [],
      isBrief: !isOpen,
      // Read only where it counts: not on the way of every request.
      criticalAssurance:
        isPending && row.priority === 'critical' ? ((await getSettings(scope)).critical_assurance ?? null) : null,
      now,
    },
    principal,
  );
};

/** @throws Problem `not_found` */
export const mustRead = async (
  scope: Scope,
  id: string,
  principal: Principal,
  extent: 'full' | 'brief' = 'brief',
): Promise<WireApproval> => {
  const approval = await readApproval(scope, id, principal, extent);
  if (!approval) throw notFound('approval');
  return approval;
};
