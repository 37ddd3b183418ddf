/** A body that each route takes, for tests that walk all routes. */
import type { RouteName } from '@countersign/contract';

export const POLICY_SOURCE = JSON.stringify({
  rules: [{ name: 'nowhere', tools: ['tool_of_nobody'], outcome: 'hold' }],
});

export const LATER = { starts_at: '2090-01-01T00:00:00Z', ends_at: '2090-02-01T00:00:00Z' };

export const CALENDAR = { time_zone: 'Europe/Berlin', days: { monday: [{ from: '09:00', to: '17:00' }] } };

/** It only ends. */
export const WORKFLOW = {
  nodes: [
    { id: 'begin', type: 'start', on_success: 'done' },
    { id: 'done', type: 'end' },
  ],
};

/** Long from now. */
const TIMING = { type: 'once', at: '2090-01-01T00:00:00Z' };
export const SCHEDULE = { name: 'A schedule', timing: TIMING, input: 'Go' };

export const VOICE_LINE = {
  name: 'A voice line',
  agent_id: `agt_${'0'.repeat(27)}`,
  account_sid: `AC${'0'.repeat(32)}`,
  auth_token: 'f'.repeat(32),
  number: '+15005550006',
};

const CONFIG = { provider: 'openai', model: 'm' };

const CREDENTIAL = { id: 'AA', rawId: 'AA', type: 'public-key', response: { clientDataJSON: 'AA' } };

/** A body that each route takes. */
export const BODIES: { readonly [Name in RouteName]?: unknown } = {
  askApproval: { title: 'Deploy' },
  prepareSignature: { decision: 'approved', digest: 'sha256:0' },
  addSigningKey: {
    name: 'A key',
    credential: { id: 'x', rawId: 'x', type: 'public-key', response: { clientDataJSON: 'x', attestationObject: 'x' } },
  },
  decideApproval: { decision: 'approved', digest: 'sha256:0' },
  cancelApproval: {},
  claimApproval: {},
  snoozeApproval: { until: new Date(Date.now() + 600_000).toISOString() },
  reassignApproval: { people: [`usr_${'0'.repeat(27)}`] },
  escalateApproval: {},
  extendApproval: { seconds: 600 },
  createComment: { body: 'Why?' },
  bulkDecide: { items: [{ id: `apr_${'0'.repeat(27)}`, decision: 'rejected' }] },
  callGate: { tool: 'deploy' },
  consumeReceipt: { approval_id: `apr_${'0'.repeat(27)}`, digest: 'sha256:0' },
  createConversation: { agent_id: `agt_${'0'.repeat(27)}` },
  createAgent: { name: 'An agent' },
  updateAgent: { description: 'changed' },
  createVersion: { config: CONFIG },
  promoteVersion: { version: 1 },
  executeAgent: { input: 'Go' },
  validateWorkflow: { definition: WORKFLOW },
  createWorkflow: { name: 'A workflow', definition: WORKFLOW },
  updateWorkflow: { description: 'changed' },
  createWorkflowVersion: { definition: WORKFLOW },
  promoteWorkflowVersion: { version: 1 },
  executeWorkflow: { input: {} },
  sendEvent: { name: 'paid' },
  previewTiming: { timing: TIMING },
  createSchedule: { ...SCHEDULE, agent_id: `agt_${'0'.repeat(27)}` },
  createIncomingWebhook: { name: 'An incoming webhook', agent_id: `agt_${'0'.repeat(27)}` },
  createVoiceLine: VOICE_LINE,
  updateVoiceLine: { enabled: false },
  updateIncomingWebhook: { enabled: false },
  updateSchedule: { overlap: 'queue' },
  createTool: { name: 'a_tool', http: { url: 'https://tools.example/a' } },
  updateTool: { description: 'changed' },
  callTool: { arguments: {} },
  createMcpServer: { name: 'server', transport: 'http', url: 'https://mcp.example/' },
  putSecret: { name: 'A_SECRET', value: 'hidden' },
  cancelExecution: {},
  postMessage: { content: 'Hello' },
  postMessageAndStream: { content: 'Hello' },
  updateConversation: { title: 'Another title' },
  createChatToken: { origin: 'https://shop.example' },
  createKey: { name: 'a key', scopes: ['approvals:read'] },
  signIn: { token: 'x' },
  mailSignInLink: { email: 'nobody@test.example' },
  signInWithPassword: { email: 'nobody@test.example', password: 'no password of anybody' },
  signInWithPasskey: {
    credential: { ...CREDENTIAL, response: { ...CREDENTIAL.response, authenticatorData: 'AA', signature: 'AA' } },
  },
  startSso: { provider: 'nowhere' },
  finishSso: { query: 'code=x&state=y' },
  stepUp: { password: 'no password of anybody' },
  updateAccount: { name: 'Another name' },
  // Refused as too short: whoever has set a password is asked for it before they change a rule.
  putPassword: { password: 'short' },
  startPhone: { number: '+4915100000000' },
  verifyPhone: { code: '000000' },
  addPasskey: {
    name: 'A key',
    credential: { ...CREDENTIAL, response: { ...CREDENTIAL.response, attestationObject: 'AA' } },
  },
  renamePasskey: { name: 'Another name' },
  addPushSubscription: {
    name: 'A browser',
    endpoint: 'https://push.example/abc',
    // Of RFC 8291, appendix A.
    p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
    auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  },
  confirmTotp: { code: '000000' },
  startIdentity: { provider: 'nowhere' },
  linkIdentity: { query: 'code=x&state=y' },
  createMember: { name: 'Somebody', email: 'somebody@test.example', roles: ['viewer'] },
  updateMember: { roles: ['viewer'] },
  createInvitation: { email: 'guest@test.example', roles: ['viewer'] },
  resendInvitation: {},
  previewInvitation: { token: 'x' },
  acceptInvitation: { token: 'x' },
  createWorkspace: { name: 'Another' },
  switchWorkspace: { workspace_id: `wsp_${'0'.repeat(27)}` },
  rotateKey: {},
  createGroup: { name: 'a_group' },
  updateGroup: { name: 'another_name' },
  createDelegation: { to: `usr_${'0'.repeat(27)}`, ends_at: LATER.ends_at },
  putCalendar: { name: 'a_calendar', definition: CALENDAR },
  putSettings: { reason_presets: ['Too much'] },
  createPolicy: { name: 'A policy', source: POLICY_SOURCE },
  updatePolicy: { name: 'Another name' },
  createPolicyVersion: { source: POLICY_SOURCE },
  promotePolicyVersion: { version: 1 },
  checkPolicy: { source: POLICY_SOURCE },
  evaluatePolicy: { tool: 'deploy' },
  backtestPolicy: { source: POLICY_SOURCE },
  createView: { name: 'A view', filter: {} },
  createChannel: { kind: 'webhook', name: 'A channel', settings: { url: 'https://hooks.example/a' } },
  updateChannel: { name: 'Another name' },
  rotateChannelSecret: {},
  replayChannel: { since: LATER.starts_at },
  noteSeen: { whole: true },
  putNotifications: {},
  updateView: { name: 'Another' },
  eraseAuditEntry: { reason: 'They asked for it' },
  startAuditEpoch: { reason: 'Restored' },
  createGrant: { tool: 'deploy', uses_max: 1, expires_in_seconds: 600 },
};
