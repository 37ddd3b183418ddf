/** Mastra itself, its storage in a file, and the recorded model. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gateTools, resumeDecided } from '@countersign/adapters/mastra';
import { Agent } from '@mastra/core/agent';
import { Mastra } from '@mastra/core/mastra';
import { createTool } from '@mastra/core/tools';
import { LibSQLStore } from '@mastra/libsql';
import { afterAll } from 'vitest';
import { z } from 'zod';
import { type Refunds, stoppingCases, waitingCases } from '../../../packages/adapters/src/testing/cases.ts';
import type { Scene } from '../../../packages/adapters/src/testing/scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'cs-mastra-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const toolsOf = ({ refund, look }: Refunds) => ({
  refund: createTool({
    id: 'refund',
    description: 'Refunds an order',
    inputSchema: z.object({ order: z.string(), cents: z.number() }),
    execute: async (args) => refund(args),
  }),
  look: createTool({
    id: 'look',
    description: 'Looks an order up',
    inputSchema: z.object({ order: z.string() }),
    execute: async (args) => look(args),
  }),
});

const agentOf = (scene: Scene, tools: Refunds, file: string, runId: string | undefined, durable: boolean) => {
  const support = new Agent({
    id: 'support',
    name: 'Support',
    instructions: 'Be kind.',
    model: { id: 'recorded/recorded', url: scene.modelUrl, apiKey: 'none' },
    tools: gateTools(scene.agent, toolsOf(tools), { only: ['refund'], runId, durable }),
  });
  const storage = new LibSQLStore({ id: 'runs', url: `file:${file}` });
  return new Mastra({ agents: { support }, storage, logger: false }).getAgent('support');
};

waitingCases(async (scene, tools, said, { runId, signal }) => {
  const file = join(folder, `${crypto.randomUUID()}.db`);
  const agent = agentOf(scene, tools, file, runId, false);
  const { text } = await agent.generate(said, signal ? { abortSignal: signal } : {});
  return text;
});

stoppingCases({
  start: async (scene, tools, said, runId) => {
    const file = join(folder, `${runId}.db`);
    const result = await agentOf(scene, tools, file, runId, true).generate(said, { runId });
    if (result.finishReason !== 'suspended') throw new Error(`it did not stop: ${result.finishReason}`);
    return file;
  },
  goOn: async (scene, tools, kept, runId) => {
    const agent = agentOf(scene, tools, kept, runId, true);
    for (;;) {
      const run = (await agent.listSuspendedRuns()).runs.find((each) => each.runId === runId);
      if (!run) throw new Error('it is over');
      const result = await resumeDecided(scene.agent, agent, run);
      if (!result) return { kept };
      if (result.finishReason !== 'suspended') return { words: result.text };
    }
  },
});
