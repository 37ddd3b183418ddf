/** The steps of a run at the gate: what its engine does once, tries again where it fails, and keeps. */
import { type Approval, type GateClient, GateError, TimeoutError } from '@countersign/sdk';
import { type GatingOptions, type ToolCall, clear, standingOf } from '../clear.ts';
import { endingWords } from '../words.ts';
import type { Gate, Made, Seen } from './run-gate.ts';

/**
 * `runId` is not among them: the engine names the run. `repeatable` names tools that are called again after a crash in the
 * middle; of any other, the run is then told that it is not known whether the call was made.
 */
export type DurableOptions = Omit<GatingOptions, 'runId' | 'only' | 'timeoutSeconds'>;

/** Acts on what was approved. `approval` is null where the rules let the call go ahead. */
export type Act<T> = (args: object, approval: Approval | null) => Promise<T>;

/** What wakes a run, put into the approval's metadata, and taken out of it again when it is decided. */
export type Resume = {
  readonly engine: string;
  /** Of the run, or of what it waits for, as its engine knows it. */
  readonly token: string;
};

export const RESUME = 'countersign_resume';

type Run = DurableOptions & { readonly runId: string; readonly resume: Resume | null };

const gatingOf = ({ resume, describe, ...options }: Run): GatingOptions & { readonly runId: string } => ({
  ...options,
  describe: (call) => {
    const described = describe?.(call) ?? {};
    return resume === null ? described : { ...described, metadata: { ...described.metadata, [RESUME]: resume } };
  },
});

const seenOf = (approval: Approval): Seen => {
  if (approval.status === 'pending') return { state: 'waiting', approvalId: approval.id, title: approval.title };
  const message = endingWords(approval);
  return message === null ? { state: 'free' } : { state: 'refused', message };
};

export const look = async (
  client: GateClient,
  call: ToolCall,
  run: Run,
  approvalId: string | null = null,
): Promise<Seen> => {
  if (approvalId !== null) return seenOf(await client.approvals.get(approvalId));
  const standing = await standingOf(client, call, gatingOf(run));
  if (standing.state === 'refused') return standing;
  return standing.approval ? seenOf(standing.approval) : { state: 'free' };
};

export const make = async <T>(client: GateClient, call: ToolCall, run: Run, act: Act<T>): Promise<Made<T>> => {
  let clearance: Awaited<ReturnType<typeof clear>>;
  try {
    // It is decided, so nothing is waited for; what still waits is another request, made because the first is long gone.
    clearance = await clear(client, call, { ...gatingOf(run), timeoutSeconds: 0 });
  } catch (error) {
    // It does not hold, and would not the next time: nothing for an engine to try again.
    if (error instanceof GateError || error instanceof TimeoutError)
      return { isMade: false, message: `${error.message}. The call was not made.` };
    throw error;
  }
  if (!clearance.isCleared) return { isMade: false, message: clearance.message };
  const { arguments: args, approval, note } = clearance;
  return { isMade: true, result: await act(args, approval), note, approvalId: approval?.id ?? null };
};

/** As well as it goes: what was decided meanwhile stays decided, and is not taken. */
export const withdraw = async (client: GateClient, approvalId: string): Promise<void> => {
  await client.approvals.cancel(approvalId, { reason: 'The run was cancelled.' }).catch(() => undefined);
};

export const gateOf = <T>(client: GateClient, call: ToolCall, run: Run, act: Act<T>): Gate<T> => ({
  id: call.id,
  look: (approvalId) => look(client, call, run, approvalId),
  make: () => make(client, call, run, act),
  withdraw: (approvalId) => withdraw(client, approvalId),
});
