/** LangChain and LangGraph themselves, with OpenAI's chat completions, and the recorded model. */
import { deserialize, serialize } from 'node:v8';
import { Annotation, END, MemorySaver, START, StateGraph } from '@langchain/langgraph';
import { ChatOpenAI } from '@langchain/openai';
import { createAgent, tool } from 'langchain';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Refunds, stoppingCases, waitingCases } from '../testing/cases.ts';
import { type Scene, startScene } from '../testing/scene.ts';
import { clearInNode, gateMiddleware, resumeOf } from './index.ts';

const toolsOf = ({ refund, look }: Refunds) => [
  tool((args) => JSON.stringify(refund(args)), {
    name: 'refund',
    description: 'Refunds an order',
    schema: z.object({ order: z.string(), cents: z.number() }),
  }),
  tool((args) => look(args), {
    name: 'look',
    description: 'Looks an order up',
    schema: z.object({ order: z.string() }),
  }),
];

const agentOf = (scene: Scene, tools: Refunds, saver: MemorySaver, durable: boolean) =>
  createAgent({
    model: new ChatOpenAI({
      model: 'recorded',
      apiKey: 'none',
      configuration: { baseURL: scene.modelUrl },
      useResponsesApi: false,
      maxRetries: 0,
    }),
    tools: toolsOf(tools),
    checkpointer: saver,
    middleware: [gateMiddleware(scene.agent, { only: ['refund'], durable })],
  });

const user = (content: string) => ({ messages: [{ role: 'user' as const, content }] });

waitingCases(async (scene, tools, said, { runId, signal }) => {
  const agent = agentOf(scene, tools, new MemorySaver(), false);
  const configurable = { thread_id: runId ?? crypto.randomUUID() };
  const { messages } = await agent.invoke(user(said), { configurable, ...(signal ? { signal } : {}) });
  return messages.at(-1)?.text ?? '';
});

/** A checkpointer whose content is a text: what a database would keep. */
const save = ({ storage, writes }: MemorySaver): string => serialize({ storage, writes }).toString('base64');
const open = (kept: string): MemorySaver =>
  Object.assign(new MemorySaver(), deserialize(Buffer.from(kept, 'base64')) as Pick<MemorySaver, 'storage' | 'writes'>);

stoppingCases({
  start: async (scene, tools, said, runId) => {
    const saver = new MemorySaver();
    const result = await agentOf(scene, tools, saver, true).invoke(user(said), { configurable: { thread_id: runId } });
    if (!resumeOf(result)) throw new Error('it did not stop');
    return save(saver);
  },
  goOn: async (scene, tools, kept, runId) => {
    const saver = open(kept);
    const agent = agentOf(scene, tools, saver, true);
    const config = { configurable: { thread_id: runId } };
    const { tasks } = await agent.graph.getState(config);
    const resume = resumeOf({ __interrupt__: tasks.flatMap(({ interrupts }) => interrupts) });
    const result = await agent.invoke(resume ?? null, config);
    return resumeOf(result) ? { kept: save(saver) } : { words: result.messages.at(-1)?.text ?? '' };
  },
});

describe('clearInNode', () => {
  test('stops a graph of one’s own at a call, and goes on with what was approved', async () => {
    const scene = await startScene();
    try {
      const graph = new StateGraph(Annotation.Root({ said: Annotation<string> }))
        .addNode('pay', async () => {
          const call = { id: 'pay', tool: 'refund', arguments: { order: 'node', cents: 4000 } };
          const clearance = await clearInNode(scene.agent, call, { runId: 'graph-1' });
          return { said: clearance.isCleared ? JSON.stringify(clearance.arguments) : clearance.message };
        })
        .addEdge(START, 'pay')
        .addEdge('pay', END)
        .compile({ checkpointer: new MemorySaver() });
      const config = { configurable: { thread_id: 'graph-1' } };
      const first = resumeOf(await graph.invoke({ said: '' }, config));
      expect(first).not.toBeNull();
      const second = resumeOf(await graph.invoke(first, config));
      expect(second).not.toBeNull();
      await scene.decide('node', 'approved', { arguments: { order: 'node', cents: 1 } });
      expect(await graph.invoke(second, config)).toEqual({ said: '{"cents":1,"order":"node"}' });
    } finally {
      await scene.stop();
    }
  });
});
