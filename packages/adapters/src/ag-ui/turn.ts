/** The tool calls of a turn, for an agent that speaks AG-UI: held ones end the run as interrupts, and the next run goes on. */
import type { Approval, GateClient } from '@countersign/sdk';
import { type Clearance, type GatingOptions, type ToolCall, clear, isGated, standingOf } from '../clear.ts';

export type AgUiOptions = GatingOptions & {
  /** The `threadId`: it stays, where each run has an id of its own. */
  readonly runId: string;
};

/** As AG-UI has it. */
export type Interrupt = {
  /** The approval's. */
  readonly id: string;
  readonly reason: string;
  readonly message: string;
  readonly toolCallId: string;
  readonly expiresAt?: string;
  readonly metadata: { readonly countersign: Pick<Approval, 'id' | 'status' | 'priority'> };
};

/** As AG-UI has it. */
export type ResumeEntry = { readonly interruptId: string; readonly status: 'resolved' | 'cancelled' };

export type Turn =
  /** The `outcome` of `RUN_FINISHED`. */
  | { readonly isHeld: true; readonly outcome: { readonly type: 'interrupt'; readonly interrupts: Interrupt[] } }
  /** Everything is decided. `clear` each call right before it is made. */
  | { readonly isHeld: false; readonly clear: (call: ToolCall, signal?: AbortSignal) => Promise<Clearance> };

/**
 * Asks for the calls of a turn that nobody has asked for yet, and says whether they may be made now. `resume` is that of the
 * run's input: what is cancelled there is withdrawn. That something is resolved there is no decision, whatever the payload
 * says: the server is asked, and what is still undecided is an interrupt again, with the same id.
 *
 * @throws ApiError, ConnectionError: no call may be made
 */
export const gateTurn = async (
  client: GateClient,
  calls: readonly ToolCall[],
  options: AgUiOptions,
  resume: readonly ResumeEntry[] = [],
): Promise<Turn> => {
  const given = new Set(resume.flatMap(({ interruptId, status }) => (status === 'cancelled' ? [interruptId] : [])));
  const held = await Promise.all(
    calls.map(async (call): Promise<Interrupt[]> => {
      if (!isGated(options, call.tool)) return [];
      const standing = await standingOf(client, call, options);
      if (standing.state !== 'waiting') return [];
      if (!given.has(standing.approval.id)) return [interruptOf(call, standing.approval)];
      await client.approvals.cancel(standing.approval.id, { reason: 'The person at the agent gave it up.' });
      return [];
    }),
  );
  const interrupts = held.flat();
  if (interrupts.length > 0) return { isHeld: true, outcome: { type: 'interrupt', interrupts } };
  return {
    isHeld: false,
    clear: async (call, signal) =>
      isGated(options, call.tool)
        ? clear(client, call, options, signal)
        : { isCleared: true, arguments: call.arguments, note: null, approval: null },
  };
};

const interruptOf = (call: ToolCall, { id, title, status, priority, expires_at }: Approval): Interrupt => ({
  id,
  reason: 'tool_approval',
  message: title,
  toolCallId: call.id,
  ...(expires_at === null ? {} : { expiresAt: expires_at }),
  metadata: { countersign: { id, status, priority } },
});
