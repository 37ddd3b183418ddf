/** One tool call of any framework, put through the gate: the same guarantees in each adapter. */
import { type Approval, type GateCall, type GateClient, type GateOptions, gate, lookAtGate } from '@countersign/sdk';
import { editWords, endingWords, refusalWords } from './words.ts';

export type ToolCall = {
  /** The framework's own, the same when a run is resumed. */
  readonly id: string;
  readonly tool: string;
  readonly arguments: object;
};

export type GatingOptions = {
  /** The tools that go through the gate; without it, all of them. */
  readonly only?: readonly string[] | undefined;
  /**
   * Names this run, the same when it is resumed. With it, a call that was asked for before a restart is found again, and is
   * made once. Without it, a restart asks anew.
   */
  readonly runId?: string | undefined;
  /** What a reviewer is shown beside the call: `title`, `explanation`, `priority`, `agent_id`, `on_behalf_of` and so on. */
  readonly describe?: ((call: ToolCall) => Omit<GateCall<object>, 'tool' | 'arguments'>) | undefined;
  /** How long a call waits for people in this process; without it, as long as the approval lives. */
  readonly timeoutSeconds?: number | undefined;
  /** Tools whose receiver knows a call again: these are made again after a crash between taking the approval and the result. */
  readonly repeatable?: readonly string[] | undefined;
  /** Keys of the receipts that are trusted, instead of those that the server publishes. */
  readonly keys?: GateOptions['keys'];
};

export type Clearance =
  | {
      readonly isCleared: true;
      /** What to act on. */
      readonly arguments: object;
      /** To be put before the result. */
      readonly note: string | null;
      readonly approval: Approval | null;
    }
  /** `message` is the call's result, for the model. */
  | { readonly isCleared: false; readonly message: string };

export const isGated = ({ only }: GatingOptions, tool: string): boolean => only === undefined || only.includes(tool);

/** Puts a gate before each tool that is to have one. @throws TypeError for a name in `only` that none has */
export const gateEach = <Tool, T extends Readonly<Record<string, Tool>>>(
  tools: T,
  options: GatingOptions,
  gated: (name: string, tool: Tool) => Tool,
): T => {
  for (const name of options.only ?? [])
    if (!Object.hasOwn(tools, name)) throw new TypeError(`There is no tool "${name}" to gate.`);
  const entries = Object.entries<Tool>(tools).map(([name, tool]): [string, Tool] => [
    name,
    isGated(options, name) ? gated(name, tool) : tool,
  ]);
  return Object.fromEntries(entries) as unknown as T; // The same names, and each of the same type.
};

const asking = (call: ToolCall, { describe }: GatingOptions): GateCall<object> => ({
  tool: call.tool,
  arguments: call.arguments,
  ...describe?.(call),
});

const keyOf = (call: ToolCall, runId: string): string => JSON.stringify([runId, call.id]);

/**
 * Waits until the call may be made, and takes its approval: right before acting.
 * @throws DigestError, UnprovenError, TimeoutError, ApiError, ConnectionError, the signal's reason: the call must not be made
 */
export const clear = async (
  client: GateClient,
  call: ToolCall,
  options: GatingOptions,
  signal?: AbortSignal,
): Promise<Clearance> => {
  const { runId, timeoutSeconds, keys } = options;
  const gating: GateOptions = {
    signal,
    timeoutSeconds,
    keys,
    ...(runId === undefined ? {} : { key: keyOf(call, runId) }),
    isRepeatable: options.repeatable?.includes(call.tool),
  };
  try {
    const { arguments: args, approval } = await gate(client, asking(call, options), gating);
    return { isCleared: true, arguments: args, note: editWords(approval, args), approval };
  } catch (error) {
    const message = refusalWords(error);
    if (message === null) throw error;
    return { isCleared: false, message };
  }
};

/** How a call stands that nobody waits for in this process. */
export type Standing =
  | { readonly state: 'waiting'; readonly approval: Approval }
  /** It still has to be cleared before it is made. */
  | { readonly state: 'free'; readonly approval: Approval | null }
  | { readonly state: 'refused'; readonly message: string };

/** Asks where nobody has asked yet, and comes back at once. Takes nothing. */
export const standingOf = async (
  client: GateClient,
  call: ToolCall,
  options: GatingOptions & { readonly runId: string },
): Promise<Standing> => {
  try {
    const seen = await lookAtGate(client, asking(call, options), { key: keyOf(call, options.runId) });
    if (seen.outcome === 'proceed') return { state: 'free', approval: null };
    if (seen.outcome === 'block')
      return { state: 'refused', message: `Not allowed: ${seen.reason}. The call was not made.` };
    if (seen.approval.status === 'pending') return { state: 'waiting', approval: seen.approval };
    const message = endingWords(seen.approval);
    return message === null ? { state: 'free', approval: seen.approval } : { state: 'refused', message };
  } catch (error) {
    const message = refusalWords(error);
    if (message === null) throw error;
    return { state: 'refused', message };
  }
};
