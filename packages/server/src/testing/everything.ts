/** One thing of every kind in a workspace, for tests that walk all routes. */
import type { Route, RouteName } from '@countersign/contract';
import { type TestMcp, startMcp } from './mcp.ts';
import { type TestModel, type TestTool, defineAgent, startModel, startTool, until } from './services.ts';
import type { TestApp } from './test-app.ts';
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
  readonly model: TestModel;
  readonly tools: TestTool;
  readonly mcp: TestMcp;
  readonly close: () => Promise<void>;
};

let count = 0;

/** Makes them with the workspace's asking key, through the API. The execution waits at its gate. */
export const makeEverything = async (app: TestApp, workspace: TestWorkspace): Promise<Everything> => {
  const { asking } = workspace.keys;
  const made = async (path: string, body: unknown): Promise<{ id: string; digest: string }> => {
    const answer = await app.call<{ id: string; digest: string }>(asking, 'POST', path, body);
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  };
  count += 1;
  const tools = await startTool();
  const model = await startModel([{ calls: [{ tool: `refund${count}`, arguments: { amount: 7 } }] }, { text: 'Done.' }]);
  const mcp = await startMcp({ lookup: { description: 'Finds an order', readOnly: true } });
  const agent = await defineAgent(app, asking, model, { [`refund${count}`]: { http: { url: `${tools.url}/refund` } } });
  const execution = await made(`/v1/agents/${agent.id}/execute`, { input: 'Go' });
  const held = await until(
    async () => (await app.call<{ data: { id: string }[] }>(asking, 'GET', `/v1/executions/${execution.id}/pending-approval`)).body.data,
    (data) => data.length === 1,
  );
  const tool = await app.call<{ data: { id: string }[] }>(asking, 'GET', '/v1/tools');
  const approval = await made('/v1/approvals', { tool: 'deploy', arguments: { amount: 1, everything: count } });
  const secret = `SECRET_${count}`;
  await app.call(asking, 'PUT', '/v1/secrets', { name: secret, value: 'hidden' });
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
    held: held[0]?.id ?? '',
    model,
    tools,
    mcp,
    close: async () => {
      await Promise.all([model.close(), tools.close(), mcp.close()]);
    },
  };
};

export type Kind = 'approval' | 'agent' | 'tool' | 'mcpServer' | 'secret' | 'key' | 'conversation' | 'execution';

const KIND_OF_FOLDER: Readonly<Record<string, Kind>> = {
  approvals: 'approval',
  agents: 'agent',
  tools: 'tool',
  'mcp-servers': 'mcpServer',
  secrets: 'secret',
  'api-keys': 'key',
  conversations: 'conversation',
  executions: 'execution',
};

/** Which kind of thing the route's path names, if it names one. */
export const kindOf = (route: Route): Kind | undefined =>
  route.path.includes('{') ? KIND_OF_FOLDER[route.path.split('/')[2] ?? ''] : undefined;

/** The route's path with this id in it. */
export const pathWith = (route: Route, id: string): string => route.path.replace(/\{(id|name)\}/, id).replace('{version}', '1');

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
};
