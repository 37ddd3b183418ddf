/** Workflows of DBOS at the gate: the decision is a message to the workflow, in its own database. */
import type { GateClient } from '@countersign/sdk';
import type { ToolCall } from '../clear.ts';
import { type Engine, type Made, runGate } from './run-gate.ts';
import { type Act, type DurableOptions, gateOf } from './steps.ts';
import type { Wake } from './webhook.ts';

/** The parts of `DBOS` that a workflow needs. */
export type DbosInWorkflow = {
  readonly workflowID: string | undefined;
  readonly runStep: <T>(
    work: () => Promise<T>,
    config: { name: string; retriesAllowed: boolean; maxAttempts: number },
  ) => Promise<T>;
  readonly recv: <T>(topic: string, options: { timeoutSeconds: number }) => Promise<T | null>;
};

/** `DBOS`, or a `DBOSClient` where the webhook arrives at another program. */
export type DbosSender = {
  readonly send: (workflowId: string, message: string, topic: string, idempotencyKey: string) => Promise<void>;
};

const topicOf = (approvalId: string): string => `countersign/${approvalId}`;

/** Together about a quarter of an hour, for a server that is away. */
const ATTEMPTS = 10;

/**
 * In a workflow: asks, lies until the decision arrives, and acts once on what was approved. `call.id` is the same in each
 * life of the workflow, and another one for each call of it.
 *
 * @throws what a step throws after its attempts, and DBOS's own cancellation: then the approval is withdrawn
 */
export const gateInDbos = async <T>(
  dbos: DbosInWorkflow,
  client: GateClient,
  call: ToolCall,
  act: Act<T>,
  options: DurableOptions = {},
): Promise<Made<T>> => {
  const runId = dbos.workflowID;
  if (runId === undefined) throw new TypeError('The gate of DBOS stands in a workflow.');
  const engine: Engine = {
    step: (name, work) => dbos.runStep(work, { name, retriesAllowed: true, maxAttempts: ATTEMPTS }),
    park: (approvalId, timeoutSeconds) => dbos.recv(topicOf(approvalId), { timeoutSeconds }),
    isCancellation: (error) => error instanceof Error && /Cancelled/.test(error.name + error.constructor.name),
    atLast: (_, work) => work(), // A cancelled workflow has no more steps.
  };
  return runGate(engine, gateOf(client, call, { ...options, runId, resume: { engine: 'dbos', token: runId } }, act));
};

/** For `webhookHandler`. A decision that is delivered twice is one message. */
export const wakeDbos = (dbos: DbosSender): Wake => ({
  engine: 'dbos',
  wake: ({ approvalId, outcome, deliveryId, token }) => dbos.send(token, outcome, topicOf(approvalId), deliveryId),
});
