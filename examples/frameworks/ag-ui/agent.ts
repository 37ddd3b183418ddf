/**
 * An agent for any front end that speaks AG-UI, such as `new HttpAgent({ url })`, whose refunds wait for a person:
 *
 *     node examples/frameworks/ag-ui/agent.ts
 *
 * COUNTERSIGN_URL and COUNTERSIGN_API_KEY say who asks; MODEL_URL is any OpenAI-compatible model; PORT is where it listens.
 */
import type { RunAgentInput } from '@ag-ui/core';
import { createClient } from '@countersign/sdk';
import { listen } from '../../recorded-model/listen.ts';
import { runSupport } from './support.ts';

const { COUNTERSIGN_URL, COUNTERSIGN_API_KEY, MODEL_URL = '', PORT = '0' } = process.env;

const refund = ({ order, cents }: { readonly order: string; readonly cents: number }) => {
  console.log(`refunded ${cents} cents for ${order}`);
  return { refunded: cents };
};

const client = createClient({ baseUrl: COUNTERSIGN_URL ?? 'http://localhost:4400', apiKey: COUNTERSIGN_API_KEY });
const support = { client, modelUrl: MODEL_URL, tools: { refund }, only: ['refund'] };

async function* lines(input: RunAgentInput): AsyncGenerator<string> {
  for await (const event of runSupport(input, support)) yield `data: ${JSON.stringify(event)}\n\n`;
}

const { url } = await listen(
  ({ body }) => ({
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    chunks: lines(JSON.parse(body) as RunAgentInput),
  }),
  Number(PORT),
);
console.log(`listening at ${url}`);
