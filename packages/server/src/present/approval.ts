/** Rows to wire shapes, and what the one who asks may do with them. */
import type { WireApproval, WireApprovalSummary } from '@countersign/contract';
import type { Json, JsonObject } from '@countersign/core';
import type { ApprovalRow, StepRow } from '@countersign/store';
import type { Principal } from '../auth/principal.ts';

const iso = (date: Date): string => date.toISOString();
const isoOrNull = (date: Date | null): string | null => date?.toISOString() ?? null;
const parse = (text: string | null): Json => (text === null ? null : (JSON.parse(text) as Json));

export const presentSummary = (row: ApprovalRow): WireApprovalSummary => ({
  id: row.id,
  status: row.status,
  kind: row.kind,
  title: row.title,
  checkpoint: row.checkpoint,
  priority: row.priority,
  tool: row.tool,
  agent: row.agent,
  execution_id: row.execution_id,
  conversation_id: row.conversation_id,
  requested_by: row.requested_by,
  created_at: iso(row.created_at),
  expires_at: isoOrNull(row.expires_at),
  decision: row.decision && { ...row.decision, edits: [...row.decision.edits] },
});

export type ApprovalFacts = {
  readonly row: ApprovalRow;
  readonly earlierSteps: readonly StepRow[];
  readonly now: Date;
};

export const presentApproval = ({ row, earlierSteps, now }: ApprovalFacts, principal: Principal): WireApproval => {
  const action = JSON.parse(row.action) as JsonObject;
  const original = row.original_action === null ? null : (JSON.parse(row.original_action) as JsonObject);
  return {
    ...presentSummary(row),
    workspace_id: row.workspace_id,
    digest: row.digest,
    action,
    arguments: (action['arguments'] ?? null) as JsonObject | null,
    arguments_schema: parse(row.arguments_schema) as JsonObject | null,
    output: action['output'] ?? null,
    original: original && {
      arguments: (original['arguments'] ?? null) as JsonObject | null,
      output: original['output'] ?? null,
    },
    input: parse(row.input),
    earlier_steps: earlierSteps.map((step) => ({
      step_id: step.id,
      tool: step.tool ?? '',
      arguments: parse(step.arguments),
      result: step.result,
      status: step.status,
    })),
    gate_reason: row.gate_reason,
    explanation: row.explanation,
    impact: row.impact,
    evidence: row.evidence,
    metadata: row.metadata as JsonObject,
    step_id: row.step_id,
    on_timeout: 'reject',
    consumed_at: isoOrNull(row.consumed_at),
    can: permissionsFor(row, principal, now),
    server_time: iso(now),
  };
};

type Can = { ok: boolean; why: string | null };
const YES: Can = { ok: true, why: null };
const no = (why: string): Can => ({ ok: false, why });

/** The same rules that the command will apply, told beforehand, so that every disabled control can say why. */
const permissionsFor = (row: ApprovalRow, principal: Principal, now: Date): WireApproval['can'] => {
  const decide = decideRule(row, principal, now);
  const edit = decide.ok && row.kind === 'action' ? no('There is nothing to edit: this is a request in words.') : decide;
  return { approve: decide, reject: decide, edit, cancel: cancelRule(row, principal) };
};

const identities = (principal: Principal): string[] =>
  principal.kind === 'key' ? [principal.keyId, principal.ownerId] : [principal.personId];

const decideRule = (row: ApprovalRow, principal: Principal, now: Date): Can => {
  if (row.decision) return no(`It was ${row.decision.outcome} by ${row.decision.by.name}.`);
  if (row.expires_at && now > row.expires_at) return no('The time to decide is over.');
  if (!principal.permissions.has('approvals:decide')) return no('You are not an approver.');
  if (identities(principal).some((identity) => row.requesters.includes(identity)))
    return no('You asked for this, or it is done on your behalf: somebody else has to decide.');
  return YES;
};

const cancelRule = (row: ApprovalRow, principal: Principal): Can => {
  if (row.decision) return no(`It was ${row.decision.outcome} by ${row.decision.by.name}.`);
  if (row.execution_id) return no('It belongs to an execution: cancel the execution.');
  return mayWithdraw(row, principal) ? YES : no('Only who asked for it can withdraw it.');
};

/** Whoever is behind the request may withdraw it: the key, the person who owns it, the member on whose behalf it is. */
export const mayWithdraw = (row: ApprovalRow, principal: Principal): boolean =>
  identities(principal).some((identity) => row.requesters.includes(identity));

/** Whether the credential is the one that asked, or a key of the person who did. */
export const isAsker = (row: ApprovalRow, principal: Principal): boolean =>
  identities(principal).some((identity) => identity === row.requested_by.id) ||
  (principal.kind === 'key' && row.requesters.includes(principal.keyId));
