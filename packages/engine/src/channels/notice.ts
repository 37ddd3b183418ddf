/** What a delivery says, made of what happened and of the request as it stands now. */
import { type Field, type Notice, type NoticeApproval, fieldsOf } from '@countersign/channels';
import { type Json, type JsonObject, markersIn, ruleOf } from '@countersign/core';
import { type ApprovalRow, type NoticeRow, type Scope, type VoteRow, getSettings, listVotes } from '@countersign/store';

/** What a test is of: no event, since nothing happened. */
export const TEST_TYPE = 'channel.test';

/** What people answer an output with. */
export const OUTPUT_FIELD = 'output';

const indented = (value: Json | undefined): string =>
  value === undefined || value === null ? '' : JSON.stringify(value, null, 2);

/** The action's own part that is decided on: arguments or output; the rest of it is in the fields beside. */
export const decidedPart = (row: Pick<ApprovalRow, 'action' | 'kind'>): Json | undefined => {
  const action = JSON.parse(row.action) as JsonObject;
  return row.kind === 'output' ? action['output'] : action['arguments'];
};

/** What can be filled in by a form; null: only on its page. */
export const fieldsOfRow = (
  row: Pick<ApprovalRow, 'action' | 'kind' | 'arguments_schema' | 'response_schema'>,
): readonly Field[] | null => {
  const parse = (text: string | null): JsonObject | null => (text === null ? null : (JSON.parse(text) as JsonObject));
  if (row.kind === 'question') return fieldsOf(parse(row.response_schema), {});
  const part = decidedPart(row);
  if (row.kind === 'tool_call') return fieldsOf(parse(row.arguments_schema), (part ?? {}) as JsonObject);
  return row.kind === 'output' && typeof part === 'string' ? fieldsOf(null, { [OUTPUT_FIELD]: part }) : null;
};

/** An input that says nothing is none. */
const inputOf = ({ input }: Pick<ApprovalRow, 'input'>): string | null => {
  const value = input === null ? null : (JSON.parse(input) as Json);
  return typeof value === 'string' ? value || null : indented(value) || null;
};

/** @param hidden names of the rules by which fields are shown to some roles alone (ADR 0048) */
export const noticeApproval = (
  row: ApprovalRow,
  votes: readonly Pick<VoteRow, 'digest' | 'vote' | 'person_name'>[] = [],
  hidden: readonly string[] = [],
): NoticeApproval => ({
  id: row.id,
  title: row.title,
  kind: row.kind,
  status: row.status,
  priority: row.priority,
  risk: row.risk,
  tool: row.tool,
  checkpoint: row.checkpoint,
  content: indented(decidedPart(row)),
  agent: row.agent?.name ?? null,
  requestedBy: row.requested_by.name,
  reason: row.gate_reason,
  explanation: row.explanation,
  impact: row.impact,
  input: inputOf(row),
  evidence: row.evidence.map(({ label, content }) => ({
    label,
    content: typeof content === 'string' ? content : indented(content),
  })),
  digest: row.digest,
  demanded: row.requirement?.assurance ?? null,
  isReasonRequired: row.requirement?.isReasonRequired ?? false,
  isShownByRole: markersIn(JSON.parse(row.action) as Json).some((marker) => hidden.includes(ruleOf(marker))),
  fields: fieldsOfRow(row),
  claimedBy: row.claim && row.claim.untilMs > Date.now() ? row.claim.name : null,
  approvedBy: votes.filter((one) => one.digest === row.digest && one.vote === 'approved').map((one) => one.person_name),
  isEdited: row.original_action !== null,
  expiresAt: row.expires_at,
  executionId: row.execution_id,
  decision: row.decision && {
    outcome: row.decision.outcome,
    by: row.decision.by.name,
    reason: row.decision.reason,
    at: new Date(row.decision.at),
  },
});

/** With what stands beside its row. */
export const loadNoticeApproval = async (scope: Scope, row: ApprovalRow): Promise<NoticeApproval> => {
  const { redaction_rules: rules = [] } = await getSettings(scope);
  return noticeApproval(
    row,
    row.status === 'pending' ? await listVotes(scope, row.id) : [],
    rules.map(({ name }) => name),
  );
};

/** Where a person who is signed in sees the subject; whoever is not signs in first and is led there. */
const urlOf = (publicUrl: string, subject: string): string => {
  if (subject.startsWith('apr_')) return `${publicUrl}/inbox/${subject}`;
  if (subject.startsWith('exe_')) return `${publicUrl}/executions/${subject}`;
  return `${publicUrl}/`;
};

export const noticeOf = (
  delivery: { readonly id: string; readonly event_type: string; readonly subject: string; readonly notice: NoticeRow },
  approval: NoticeApproval | undefined,
  workspace: Notice['workspace'],
  publicUrl: string,
): Notice => ({
  id: delivery.id,
  type: delivery.event_type,
  at: new Date(delivery.notice.at),
  workspace,
  eventId: delivery.notice.event_id,
  subject: delivery.subject,
  actor: delivery.notice.actor,
  data: delivery.notice.data as JsonObject,
  sequence: delivery.notice.sequence,
  url: urlOf(publicUrl, delivery.subject),
  approval: approval ?? null,
});
