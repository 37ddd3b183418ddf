/** Handlers of Restate at the gate: the decision resolves an awakeable, while the handler is suspended. */
import type { GateClient } from '@countersign/sdk';
import type { ToolCall } from '../clear.ts';
import { type Engine, type Made, runGate } from './run-gate.ts';
import { type Act, type DurableOptions, gateOf } from './steps.ts';
import type { Wake } from './webhook.ts';

/** The parts of a `Context` that a handler needs. */
export type RestateContext = {
  readonly request: () => { readonly id: string };
  readonly awakeable: <T = string>() => {
    readonly id: string;
    readonly promise: Promise<T> & { readonly orTimeout: (milliseconds: number) => Promise<T> };
  };
  readonly run: <T>(name: string, work: () => Promise<T>) => Promise<T>;
};

const isNamed = (error: unknown, name: string): boolean => error instanceof Error && error.name === name;

/**
 * In a handler: asks, is suspended until the decision arrives, and acts once on what was approved. `call.id` is another one
 * for each call of the handler.
 *
 * @throws Restate's own cancellation: then the approval is withdrawn
 */
export const gateInRestate = async <T>(
  context: RestateContext,
  client: GateClient,
  call: ToolCall,
  act: Act<T>,
  options: DurableOptions = {},
): Promise<Made<T>> => {
  // Before asking, so that the decision finds it.
  const awakeable = context.awakeable();
  const engine: Engine = {
    step: (name, work) => context.run(name, work),
    park: async (_, seconds) => {
      try {
        return await awakeable.promise.orTimeout(seconds * 1000);
      } catch (error) {
        if (isNamed(error, 'TimeoutError')) return null;
        throw error;
      }
    },
    isCancellation: (error) => isNamed(error, 'CancelledError'),
    atLast: (name, work) => context.run(name, work),
  };
  const resume = { engine: 'restate', token: awakeable.id };
  return runGate(engine, gateOf(client, call, { ...options, runId: context.request().id, resume }, act));
};

export type RestateIngress = {
  /** Of Restate's ingress, such as `http://localhost:8080`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
};

/** For `webhookHandler`. Restate ignores what comes after the first. */
export const wakeRestate = ({ url, headers = {} }: RestateIngress): Wake => ({
  engine: 'restate',
  wake: async ({ outcome, token }) => {
    const path = `restate/awakeables/${encodeURIComponent(token)}/resolve`;
    const response = await fetch(new URL(path, url.endsWith('/') ? url : `${url}/`), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(outcome),
    });
    if (!response.ok) throw new Error(`Restate answered ${response.status}`);
  },
});
