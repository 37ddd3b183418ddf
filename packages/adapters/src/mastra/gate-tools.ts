/** Tools of Mastra that ask before they act. */
import type { GateClient } from '@countersign/sdk';
import { z } from 'zod';
import { type GatingOptions, type ToolCall, clear, gateEach, standingOf } from '../clear.ts';
import { withNote } from '../words.ts';

export type MastraOptions = GatingOptions & {
  /**
   * Suspend the run at a held call, instead of waiting in it. Needs a storage, and `runId` or a thread. When an approval was
   * decided, resume with `resumeDecided`.
   */
  readonly durable?: boolean | undefined;
};

/** A tool's output where its call was not made. */
export type Refusal = { readonly type: 'countersign-refusal'; readonly message: string };

/** The parts of a tool that are looked at here. */
type AnyTool = { readonly id: string; readonly execute?: unknown; readonly toModelOutput?: unknown };

type Running = {
  readonly abortSignal?: AbortSignal;
  readonly agent?: {
    readonly toolCallId: string;
    readonly threadId?: string;
    readonly suspend: (payload: unknown) => Promise<void>;
  };
};

/** What a suspended call of ours carries. */
const Held = z.object({ countersign: z.object({ id: z.string(), title: z.string() }) });

type Held = z.infer<typeof Held>;

/**
 * The same tools, which first ask, wait, and take the approval, and run on what was approved. `runId`, or else the thread,
 * names the run. Aborting the run withdraws what still waits.
 *
 * @throws TypeError for a gated tool without `execute`: it would run where no gate stands
 */
export const gateTools = <T extends Readonly<Record<string, AnyTool>>>(
  client: GateClient,
  tools: T,
  options: MastraOptions = {},
): T => {
  return gateEach<AnyTool, T>(tools, options, (name, tool) => gateTool(client, name, tool, options));
};

const gateTool = (client: GateClient, name: string, tool: AnyTool, options: MastraOptions): AnyTool => {
  const { execute, toModelOutput } = tool as {
    readonly execute?: (input: object, running: Running) => Promise<unknown>; // As Mastra calls it.
    readonly toModelOutput?: (output: unknown) => unknown;
  };
  if (!execute) throw new TypeError(`"${name}" has no execute of its own, so it can not be gated here.`);
  const gated = async (input: object, running: Running): Promise<unknown> => {
    const { agent, abortSignal } = running;
    if (!agent) throw new TypeError('A call that no agent makes can not be gated.');
    const call: ToolCall = { id: agent.toolCallId, tool: name, arguments: input };
    const runId = options.runId ?? agent.threadId;
    const gating = { ...options, runId };
    if (options.durable) {
      if (runId === undefined) throw new TypeError('Suspending needs a runId or a thread.');
      const standing = await standingOf(client, call, { ...gating, runId });
      if (standing.state === 'waiting') {
        const { id, title } = standing.approval;
        return agent.suspend({ countersign: { id, title } } satisfies Held);
      }
    }
    const clearance = await clear(client, call, gating, abortSignal);
    if (!clearance.isCleared) return { type: 'countersign-refusal', message: clearance.message } satisfies Refusal;
    return withNote(clearance.note, await execute(clearance.arguments, running));
  };
  const shown = (output: unknown): unknown =>
    isRefusal(output) ? { type: 'text', value: output.message } : toModelOutput?.(output);
  // With its class and its marks, by which Mastra knows a tool.
  const same = Object.create(Object.getPrototypeOf(tool) as object, Object.getOwnPropertyDescriptors(tool)) as AnyTool;
  return Object.assign(same, {
    execute: gated,
    ...(toModelOutput ? { toModelOutput: shown } : {}),
    // Says that it suspends: Mastra then makes the calls of a turn one by one. Two that suspend together it can't keep.
    ...(options.durable ? { suspendSchema: Held } : {}),
  });
};

const isRefusal = (output: unknown): output is Refusal =>
  typeof output === 'object' && output !== null && 'type' in output && output.type === 'countersign-refusal';

/** The parts of an agent that resuming needs. */
type AnyAgent<R> = {
  readonly resumeGenerate: (resumeData: unknown, options: { runId: string; toolCallId?: string }) => Promise<R>;
};

type Suspended = {
  readonly runId: string;
  readonly toolCalls: readonly { readonly toolCallId?: string; readonly suspendPayload?: unknown }[];
};

const heldIn = (payload: unknown): Held['countersign'] | null => Held.safeParse(payload).data?.countersign ?? null;

/**
 * Goes on with a suspended run (one of `agent.listSuspendedRuns()`) at a call of ours that is decided. Whatever it is resumed
 * with, the call looks at the server. Null where nothing is decided yet.
 */
export const resumeDecided = async <R>(
  client: GateClient,
  agent: AnyAgent<R>,
  { runId, toolCalls }: Suspended,
): Promise<R | null> => {
  for (const { toolCallId, suspendPayload } of toolCalls) {
    const held = heldIn(suspendPayload);
    if (held === null || toolCallId === undefined) continue;
    const { status } = await client.approvals.get(held.id);
    if (status !== 'pending') return agent.resumeGenerate({ look: held.id }, { runId, toolCallId });
  }
  return null;
};
