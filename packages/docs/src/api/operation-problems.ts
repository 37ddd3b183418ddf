/** Which problems an operation can answer with: those that follow from its shape, and those of its own. */
import type { ProblemCode, RouteName } from '@countersign/contract';
import type { Operation } from './document.ts';

/** Beside those of its shape. The codes stand in the handlers and in what the handlers call. */
const OWN: { readonly [K in RouteName]?: readonly ProblemCode[] } = {
  askApproval: ['already_rejected', 'too_many_waiting', 'nobody_can_meet'],
  callGate: ['already_rejected', 'too_many_waiting', 'nobody_can_meet'],
  decideApproval: [
    'digest_required',
    'digest_stale',
    'already_decided',
    'approval_expired',
    'decision_held',
    'claimed',
    'self_approval',
    'not_eligible',
    'key_not_enough',
    'step_up_required',
    'signature_required',
    'signature_invalid',
  ],
  consumeReceipt: ['not_approved', 'digest_stale', 'already_consumed', 'receipt_revoked', 'approval_expired'],
  getReceipt: ['no_receipt_yet'],
  recallApproval: ['nothing_to_recall'],
  cancelApproval: ['already_decided'],
  claimApproval: ['claimed', 'already_decided'],
  escalateApproval: ['no_further_level', 'already_decided'],
  extendApproval: ['already_decided'],
  reassignApproval: ['already_decided'],
  reopenApproval: ['too_late'],
  revokeApproval: ['not_approved', 'already_consumed'],
  createAgent: ['name_taken'],
  createTool: ['name_taken'],
  createMcpServer: ['name_taken', 'address_denied', 'upstream_failed'],
  callTool: ['address_denied'],
  createWorkflow: ['name_taken', 'workflow_invalid'],
  createWorkflowVersion: ['workflow_invalid', 'version_outdated'],
  promoteWorkflowVersion: ['workflow_invalid'],
  createKey: ['scopes_conflict'],
  postMessage: ['conversation_busy', 'conversation_archived'],
  postMessageAndStream: ['conversation_busy', 'conversation_archived'],
  cancelExecution: ['execution_ended'],
  retryExecution: ['execution_ended'],
  sendEvent: ['execution_ended'],
  getAuditProof: ['not_sealed'],
  eraseAuditEntry: ['already_erased'],
  startAuditEpoch: ['log_not_forked'],
  createMember: ['name_taken'],
  createGroup: ['name_taken'],
  createView: ['name_taken'],
  createChannel: ['name_taken'],
  updateMember: ['last_owner'],
  removeMember: ['last_owner'],
  deleteGroup: ['group_in_use'],
};

export const problemsOf = ({ name, route, path, body, parameters }: Operation): ProblemCode[] => {
  const hasQuery = parameters.some((parameter) => parameter.in === 'query');
  const codes: (ProblemCode | false)[] = [
    route.permission !== 'public' && 'unauthenticated',
    route.permission !== 'public' && route.permission !== 'session' && 'forbidden',
    path.includes('{') && 'not_found',
    body !== null && 'malformed_json',
    (body !== null || hasQuery) && 'invalid',
    hasQuery && parameters.some((parameter) => parameter.name === 'cursor') && 'invalid_cursor',
    route.idempotency === 'required' && 'idempotency_key_required',
    route.idempotency !== undefined && 'idempotency_key_reused',
    route.stepUp === true && 'step_up_required',
    'rate_limited',
  ];
  return [...new Set([...(OWN[name] ?? []), ...codes.filter((code) => code !== false)])];
};
