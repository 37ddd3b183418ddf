/** A PreToolUse hook of Claude Code: what comes in on standard input, and what goes out. */
import type { GateClient } from '@countersign/sdk';
import { type GatingOptions, clear, isGated } from '../clear.ts';
import { describeCall } from './asking.ts';
import { noDecision } from './permission.ts';

export type HookAnswer = {
  readonly hookSpecificOutput: {
    readonly hookEventName: 'PreToolUse';
    readonly permissionDecision: 'allow' | 'deny';
    readonly permissionDecisionReason: string;
    readonly updatedInput?: Record<string, unknown>;
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
  options: GatingOptions = {},
): Promise<HookAnswer | null> => {
  if (!isInput(input)) throw new TypeError('This is no input of a PreToolUse hook.');
  if (!isGated(options, input.tool_name)) return null;
  const call = { id: input.tool_use_id, tool: input.tool_name, arguments: input.tool_input };
  const runId = options.runId ?? `claude-code/${input.session_id}`;
  const clearance = await clear(client, call, { describe: describeCall, ...options, runId }, signal);
  if (!clearance.isCleared) return answer('deny', clearance.message);
  if (!clearance.approval) return null;
  const by = clearance.approval.decision?.by.name ?? 'a reviewer';
  return answer('allow', `Approved by ${by} (${clearance.approval.id})`, {
    updatedInput: clearance.arguments as Record<string, unknown>, // As it was asked for, or edited.
    ...(clearance.note === null ? {} : { additionalContext: clearance.note }),
  });
};

const answer = (decision: 'allow' | 'deny', reason: string, more: object = {}): HookAnswer => ({
  hookSpecificOutput: {
    hookEventName: 'PreToolUse',
    permissionDecision: decision,
    permissionDecisionReason: reason,
    ...more,
  },
});

/** For `hooks` of the Claude Agent SDK. */
export type GateHooks = {
  readonly PreToolUse: {
    hooks: ((
      input: unknown,
      toolUseId: string | undefined,
      running: { readonly signal: AbortSignal },
    ) => Promise<HookAnswer | Record<string, never>>)[];
    timeout: number;
    onFailure: 'block';
  }[];
};

/** In seconds. As long as the server knows a call again by its key. */
const HOOK_TIMEOUT = 7 * 86_400;

/**
 * The gate as a hook of the Claude Agent SDK, before every call of a tool, whatever its permissions say:
 * `query({ prompt, options: { hooks: gateHooks(client, { only: ['Bash'] }) } })`. Fails closed: whatever goes wrong denies
 * the call. What the rules let go ahead is left to the SDK's own permissions. Ending the query withdraws what still waits.
 */
export const gateHooks = (client: GateClient, options: GatingOptions = {}): GateHooks => ({
  PreToolUse: [
    {
      hooks: [
        async (input, _, { signal }) => {
          try {
            return (await answerHook(client, input, signal, options)) ?? {};
          } catch (error) {
            return answer('deny', noDecision(error));
          }
        },
      ],
      timeout: HOOK_TIMEOUT,
      onFailure: 'block',
    },
  ],
});
