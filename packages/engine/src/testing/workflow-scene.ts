/** A workflow in motion, for tests: the real server, and one tool server for all of its tools. */
import type { WireExecution, WireStep } from '@countersign/contract';
import type { WorkflowInput } from '@countersign/core';
import { expect } from 'vitest';
import { type TestApp, type TestTool, startTool } from '../../../server/src/testing/index.ts';
import { type Run, runOf } from './scene.ts';

export type Flow = {
  readonly tool: TestTool;
  readonly workflowId: string;
  readonly start: (input?: unknown) => Promise<Run>;
  readonly send: (run: Run, name: string, data?: unknown) => Promise<number>;
};

/** What comes between a start and an end is what a test is about. */
export const between = (nodes: WorkflowInput['nodes'], more: Omit<WorkflowInput, 'nodes'> = {}): WorkflowInput => ({
  ...more,
  nodes: [{ id: 'begin', type: 'start', on_success: nodes[0]?.id ?? '' }, ...nodes],
});

let count = 0;

/** Defines the tools (each one's path on the tool server is its name) and the workflow. */
export const setFlow = async (
  app: TestApp,
  definition: WorkflowInput,
  tools: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
  answer: Parameters<typeof startTool>[0] = ({ path }) => JSON.stringify({ from: path.slice(1) }),
): Promise<Flow> => {
  const { asking } = app.one.keys;
  const tool = await startTool(answer);
  for (const [name, more] of Object.entries(tools)) {
    const made = await app.call(asking, 'POST', '/v1/tools', { name, http: { url: `${tool.url}/${name}` }, ...more });
    expect(made.status, made.text).toBe(201);
  }
  count += 1;
  const workflow = await app.call<{ id: string }>(asking, 'POST', '/v1/workflows', {
    name: `Flow ${count} ${Math.random().toString(36).slice(2)}`,
    definition,
  });
  expect(workflow.status, workflow.text).toBe(201);
  return {
    tool,
    workflowId: workflow.body.id,
    start: async (input = {}) => {
      const started = await app.call<WireExecution>(asking, 'POST', `/v1/workflows/${workflow.body.id}/execute`, {
        input,
      });
      expect(started.status, started.text).toBe(201);
      return runOf(app, started.body.id);
    },
    send: async (run, name, data = null) =>
      (await app.call(asking, 'POST', `/v1/executions/${run.id}/events`, { name, data })).status,
  };
};

/** The steps as `scope + node: status`, in order. */
export const pathOf = async (run: Run): Promise<string[]> =>
  (await run.steps()).map((step: WireStep) => `${step.node?.scope}${step.node?.id} ${step.status}`);
