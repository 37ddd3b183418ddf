/** What the examples of the API reference send, where the schema alone would say too little. A test checks each against its schema. */
import type { RouteInput, RouteName, Routes } from '@countersign/contract';

type Bodies = {
  readonly [K in RouteName]?: RouteInput<Routes[K]> extends { readonly body: infer Body } ? Body : never;
};
type Queries = {
  readonly [K in RouteName]?: RouteInput<Routes[K]> extends { readonly query?: infer Query } ? Query : never;
};

/** The tail of an example's id: time and 16 bytes, in base 62. */
export const KSUID = '2dXkP7qRbT4mWvYzA9cEfGhJ3nL';
export const DIGEST = 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

const AGENT = `agt_${KSUID}`;
const APPROVAL = `apr_${KSUID}`;
const PERSON = `usr_${KSUID}`;
const CALL = { tool: 'refund', arguments: { order: 'A17', amount: 40 } };
const POLICY = `rules:
  - name: large refunds ask finance
    tools: [refund]
    when: request.arguments.amount > 500
    outcome: hold
    reason: More than 500 needs a person
    hold:
      stages: [{ approvers: 1 of finance }]
`;
const CONFIG: NonNullable<Bodies['createVersion']>['config'] = {
  provider: 'openai',
  model: 'gpt-5',
  instructions: 'You answer customers of a lamp shop.',
  tools: ['find_order', 'refund'],
  hitl_mode: 'confirm_tools',
};
const WORKFLOW: NonNullable<Bodies['createWorkflowVersion']>['definition'] = {
  nodes: [
    { id: 'start', type: 'start', on_success: 'ask' },
    { id: 'ask', type: 'approval', title: 'Refund {{ input.amount }} EUR', on_success: 'done', on_fail: 'refused' },
    { id: 'done', type: 'end', output: 'approved' },
    { id: 'refused', type: 'end', output: 'refused' },
  ],
};

export const SAMPLES: Bodies = {
  askApproval: {
    title: 'Refund 40.00 EUR for order A17',
    ...CALL,
    priority: 'medium',
    impact: { if_approved: '40 EUR go back to the card.', if_rejected: 'The customer is told why not.' },
    timeout_seconds: 3600,
  },
  callGate: { ...CALL, title: 'Refund 40.00 EUR for order A17', timeout_seconds: 3600 },
  consumeReceipt: { approval_id: APPROVAL, digest: DIGEST },
  decideApproval: {
    decision: 'approved',
    digest: DIGEST,
    arguments: { order: 'A17', amount: 35 },
    reason: 'Five off for the box they keep',
  },
  bulkDecide: { items: [{ id: APPROVAL, decision: 'rejected', digest: DIGEST, reason: 'Asked for twice' }] },
  cancelApproval: { reason: 'The customer wrote again: the lamp works' },
  snoozeApproval: { until: '2027-01-04T08:00:00Z' },
  reassignApproval: { groups: ['finance'], reason: 'Above my limit' },
  escalateApproval: { reason: 'Nobody of the first level is in' },
  extendApproval: { seconds: 3600 },
  createComment: { body: 'Is there a photo of the broken lamp?', is_question: true },
  createAgent: { name: 'Support EU', description: 'Answers customers of the shop', config: CONFIG },
  updateAgent: { description: 'Answers customers in the EU' },
  createVersion: { config: { ...CONFIG, hitl_mode: 'blocking' }, message: 'Every answer is read before it goes out' },
  promoteVersion: { version: 2 },
  executeAgent: { input: 'Order A17 arrived broken.' },
  createTool: {
    name: 'refund',
    description: 'Pays a customer back',
    parameters: {
      type: 'object',
      properties: { order: { type: 'string' }, amount: { type: 'number', maximum: 100 } },
      required: ['order', 'amount'],
    },
    annotations: { read_only: false, destructive: true, idempotent: true, open_world: true },
    summary_template: 'Refund {amount} EUR for order {order}',
    http: { url: 'https://shop.example.com/refunds', headers: { Authorization: 'Bearer {{secrets.SHOP_TOKEN}}' } },
  },
  updateTool: { approval: 'always' },
  callTool: { arguments: CALL.arguments },
  createMcpServer: { name: 'shop', transport: 'http', url: 'https://mcp.shop.example.com/mcp' },
  putSecret: { name: 'SHOP_TOKEN', value: 'the-value-that-nobody-reads-again' },
  validateWorkflow: { definition: { ...WORKFLOW } },
  createWorkflow: { name: 'Refund', definition: WORKFLOW },
  createWorkflowVersion: { definition: WORKFLOW },
  executeWorkflow: { input: { amount: 40 } },
  createSchedule: {
    name: 'Every morning',
    agent_id: AGENT,
    input: 'Which orders wait for a refund?',
    timing: { type: 'cron', cron: '0 9 * * 1-5', time_zone: 'Europe/Berlin' },
  },
  updateSchedule: { timing: { type: 'interval', every_seconds: 3600 } },
  previewTiming: { timing: { type: 'cron', cron: '0 9 * * 1-5', time_zone: 'Europe/Berlin' } },
  createIncomingWebhook: { name: 'Shop', agent_id: AGENT, input: 'Order {{ body.order.id }} was complained about.' },
  updateIncomingWebhook: { enabled: false },
  sendEvent: { name: 'parcel_arrived', data: { order: 'A17' } },
  createConversation: { agent_id: AGENT },
  postMessage: { content: 'Order A17 arrived broken.' },
  postMessageAndStream: { content: 'Order A17 arrived broken.' },
  createKey: {
    name: 'Refund service',
    scopes: ['gate:call', 'approvals:read', 'receipts:consume'],
    expires_in_days: 90,
  },
  createMember: { name: 'Rosa', email: 'rosa@example.com', roles: ['approver'] },
  updateMember: { roles: ['approver', 'viewer'] },
  createInvitation: { email: 'rosa@example.com', roles: ['approver'] },
  createGroup: { name: 'finance', members: [PERSON] },
  updateGroup: { members: [PERSON] },
  createDelegation: { to: PERSON, ends_at: '2027-01-10T18:00:00Z', reason: 'Away' },
  putCalendar: {
    name: 'berlin-office',
    definition: {
      time_zone: 'Europe/Berlin',
      days: { monday: [{ from: '09:00', to: '17:00' }], tuesday: [{ from: '09:00', to: '17:00' }] },
      holidays: ['2026-12-25'],
    },
  },
  putSettings: { single_operator: null, redaction: 'standard', time_zone: 'Europe/Berlin', reason_presets: [] },
  createPolicy: { name: 'Refunds', source: POLICY },
  createPolicyVersion: { source: POLICY, message: 'Finance above 500' },
  updatePolicy: { is_enabled: false },
  checkPolicy: { source: POLICY },
  evaluatePolicy: { tool: 'refund', arguments: { order: 'A17', amount: 900 }, source: POLICY },
  backtestPolicy: { source: POLICY, transcripts: [{ ...CALL, agent_name: 'Support EU' }] },
  createGrant: {
    tool: 'refund',
    bounds: [{ argument: 'amount', at_most: 50 }],
    uses_max: 20,
    expires_in_seconds: 86_400,
    reason: 'Broken lamps of the last batch',
  },
  createView: { name: 'Urgent refunds', filter: { tool: 'refund', due_within: 3600, sort: 'urgency' } },
  updateView: { name: 'Refunds due soon' },
  createChannel: {
    kind: 'webhook',
    name: 'Shop back end',
    settings: { url: 'https://shop.example.com/hooks/countersign' },
    event_types: ['approval.requested', 'approval.decided'],
  },
  updateChannel: { status: 'paused' },
  replayChannel: { since: '2026-11-27T09:30:00Z' },
  putNotifications: { time_zone: 'Europe/Berlin', quiet_hours: { from: '20:00', to: '07:00' } },
  eraseAuditEntry: { reason: 'Asked for by the person, case 17' },
  startAuditEpoch: { reason: 'Restored from the backup of 26 November' },
  createVoiceLine: {
    name: 'Support line',
    agent_id: AGENT,
    account_sid: 'AC0123456789abcdef0123456789abcdef',
    auth_token: '0123456789abcdef0123456789abcdef',
    number: '+15005550006',
  },
  addPushSubscription: {
    name: 'Phone',
    endpoint: 'https://push.example.com/send/abc',
    p256dh: `B${'A'.repeat(86)}`,
    auth: 'A'.repeat(22),
  },
  stepUp: { password: 'correct horse battery staple' },
};

export const QUERIES: Queries = {
  listApprovals: { status: 'pending', tool: 'refund', limit: 50 },
  getApprovalStats: { by: 'tool', days: 30 },
  waitForApproval: { timeout: 60 },
  listExecutions: { status: 'awaiting_approval' },
  listAudit: { type: 'approval.decided', from: '2026-11-01T00:00:00Z' },
  getAuditProof: { index: 6 },
  listDeliveries: { status: 'failed' },
  previewChannel: { event_type: 'approval.requested' },
};
