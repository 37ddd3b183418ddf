/** The AI SDK itself, its OpenAI-compatible provider, and the recorded model. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createClient } from '@countersign/sdk';
import { type ModelMessage, ToolLoopAgent, stepCountIs, tool } from 'ai';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Refunds, stoppingCases, waitingCases } from '../testing/cases.ts';
import type { Scene } from '../testing/scene.ts';
import { gateTools, gateToolsDurably } from './index.ts';

const toolsOf = ({ refund, look }: Refunds) => ({
  refund: tool({
    description: 'Refunds an order',
    inputSchema: z.object({ order: z.string(), cents: z.number() }),
    execute: async (args) => refund(args),
  }),
  look: tool({
    description: 'Looks an order up',
    inputSchema: z.object({ order: z.string() }),
    execute: async (args) => look(args),
  }),
});
const modelOf = ({ modelUrl }: Scene) => createOpenAICompatible({ name: 'recorded', baseURL: modelUrl })('recorded');

waitingCases(async (scene, tools, said, { runId, signal }) => {
  const agent = new ToolLoopAgent({
    model: modelOf(scene),
    tools: gateTools(scene.agent, toolsOf(tools), { only: ['refund'], runId }),
    stopWhen: stepCountIs(5),
  });
  const { text } = await agent.generate({ prompt: said, ...(signal ? { abortSignal: signal } : {}) });
  return text;
});

const parts = (scene: Scene, tools: Refunds, runId: string) => {
  const gated = gateToolsDurably(scene.agent, toolsOf(tools), { only: ['refund'], runId });
  const { tools: inner, toolApproval } = gated;
  const agent = new ToolLoopAgent({ model: modelOf(scene), tools: inner, toolApproval, stopWhen: stepCountIs(5) });
  return { agent, settle: gated.settle };
};

stoppingCases({
  start: async (scene, tools, said, runId) => {
    const { agent, settle } = parts(scene, tools, runId);
    const messages: ModelMessage[] = [{ role: 'user', content: said }];
    const { responseMessages } = await agent.generate({ messages });
    messages.push(...responseMessages);
    expect((await settle(messages)).status).toBe('waiting');
    return JSON.stringify(messages);
  },
  goOn: async (scene, tools, kept, runId) => {
    const { agent, settle } = parts(scene, tools, runId);
    const settled = await settle(JSON.parse(kept) as ModelMessage[]);
    if (settled.status === 'waiting') return { kept };
    const { text } = await agent.generate({ messages: settled.messages });
    return { words: text };
  },
});

describe('gateTools', () => {
  test('refuses what it could not gate', () => {
    const remote = { search: tool({ inputSchema: z.object({ q: z.string() }), outputSchema: z.string() }) };
    const client = createClient({ baseUrl: 'http://127.0.0.1:1' });
    expect(() => gateTools(client, remote)).toThrow('no execute');
    expect(() => gateTools(client, {}, { only: ['refnud'] })).toThrow('no tool "refnud"');
  });
});
