/** What a worker of Temporal and the handler of the webhook need; the workflow's side is `temporal-workflow.ts`. */
import type { GateClient } from '@countersign/sdk';
import { type Act, type DurableOptions, look, make, withdraw } from './steps.ts';
import { type GateActivities, type TemporalRun, signalOf } from './temporal-workflow.ts';
import type { Wake } from './webhook.ts';

const ENGINE = 'temporal';

/** The activities of a worker: `acts` names what each tool does. */
export const gateActivities = (
  client: GateClient,
  acts: Readonly<Record<string, Act<unknown>>>,
  options: DurableOptions = {},
): GateActivities => {
  const runOf = ({ runId, workflowId }: TemporalRun) => ({
    ...options,
    runId,
    resume: { engine: ENGINE, token: workflowId },
  });
  return {
    lookAtGate: (call, run, approvalId) => look(client, call, runOf(run), approvalId),
    makeCall: async (call, run) => {
      const act = Object.hasOwn(acts, call.tool) ? acts[call.tool] : undefined;
      if (!act) throw new TypeError(`There is no act for the tool "${call.tool}".`);
      return make(client, call, runOf(run), act);
    },
    withdrawCall: (approvalId) => withdraw(client, approvalId),
  };
};

/** The parts of a `Client` of `@temporalio/client`. */
export type TemporalSignaller = {
  readonly workflow: {
    readonly getHandle: (workflowId: string) => { readonly signal: (name: string) => Promise<unknown> };
  };
};

/** For `webhookHandler`. A second signal changes nothing. */
export const wakeTemporal = ({ workflow }: TemporalSignaller): Wake => ({
  engine: ENGINE,
  wake: ({ approvalId, token }) => workflow.getHandle(token).signal(signalOf(approvalId)),
});
