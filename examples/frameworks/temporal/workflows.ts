/** A refund as a workflow of Temporal that waits for a person. */
import { type GateActivities, gateInTemporal } from '@countersign/adapters/temporal/workflow';
import * as workflow from '@temporalio/workflow';

const activities = workflow.proxyActivities<GateActivities>({ startToCloseTimeout: '1 minute' });

export async function refund(order: string, cents: number): Promise<string> {
  const call = { id: 'refund', tool: 'refund', arguments: { order, cents } };
  const made = await gateInTemporal<string, workflow.SignalDefinition>(workflow, activities, call);
  return made.isMade ? made.result : made.message;
}
