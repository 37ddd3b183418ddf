/**
 * Refunds as a handler of Restate, each of which waits for a person while the handler is suspended:
 *
 *     node examples/frameworks/restate/worker.ts
 *     curl localhost:PORT/runs/r1 -d '[{"order":"A17","cents":4000}]'
 *
 * RESTATE_INGRESS and RESTATE_ADMIN are the two addresses of Restate; SERVICE_PORT is where it reaches this service.
 * COUNTERSIGN_URL and COUNTERSIGN_API_KEY say who asks; WEBHOOK_SECRET is that of a webhook channel that leads to `/webhook`
 * here, with the events approval.decided, approval.expired and approval.cancelled.
 */
import { type Made, webhookHandler } from '@countersign/adapters/durable';
import { gateInRestate, wakeRestate } from '@countersign/adapters/restate';
import { createClient } from '@countersign/sdk';
import * as restate from '@restatedev/restate-sdk';
import { type Refund, refund, serveRefunds } from '../../durable/serve.ts';

const {
  COUNTERSIGN_URL,
  COUNTERSIGN_API_KEY,
  WEBHOOK_SECRET = '',
  RESTATE_INGRESS = 'http://localhost:8080',
  RESTATE_ADMIN = 'http://localhost:9070',
  SERVICE_PORT = '9080',
} = process.env;
const client = createClient({ baseUrl: COUNTERSIGN_URL ?? 'http://localhost:4400', apiKey: COUNTERSIGN_API_KEY });

type Refunded = Made<{ readonly refunded: number }>;

const refunds = restate.workflow({
  name: 'refunds',
  handlers: {
    run: async (context: restate.WorkflowContext, asked: readonly Refund[]): Promise<Refunded[]> => {
      const results: Refunded[] = [];
      for (const [index, args] of asked.entries())
        results.push(await gateInRestate(context, client, { id: `${index}`, tool: 'refund', arguments: args }, refund));
      return results;
    },
  },
});

const call = async (base: string, method: string, path: string, body?: unknown): Promise<Response> =>
  fetch(new URL(path, base), {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

/** Restate's id of the run. */
const begun = new Map<string, string>();

await restate.serve({ services: [refunds], port: Number(SERVICE_PORT) });
const registered = await call(RESTATE_ADMIN, 'POST', '/deployments', {
  uri: `http://127.0.0.1:${SERVICE_PORT}`,
  force: true,
});
if (!registered.ok) throw new Error(`Restate does not take this service: ${await registered.text()}`);

await serveRefunds({
  start: async (runId, asked) => {
    const response = await call(RESTATE_INGRESS, 'POST', `/refunds/${runId}/run/send`, asked);
    const { invocationId } = (await response.json()) as { invocationId?: string };
    if (invocationId !== undefined) begun.set(runId, invocationId);
  },
  resultOf: async (runId) => {
    const response = await call(RESTATE_INGRESS, 'GET', `/restate/workflow/refunds/${runId}/output`);
    return response.ok ? response.json() : null;
  },
  cancel: async (runId) => {
    await call(RESTATE_ADMIN, 'PATCH', `/invocations/${begun.get(runId)}/cancel`);
  },
  webhook: webhookHandler(client, wakeRestate({ url: RESTATE_INGRESS }), { secret: WEBHOOK_SECRET }),
});
