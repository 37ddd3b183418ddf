/** One tool call through the gateway: gate, hold, act, once. */
import { ApiError, type Client, ConnectionError, GateError, TimeoutError, canonicalize, gate } from '@countersign/sdk';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { type Extra, reporting } from '../mcp/decision.ts';
import { editWords, refusalWords } from '../words.ts';
import { type Memory, sha256 } from './memory.ts';
import type { Offered } from './offered.ts';

export type CallOptions = {
  /** How long a call is held before its client is told to come again. */
  readonly holdSeconds: number;
  readonly agentId: string | undefined;
};

/** What an MCP server may take for a call, as long as it reports progress or not. */
const UPSTREAM_MS = 600_000;

const said = (text: string, isError = true): CallToolResult => ({ content: [{ type: 'text', text }], isError });

/** How many calls alike are at work now: each is one of its own. */
const atWork = new Map<string, number>();

export const callThrough = async (
  client: Client,
  memory: Memory,
  name: string,
  { upstream, tool }: Offered,
  args: Record<string, unknown>,
  extra: Extra,
  options: CallOptions,
): Promise<CallToolResult> => {
  const act = (real: object): Promise<CallToolResult> =>
    upstream.client.callTool({ name: tool.name, arguments: { ...real } }, undefined, {
      signal: extra.signal,
      timeout: UPSTREAM_MS,
      resetTimeoutOnProgress: true,
      onprogress: () => undefined,
    }) as Promise<CallToolResult>; // Without a schema of ours it is this one.
  // A hint counts only where the operator said that this server's word does.
  if (upstream.isTrusted && tool.annotations?.readOnlyHint === true) {
    console.error(`passed: ${name} ${canonicalize(args)}`.slice(0, 2000));
    return act(args);
  }
  const alike = sha256([memory.id, name, args]);
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
    const result = await act(passed.arguments);
    const note = editWords(passed.approval, passed.arguments);
    return note === null ? result : { ...result, content: [{ type: 'text', text: note }, ...result.content] };
  } catch (error) {
    if (extra.signal.aborted && asked !== null)
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
