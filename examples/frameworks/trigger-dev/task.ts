/**
 * A refund as a task of Trigger.dev that waits for a person, checkpointed meanwhile, and the handler of the webhook that wakes
 * it. Compiled against Trigger.dev's SDK; to run it, put it into a project of Trigger.dev.
 */
import { webhookHandler } from '@countersign/adapters/durable';
import { gateInTrigger, wakeTrigger } from '@countersign/adapters/trigger-dev';
import { createClient } from '@countersign/sdk';
import { task, wait } from '@trigger.dev/sdk';

const client = createClient({
  baseUrl: process.env['COUNTERSIGN_URL'] ?? 'http://localhost:4400',
  apiKey: process.env['COUNTERSIGN_API_KEY'],
});

export const refund = task({
  id: 'refund',
  run: async (args: { order: string; cents: number }, { ctx }) => {
    const call = { id: 'refund', tool: 'refund', arguments: args };
    return gateInTrigger(wait, ctx.run.id, client, call, async (approved) => `refunded ${JSON.stringify(approved)}`);
  },
});

export const receive = webhookHandler(client, wakeTrigger(wait), { secret: process.env['WEBHOOK_SECRET'] ?? '' });
