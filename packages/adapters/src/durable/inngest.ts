/** Functions of Inngest at the gate: the decision is an event that a step waits for. */
import type { GateClient } from '@countersign/sdk';
import type { ToolCall } from '../clear.ts';
import { type Engine, type Made, runGate } from './run-gate.ts';
import { type Act, type DurableOptions, gateOf } from './steps.ts';
import type { Wake } from './webhook.ts';

/** The parts of what a function is given. */
export type InngestRun = {
  readonly runId: string;
  readonly step: {
    readonly run: (id: string, work: () => Promise<unknown>) => Promise<unknown>;
    readonly waitForEvent: (id: string, options: { event: string; timeout: string; if: string }) => Promise<unknown>;
  };
};

export type InngestSender = {
  readonly send: (event: { id: string; name: string; data: Record<string, string> }) => Promise<unknown>;
};

/** The name of the event. */
export const DECIDED = 'countersign/approval.decided';

/**
 * In a function: asks, lies until the event arrives, and acts once on what was approved. `call.id` is another one for each
 * call of the function. No code of a function runs when Inngest cancels it: see `withdrawCancelled`.
 */
export const gateInInngest = async <T>(
  { runId, step }: InngestRun,
  client: GateClient,
  call: ToolCall,
  act: Act<T>,
  options: DurableOptions = {},
): Promise<Made<T>> => {
  const engine: Engine = {
    step: <R>(name: string, work: () => Promise<R>) => step.run(name, work) as Promise<R>, // Of JSON, which it is.
    park: (approvalId, seconds, name) =>
      step.waitForEvent(name, {
        event: DECIDED,
        timeout: `${seconds}s`,
        if: `async.data.approval_id == '${approvalId}'`,
      }),
    isCancellation: () => false,
    atLast: async () => undefined,
  };
  const resume = { engine: 'inngest', token: runId };
  return runGate(engine, gateOf(client, call, { ...options, runId, resume }, act));
};

/** For `webhookHandler`. Inngest drops an event whose id it has seen in the last day; the function is woken once in any case. */
export const wakeInngest = (inngest: InngestSender): Wake => ({
  engine: 'inngest',
  wake: ({ approvalId, outcome, deliveryId }) =>
    inngest.send({ id: deliveryId, name: DECIDED, data: { approval_id: approvalId, outcome } }),
});

/**
 * Withdraws what a cancelled run waits for. Call it in a function on `inngest/function.cancelled`, with the `run_id` of its
 * event: nobody then approves for nobody.
 */
export const withdrawCancelled = async (client: GateClient, runId: string): Promise<void> => {
  for await (const { id } of client.approvals.iterate({ status: 'pending' })) {
    const { metadata } = await client.approvals.get(id);
    const resume = metadata['countersign_resume'] as { engine?: unknown; token?: unknown } | undefined;
    if (resume?.engine === 'inngest' && resume.token === runId)
      await client.approvals.cancel(id, { reason: 'The run was cancelled.' });
  }
};
