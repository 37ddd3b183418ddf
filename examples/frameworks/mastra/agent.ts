/**
 * A support agent with Mastra whose refunds wait for a person. Its run is suspended while they decide, and goes on in another
 * process:
 *
 *     node examples/frameworks/mastra/agent.ts start "Please refund order A17, it arrived broken."
 *     node examples/frameworks/mastra/agent.ts go-on      # when somebody has decided; before that it says what it waits for
 *
 * COUNTERSIGN_URL and COUNTERSIGN_API_KEY say who asks; MODEL_URL is any OpenAI-compatible model; STATE_FILE keeps the runs.
 */
import { gateTools, resumeDecided } from '@countersign/adapters/mastra';
import { createClient } from '@countersign/sdk';
import { Agent } from '@mastra/core/agent';
import { Mastra } from '@mastra/core/mastra';
import { createTool } from '@mastra/core/tools';
import { LibSQLStore } from '@mastra/libsql';
import { z } from 'zod';

const {
  COUNTERSIGN_URL,
  COUNTERSIGN_API_KEY,
  MODEL_URL = '',
  MODEL = 'recorded',
  STATE_FILE = 'runs.db',
} = process.env;

const refund = createTool({
  id: 'refund',
  description: 'Refunds an order',
  inputSchema: z.object({ order: z.string(), cents: z.number().int().positive() }),
  execute: async ({ order, cents }) => {
    console.log(`refunded ${cents} cents for ${order}`);
    return { refunded: cents };
  },
});

const client = createClient({ baseUrl: COUNTERSIGN_URL ?? 'http://localhost:4400', apiKey: COUNTERSIGN_API_KEY });

const agentOf = (runId: string) => {
  const support = new Agent({
    id: 'support',
    name: 'Support',
    instructions: 'You help customers with their orders.',
    model: { id: `model/${MODEL}`, url: MODEL_URL, apiKey: 'none' },
    tools: gateTools(client, { refund }, { runId, durable: true }),
  });
  const storage = new LibSQLStore({ id: 'runs', url: `file:${STATE_FILE}` });
  return new Mastra({ agents: { support }, storage, logger: false }).getAgent('support');
};

const [command, said = ''] = process.argv.slice(2);
if (command === 'start') {
  const runId = crypto.randomUUID();
  const result = await agentOf(runId).generate(said, { runId });
  console.log(result.finishReason === 'suspended' ? 'waiting' : result.text);
} else {
  const { runs } = await agentOf('').listSuspendedRuns();
  for (const run of runs) {
    const result = await resumeDecided(client, agentOf(run.runId), run);
    if (result === null || result.finishReason === 'suspended') console.log('still waiting');
    else console.log(result.text);
  }
}
