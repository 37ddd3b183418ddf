/** A generation that stops at a held call, is kept as messages, and goes on in another process. */
import type { Approval, GateClient } from '@countersign/sdk';
import type { ModelMessage, ToolApprovalStatus, ToolSet } from 'ai';
import { type GatingOptions, type ToolCall, isGated, standingOf } from '../clear.ts';
import { gateTools } from './gate-tools.ts';

export type Settled =
  /** At least one call is undecided: keep the messages, and settle again when an approval is decided. */
  | { readonly status: 'waiting'; readonly approvals: readonly Approval[] }
  /** Everything is decided: generate on with these. */
  | { readonly status: 'ready'; readonly messages: ModelMessage[] };

type AnyCall = {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly input: unknown;
  readonly providerExecuted?: boolean | undefined;
};

export type DurableTools<T extends ToolSet> = {
  readonly tools: T;
  /** For `toolApproval` of an agent or a generation, whatever its tools and contexts are. */
  readonly toolApproval: (options: { readonly toolCall: AnyCall }) => Promise<ToolApprovalStatus>;
  /** Looks at what the messages still wait for. Harmless to repeat: each call is made once, however often it is called. */
  readonly settle: (messages: readonly ModelMessage[]) => Promise<Settled>;
};

type Durable = GatingOptions & { readonly runId: string };

/**
 * For generations that must not hold a process: a held call ends the generation (`finishReason` is `tool-calls`) instead of
 * waiting in it. The messages are all there is to keep. `runId` names the run, here and when it goes on.
 */
export const gateToolsDurably = <T extends ToolSet>(
  client: GateClient,
  tools: T,
  options: Durable,
): DurableTools<T> => ({
  tools: gateTools(client, tools, options),
  // The gate's rules say whether to stop; asked again when the run goes on, they say the same.
  toolApproval: async ({ toolCall }) => {
    if (!isGated(options, toolCall.toolName)) return undefined;
    if (toolCall.providerExecuted) return { type: 'denied', reason: UNGATED };
    const call = { id: toolCall.toolCallId, tool: toolCall.toolName, arguments: toolCall.input as object };
    const standing = await standingOf(client, call, options);
    if (standing.state === 'refused') return { type: 'denied', reason: standing.message };
    return standing.approval ? { type: 'user-approval', reason: standing.approval.id } : undefined;
  },
  settle: (messages) => settle(client, messages, options),
});

const UNGATED = 'The provider runs this tool itself, where no gate stands. The call was not made.';

const settle = async (client: GateClient, messages: readonly ModelMessage[], options: Durable): Promise<Settled> => {
  const open = openRequests(messages);
  const standings = await Promise.all(
    open.map(async ({ approvalId, call }) => ({ approvalId, standing: await standingOf(client, call, options) })),
  );
  // All of a turn at once: with a part of the answers the SDK runs what is approved, and then throws.
  const approvals = standings.flatMap(({ standing }) => (standing.state === 'waiting' ? [standing.approval] : []));
  if (approvals.length > 0) return { status: 'waiting', approvals };
  const content = standings.map(({ approvalId, standing }) =>
    standing.state === 'refused'
      ? { type: 'tool-approval-response' as const, approvalId, approved: false, reason: standing.message }
      : { type: 'tool-approval-response' as const, approvalId, approved: true },
  );
  return { status: 'ready', messages: content.length === 0 ? [...messages] : [...messages, { role: 'tool', content }] };
};

type Part = Exclude<ModelMessage['content'], string>[number];

/** Calls that the messages ask an approval for, and have no answer to. */
const openRequests = (messages: readonly ModelMessage[]): { approvalId: string; call: ToolCall }[] => {
  const parts = messages.flatMap(({ content }): Part[] => (typeof content === 'string' ? [] : [...content]));
  const answered = new Set(parts.flatMap((part) => (part.type === 'tool-approval-response' ? [part.approvalId] : [])));
  const calls = new Map(parts.flatMap((part) => (part.type === 'tool-call' ? [[part.toolCallId, part] as const] : [])));
  return parts.flatMap((part) => {
    if (part.type !== 'tool-approval-request' || answered.has(part.approvalId)) return [];
    const call = calls.get(part.toolCallId);
    if (!call) throw new TypeError(`The messages ask to approve ${part.toolCallId}, and hold no such call.`);
    const { toolCallId: id, toolName: tool, input } = call;
    return [{ approvalId: part.approvalId, call: { id, tool, arguments: input as object } }];
  });
};
