/** AG-UI's own client, which checks each event, and the example's agent. */
import { HttpAgent } from '@ag-ui/client';
import type { Interrupt, Message, ResumeEntry, RunAgentInput } from '@ag-ui/core';
import { expect, test } from 'vitest';
import { type Refunds, stoppingCases } from '../../../packages/adapters/src/testing/cases.ts';
import { type Scene, startScene } from '../../../packages/adapters/src/testing/scene.ts';
import { type Listening, listen } from '../../recorded-model/listen.ts';
import { runSupport } from './support.ts';

type Kept = { readonly messages: Message[]; readonly interrupts: Interrupt[] };

const serve = (scene: Scene, { refund, look }: Refunds): Promise<Listening> => {
  const support = { client: scene.agent, modelUrl: scene.modelUrl, tools: { refund, look }, only: ['refund'] };
  async function* lines(input: RunAgentInput): AsyncGenerator<string> {
    for await (const event of runSupport(input, support)) yield `data: ${JSON.stringify(event)}\n\n`;
  }
  return listen(({ body }) => ({
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    chunks: lines(JSON.parse(body) as RunAgentInput),
  }));
};

/** One run of a new front end on the thread's messages. */
const run = async (
  scene: Scene,
  tools: Refunds,
  threadId: string,
  { messages, interrupts }: Kept,
  status: ResumeEntry['status'] = 'resolved',
): Promise<Kept> => {
  const { url, close } = await serve(scene, tools);
  const agent = new HttpAgent({ url, threadId, initialMessages: messages });
  let found: Interrupt[] = [];
  // What the front end says is no decision, whatever it says.
  const resume = interrupts.map(({ id }) => ({ interruptId: id, status, payload: { approved: true } }));
  try {
    await agent.runAgent(resume.length > 0 ? { resume } : {}, {
      onRunFinishedEvent: ({ event }) => {
        if (event.outcome?.type === 'interrupt') found = event.outcome.interrupts;
      },
    });
    return { messages: agent.messages, interrupts: found };
  } finally {
    await close();
  }
};

const begin = (said: string): Kept => ({ messages: [{ id: 'm1', role: 'user', content: said }], interrupts: [] });
const wordsOf = ({ messages }: Kept): string => {
  const last = messages.at(-1);
  return typeof last?.content === 'string' ? last.content : '';
};

stoppingCases({
  start: async (scene, tools, said, runId) => {
    const kept = await run(scene, tools, runId, begin(said));
    if (kept.interrupts.length === 0) throw new Error('it did not stop');
    return JSON.stringify(kept);
  },
  goOn: async (scene, tools, kept, runId) => {
    const next = await run(scene, tools, runId, JSON.parse(kept) as Kept);
    return next.interrupts.length > 0 ? { kept: JSON.stringify(next) } : { words: wordsOf(next) };
  },
});

test('given up at the front end: the approval is withdrawn, and nothing is made', async () => {
  const scene = await startScene();
  try {
    const made: unknown[] = [];
    const tools = { refund: (args: unknown) => (made.push(args), { refunded: 1 }), look: () => '' };
    const kept = await run(scene, tools, 't', begin(scene.plan({ tool: 'refund', order: 'given-up' })));
    const { id } = await scene.pending('given-up');
    expect(kept.interrupts).toMatchObject([{ id, reason: 'tool_approval' }]);
    const after = await run(scene, tools, 't', kept, 'cancelled');
    expect(wordsOf(after)).toBe('Done.');
    expect(scene.told(0)).toContain('withdrawn');
    expect((await scene.agent.approvals.get(id)).status).toBe('cancelled');
    expect(made).toEqual([]);
  } finally {
    await scene.stop();
  }
});
