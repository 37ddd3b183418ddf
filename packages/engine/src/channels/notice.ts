/** What a delivery says, made of what happened and of the request as it stands now. */
import type { Notice, NoticeApproval } from '@countersign/channels';
import type { JsonObject } from '@countersign/core';
import type { ApprovalRow, NoticeRow } from '@countersign/store';

/** What a test is of: no event, since nothing happened. */
export const TEST_TYPE = 'channel.test';

/** The action's own part that is decided on: arguments or output; the rest of it is in the fields beside. */
const contentOf = (row: ApprovalRow): string => {
  const action = JSON.parse(row.action) as JsonObject;
  const content = row.kind === 'output' ? action['output'] : action['arguments'];
  return content === undefined || content === null ? '' : JSON.stringify(content, null, 2);
};

export const noticeApproval = (row: ApprovalRow): NoticeApproval => ({
  id: row.id,
  title: row.title,
  kind: row.kind,
  status: row.status,
  priority: row.priority,
  risk: row.risk,
  tool: row.tool,
  checkpoint: row.checkpoint,
  content: contentOf(row),
  agent: row.agent?.name ?? null,
  requestedBy: row.requested_by.name,
  reason: row.gate_reason,
  explanation: row.explanation,
  impact: row.impact,
  digest: row.digest,
  expiresAt: row.expires_at,
  executionId: row.execution_id,
  decision: row.decision && {
    outcome: row.decision.outcome,
    by: row.decision.by.name,
    reason: row.decision.reason,
    at: new Date(row.decision.at),
  },
});

/** Where a person who is signed in sees the subject; whoever is not signs in first and is led there. */
const urlOf = (publicUrl: string, subject: string): string => {
  if (subject.startsWith('apr_')) return `${publicUrl}/inbox/${subject}`;
  if (subject.startsWith('exe_')) return `${publicUrl}/executions/${subject}`;
  return `${publicUrl}/`;
};

export const noticeOf = (
  delivery: { readonly id: string; readonly event_type: string; readonly subject: string; readonly notice: NoticeRow },
  approval: ApprovalRow | undefined,
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
  approval: approval ? noticeApproval(approval) : null,
});
