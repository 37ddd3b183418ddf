/**
 * Refunds as a function of Inngest, each of which waits for a person:
 *
 *     INNGEST_DEV=http://localhost:8288 node examples/frameworks/inngest/worker.ts
 *     curl localhost:PORT/runs/r1 -d '[{"order":"A17","cents":4000}]'
 *
 * COUNTERSIGN_URL and COUNTERSIGN_API_KEY say who asks; WEBHOOK_SECRET is that of a webhook channel that leads to `/webhook`
 * here, with the events approval.decided, approval.expired and approval.cancelled. SERVICE_PORT is where Inngest reaches this.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type Made, webhookHandler } from '@countersign/adapters/durable';
import { gateInInngest, wakeInngest, withdrawCancelled } from '@countersign/adapters/inngest';
import { createClient } from '@countersign/sdk';
import { Inngest } from 'inngest';
import { serve } from 'inngest/node';
import { type Refund, refund, serveRefunds } from '../../durable/serve.ts';

const { COUNTERSIGN_URL, COUNTERSIGN_API_KEY, WEBHOOK_SECRET = '', SERVICE_PORT = '9080' } = process.env;
const client = createClient({ baseUrl: COUNTERSIGN_URL ?? 'http://localhost:4400', apiKey: COUNTERSIGN_API_KEY });
const inngest = new Inngest({ id: 'shop' });

type Refunded = Made<{ readonly refunded: number }>;
type Asked = { readonly run: string; readonly refunds: readonly Refund[] };

const fileOf = (run: string): string => `result-${run}.json`;

const refunds = inngest.createFunction(
  {
    id: 'refunds',
    triggers: [{ event: 'shop/refunds.asked' }],
    cancelOn: [{ event: 'shop/refunds.cancelled', if: 'async.data.run == event.data.run' }],
  },
  async ({ event, runId, step }) => {
    const { run, refunds: asked } = event.data as Asked;
    const results: Refunded[] = [];
    for (const [index, args] of asked.entries()) {
      const call = { id: `${index}`, tool: 'refund', arguments: args };
      results.push(await gateInInngest({ runId, step }, client, call, refund));
    }
    await step.run('keep', () => writeFileSync(fileOf(run), JSON.stringify(results)));
  },
);

const cancelled = inngest.createFunction(
  { id: 'withdraw', triggers: [{ event: 'inngest/function.cancelled' }] },
  async ({ event }) => withdrawCancelled(client, String((event.data as { run_id?: unknown }).run_id)),
);

createServer(serve({ client: inngest, functions: [refunds, cancelled] })).listen(Number(SERVICE_PORT), '127.0.0.1');
// Tells Inngest of the functions.
await fetch(`http://127.0.0.1:${SERVICE_PORT}/api/inngest`, { method: 'PUT' });

await serveRefunds({
  start: async (run, asked) => {
    await inngest.send({ id: run, name: 'shop/refunds.asked', data: { run, refunds: asked } });
  },
  resultOf: async (run) => (existsSync(fileOf(run)) ? JSON.parse(readFileSync(fileOf(run), 'utf8')) : null),
  cancel: async (run) => {
    await inngest.send({ name: 'shop/refunds.cancelled', data: { run } });
  },
  webhook: webhookHandler(client, wakeInngest(inngest), { secret: WEBHOOK_SECRET }),
});
