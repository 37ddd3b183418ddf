/** The typed client of `/v1`: one function, whose paths and shapes are the contract's. */
import type { Problem, RouteInput, RouteName, RouteResponse, Routes } from '@countersign/contract';
import { noteServerTime } from './live/clock.ts';

/** Method and path of every operation the dashboard uses; it does not compile if the contract says otherwise. */
const OPERATIONS = {
  getSession: 'GET /v1/session',
  signIn: 'POST /v1/session',
  signOut: 'DELETE /v1/session',
  mailSignInLink: 'POST /v1/session/link',
  getSignInWays: 'GET /v1/sign-in',
  signInWithPassword: 'POST /v1/session/password',
  startPasskeySignIn: 'POST /v1/session/passkey-options',
  signInWithPasskey: 'POST /v1/session/passkey',
  startSso: 'POST /v1/session/sso-start',
  finishSso: 'POST /v1/session/sso',
  startStepUp: 'POST /v1/session/step-up-options',
  stepUp: 'POST /v1/session/step-up',
  listSessions: 'GET /v1/sessions',
  endSession: 'DELETE /v1/sessions/{id}',
  endOtherSessions: 'DELETE /v1/sessions',
  getAccount: 'GET /v1/account',
  updateAccount: 'PATCH /v1/account',
  getNotifications: 'GET /v1/account/notifications',
  listChannelIdentities: 'GET /v1/account/channel-identities',
  createLinkCode: 'POST /v1/account/channel-identities/code',
  startPhone: 'POST /v1/account/phone',
  verifyPhone: 'POST /v1/account/phone/verify',
  removeChannelIdentity: 'DELETE /v1/account/channel-identities/{id}',
  getPush: 'GET /v1/account/push',
  addPushSubscription: 'POST /v1/account/push',
  removePushSubscription: 'DELETE /v1/account/push/{id}',
  putNotifications: 'PUT /v1/account/notifications',
  listChannels: 'GET /v1/channels',
  createChannel: 'POST /v1/channels',
  updateChannel: 'PATCH /v1/channels/{id}',
  deleteChannel: 'DELETE /v1/channels/{id}',
  rotateChannelSecret: 'POST /v1/channels/{id}/rotate-secret',
  proveChannel: 'POST /v1/channels/{id}/conformance',
  testChannel: 'POST /v1/channels/{id}/test',
  listDeliveries: 'GET /v1/deliveries',
  getDelivery: 'GET /v1/deliveries/{id}',
  replayDelivery: 'POST /v1/deliveries/{id}/replay',
  noteSeen: 'POST /v1/approvals/{id}/seen',
  putPassword: 'PUT /v1/account/password',
  startPasskey: 'POST /v1/account/passkey-options',
  addPasskey: 'POST /v1/account/passkeys',
  renamePasskey: 'PATCH /v1/account/passkeys/{id}',
  removePasskey: 'DELETE /v1/account/passkeys/{id}',
  startTotp: 'POST /v1/account/totp',
  confirmTotp: 'PUT /v1/account/totp',
  removeTotp: 'DELETE /v1/account/totp',
  createRecoveryCodes: 'POST /v1/account/recovery-codes',
  startIdentity: 'POST /v1/account/identity-start',
  linkIdentity: 'POST /v1/account/identities',
  unlinkIdentity: 'DELETE /v1/account/identities/{provider}',
  createMemberSignInLink: 'POST /v1/members/{id}/sign-in-link',
  endMemberSessions: 'DELETE /v1/members/{id}/sessions',
  listInvitations: 'GET /v1/invitations',
  createInvitation: 'POST /v1/invitations',
  resendInvitation: 'POST /v1/invitations/{id}/resend',
  revokeInvitation: 'DELETE /v1/invitations/{id}',
  previewInvitation: 'POST /v1/invitations/preview',
  acceptInvitation: 'POST /v1/invitations/accept',
  listWorkspaces: 'GET /v1/workspaces',
  createWorkspace: 'POST /v1/workspaces',
  switchWorkspace: 'POST /v1/session/switch',
  deactivateMember: 'POST /v1/members/{id}/deactivate',
  reactivateMember: 'POST /v1/members/{id}/reactivate',
  removeMember: 'DELETE /v1/members/{id}',
  listAssignments: 'GET /v1/members/{id}/assignments',
  listApprovals: 'GET /v1/approvals',
  countApprovals: 'GET /v1/approvals/summary',
  getApproval: 'GET /v1/approvals/{id}',
  getTimeline: 'GET /v1/approvals/{id}/timeline',
  listNotified: 'GET /v1/approvals/{id}/notified',
  decideApproval: 'POST /v1/approvals/{id}/decide',
  listExecutions: 'GET /v1/executions',
  getExecution: 'GET /v1/executions/{id}',
  listSteps: 'GET /v1/executions/{id}/steps',
  listPendingApprovals: 'GET /v1/executions/{id}/pending-approval',
  cancelExecution: 'POST /v1/executions/{id}/cancel',
  retryExecution: 'POST /v1/executions/{id}/retry',
  createConversation: 'POST /v1/conversations',
  listConversations: 'GET /v1/conversations',
  getConversation: 'GET /v1/conversations/{id}',
  postMessage: 'POST /v1/conversations/{id}/messages',
  listAgents: 'GET /v1/agents',
  createAgent: 'POST /v1/agents',
  getAgent: 'GET /v1/agents/{id}',
  listVersions: 'GET /v1/agents/{id}/versions',
  getVersion: 'GET /v1/agents/{id}/versions/{version}',
  createVersion: 'POST /v1/agents/{id}/versions',
  promoteVersion: 'POST /v1/agents/{id}/promote',
  executeAgent: 'POST /v1/agents/{id}/execute',
  listWorkflows: 'GET /v1/workflows',
  createVoiceLine: 'POST /v1/voice-lines',
  listVoiceLines: 'GET /v1/voice-lines',
  updateVoiceLine: 'PATCH /v1/voice-lines/{id}',
  deleteVoiceLine: 'DELETE /v1/voice-lines/{id}',
  listVoiceCalls: 'GET /v1/voice-lines/{id}/calls',
  createIncomingWebhook: 'POST /v1/triggers',
  listIncomingWebhooks: 'GET /v1/triggers',
  updateIncomingWebhook: 'PATCH /v1/triggers/{id}',
  rotateIncomingWebhook: 'POST /v1/triggers/{id}/rotate',
  deleteIncomingWebhook: 'DELETE /v1/triggers/{id}',
  listIncomingDeliveries: 'GET /v1/triggers/{id}/deliveries',
  previewTiming: 'POST /v1/schedules/preview',
  createSchedule: 'POST /v1/schedules',
  listSchedules: 'GET /v1/schedules',
  getSchedule: 'GET /v1/schedules/{id}',
  updateSchedule: 'PATCH /v1/schedules/{id}',
  pauseSchedule: 'POST /v1/schedules/{id}/pause',
  resumeSchedule: 'POST /v1/schedules/{id}/resume',
  deleteSchedule: 'DELETE /v1/schedules/{id}',
  listScheduleRuns: 'GET /v1/schedules/{id}/runs',
  listWorkflowTemplates: 'GET /v1/workflows/templates',
  createWorkflow: 'POST /v1/workflows',
  getWorkflow: 'GET /v1/workflows/{id}',
  updateWorkflow: 'PATCH /v1/workflows/{id}',
  archiveWorkflow: 'DELETE /v1/workflows/{id}',
  validateWorkflow: 'POST /v1/workflows/validate',
  listWorkflowVersions: 'GET /v1/workflows/{id}/versions',
  getWorkflowVersion: 'GET /v1/workflows/{id}/versions/{version}',
  createWorkflowVersion: 'POST /v1/workflows/{id}/versions',
  promoteWorkflowVersion: 'POST /v1/workflows/{id}/promote',
  executeWorkflow: 'POST /v1/workflows/{id}/execute',
  listSecrets: 'GET /v1/secrets',
  listTools: 'GET /v1/tools',
  createTool: 'POST /v1/tools',
  updateTool: 'PATCH /v1/tools/{id}',
  listKeys: 'GET /v1/api-keys',
  createKey: 'POST /v1/api-keys',
  rotateKey: 'POST /v1/api-keys/{id}/rotate',
  revokeKey: 'DELETE /v1/api-keys/{id}',
  prepareSignature: 'POST /v1/approvals/{id}/intent',
  listSigningKeys: 'GET /v1/signing-keys',
  startSigningKey: 'POST /v1/signing-key-options',
  addSigningKey: 'POST /v1/signing-keys',
  revokeSigningKey: 'DELETE /v1/signing-keys/{id}',
  claimApproval: 'POST /v1/approvals/{id}/claim',
  releaseApproval: 'POST /v1/approvals/{id}/release',
  recallApproval: 'POST /v1/approvals/{id}/recall',
  snoozeApproval: 'POST /v1/approvals/{id}/snooze',
  unsnoozeApproval: 'POST /v1/approvals/{id}/unsnooze',
  reassignApproval: 'POST /v1/approvals/{id}/reassign',
  escalateApproval: 'POST /v1/approvals/{id}/escalate',
  extendApproval: 'POST /v1/approvals/{id}/extend',
  reopenApproval: 'POST /v1/approvals/{id}/reopen',
  cancelApproval: 'POST /v1/approvals/{id}/cancel',
  revokeApproval: 'POST /v1/approvals/{id}/revoke',
  listComments: 'GET /v1/approvals/{id}/comments',
  createComment: 'POST /v1/approvals/{id}/comments',
  bulkDecide: 'POST /v1/approvals/bulk-decide',
  listAlike: 'GET /v1/approvals/alike',
  getApprovalStats: 'GET /v1/approvals/stats',
  getApprovalHealth: 'GET /v1/approvals/health',
  listGrants: 'GET /v1/grants',
  createGrant: 'POST /v1/grants',
  revokeGrant: 'DELETE /v1/grants/{id}',
  listPolicies: 'GET /v1/policies',
  createPolicy: 'POST /v1/policies',
  getPolicy: 'GET /v1/policies/{id}',
  updatePolicy: 'PATCH /v1/policies/{id}',
  deletePolicy: 'DELETE /v1/policies/{id}',
  listPolicyVersions: 'GET /v1/policies/{id}/versions',
  createPolicyVersion: 'POST /v1/policies/{id}/versions',
  promotePolicyVersion: 'POST /v1/policies/{id}/promote',
  checkPolicy: 'POST /v1/policies/check',
  evaluatePolicy: 'POST /v1/policies/evaluate',
  backtestPolicy: 'POST /v1/policies/backtest',
  listViews: 'GET /v1/views',
  createView: 'POST /v1/views',
  updateView: 'PATCH /v1/views/{id}',
  deleteView: 'DELETE /v1/views/{id}',
  listMembers: 'GET /v1/members',
  createMember: 'POST /v1/members',
  updateMember: 'PATCH /v1/members/{id}',
  listGroups: 'GET /v1/groups',
  createGroup: 'POST /v1/groups',
  updateGroup: 'PATCH /v1/groups/{id}',
  deleteGroup: 'DELETE /v1/groups/{id}',
  listDelegations: 'GET /v1/delegations',
  createDelegation: 'POST /v1/delegations',
  deleteDelegation: 'DELETE /v1/delegations/{id}',
  listCalendars: 'GET /v1/calendars',
  putCalendar: 'PUT /v1/calendars',
  deleteCalendar: 'DELETE /v1/calendars/{name}',
  listAudit: 'GET /v1/audit',
  getAuditEntry: 'GET /v1/audit/{id}',
  getAuditCheckpoint: 'GET /v1/audit/checkpoint',
  getAuditProof: 'GET /v1/audit/proof',
  eraseAuditEntry: 'POST /v1/audit/{id}/erase',
  startAuditEpoch: 'POST /v1/audit/epochs',
  getSettings: 'GET /v1/settings',
  putSettings: 'PUT /v1/settings',
} as const satisfies { readonly [K in RouteName]?: `${Routes[K]['method']} ${Routes[K]['path']}` };

export type Operation = keyof typeof OPERATIONS;

/** An answer that is not a success. `problem` is the server's own document, or one made here where none could be read. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly problem: Problem;
  readonly requestId: string | null;

  constructor(problem: Problem, requestId: string | null) {
    super(problem.detail === '' ? problem.title : problem.detail);
    this.name = 'ApiProblem';
    this.status = problem.status;
    this.problem = problem;
    this.requestId = requestId;
  }
}

/** The request did not get an answer: no network, or the server is away. Nothing is known about its effect. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super('The server could not be reached.', { cause });
    this.name = 'Unreachable';
  }
}

export type CallOptions = { readonly idempotencyKey?: string; readonly signal?: AbortSignal };

type Input = {
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly [parameter: string]: unknown;
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const addressOf = (template: string, input: Input): string => {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(textOf(input[name])));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(input.query ?? {}))
    if (value !== undefined && value !== '') query.set(name, textOf(value));
  return query.size > 0 ? `${path}?${query}` : path;
};

const problemFrom = async (response: Response, instance: string): Promise<ApiProblem> => {
  const requestId = response.headers.get('x-request-id');
  const body: unknown = await response.json().catch(() => null);
  if (typeof body === 'object' && body !== null && 'code' in body && 'title' in body)
    return new ApiProblem({ detail: '', instance, status: response.status, ...body } as Problem, requestId);
  const status = response.status;
  const detail = `The server answered ${status} without saying why.`;
  return new ApiProblem(
    { type: 'about:blank', title: 'Unexpected answer', status, detail, instance, code: 'internal' },
    requestId,
  );
};

const send = async (url: string, init: RequestInit): Promise<Response> => {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Unreachable(error);
  }
};

/** Asks the person to prove again who they are. @returns whether they did */
let proveAgain: (() => Promise<boolean>) | null = null;

/** Whoever shows the dialog says so here; without one, the refusal is what the caller gets. */
export const onStepUpRequired = (ask: (() => Promise<boolean>) | null): void => {
  proveAgain = ask;
};

/**
 * Calls one operation. Where the server wants a fresh proof of who it is, the person is asked for one, and it is called again.
 * @throws ApiProblem where the server refuses, Unreachable where there is no answer.
 */
export const call = async <K extends Operation>(
  operation: K,
  input: RouteInput<Routes[K]>,
  options: CallOptions = {},
): Promise<RouteResponse<Routes[K]>> => {
  try {
    return await callOnce(operation, input, options);
  } catch (error) {
    if (operation === 'stepUp' || proveAgain === null || !isProblem(error, 'step_up_required')) throw error;
    if (!(await proveAgain())) throw error;
    return callOnce(operation, input, options);
  }
};

const callOnce = async <K extends Operation>(
  operation: K,
  input: RouteInput<Routes[K]>,
  options: CallOptions = {},
): Promise<RouteResponse<Routes[K]>> => {
  const [method = 'GET', template = ''] = OPERATIONS[operation].split(' ');
  const parts = input as Input;
  const url = addressOf(template, parts);
  const headers = new Headers({ accept: 'application/json' });
  if (parts.body !== undefined) headers.set('content-type', 'application/json');
  if (options.idempotencyKey !== undefined) headers.set('idempotency-key', options.idempotencyKey);
  const sentAt = Date.now();
  const response = await send(url, {
    method,
    headers,
    credentials: 'same-origin',
    ...(parts.body === undefined ? {} : { body: JSON.stringify(parts.body) }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (!response.ok) throw await problemFrom(response, url);
  const answer: unknown = response.status === 204 ? undefined : await response.json();
  noteServerTime(answer, response.headers.get('date'), sentAt, Date.now());
  return answer as RouteResponse<Routes[K]>;
};

export const isProblem = (error: unknown, ...codes: readonly Problem['code'][]): error is ApiProblem =>
  error instanceof ApiProblem && (codes.length === 0 || codes.includes(error.problem.code));
