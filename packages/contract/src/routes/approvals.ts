import { defineRoutes } from '../route.ts';
import * as shapes from '../schemas/approvals.ts';

const tag = 'Approvals';

export const approvalRoutes = defineRoutes({
  askApproval: {
    method: 'POST', path: '/v1/approvals', tag, summary: 'Ask for an approval',
    permission: 'approvals:create', body: shapes.AskApproval, response: shapes.Approval, status: 201, idempotency: 'required',
  },
  listApprovals: {
    method: 'GET', path: '/v1/approvals', tag, summary: 'List approvals, newest first',
    permission: 'approvals:read', query: shapes.ApprovalFilter, response: shapes.ApprovalList, status: 200,
  },
  countApprovals: {
    method: 'GET', path: '/v1/approvals/summary', tag, summary: 'Figures for the queue',
    permission: 'approvals:read', response: shapes.ApprovalCounts, status: 200,
  },
  getApproval: {
    method: 'GET', path: '/v1/approvals/{id}', tag, summary: 'One approval, whole',
    permission: 'approvals:read', response: shapes.Approval, status: 200,
  },
  waitForApproval: {
    method: 'GET', path: '/v1/approvals/{id}/wait', tag, summary: 'Answers as soon as it is decided, or when the time is up',
    permission: 'approvals:read', query: shapes.WaitQuery, response: shapes.Approval, status: 200,
  },
  decideApproval: {
    method: 'POST', path: '/v1/approvals/{id}/decide', tag, summary: 'Approve, approve with edits, or reject',
    permission: 'approvals:decide', body: shapes.Decide, response: shapes.Approval, status: 200, idempotency: 'required',
  },
  cancelApproval: {
    method: 'POST', path: '/v1/approvals/{id}/cancel', tag, summary: 'Withdraw what was asked for',
    permission: 'approvals:create', body: shapes.Cancel, response: shapes.Approval, status: 200, idempotency: 'optional',
  },
  getTimeline: {
    method: 'GET', path: '/v1/approvals/{id}/timeline', tag, summary: 'What happened to it, oldest first',
    permission: 'approvals:read', response: shapes.Timeline, status: 200,
  },
  callGate: {
    method: 'POST', path: '/v1/gate', tag, summary: 'May this tool call go ahead?',
    permission: 'gate:call', body: shapes.GateCall, response: shapes.GateAnswer, status: 200, idempotency: 'required',
  },
  consumeReceipt: {
    method: 'POST', path: '/v1/receipts/consume', tag, summary: 'Take an approved call for execution, once, right before acting',
    permission: 'receipts:consume', body: shapes.ConsumeReceipt, response: shapes.Consumed, status: 200, idempotency: 'optional',
  },
});
