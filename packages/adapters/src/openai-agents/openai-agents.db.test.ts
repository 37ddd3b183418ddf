/** The OpenAI Agents SDK itself, with its chat completions, and the recorded model. */
import { Agent, OpenAIProvider, RunState, Runner, tool } from '@openai/agents';
import { expect } from 'vitest';
import { z } from 'zod';
import { type Refunds, stoppingCases, waitingCases } from '../testing/cases.ts';
import type { Scene } from '../testing/scene.ts';
import { gateTools, gateToolsDurably } from './index.ts';

const toolsOf = ({ refund, look }: Refunds) => [
  tool({
    name: 'refund',
    description: 'Refunds an order',
    parameters: z.object({ order: z.string(), cents: z.number() }),
    execute: async (args) => refund(args),
  }),
  tool({
    name: 'look',
    description: 'Looks an order up',
    parameters: z.object({ order: z.string() }),
    execute: async (args) => look(args),
  }),
];
const runnerOf = ({ modelUrl }: Scene) =>
  new Runner({
    modelProvider: new OpenAIProvider({ baseURL: modelUrl, apiKey: 'none', useResponses: false }),
    tracingDisabled: true,
  });

waitingCases(async (scene, tools, said, { runId, signal }) => {
  const gated = gateTools(scene.agent, toolsOf(tools), { only: ['refund'], runId });
  const agent = new Agent({ name: 'Support', model: 'recorded', tools: gated });
  const result = await runnerOf(scene).run(agent, said, signal ? { signal } : {});
  return String(result.finalOutput);
});

const parts = (scene: Scene, tools: Refunds, runId: string) => {
  const gated = gateToolsDurably(scene.agent, toolsOf(tools), { only: ['refund'], runId });
  return { agent: new Agent({ name: 'Support', model: 'recorded', tools: gated.tools }), settle: gated.settle };
};

stoppingCases({
  start: async (scene, tools, said, runId) => {
    const { agent, settle } = parts(scene, tools, runId);
    const result = await runnerOf(scene).run(agent, said);
    expect(result.interruptions.length).toBeGreaterThan(0);
    expect((await settle(result.state)).status).toBe('waiting');
    return result.state.toString();
  },
  goOn: async (scene, tools, kept, runId) => {
    const { agent, settle } = parts(scene, tools, runId);
    const state = await RunState.fromString(agent, kept);
    await settle(state);
    const result = await runnerOf(scene).run(agent, state);
    return result.interruptions.length > 0 ? { kept: result.state.toString() } : { words: String(result.finalOutput) };
  },
});
