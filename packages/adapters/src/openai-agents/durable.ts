/** A run that is interrupted at a held call, is kept as its state, and goes on in another process. */
import type { Approval, GateClient } from '@countersign/sdk';
import type { Agent, RunState, RunToolApprovalItem } from '@openai/agents';
import { type GatingOptions, isGated, standingOf } from '../clear.ts';
import { type AnyTool, argumentsOf, gateTools } from './gate-tools.ts';

export type Settled = {
  /** `ready`: run on with the state. `waiting`: keep it, and settle again when an approval is decided. */
  readonly status: 'waiting' | 'ready';
  /** What is still undecided. */
  readonly approvals: readonly Approval[];
};

/** Whatever its context and agent are. */
type AnyState = Pick<RunState<unknown, Agent>, 'getInterruptions' | 'approve' | 'reject'>;

export type DurableTools = {
  readonly tools: AnyTool[];
  /**
   * Looks at what the state's interruptions wait for, and answers those that are decided. Harmless to repeat: each call is
   * made once, however often the state is resumed.
   */
  readonly settle: (state: AnyState) => Promise<Settled>;
};

type Durable = GatingOptions & { readonly runId: string };

/**
 * For runs that must not hold a process: a held call interrupts the run instead of waiting in it. Keep
 * `result.state.toString()`; later `RunState.fromString`, `settle`, and `run(agent, state)`. `runId` names the run, here and
 * when it goes on.
 */
export const gateToolsDurably = (client: GateClient, tools: readonly AnyTool[], options: Durable): DurableTools => ({
  tools: gateTools(client, tools, options).map((tool) =>
    isGated(options, tool.name) ? interrupting(client, tool, options) : tool,
  ),
  settle: (state) => settle(client, state, options),
});

/** The gate's rules say whether to stop; what they refuse is not held, and told to the model by the tool itself. */
const interrupting = (client: GateClient, tool: AnyTool, options: Durable): AnyTool => ({
  ...tool,
  needsApproval: async (_context: unknown, input: unknown, callId?: string) => {
    if (callId === undefined) return true;
    const call = { id: callId, tool: tool.name, arguments: input as object };
    const standing = await standingOf(client, call, options);
    return standing.state !== 'refused' && standing.approval !== null;
  },
});

const settle = async (client: GateClient, state: AnyState, options: Durable): Promise<Settled> => {
  const waiting = await Promise.all(
    state.getInterruptions().map(async (item: RunToolApprovalItem): Promise<Approval[]> => {
      const { rawItem } = item;
      if (rawItem.type !== 'function_call' || !isGated(options, rawItem.name)) return [];
      const call = { id: rawItem.callId, tool: rawItem.name, arguments: argumentsOf(rawItem.arguments) };
      const standing = await standingOf(client, call, options);
      if (standing.state === 'waiting') return [standing.approval];
      if (standing.state === 'free') state.approve(item);
      else state.reject(item, { message: standing.message });
      return [];
    }),
  );
  const approvals = waiting.flat();
  return { status: approvals.length > 0 ? 'waiting' : 'ready', approvals };
};
