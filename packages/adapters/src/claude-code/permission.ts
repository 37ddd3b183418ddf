/** Answers to Claude Code's own permission questions: of its permission prompt tool, and of `canUseTool` of its Agent SDK. */
import type { GateClient } from '@countersign/sdk';
import { type ToolCall, clear } from '../clear.ts';
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
): Promise<PermissionAnswer> => {
  const call: ToolCall = { id: prompted.tool_use_id ?? '', tool: prompted.tool_name, arguments: prompted.input };
  const run = prompted.tool_use_id === undefined ? {} : { runId: 'claude-code' };
  try {
    const clearance = await clear(client, call, { ...run, describe: describeCall }, signal);
    return clearance.isCleared
      ? { behavior: 'allow', updatedInput: clearance.arguments as Record<string, unknown> } // As it was asked for, or edited.
      : { behavior: 'deny', message: clearance.message };
  } catch (error) {
    if (signal?.aborted) throw error;
    const why = error instanceof Error ? error.message : String(error);
    return { behavior: 'deny', message: `No decision could be had: ${why}. The call was not made.` };
  }
};

type CanUseTool = (
  tool: string,
  input: Record<string, unknown>,
  options: { readonly signal: AbortSignal; readonly toolUseID?: string },
) => Promise<PermissionAnswer>;

/** For `canUseTool` of the Claude Agent SDK: `query({ prompt, options: { canUseTool: humanApproval(client) } })`. */
export const humanApproval =
  (client: GateClient): CanUseTool =>
  (tool, input, { signal, toolUseID }) =>
    answerPermission(client, { tool_name: tool, input, tool_use_id: toolUseID }, signal);
