import { StreamEvent } from '../events.ts';
import { defineRoutes } from '../route.ts';
import { ApprovalList } from '../schemas/approvals.ts';
import * as shapes from '../schemas/executions.ts';

const tag = 'Executions';

export const executionRoutes = defineRoutes({
  listExecutions: {
    method: 'GET',
    path: '/v1/executions',
    tag,
    summary: 'List executions, newest first',
    permission: 'executions:read',
    query: shapes.ExecutionFilter,
    response: shapes.ExecutionList,
    status: 200,
  },
  getExecution: {
    method: 'GET',
    path: '/v1/executions/{id}',
    tag,
    summary: 'One execution',
    permission: 'executions:read',
    response: shapes.Execution,
    status: 200,
  },
  listSteps: {
    method: 'GET',
    path: '/v1/executions/{id}/steps',
    tag,
    summary: 'Its steps, in order',
    permission: 'executions:read',
    response: shapes.StepList,
    status: 200,
  },
  listPendingApprovals: {
    method: 'GET',
    path: '/v1/executions/{id}/pending-approval',
    tag,
    summary: 'What it waits for',
    permission: 'executions:read',
    response: ApprovalList,
    status: 200,
  },
  cancelExecution: {
    method: 'POST',
    path: '/v1/executions/{id}/cancel',
    tag,
    summary: 'Cancel it and withdraw its pending approvals',
    permission: 'executions:run',
    body: shapes.CancelExecution,
    response: shapes.Execution,
    status: 200,
    idempotency: 'optional',
  },
  sendEvent: {
    method: 'POST',
    path: '/v1/executions/{id}/events',
    tag,
    summary: 'Send an event to a workflow that waits for it, or will',
    permission: 'executions:run',
    body: shapes.SendEvent,
    response: shapes.SentEvent,
    status: 201,
    idempotency: 'required',
  },
  retryExecution: {
    method: 'POST',
    path: '/v1/executions/{id}/retry',
    tag,
    summary: 'Go on from the failed step; what is done stays done',
    permission: 'executions:run',
    response: shapes.Execution,
    status: 200,
    idempotency: 'optional',
  },
  streamExecution: {
    method: 'GET',
    path: '/v1/executions/{id}/events',
    tag,
    summary: 'Its events as they happen, from the first on',
    permission: 'executions:read',
    response: null,
    status: 200,
    stream: StreamEvent,
  },
});
