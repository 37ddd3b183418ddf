/** The demo workspace: a shop's support agent, as the calls of the API that create it. */
import { join } from 'node:path';
import type { RouteInput, Routes } from '@countersign/contract';
import { type Handler, type Listening, listen } from '../recorded-model/listen.ts';
import { recordedModelHandler } from '../recorded-model/server.ts';
import { readRuns } from '../recorded-model/transcript.ts';
import { demoToolsHandler } from './tools.ts';
import { workflowToolsAt } from './workflow-tools.ts';

export type DemoServices = { readonly modelUrl: string; readonly toolsUrl: string; readonly close: Listening['close'] };

export type DemoDefinition = {
  readonly tools: readonly RouteInput<Routes['createTool']>['body'][];
  readonly agent: RouteInput<Routes['createAgent']>['body'];
  /** What the first customer writes: leads to the gate before the refund. */
  readonly input: string;
};

const INPUT =
  'Hello, my order HL-20418 arrived this morning and the glass shade of the pendant lamp is in pieces. The candle holders are fine. Please refund the lamp, I have already ordered another one. Regards, Marta Lindqvist';

export const DEMO_AGENT_NAME = 'Support agent';

const NOT_RECORDED =
  'I am the demo’s recorded model and know only a few conversations by heart. Start one with the demo’s own first message, or give the agent a real model.';

/**
 * Starts the model and the tools of the demo on one loopback port. Give the port of an earlier start, so that what waits
 * in its database still finds them; where that is taken now, or none is given, a free one is used.
 */
export const startDemoServices = async (options: { readonly port?: number } = {}): Promise<DemoServices> => {
  const runs = await readRuns(join(import.meta.dirname, 'transcript.jsonl'));
  const model = recordedModelHandler({ runs, otherwise: NOT_RECORDED, pauseMs: 30 });
  const tools = demoToolsHandler();
  const handler: Handler = (request) => (request.path.startsWith('/tools/') ? tools(request) : model(request));
  const server = await listen(handler, options.port).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') return listen(handler);
    throw error;
  });
  return { modelUrl: `${server.url}/v1`, toolsUrl: `${server.url}/tools`, close: server.close };
};

/** What to create, with the addresses of the running services. */
export const demoDefinition = (services: Pick<DemoServices, 'modelUrl' | 'toolsUrl'>): DemoDefinition => ({
  tools: toolsAt(services.toolsUrl),
  agent: {
    name: DEMO_AGENT_NAME,
    description: 'Answers customers of a lamp shop. Looks things up by itself, and asks before it gives money back.',
    message: 'First version',
    config: {
      provider: 'openai_compatible',
      model: 'recorded',
      base_url: services.modelUrl,
      instructions: INSTRUCTIONS,
      tools: ['get_order', 'get_refund_policy', 'issue_refund', 'send_email'],
      max_turns: 12,
      hitl_mode: 'confirm_tools',
      hitl_config: { allowed_tools: ['send_email'], timeout_minutes: 24 * 60 },
      checkpoint_name: 'approve_refund',
    },
  },
  input: INPUT,
});

const INSTRUCTIONS = `You answer the customers of Hellmann Lighting, a shop for lamps.
Look at the order and at the policy before you promise anything. Refund exactly what the policy covers, to the means of payment it was paid with. When a refund is done, tell the customer by email. When you may not do something, say so and what happens instead; never try the same thing again.`;

const READS = { read_only: true, destructive: false, idempotent: true, open_world: false };
const ACTS = { read_only: false, destructive: true, idempotent: true, open_world: true };

const text = (description: string) => ({ type: 'string', minLength: 1, description });

const object = (properties: Record<string, object>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

const toolsAt = (url: string): DemoDefinition['tools'] => [
  ...workflowToolsAt(url),
  {
    name: 'get_order',
    description: 'An order with its items, payment and delivery.',
    parameters: object({ order_id: text('such as HL-20418') }),
    annotations: READS,
    http: { url: `${url}/get_order` },
  },
  {
    name: 'get_refund_policy',
    description: 'What the shop’s rules say about refunds.',
    parameters: object({ topic: { type: 'string', enum: ['damaged_in_transit', 'changed_mind'] } }),
    annotations: READS,
    http: { url: `${url}/get_refund_policy` },
  },
  {
    name: 'issue_refund',
    description: 'Gives money back to the means of payment of an order. Can not be undone.',
    summary_template: 'Refund {amount} {currency} for order {order_id}',
    parameters: object({
      order_id: text('such as HL-20418'),
      amount: {
        type: 'number',
        exclusiveMinimum: 0,
        maximum: 5000,
        description: 'what to give back, in units of the currency, such as 12.50',
      },
      currency: { type: 'string', enum: ['EUR'] },
      reason: text('for the books'),
    }),
    annotations: ACTS,
    http: { url: `${url}/issue_refund` },
  },
  {
    name: 'send_email',
    description: 'Sends an email to a customer.',
    summary_template: 'Email {to}: {subject}',
    parameters: object({ to: text('address'), subject: text('one line'), body: text('plain text') }),
    annotations: { ...ACTS, destructive: false },
    http: { url: `${url}/send_email` },
  },
];
