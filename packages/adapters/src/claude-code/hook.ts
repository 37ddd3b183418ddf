/** A PreToolUse hook of Claude Code: what comes in on standard input, and what goes out. */
import type { GateClient } from '@countersign/sdk';
import { clear } from '../clear.ts';
import { describeCall } from './asking.ts';

export type HookAnswer = {
  readonly hookSpecificOutput: {
    readonly hookEventName: 'PreToolUse';
    readonly permissionDecision: 'allow' | 'deny';
    readonly permissionDecisionReason: string;
    readonly updatedInput?: object;
    readonly additionalContext?: string;
  };
};

type HookInput = {
  readonly hook_event_name: string;
  readonly session_id: string;
  readonly tool_name: string;
  readonly tool_input: object;
  readonly tool_use_id: string;
};

const isInput = (value: unknown): value is HookInput => {
  const given = value as Partial<HookInput> | null;
  return (
    typeof given === 'object' &&
    given?.hook_event_name === 'PreToolUse' &&
    typeof given.session_id === 'string' &&
    typeof given.tool_name === 'string' &&
    typeof given.tool_use_id === 'string' &&
    typeof given.tool_input === 'object' &&
    given.tool_input !== null
  );
};

/**
 * Waits for the decision on the call. Null where the rules let it go ahead without asking: then Claude Code's own
 * permissions count, which this must not widen.
 *
 * @throws whatever keeps it from knowing: the caller must then block the call
 */
export const answerHook = async (
  client: GateClient,
  input: unknown,
  signal?: AbortSignal,
): Promise<HookAnswer | null> => {
  if (!isInput(input)) throw new TypeError('This is no input of a PreToolUse hook.');
  const call = { id: input.tool_use_id, tool: input.tool_name, arguments: input.tool_input };
  const options = { runId: `claude-code/${input.session_id}`, describe: describeCall };
  const clearance = await clear(client, call, options, signal);
  const answer = (decision: 'allow' | 'deny', reason: string, more: object = {}): HookAnswer => ({
    hookSpecificOutput: {
      hookEventName: 'PreToolUse',
      permissionDecision: decision,
      permissionDecisionReason: reason,
      ...more,
    },
  });
  if (!clearance.isCleared) return answer('deny', clearance.message);
  if (!clearance.approval) return null;
  const by = clearance.approval.decision?.by.name ?? 'a reviewer';
  return answer('allow', `Approved by ${by} (${clearance.approval.id})`, {
    updatedInput: clearance.arguments,
    ...(clearance.note === null ? {} : { additionalContext: clearance.note }),
  });
};
