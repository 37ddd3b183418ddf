/** An agent in motion, for tests: the real server, a scripted model and one tool server for all of its tools. */
import type { WireApproval, WireExecution, WireMessage, WireStep } from '@countersign/contract';
import { afterAll, beforeAll, expect } from 'vitest';
import {
  type ModelScript,
  type TestApp,
  type TestModel,
  type TestTool,
  defineAgent,
  startModel,
  startTestServer,
  startTool,
  until,
} from '../../../server/src/testing/index.ts';

export type ToolSettings = Readonly<Record<string, unknown>> & { readonly http?: Readonly<Record<string, unknown>> };

export type Scene = {
  readonly model: TestModel;
  readonly tool: TestTool;
  readonly agentId: string;
  readonly start: (input?: string) => Promise<Run>;
  readonly run: (executionId: string) => Run;
};

export type Run = {
  readonly id: string;
  readonly get: () => Promise<WireExecution>;
  /** Waits until the execution has one of these statuses. */
  readonly reaches: (...statuses: WireExecution['status'][]) => Promise<WireExecution>;
  readonly steps: () => Promise<WireStep[]>;
  readonly calls: () => Promise<WireStep[]>;
  /** The pending approvals, whole, in the order of their calls. */
  readonly held: () => Promise<WireApproval[]>;
  readonly decide: (approval: Pick<WireApproval, 'id' | 'digest'>, decision: Decision) => Promise<WireApproval>;
  readonly cancel: () => Promise<number>;
  readonly retry: () => Promise<number>;
};

type Decision = {
  readonly decision: 'approved' | 'rejected';
  readonly reason?: string;
  readonly arguments?: object;
  readonly output?: unknown;
};

export const APPROVE = { decision: 'approved' } as const;
export const REJECT = { decision: 'rejected' } as const;

/** The calling test file's server: started before its tests, stopped after them. */
export const useApp = (): (() => TestApp) => {
  let app: TestApp | undefined;
  beforeAll(async () => {
    app = await startTestServer();
  });
  afterAll(() => app?.stop());
  return () => {
    if (!app) throw new Error('the server is not started yet');
    return app;
  };
};

/** Defines an agent with these tools; each tool's path on the tool server is its name. */
export const setScene = async (
  app: TestApp,
  script: ModelScript,
  tools: Readonly<Record<string, ToolSettings>> = {},
  config: Readonly<Record<string, unknown>> = {},
  answer: Parameters<typeof startTool>[0] = ({ path }) => `${path.slice(1)} done`,
): Promise<Scene> => {
  const [model, tool] = await Promise.all([startModel(script), startTool(answer)]);
  // Tools belong to the workspace: a suffix keeps the scenes of a file apart.
  const defined = Object.fromEntries(
    Object.entries(tools).map(([name, { http, ...rest }]) => [
      name,
      { ...rest, http: { url: `${tool.url}/${name}`, ...http } },
    ]),
  );
  const agent = await defineAgent(app, app.one.keys.asking, model, defined, config);
  return {
    model,
    tool,
    agentId: agent.id,
    run: (id) => runOf(app, id),
    start: async (input = 'Go') => {
      const started = await app.call<WireExecution>(app.one.keys.asking, 'POST', `/v1/agents/${agent.id}/execute`, {
        input,
      });
      expect(started.status, started.text).toBe(201);
      return runOf(app, started.body.id);
    },
  };
};

export const runOf = (app: TestApp, id: string): Run => {
  const { asking, deciding } = app.one.keys;
  const get = async (): Promise<WireExecution> =>
    (await app.call<WireExecution>(asking, 'GET', `/v1/executions/${id}`)).body;
  const steps = async (): Promise<WireStep[]> =>
    (await app.call<{ data: WireStep[] }>(asking, 'GET', `/v1/executions/${id}/steps`)).body.data;
  return {
    id,
    get,
    steps,
    reaches: (...statuses) => until(get, ({ status }) => statuses.includes(status), 20_000),
    calls: async () => (await steps()).filter(({ kind }) => kind === 'tool_call'),
    held: async () => {
      const { body } = await app.call<{ data: { id: string }[] }>(
        asking,
        'GET',
        `/v1/executions/${id}/pending-approval`,
      );
      return Promise.all(
        body.data.map(async (row) => (await app.call<WireApproval>(deciding, 'GET', `/v1/approvals/${row.id}`)).body),
      );
    },
    decide: async (approval, decision) => {
      const answer = await app.call<WireApproval>(deciding, 'POST', `/v1/approvals/${approval.id}/decide`, {
        ...decision,
        digest: approval.digest,
      });
      expect(answer.status, answer.text).toBe(200);
      return answer.body;
    },
    cancel: async () => (await app.call(asking, 'POST', `/v1/executions/${id}/cancel`, {})).status,
    retry: async () => (await app.call(asking, 'POST', `/v1/executions/${id}/retry`)).status,
  };
};

/** What the model was told of its calls in its last request, in order. */
export const toldOf = ({ model }: Pick<Scene, 'model'>): string[] =>
  (model.requests.at(-1)?.messages ?? []).filter(({ role }) => role === 'tool').map(({ content }) => String(content));

/** A promise with its resolution, to hold a server's answer back until the test has seen the call. */
export const gateway = <T = void>(): { readonly passed: Promise<T>; readonly open: (value: T) => void } => {
  let open: (value: T) => void = () => undefined;
  const passed = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { passed, open };
};

export { until };
export type { WireApproval, WireExecution, WireMessage, WireStep };
