/**
 * A support agent with LangChain whose refunds wait for a person. It is interrupted while they decide, and goes on when it is
 * invoked again, on whatever machine has its checkpointer:
 *
 *     node examples/langchain/agent.ts "Please refund order A17, it arrived broken."
 *
 * COUNTERSIGN_URL and COUNTERSIGN_API_KEY say who asks; MODEL_URL is any OpenAI-compatible model. A real one keeps its
 * checkpoints in a database; this one keeps them in memory, so it waits for the decision itself.
 */
import { gateMiddleware, resumeOf } from '@countersign/adapters/langchain';
import { createClient } from '@countersign/sdk';
import { MemorySaver } from '@langchain/langgraph';
import { ChatOpenAI } from '@langchain/openai';
import { createAgent, tool } from 'langchain';
import { z } from 'zod';

const { COUNTERSIGN_URL, COUNTERSIGN_API_KEY, MODEL_URL = '', MODEL = 'recorded', MODEL_KEY = 'none' } = process.env;

const refund = tool(
  ({ order, cents }) => {
    console.log(`refunded ${cents} cents for ${order}`);
    return `refunded ${cents}`;
  },
  {
    name: 'refund',
    description: 'Refunds an order',
    schema: z.object({ order: z.string(), cents: z.number() }),
  },
);

const client = createClient({ baseUrl: COUNTERSIGN_URL ?? 'http://localhost:4400', apiKey: COUNTERSIGN_API_KEY });
const agent = createAgent({
  model: new ChatOpenAI({ model: MODEL, apiKey: MODEL_KEY, configuration: { baseURL: MODEL_URL } }),
  tools: [refund],
  checkpointer: new MemorySaver(),
  middleware: [gateMiddleware(client, { durable: true })],
});

const config = { configurable: { thread_id: crypto.randomUUID() } };
let result = await agent.invoke({ messages: [{ role: 'user', content: process.argv[2] ?? '' }] }, config);
for (let resume = resumeOf(result); resume !== null; resume = resumeOf(result)) {
  const held = result.__interrupt__?.map(
    ({ value }) => (value as { countersign: { id: string; title: string } }).countersign,
  );
  for (const { id, title } of held ?? []) {
    console.log(`waiting: ${title}`);
    await client.approvals.wait(id);
  }
  result = await agent.invoke(resume, config);
}
console.log(result.messages.at(-1)?.text);
