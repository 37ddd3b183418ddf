/** The worker of the workflow, and the handler of the webhook that wakes it. TEMPORAL_ADDRESS is Temporal's frontend. */
import { fileURLToPath } from 'node:url';
import { webhookHandler } from '@countersign/adapters/durable';
import { gateActivities, wakeTemporal } from '@countersign/adapters/temporal';
import { createClient } from '@countersign/sdk';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';

const { COUNTERSIGN_URL, COUNTERSIGN_API_KEY, WEBHOOK_SECRET = '', TEMPORAL_ADDRESS = 'localhost:7233' } = process.env;
const client = createClient({ baseUrl: COUNTERSIGN_URL ?? 'http://localhost:4400', apiKey: COUNTERSIGN_API_KEY });

const temporal = new Client({ connection: await Connection.connect({ address: TEMPORAL_ADDRESS }) });
export const receive = webhookHandler(client, wakeTemporal(temporal), { secret: WEBHOOK_SECRET });

const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: TEMPORAL_ADDRESS }),
  taskQueue: 'refunds',
  workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
  activities: gateActivities(client, { refund: async (args) => `refunded ${JSON.stringify(args)}` }),
});
await worker.run();
