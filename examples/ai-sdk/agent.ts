/**
 * A support agent with the AI SDK whose refunds wait for a person. It stops while they decide, and goes on in another process:
 *
 *     node examples/ai-sdk/agent.ts start "Please refund order A17, it arrived broken."
 *     node examples/ai-sdk/agent.ts go-on      # when somebody has decided; before that it says what it waits for
 *
 * COUNTERSIGN_URL and COUNTERSIGN_API_KEY say who asks; MODEL_URL is any OpenAI-compatible model; STATE_FILE keeps the run.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { gateToolsDurably } from '@countersign/adapters/ai';
import { createClient } from '@countersign/sdk';
import { type ModelMessage, ToolLoopAgent, tool } from 'ai';
import { z } from 'zod';

const { COUNTERSIGN_URL, COUNTERSIGN_API_KEY, MODEL_URL, MODEL = 'recorded', STATE_FILE = 'run.json' } = process.env;

const refund = tool({
  description: 'Refunds an order',
  inputSchema: z.object({ order: z.string(), cents: z.number().int().positive() }),
  execute: ({ order, cents }) => {
    console.log(`refunded ${cents} cents for ${order}`);
    return { refunded: cents };
  },
});

type Run = { readonly id: string; readonly messages: ModelMessage[] };

const parts = (runId: string) => {
  const client = createClient({ baseUrl: COUNTERSIGN_URL ?? 'http://localhost:4400', apiKey: COUNTERSIGN_API_KEY });
  const { tools, toolApproval, settle } = gateToolsDurably(client, { refund }, { runId });
  const model = createOpenAICompatible({ name: 'model', baseURL: MODEL_URL ?? '' })(MODEL);
  return { agent: new ToolLoopAgent({ model, tools, toolApproval }), settle };
};

/** Generates until it stops, keeps the messages, and says where it is. */
const generate = async ({ id, messages }: Run): Promise<void> => {
  const { agent, settle } = parts(id);
  const result = await agent.generate({ messages });
  const all = [...messages, ...result.responseMessages];
  writeFileSync(STATE_FILE, JSON.stringify({ id, messages: all }));
  const settled = await settle(all);
  if (settled.status === 'waiting') for (const { title } of settled.approvals) console.log(`waiting: ${title}`);
  else console.log(result.text);
};

const [command, said] = process.argv.slice(2);
if (command === 'start' && said !== undefined)
  await generate({ id: crypto.randomUUID(), messages: [{ role: 'user', content: said }] });
else {
  const { id, messages } = JSON.parse(readFileSync(STATE_FILE, 'utf8')) as Run;
  const settled = await parts(id).settle(messages);
  if (settled.status === 'ready') await generate({ id, messages: settled.messages });
  else for (const { title } of settled.approvals) console.log(`still waiting: ${title}`);
}
