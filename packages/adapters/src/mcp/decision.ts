/** Waiting inside a tool call of MCP: for so long as a client bears it, telling it that it still waits. */
import { type Approval, type Client, TimeoutError, takeApproved } from '@countersign/sdk';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { CallToolResult, ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import { endingWords } from '../words.ts';

export type Extra = Pick<
  RequestHandlerExtra<ServerRequest, ServerNotification>,
  'signal' | '_meta' | 'sendNotification'
>;

/** A client that is told of progress does not give up (and many give up after a minute otherwise). */
const PROGRESS_MS = 5000;

/** Runs work, and meanwhile reports progress to a client that asked for it. */
export const reporting = async <T>(extra: Extra, message: string, work: () => Promise<T>): Promise<T> => {
  const progressToken = extra._meta?.progressToken;
  if (progressToken === undefined) return work();
  let progress = 0;
  const timer = setInterval(() => {
    progress += 1;
    const params = { progressToken, progress, message };
    extra.sendNotification({ method: 'notifications/progress', params }).catch(() => undefined);
  }, PROGRESS_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
};

/** @returns the approval as it is after so long, decided or not. @throws the signal's reason */
export const waitFor = (client: Client, id: string, holdSeconds: number, extra: Extra): Promise<Approval> =>
  reporting(extra, `Waiting for a person to decide on ${id}`, async () => {
    try {
      return await client.approvals.wait(id, { timeoutSeconds: holdSeconds, signal: extra.signal });
    } catch (error) {
      if (error instanceof TimeoutError) return error.approval ?? (await client.approvals.get(id));
      throw error;
    }
  });

type Told = {
  readonly status: string;
  readonly approval_id: string | null;
  readonly message: string;
  readonly arguments?: unknown;
  readonly response?: unknown;
};

export const result = (told: Told, isError = false): CallToolResult => ({
  content: [{ type: 'text', text: JSON.stringify(told, null, 2) }],
  structuredContent: { ...told },
  isError,
});

/** What a model is told of an approval. An approved one is taken, so that it is good for one use; told again, it says the same. */
export const outcomeOf = async (client: Client, approval: Approval, signal: AbortSignal): Promise<CallToolResult> => {
  const { id, status, decision } = approval;
  if (status === 'pending')
    return result({
      status,
      approval_id: id,
      message: `Nobody has decided yet. Do not act. Call wait_for_decision with id ${id}.`,
    });
  const refused = endingWords(approval);
  if (refused !== null) return result({ status, approval_id: id, message: refused }, true);
  if (approval.kind === 'question')
    return result({ status: 'answered', approval_id: id, message: 'Answered.', response: decision?.response ?? null });
  const taken = await takeApproved(client, approval, { key: `mcp/${id}`, isRepeatable: true, signal });
  const isEdited = (decision?.edits.length ?? 0) > 0;
  const reason = decision?.reason ? ` They say: ${decision.reason}` : '';
  if (taken.arguments === null) return result({ status, approval_id: id, message: `Approved: go ahead.${reason}` });
  const message = isEdited
    ? `Approved with changes: act on exactly these arguments, not on yours.${reason}`
    : `Approved: act on exactly these arguments, once.${reason}`;
  return result({ status, approval_id: id, message, arguments: taken.arguments });
};
