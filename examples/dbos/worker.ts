/**
 * Refunds as a workflow of DBOS, each of which waits for a person; nothing waits in memory that is not in the database:
 *
 *     node examples/dbos/worker.ts
 *     curl localhost:PORT/runs/r1 -d '[{"order":"A17","cents":4000}]'
 *
 * DBOS_DATABASE is a database of PostgreSQL. COUNTERSIGN_URL and COUNTERSIGN_API_KEY say who asks; WEBHOOK_SECRET is that of
 * a webhook channel that leads to `/webhook` here, with the events approval.decided, approval.expired and approval.cancelled.
 */
import { gateInDbos, wakeDbos } from '@countersign/adapters/dbos';
import { type Made, webhookHandler } from '@countersign/adapters/durable';
import { createClient } from '@countersign/sdk';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { type Refund, refund, serveRefunds } from '../durable/serve.ts';

const { COUNTERSIGN_URL, COUNTERSIGN_API_KEY, WEBHOOK_SECRET = '', DBOS_DATABASE = '' } = process.env;
const client = createClient({ baseUrl: COUNTERSIGN_URL ?? 'http://localhost:4400', apiKey: COUNTERSIGN_API_KEY });

type Refunded = Made<{ readonly refunded: number }>;

const refunds = DBOS.registerWorkflow(
  async (asked: readonly Refund[]): Promise<Refunded[]> => {
    const results: Refunded[] = [];
    for (const [index, args] of asked.entries())
      results.push(await gateInDbos(DBOS, client, { id: `${index}`, tool: 'refund', arguments: args }, refund));
    return results;
  },
  { name: 'refunds' },
);

DBOS.setConfig({ name: 'refunds', systemDatabaseUrl: DBOS_DATABASE, logLevel: 'error', runAdminServer: false });
await DBOS.launch(); // Goes on with what an earlier life of this program left.

await serveRefunds({
  start: async (runId, asked) => {
    await DBOS.startWorkflow(refunds, { workflowID: runId })(asked);
  },
  resultOf: async (runId) => {
    const status = await DBOS.getWorkflowStatus(runId);
    return status?.status === 'SUCCESS' ? status.output : status?.status === 'CANCELLED' ? 'cancelled' : null;
  },
  cancel: (runId) => DBOS.cancelWorkflow(runId),
  webhook: webhookHandler(client, wakeDbos(DBOS), { secret: WEBHOOK_SECRET }),
});
