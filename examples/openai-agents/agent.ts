/**
 * A support agent with the OpenAI Agents SDK whose refunds wait for a person. It is interrupted while they decide, and goes
 * on in another process:
 *
 *     node examples/openai-agents/agent.ts start "Please refund order A17, it arrived broken."
 *     node examples/openai-agents/agent.ts go-on      # when somebody has decided; before that it says what it waits for
 *
 * COUNTERSIGN_URL and COUNTERSIGN_API_KEY say who asks; MODEL_URL is any OpenAI-compatible model; STATE_FILE keeps the run.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gateToolsDurably } from '@countersign/adapters/openai-agents';
import { createClient } from '@countersign/sdk';
import { Agent, OpenAIProvider, RunState, Runner, tool } from '@openai/agents';
import { z } from 'zod';

const { COUNTERSIGN_URL, COUNTERSIGN_API_KEY, MODEL_URL, MODEL_KEY = 'none' } = process.env;
const { MODEL = 'recorded', STATE_FILE = 'run.json' } = process.env;

const refund = tool({
  name: 'refund',
  description: 'Refunds an order',
  parameters: z.object({ order: z.string(), cents: z.number() }),
  execute: ({ order, cents }) => {
    console.log(`refunded ${cents} cents for ${order}`);
    return { refunded: cents };
  },
});

const parts = (runId: string) => {
  const client = createClient({ baseUrl: COUNTERSIGN_URL ?? 'http://localhost:4400', apiKey: COUNTERSIGN_API_KEY });
  const { tools, settle } = gateToolsDurably(client, [refund], { runId });
  return { agent: new Agent({ name: 'Support', model: MODEL, tools }), settle };
};

const runner = new Runner({
  modelProvider: new OpenAIProvider({ baseURL: MODEL_URL ?? '', apiKey: MODEL_KEY, useResponses: false }),
  tracingDisabled: true,
});

const [command, said] = process.argv.slice(2);
const isStart = command === 'start' && said !== undefined;
const kept = isStart ? null : (JSON.parse(readFileSync(STATE_FILE, 'utf8')) as { id: string; state: string });
const id = kept?.id ?? crypto.randomUUID();
const { agent, settle } = parts(id);

const state = kept && (await RunState.fromString(agent, kept.state));
if (state) await settle(state); // What is undecided stays interrupted.
const result = await runner.run(agent, state ?? said ?? '');
writeFileSync(STATE_FILE, JSON.stringify({ id, state: result.state.toString() }));
const { approvals } = await settle(result.state);
for (const { title } of approvals) console.log(`${kept ? 'still waiting' : 'waiting'}: ${title}`);
if (result.finalOutput !== undefined) console.log(result.finalOutput);
