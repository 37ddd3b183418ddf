/** One thing of every kind in a workspace, for tests that walk all routes. */
import type { Route, RouteName } from '@countersign/contract';
import { type TestMcp, startMcp } from './mcp.ts';
import { type TestModel, type TestTool, defineAgent, startModel, startTool, until } from './services.ts';
import type { TestApp, Who } from './test-app.ts';
import type { TestWorkspace } from './workspace.ts';

export type Everything = {
  readonly approval: string;
  readonly digest: string;
  readonly agent: string;
  readonly tool: string;
  readonly mcpServer: string;
  readonly secret: string;
  readonly key: string;
  readonly conversation: string;
  readonly execution: string;
  /** The approval that the execution waits for. */
  readonly held: string;
  readonly group: string;
  readonly policy: string;
  readonly grant: string;
  /** The tool that the grant is for. */
  readonly granted: string;
  readonly delegation: string;
  readonly member: string;
  readonly calendar: string;
  readonly model: TestModel;
  readonly tools: TestTool;
  readonly mcp: TestMcp;
  readonly close: () => Promise<void>;
};

let count = 0;

/** Makes them through the API: work with the workspace's asking key, the rest as signed-in people. The execution waits at its gate. */
export const makeEverything = async (app: TestApp, workspace: TestWorkspace): Promise<Everything> => {
  const { asking, deciding } = workspace.keys;
  const { owner, approver } = workspace.people;
  const made = async (path: string, body: unknown, who: Who = asking): Promise<{ id: string; digest: string }> => {
    const answer = await app.call<{ id: string; digest: string }>(who, 'POST', path, body);
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  };
  count += 1;
  const tools = await startTool();
  const model = await startModel([
    { calls: [{ tool: `refund${count}`, arguments: { amount: 7 } }] },
    { text: 'Done.' },
  ]);
  const mcp = await startMcp({ lookup: { description: 'Finds an order', readOnly: true } });
  const agent = await defineAgent(app, asking, model, { [`refund${count}`]: { http: { url: `${tools.url}/refund` } } });
  const execution = await made(`/v1/agents/${agent.id}/execute`, { input: 'Go' });
  const held = await until(
    async () =>
      (await app.call<{ data: { id: string }[] }>(asking, 'GET', `/v1/executions/${execution.id}/pending-approval`))
        .body.data,
    (data) => data.length === 1,
  );
  const tool = await app.call<{ data: { id: string }[] }>(asking, 'GET', '/v1/tools');
  const approval = await made('/v1/approvals', { tool: 'deploy', arguments: { amount: 1, everything: count } });
  const secret = `SECRET_${count}`;
  await app.call(asking, 'PUT', '/v1/secrets', { name: secret, value: 'hidden' });
  const granted = `note${count}`;
  await made('/v1/tools', { name: granted, annotations: { destructive: false }, http: { url: `${tools.url}/note` } });
  const calendar = `calendar${count}`;
  await app.call(owner, 'PUT', '/v1/calendars', { name: calendar, definition: { time_zone: 'UTC', days: {} } });
  return {
    approval: approval.id,
    digest: approval.digest,
    agent: agent.id,
    tool: tool.body.data[0]?.id ?? '',
    mcpServer: (await made('/v1/mcp-servers', { name: `mcp${count}`, transport: 'http', url: mcp.url })).id,
    secret,
    key: (await made('/v1/api-keys', { name: 'spare', scopes: ['approvals:read'] })).id,
    conversation: (await made('/v1/conversations', { agent_id: agent.id })).id,
    execution: execution.id,
    group: (await made('/v1/groups', { name: `group${count}`, members: [approver.id] }, owner)).id,
    policy: (await made('/v1/policies', { name: `policy${count}`, source: 'rules: []' }, owner)).id,
    grant: (await made('/v1/grants', { tool: granted, uses_max: 1, expires_in_seconds: 3600 }, approver)).id,
    granted,
    delegation: (await made('/v1/delegations', { to: deciding.owner.id, ends_at: '2099-01-01T00:00:00Z' }, approver))
      .id,
    member: workspace.people.viewer.id,
    calendar,
    held: held[0]?.id ?? '',
    model,
    tools,
    mcp,
    close: async () => {
      await Promise.all([model.close(), tools.close(), mcp.close()]);
    },
  };
};

export type Kind =
  | 'approval'
  | 'agent'
  | 'tool'
  | 'mcpServer'
  | 'secret'
  | 'key'
  | 'conversation'
  | 'execution'
  | 'group'
  | 'policy'
  | 'grant'
  | 'delegation'
  | 'member'
  | 'calendar';

const KIND_OF_FOLDER: Readonly<Record<string, Kind>> = {
  approvals: 'approval',
  agents: 'agent',
  tools: 'tool',
  'mcp-servers': 'mcpServer',
  secrets: 'secret',
  'api-keys': 'key',
  conversations: 'conversation',
  executions: 'execution',
  groups: 'group',
  policies: 'policy',
  grants: 'grant',
  delegations: 'delegation',
  members: 'member',
  calendars: 'calendar',
};

/** Somebody in the workspace who may call the route: a key where one may, otherwise the person whose duty it is. */
export const callerOf = (route: Route, { people, keys }: TestWorkspace): Who => {
  switch (route.permission) {
    case 'public':
      return null;
    case 'approvals:decide':
      return route.person ? people.approver : keys.deciding;
    case 'members:write':
    case 'policies:write':
      return people.owner;
    default:
      return keys.asking;
  }
};

/** Which kind of thing the route's path names, if it names one. */
export const kindOf = (route: Route): Kind | undefined =>
  route.path.includes('{') ? KIND_OF_FOLDER[route.path.split('/')[2] ?? ''] : undefined;

/** The route's path with this id in it. */
export const pathWith = (route: Route, id: string): string =>
  route.path.replace(/\{(id|name)\}/, id).replace('{version}', '1');

const CONFIG = { provider: 'openai', model: 'm' };

/** A body that each route takes. */
export const BODIES: { readonly [Name in RouteName]?: unknown } = {
  askApproval: { title: 'Deploy' },
  decideApproval: { decision: 'approved', digest: 'sha256:0' },
  cancelApproval: {},
  callGate: { tool: 'deploy' },
  consumeReceipt: { approval_id: `apr_${'0'.repeat(27)}`, digest: 'sha256:0' },
  createConversation: { agent_id: `agt_${'0'.repeat(27)}` },
  createAgent: { name: 'An agent' },
  updateAgent: { description: 'changed' },
  createVersion: { config: CONFIG },
  promoteVersion: { version: 1 },
  executeAgent: { input: 'Go' },
  createTool: { name: 'a_tool', http: { url: 'https://tools.example/a' } },
  updateTool: { description: 'changed' },
  callTool: { arguments: {} },
  createMcpServer: { name: 'server', transport: 'http', url: 'https://mcp.example/' },
  putSecret: { name: 'A_SECRET', value: 'hidden' },
  cancelExecution: {},
  postMessage: { content: 'Hello' },
  createKey: { name: 'a key', scopes: ['approvals:read'] },
  signIn: { token: 'x' },
  claimApproval: {},
  reassignApproval: { people: [`usr_${'0'.repeat(27)}`] },
  escalateApproval: { to: 'anyone' },
  extendApproval: { seconds: 60 },
  createComment: { body: 'Why?' },
  bulkDecide: { items: [{ id: 'x', decision: 'approved' }] },
  createMember: { name: 'New', email: 'new@test.example', roles: ['viewer'] },
  updateMember: { roles: ['viewer'] },
  createGroup: { name: 'a_group' },
  updateGroup: { name: 'another_group' },
  createDelegation: { to: `usr_${'0'.repeat(27)}`, ends_at: '2099-01-01T00:00:00Z' },
  putCalendar: { name: 'a_calendar', definition: { time_zone: 'UTC', days: {} } },
  putSettings: {},
  createPolicy: { name: 'a policy', source: 'rules: []' },
  updatePolicy: { position: 1 },
  createPolicyVersion: { source: 'rules: []' },
  promotePolicyVersion: { version: 1 },
  checkPolicy: { source: 'rules: []' },
  evaluatePolicy: { tool: 'deploy' },
  backtestPolicy: {},
  createGrant: { tool: 'a_tool', uses_max: 1, expires_in_seconds: 60 },
};
