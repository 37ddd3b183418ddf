/** `countersign wait`: waits for the decision on an approval that somebody asked for. */
import { type Client, takeApproved } from '@countersign/sdk';
import { interruptible } from './interrupt.ts';
import { type Outcome, approved, ended, failure, outcomeJson } from './outcome.ts';

export type Waiting = {
  readonly id: string;
  readonly timeoutSeconds: number | undefined;
  /** Take it for execution, once: for who acts on it. */
  readonly take: boolean;
  readonly json: boolean;
};

/** @returns the exit code. Leaves the approval as it is, however it ends. */
export const runWait = async (client: Client, waiting: Waiting): Promise<number> => {
  const outcome = await interruptible(async (signal) => {
    try {
      return await carryOut(client, waiting, signal);
    } catch (error) {
      return failure(error);
    }
  });
  console.error(outcome.sentence);
  if (waiting.json) console.log(outcomeJson(outcome));
  else if (outcome.exitCode === 0) console.log(JSON.stringify(outcome.response ?? outcome.arguments ?? null));
  return outcome.exitCode;
};

const carryOut = async (client: Client, waiting: Waiting, signal: AbortSignal): Promise<Outcome> => {
  const { id, timeoutSeconds, take } = waiting;
  const approval = await client.approvals.wait(id, { timeoutSeconds, signal });
  if (approval.status !== 'approved') return ended(approval);
  const taken = take ? await takeApproved(client, approval, { signal }) : approval;
  return approved(approval, { arguments: taken.arguments ?? undefined, response: approval.decision?.response });
};
