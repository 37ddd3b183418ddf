/** Tasks of Trigger.dev at the gate: the decision completes a token that the task waits for. */
import type { GateClient } from '@countersign/sdk';
import type { ToolCall } from '../clear.ts';
import { type Engine, type Made, runGate } from './run-gate.ts';
import { type Act, type DurableOptions, gateOf } from './steps.ts';
import type { Wake } from './webhook.ts';

/** The parts of `wait` that a task needs. */
export type TriggerWait = {
  readonly createToken: (options: { idempotencyKey: string; timeout: string }) => Promise<{ readonly id: string }>;
  readonly forToken: (tokenId: string) => PromiseLike<unknown>;
  readonly for: (options: { seconds: number }) => Promise<unknown>;
};

export type TriggerCompleter = {
  readonly completeToken: (tokenId: string, data: { outcome: string }) => Promise<unknown>;
};

/**
 * In a task: asks, is checkpointed until the token is completed, and acts once on what was approved. `runId` is
 * `ctx.run.id`; `call.id` is another one for each call of the task. A task that is tried again begins anew: it then finds
 * the same approval and the same token.
 */
export const gateInTrigger = async <T>(
  wait: TriggerWait,
  runId: string,
  client: GateClient,
  call: ToolCall,
  act: Act<T>,
  options: DurableOptions = {},
): Promise<Made<T>> => {
  const { id } = await wait.createToken({ idempotencyKey: `countersign/${runId}/${call.id}`, timeout: '1h' });
  let isOver = false; // A token is completed, or timed out, once; after that only time passes.
  const engine: Engine = {
    step: (_, work) => work(),
    park: async (_, seconds) => {
      if (isOver) return wait.for({ seconds });
      isOver = true;
      return wait.forToken(id);
    },
    isCancellation: () => false,
    atLast: async () => undefined,
  };
  const resume = { engine: 'trigger.dev', token: id };
  return runGate(engine, gateOf(client, call, { ...options, runId, resume }, act));
};

/** For `webhookHandler`. Completing a completed token changes nothing. */
export const wakeTrigger = (wait: TriggerCompleter): Wake => ({
  engine: 'trigger.dev',
  wake: ({ outcome, token }) => wait.completeToken(token, { outcome }),
});
