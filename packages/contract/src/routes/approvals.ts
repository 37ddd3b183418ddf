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
  listAlike: {
    method: 'GET', path: '/v1/approvals/alike', tag, summary: 'Pending calls of the same tool and shape, with what differs',
    permission: 'approvals:read', response: shapes.Alike, status: 200,
  },
  getApprovalStats: {
    method: 'GET', path: '/v1/approvals/stats', tag, summary: 'Outcomes and times by agent, tool, approver or day',
    permission: 'approvals:read', query: shapes.StatsQuery, response: shapes.ApprovalStats, status: 200,
  },
  getApprovalHealth: {
    method: 'GET', path: '/v1/approvals/health', tag, summary: 'How the queue is doing',
    permission: 'approvals:read', response: shapes.ApprovalHealth, status: 200,
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
  claimApproval: {
    method: 'POST', path: '/v1/approvals/{id}/claim', tag, summary: 'Say that you are looking at it; others wait, for a quarter of an hour',
    permission: 'approvals:decide', body: shapes.ClaimApproval, response: shapes.Approval, status: 200,
  },
  releaseApproval: {
    method: 'POST', path: '/v1/approvals/{id}/release', tag, summary: 'Give a claim back',
    permission: 'approvals:decide', response: shapes.Approval, status: 200,
  },
  reassignApproval: {
    method: 'POST', path: '/v1/approvals/{id}/reassign', tag, summary: 'Give it to other people',
    permission: 'approvals:decide', body: shapes.Reassign, response: shapes.Approval, status: 200,
  },
  escalateApproval: {
    method: 'POST', path: '/v1/approvals/{id}/escalate', tag, summary: 'Ask the next level as well',
    permission: 'approvals:decide', body: shapes.Escalate, response: shapes.Approval, status: 200,
  },
  extendApproval: {
    method: 'POST', path: '/v1/approvals/{id}/extend', tag, summary: 'Give it more time',
    permission: 'approvals:decide', body: shapes.Extend, response: shapes.Approval, status: 200,
  },
  reopenApproval: {
    method: 'POST', path: '/v1/approvals/{id}/reopen', tag, summary: 'Take up an expired request again, as a fresh one about the same content',
    permission: 'approvals:decide', response: shapes.Approval, status: 201, idempotency: 'required',
  },
  listComments: {
    method: 'GET', path: '/v1/approvals/{id}/comments', tag, summary: 'What was said about it',
    permission: 'approvals:read', response: shapes.CommentList, status: 200,
  },
  createComment: {
    method: 'POST', path: '/v1/approvals/{id}/comments', tag, summary: 'Comment, or ask back',
    permission: 'approvals:read', body: shapes.CreateComment, response: shapes.Comment, status: 201, idempotency: 'required',
  },
  bulkDecide: {
    method: 'POST', path: '/v1/approvals/bulk-decide', tag, summary: 'Decide up to 50; each has its own outcome, none is lost',
    permission: 'approvals:decide', body: shapes.BulkDecide, response: shapes.BulkDecided, status: 200, idempotency: 'required',
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
