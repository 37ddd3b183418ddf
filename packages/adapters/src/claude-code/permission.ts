/** Answers to Claude Code's own permission questions: of its permission prompt tool, and of `canUseTool` of its Agent SDK. */
import type { GateClient } from '@countersign/sdk';
import { type GatingOptions, type ToolCall, clear, isGated } from '../clear.ts';
import { describeCall } from './asking.ts';

export type PermissionAnswer =
  | { readonly behavior: 'allow'; readonly updatedInput: Record<string, unknown> }
  | { readonly behavior: 'deny'; readonly message: string };

type Prompted = {
  readonly tool_name: string;
  readonly input: Record<string, unknown>;
  readonly tool_use_id?: string | undefined;
};

/** Fails closed: whatever keeps it from knowing is a no, in words that the model sees. @throws the signal's reason */
export const answerPermission = async (
  client: GateClient,
  prompted: Prompted,
  signal?: AbortSignal,
  options: GatingOptions = {},
): Promise<PermissionAnswer> => {
  const call: ToolCall = { id: prompted.tool_use_id ?? '', tool: prompted.tool_name, arguments: prompted.input };
  // The ids of calls are Claude's own, and no two are alike; a call without one is asked for anew each time.
  const runId = prompted.tool_use_id === undefined ? undefined : (options.runId ?? 'claude-code');
  try {
    const clearance = await clear(client, call, { describe: describeCall, ...options, runId }, signal);
    return clearance.isCleared
      ? { behavior: 'allow', updatedInput: clearance.arguments as Record<string, unknown> } // As it was asked for, or edited.
      : { behavior: 'deny', message: clearance.message };
  } catch (error) {
    if (signal?.aborted) throw error;
    return { behavior: 'deny', message: noDecision(error) };
  }
};

/** What the model is told where nobody can say whether the call may be made. */
export const noDecision = (error: unknown): string =>
  `No decision could be had: ${error instanceof Error ? error.message : String(error)}. The call was not made.`;

type CanUseTool = (
  tool: string,
  input: Record<string, unknown>,
  options: { readonly signal: AbortSignal; readonly toolUseID?: string },
) => Promise<PermissionAnswer>;

/**
 * For `canUseTool` of the Claude Agent SDK: `query({ prompt, options: { canUseTool: humanApproval(client) } })`. Asked only
 * where Claude Code itself would ask; tools that `only` leaves out are allowed. The model is not told of an edit: the SDK
 * has no place for it here. `gateHooks` has, and stands before every call.
 */
export const humanApproval =
  (client: GateClient, options: GatingOptions = {}): CanUseTool =>
  async (tool, input, { signal, toolUseID }) =>
    isGated(options, tool)
      ? answerPermission(client, { tool_name: tool, input, tool_use_id: toolUseID }, signal, options)
      : { behavior: 'allow', updatedInput: input };
