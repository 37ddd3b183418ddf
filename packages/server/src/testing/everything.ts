/** One thing of every kind in a workspace, for tests that walk all routes. */
import type { Route } from '@countersign/contract';
import {
  insertPasskey,
  insertSigningCredential,
  linkChannelIdentity,
  linkIdentity,
  newId,
  transaction,
  unscoped,
} from '@countersign/store';
import { BODIES, CALENDAR, LATER, POLICY_SOURCE, SCHEDULE, VOICE_LINE, WORKFLOW } from './bodies.ts';
import { type TestMcp, startMcp } from './mcp.ts';
import { type TestModel, type TestTool, defineAgent, startModel, startTool, until } from './services.ts';
import type { TestApp } from './test-app.ts';
import type { TestKey, TestPerson, TestWorkspace } from './workspace.ts';

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
  readonly member: string;
  readonly group: string;
  readonly policy: string;
  readonly grant: string;
  readonly delegation: string;
  readonly calendar: string;
  readonly signingKey: string;
  readonly comment: string;
  readonly view: string;
  readonly workflow: string;
  readonly schedule: string;
  readonly incomingWebhook: string;
  readonly voiceLine: string;
  readonly invitation: string;
  /** Of the asking key's owner: a session, and what they sign in with. */
  readonly session: string;
  readonly passkey: string;
  readonly identity: string;
  /** What the audit log says of the approval. */
  readonly auditEntry: string;
  /** A webhook that nobody listens to, and a test that it delivered. */
  readonly channel: string;
  readonly delivery: string;
  /** Who the asking key's owner is in Slack. */
  readonly channelIdentity: string;
  readonly pushSubscription: string;
  readonly model: TestModel;
  readonly tools: TestTool;
  readonly mcp: TestMcp;
  readonly close: () => Promise<void>;
};

let count = 0;

/** A policy that changes nothing for anybody: it is about a tool that is nowhere. */

/**
 * Makes them through the API: with the workspace's asking key what programs make, and as its owner and its approver what
 * people make. The execution waits at its gate; the delegation begins too late to count.
 */
export const makeEverything = async (app: TestApp, workspace: TestWorkspace): Promise<Everything> => {
  const { asking } = workspace.keys;
  const { owner, approver } = workspace.people;
  const made = async (
    path: string,
    body: unknown,
    who: TestKey | TestPerson = asking,
  ): Promise<{ id: string; digest: string }> => {
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
  const member = await made(
    '/v1/members',
    { name: `Member ${count}`, email: `member${count}@test.example`, roles: ['viewer'] },
    owner,
  );
  const mild = {
    name: `mild${count}`,
    http: { url: `${tools.url}/mild` },
    annotations: { destructive: false, open_world: false },
  };
  await made('/v1/tools', mild);
  const calendar = `calendar${count}`;
  const put = await app.call(owner, 'PUT', '/v1/calendars', { name: calendar, definition: CALENDAR });
  if (put.status !== 200) throw new Error(put.text);
  const { owner: keeper } = workspace.keys.asking;
  const sessions = await app.call<{ data: { id: string }[] }>(keeper, 'GET', '/v1/sessions');
  const hook = { kind: 'webhook', name: `hook${count}`, settings: { url: `${tools.url}/hook` } };
  const channel = await made('/v1/channels', hook, owner);
  const delivery = await app.call<{ id: string }>(owner, 'POST', `/v1/channels/${channel.id}/test`);
  const passkey = newId('passkey');
  await unscoped(app.store, async (scope) => {
    const credential = { credential_id: passkey, public_key: Buffer.alloc(77), counter: 0, transports: [] };
    await insertPasskey(scope, { id: passkey, person_id: keeper.id, name: 'A passkey', ...credential });
    await linkIdentity(scope, `issuer${count}`, 'subject', keeper.id);
  });
  const subscribed = await app.call<{ subscriptions: { id: string }[] }>(keeper, 'POST', '/v1/account/push', {
    ...(BODIES.addPushSubscription as object),
    endpoint: `https://push.example/${workspace.id}/${count}`,
  });
  const channelIdentity = newId('channelIdentity');
  await transaction(app.store, workspace.id, (scope) =>
    linkChannelIdentity(
      scope,
      channelIdentity,
      { kind: 'slack', team: 'T1', user: `U${count}` },
      { person_id: keeper.id, name: 'Keeper', how: 'code' },
    ),
  );
  return {
    channelIdentity,
    pushSubscription: subscribed.body.subscriptions[0]?.id ?? '',
    channel: channel.id,
    delivery: delivery.body.id,
    session: sessions.body.data[0]?.id ?? '',
    passkey,
    identity: `issuer${count}`,
    member: member.id,
    group: (await made('/v1/groups', { name: `group${count}`, members: [member.id] }, owner)).id,
    policy: (await made('/v1/policies', { name: `Policy ${count}`, source: POLICY_SOURCE }, owner)).id,
    grant: (await made('/v1/grants', { tool: mild.name, uses_max: 5, expires_in_seconds: 3600 }, approver)).id,
    delegation: (await made('/v1/delegations', { to: workspace.keys.deciding.owner.id, ...LATER }, approver)).id,
    calendar,
    signingKey: await addSigningKey(app, workspace),
    invitation: (await made('/v1/invitations', { email: `guest${count}@test.example`, roles: ['viewer'] }, owner)).id,
    comment: (await made(`/v1/approvals/${approval.id}/comments`, { body: 'Why now?', is_question: true }, approver))
      .id,
    view: (await made('/v1/views', { name: `View ${count}`, filter: { sort: 'urgency' } })).id,
    workflow: (await made('/v1/workflows', { name: `Workflow ${count}`, definition: WORKFLOW })).id,
    incomingWebhook: (await made('/v1/triggers', { name: `Incoming ${count}`, agent_id: agent.id })).id,
    voiceLine: (await made('/v1/voice-lines', { ...VOICE_LINE, name: `Voice line ${count}`, agent_id: agent.id })).id,
    schedule: (await made('/v1/schedules', { ...SCHEDULE, name: `Schedule ${count}`, agent_id: agent.id })).id,
    auditEntry:
      (await app.call<{ data: { id: string }[] }>(owner, 'GET', `/v1/audit?subject=${approval.id}`)).body.data[0]?.id ??
      '',
    approval: approval.id,
    digest: approval.digest,
    agent: agent.id,
    tool: tool.body.data[0]?.id ?? '',
    mcpServer: (await made('/v1/mcp-servers', { name: `mcp${count}`, transport: 'http', url: mcp.url })).id,
    secret,
    key: (await made('/v1/api-keys', { name: 'spare', scopes: ['approvals:read'] })).id,
    conversation: (await made('/v1/conversations', { agent_id: agent.id })).id,
    execution: execution.id,
    held: held[0]?.id ?? '',
    model,
    tools,
    mcp,
    close: async () => {
      await Promise.all([model.close(), tools.close(), mcp.close()]);
    },
  };
};

/** Straight into the database: a browser makes none at an address that is a number. */
const addSigningKey = async (app: TestApp, { id: workspaceId, people }: TestWorkspace): Promise<string> => {
  const id = newId('signingCredential');
  const bytes = Buffer.from(id);
  await transaction(app.store, workspaceId, (scope) =>
    insertSigningCredential(scope, {
      id,
      person_id: people.approver.id,
      credential_id: bytes.toString('base64url'),
      public_key: bytes,
      cose_key: bytes,
      counter: 0,
      transports: [],
      name: 'A key',
    }),
  );
  return id;
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
  | 'member'
  | 'group'
  | 'policy'
  | 'grant'
  | 'delegation'
  | 'calendar'
  | 'signingKey'
  | 'workflow'
  | 'schedule'
  | 'incomingWebhook'
  | 'voiceLine'
  | 'invitation'
  | 'session'
  | 'passkey'
  | 'identity'
  | 'auditEntry'
  | 'view'
  | 'channel'
  | 'delivery'
  | 'channelIdentity'
  | 'pushSubscription';

const KIND_OF_FOLDER: Readonly<Record<string, Kind>> = {
  approvals: 'approval',
  agents: 'agent',
  tools: 'tool',
  'mcp-servers': 'mcpServer',
  secrets: 'secret',
  'api-keys': 'key',
  conversations: 'conversation',
  executions: 'execution',
  members: 'member',
  groups: 'group',
  policies: 'policy',
  grants: 'grant',
  delegations: 'delegation',
  calendars: 'calendar',
  'signing-keys': 'signingKey',
  views: 'view',
  workflows: 'workflow',
  schedules: 'schedule',
  triggers: 'incomingWebhook',
  'voice-lines': 'voiceLine',
  invitations: 'invitation',
  sessions: 'session',
  passkeys: 'passkey',
  identities: 'identity',
  audit: 'auditEntry',
  channels: 'channel',
  deliveries: 'delivery',
  'channel-identities': 'channelIdentity',
  push: 'pushSubscription',
};

/** Which kind of thing the route's path names, if it names one. */
export const kindOf = (route: Route): Kind | undefined => {
  if (!route.path.includes('{')) return undefined;
  // What is one's own stands under `account`, which is nobody else's.
  const [, , folder = '', inner = ''] = route.path.split('/');
  const kind = KIND_OF_FOLDER[folder === 'account' ? inner : folder];
  if (!kind) throw new Error(`nobody says what ${route.path} names`);
  return kind;
};

/** The route's path with this id in it. */
export const pathWith = (route: Route, id: string): string =>
  route.path.replace(/\{(id|name|provider)\}/, id).replace('{version}', '1');

/** Somebody of the workspace for whom the route is open: a key where keys may, else a person. */
export const allowed = (route: Route, { people, keys }: TestWorkspace): TestKey | TestPerson | null => {
  switch (route.permission) {
    case 'public':
      return null;
    case 'session':
      return people.viewer;
    case 'approvals:decide':
      return route.person ? people.approver : keys.deciding;
    case 'members:write':
    case 'members:invite':
    case 'groups:write':
    case 'workspaces:create':
    case 'audit:read':
    case 'audit:write':
    case 'receipts:revoke':
    case 'channels:read':
      return people.owner;
    case 'policies:write':
    case 'channels:write':
      return keys.governing;
    default:
      return route.person ? people.builder : keys.asking;
  }
};

const OF_OWNERS: ReadonlySet<string> = new Set([
  'receipts:revoke',
  'members:write',
  'members:invite',
  'groups:write',
  'workspaces:create',
  'policies:write',
  'audit:read',
  'audit:write',
  'channels:read',
  'channels:write',
]);

/** The same, but always a person. */
export const allowedPerson = (route: Route, { people }: TestWorkspace): TestPerson => {
  if (route.permission === 'approvals:decide') return people.approver;
  return OF_OWNERS.has(route.permission) ? people.owner : people.builder;
};
