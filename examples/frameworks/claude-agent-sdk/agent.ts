/**
 * A support agent with the Claude Agent SDK whose refunds wait for a person:
 *
 *     node examples/frameworks/claude-agent-sdk/agent.ts "Please refund order A17, it arrived broken."
 *
 * COUNTERSIGN_URL and COUNTERSIGN_API_KEY say who asks; the SDK takes ANTHROPIC_API_KEY, and ANTHROPIC_BASE_URL for another model.
 */
import { createSdkMcpServer, query, tool } from '@anthropic-ai/claude-agent-sdk';
import { gateHooks } from '@countersign/adapters/claude-code';
import { createClient } from '@countersign/sdk';
import { z } from 'zod';

const { COUNTERSIGN_URL, COUNTERSIGN_API_KEY } = process.env;

const refund = tool(
  'refund',
  'Refunds an order',
  { order: z.string(), cents: z.number() },
  async ({ order, cents }) => {
    console.log(`refunded ${cents} cents for ${order}`);
    return { content: [{ type: 'text', text: `refunded ${cents}` }] };
  },
);

const client = createClient({ baseUrl: COUNTERSIGN_URL ?? 'http://localhost:4400', apiKey: COUNTERSIGN_API_KEY });
const running = query({
  prompt: process.argv[2] ?? '',
  options: {
    mcpServers: { shop: createSdkMcpServer({ name: 'shop', tools: [refund] }) },
    tools: [], // None of its own.
    allowedTools: ['mcp__shop__refund'],
    hooks: gateHooks(client),
    settingSources: [],
  },
});
for await (const message of running)
  if (message.type === 'result') console.log('result' in message ? message.result : message.subtype);
