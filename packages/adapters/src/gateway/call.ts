/** One tool call through the gateway: gate, hold, act, once. */
import { ApiError, type Client, ConnectionError, GateError, type Passed, TimeoutError, gate } from '@countersign/sdk';
import type { CallToolResult, Tool } from '@modelcontextprotocol/sdk/types.js';
import { type Extra, reporting } from '../mcp/decision.ts';
import { editWords, refusalWords } from '../words.ts';
import { type Memory, sha256 } from './memory.ts';
import type { Offered } from './offered.ts';

/** Whoever calls: with whose key it is asked, and a name under which their calls are told from those of others. */
export type Caller = { readonly client: Client; readonly name: string };

export type CallOptions = {
  /** How long a call is held before its client is told to come again. */
  readonly holdSeconds: number;
  readonly agentId: string | undefined;
};

/** What an MCP server may take for a call, as long as it reports progress or not. */
const UPSTREAM_MS = 600_000;
/** How long the result of a call is kept whose client ran out of patience while it was being made. */
const UNCLAIMED_MS = 600_000;

/** Clients cancel a call that takes too long, and say so; a broken connection is told in these words, too. */
export const DISCONNECTED = 'timed out: the connection broke';
const isOutOfPatience = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && /-32001|timed? ?out/i.test(String(reason));

const said = (text: string, isError = true): CallToolResult => ({ content: [{ type: 'text', text }], isError });

/** How many calls alike are at work now: each is one of its own. */
const atWork = new Map<string, number>();
/** What was made, or is being made, and nobody has heard of: the same call again is told of it, and makes nothing. */
const unclaimed = new Map<string, Promise<CallToolResult>>();

const leave = (alike: string, acting: Promise<CallToolResult>): void => {
  acting.catch(() => undefined);
  unclaimed.set(alike, acting);
  setTimeout(() => {
    if (unclaimed.get(alike) === acting) unclaimed.delete(alike);
  }, UNCLAIMED_MS).unref();
};

/** Waits for what is being made; for who runs out of patience meanwhile it is left to be found. @throws the signal's reason */
const unlessGone = async (alike: string, acting: Promise<CallToolResult>, signal: AbortSignal) => {
  const gone = Promise.withResolvers<never>();
  const abort = (): void => gone.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([acting, gone.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    if (isOutOfPatience(signal)) leave(alike, acting);
  }
};

/** Hints that a server does not give count as the specification says: it writes, destroys, and reaches outside. */
const annotationsOf = ({ annotations: hints = {} }: Tool) => ({
  read_only: hints.readOnlyHint ?? false,
  destructive: hints.readOnlyHint !== true && (hints.destructiveHint ?? true),
  idempotent: hints.idempotentHint ?? false,
  open_world: hints.openWorldHint ?? true,
});

const act = async (
  { upstream, tool }: Offered,
  { arguments: real, approval }: Passed<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<CallToolResult> => {
  const calling = new AbortController();
  // Who cancels does not want it; who only waits no longer gets it when they come again.
  signal.addEventListener('abort', () => {
    if (!isOutOfPatience(signal)) calling.abort(signal.reason);
  });
  // Without a schema of ours it is this one.
  const result = (await upstream.client.callTool({ name: tool.name, arguments: real }, undefined, {
    signal: calling.signal,
    timeout: UPSTREAM_MS,
    resetTimeoutOnProgress: true,
    onprogress: () => undefined,
  })) as CallToolResult;
  const note = editWords(approval, real);
  return note === null ? result : { ...result, content: [{ type: 'text', text: note }, ...result.content] };
};

export const callThrough = async (
  { client, name: caller }: Caller,
  memory: Memory,
  name: string,
  offered: Offered,
  args: Record<string, unknown>,
  extra: Extra,
  options: CallOptions,
): Promise<CallToolResult> => {
  const { upstream, tool } = offered;
  const alike = sha256([memory.id, caller, name, args]);
  const made = unclaimed.get(alike);
  if (made) {
    unclaimed.delete(alike);
    return reporting(extra, 'The call is being made', () => unlessGone(alike, made, extra.signal));
  }
  const before = atWork.get(alike) ?? 0;
  atWork.set(alike, before + 1);
  // MCP gives a call no name that outlives a retry: the same call, not made yet, is the one that waits.
  const key = `gateway/${alike}/${memory.timesMade(alike) + before}`;
  let asked: string | null = null;
  try {
    const call = {
      tool: name,
      arguments: args,
      arguments_schema: tool.inputSchema as never, // JSON; the server checks that it is a schema.
      // A hint counts only where the operator said that this server's word does.
      ...(upstream.isTrusted ? { annotations: annotationsOf(tool) } : {}),
      agent_name: 'MCP gateway',
      ...(options.agentId === undefined ? {} : { agent_id: options.agentId }),
      metadata: { mcp_server: upstream.name },
    };
    const passed = await reporting(extra, 'Waiting for a person to decide', () =>
      gate(client, call, {
        key,
        timeoutSeconds: options.holdSeconds,
        leavePending: true,
        signal: extra.signal,
        onAsked: ({ id }) => (asked = id),
      }),
    );
    memory.countMade(alike);
    const acting = act(offered, passed, extra.signal);
    return await reporting(extra, 'The call is being made', () => unlessGone(alike, acting, extra.signal));
  } catch (error) {
    if (extra.signal.aborted && asked !== null && !isOutOfPatience(extra.signal))
      await client.approvals.cancel(asked, { reason: 'The caller stopped waiting.' }).catch(() => undefined);
    if (error instanceof GateError) memory.countMade(alike); // It is over: the next like it is asked for anew.
    return refusal(error, asked);
  } finally {
    const left = (atWork.get(alike) ?? 1) - 1;
    if (left > 0) atWork.set(alike, left);
    else atWork.delete(alike);
  }
};

/** Fails closed: whatever it was, the call was not made, and the model is told so. */
const refusal = (error: unknown, asked: string | null): CallToolResult => {
  if (error instanceof TimeoutError && asked !== null)
    return said(
      `PENDING: a person has to decide on this call first (${asked}), and has not yet. It was not made. Make exactly the same call again to go on waiting; it is made once.`,
    );
  const words = refusalWords(error);
  if (words !== null) return said(words);
  if (error instanceof ApiError)
    return said(`The gate refused this call: ${error.title}: ${error.detail}. It was not made.`);
  if (error instanceof GateError || error instanceof ConnectionError || error instanceof TimeoutError)
    return said(`The gate gave no leave: ${error.message}. The call was not made.`);
  return said(error instanceof Error ? error.message : String(error));
};
