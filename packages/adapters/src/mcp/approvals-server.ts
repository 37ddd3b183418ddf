/** An MCP server with which any agent can ask people: for an approval, or a question. */
import { ApiError, type Client, ConnectionError, GateError, lookAtGate } from '@countersign/sdk';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { answerPermission } from '../claude-code/permission.ts';
import { refusalWords } from '../words.ts';
import { type Extra, outcomeOf, reporting, result, waitFor } from './decision.ts';

export type ApprovalsServerOptions = {
  /** How long a tool call waits before it says "pending". Below a minute, after which many clients give up; 45 by default. */
  readonly holdSeconds?: number | undefined;
};

const INSTRUCTIONS = `Ask a person before anything that matters and can not be undone: request_approval, then act only on what was approved.
If the answer is "pending", call wait_for_decision with its id, as often as needed; it also works after a restart. Use ask_human for what only a person can know.`;

const key = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe(
    'your own name for this request: the same again finds it again instead of asking twice, also after a restart',
  );
const approvalId = z.string().describe('the approval_id');

/** Tools change nothing but the queue of the server. */
const ASKS = { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false };
const READS = { readOnlyHint: true, openWorldHint: false };

/** @param client its key's scopes are `approvals:create`, `approvals:read`, `gate:call` and `receipts:consume` */
export const createApprovalsServer = (client: Client, options: ApprovalsServerOptions = {}): McpServer => {
  const server = new McpServer({ name: 'countersign', version: '0.1.0' }, { instructions: INSTRUCTIONS });
  const { holdSeconds = 45 } = options;

  server.registerTool(
    'request_approval',
    {
      description:
        'Asks a person to approve an action before you do it, and waits. Name the tool and its exact arguments where it is a tool call: the person may change them, and what they approve is what you act on.',
      inputSchema: {
        action: z.string().min(1).max(300).describe('what you want to do, in a sentence'),
        tool: z.string().optional().describe('the tool that you want to call'),
        arguments: z
          .record(z.string(), z.unknown())
          .optional()
          .describe('its arguments, exactly as you would pass them'),
        why: z.string().max(2000).optional().describe('what the person should know'),
        key,
      },
      annotations: ASKS,
    },
    (asked, extra) =>
      telling(async () => {
        const id = await ask(client, asked);
        if (typeof id !== 'string') return id;
        return waiting(client, id, holdSeconds, extra, asked.key);
      }),
  );

  server.registerTool(
    'ask_human',
    {
      description: 'Puts a question to a person and waits for the answer.',
      inputSchema: {
        question: z.string().min(1).max(300),
        options: z.array(z.string()).min(2).max(20).optional().describe('the answers to choose from'),
        why: z.string().max(2000).optional().describe('what the person should know'),
        key,
      },
      annotations: ASKS,
    },
    ({ question, options: choices, why, key: own }, extra) =>
      telling(async () => {
        const answer = choices ? { enum: choices } : { type: 'string', minLength: 1 };
        const form = { type: 'object', properties: { answer }, required: ['answer'], additionalProperties: false };
        const { id } = await client.approvals.ask(
          { title: question, question: form, ...(why === undefined ? {} : { explanation: why }) },
          keyed(own),
        );
        return waiting(client, id, holdSeconds, extra, own);
      }),
  );

  server.registerTool(
    'wait_for_decision',
    {
      description: 'Waits further for a decision. Works in any session, also after a restart. Changes nothing.',
      inputSchema: { id: approvalId },
      annotations: READS,
    },
    ({ id }, extra) =>
      telling(async () => outcomeOf(client, await waitFor(client, id, holdSeconds, extra), extra.signal)),
  );

  server.registerTool(
    'list_approvals',
    {
      description: 'Lists approvals, newest first.',
      inputSchema: {
        status: z.enum(['pending', 'approved', 'rejected', 'expired', 'cancelled', 'completed']).default('pending'),
        limit: z.number().int().min(1).max(100).default(20),
      },
      annotations: READS,
    },
    ({ status, limit }) =>
      telling(async () => {
        const { data } = await client.approvals.list({ status, limit });
        const approvals = data.map(({ id, title, status: now, created_at, expires_at, decision }) => ({
          approval_id: id,
          title,
          status: now,
          created_at,
          expires_at,
          reason: decision?.reason ?? null,
        }));
        return {
          content: [{ type: 'text', text: JSON.stringify(approvals, null, 2) }],
          structuredContent: { approvals },
        };
      }),
  );

  server.registerTool(
    'withdraw_approval',
    {
      description: 'Withdraws what you asked for and do not need any more.',
      inputSchema: { id: approvalId, reason: z.string().max(1000).optional() },
      annotations: ASKS,
    },
    ({ id, reason }) =>
      telling(async () => {
        const { status } = await client.approvals.cancel(id, reason === undefined ? {} : { reason });
        return result({ status, approval_id: id, message: 'Withdrawn.' });
      }),
  );

  server.registerTool(
    'permission_prompt',
    {
      description: 'For --permission-prompt-tool of Claude Code. Not to be called by a model.',
      inputSchema: {
        tool_name: z.string(),
        input: z.record(z.string(), z.unknown()),
        tool_use_id: z.string().optional(),
      },
    },
    async (asked, extra) => {
      const answer = await reporting(extra, 'Waiting for a person', () =>
        answerPermission(client, asked, extra.signal),
      );
      return { content: [{ type: 'text', text: JSON.stringify(answer) }] };
    },
  );
  return server;
};

const keyed = (own: string | undefined): { idempotencyKey?: string } =>
  own === undefined ? {} : { idempotencyKey: `mcp_${Buffer.from(own).toString('base64url')}`.slice(0, 255) };

type Asked = {
  readonly action: string;
  readonly tool?: string | undefined;
  readonly arguments?: Record<string, unknown> | undefined;
  readonly why?: string | undefined;
  readonly key?: string | undefined;
};

/** @returns the approval's id, or the answer where nobody has to be asked */
const ask = async (client: Client, asked: Asked): Promise<string | CallToolResult> => {
  const { action, tool, why } = asked;
  const context = why === undefined ? {} : { explanation: why };
  if (tool === undefined) return (await client.approvals.ask({ title: action, ...context }, keyed(asked.key))).id;
  const call = { tool, arguments: asked.arguments ?? {}, title: action, ...context };
  const seen = await lookAtGate(client, call, { key: asked.key ?? crypto.randomUUID() });
  if (seen.outcome === 'hold') return seen.approval.id;
  if (seen.outcome === 'block')
    return result({ status: 'blocked', approval_id: null, message: `Not allowed: ${seen.reason}` }, true);
  const message = 'Allowed by the rules: go ahead. Nobody had to be asked.';
  return result({ status: 'allowed', approval_id: null, message, arguments: call.arguments });
};

/** Whoever cancels the call withdraws, unless they can find it again by their key. */
const waiting = async (
  client: Client,
  id: string,
  holdSeconds: number,
  extra: Extra,
  own: string | undefined,
): Promise<CallToolResult> => {
  try {
    return await outcomeOf(client, await waitFor(client, id, holdSeconds, extra), extra.signal);
  } catch (error) {
    if (extra.signal.aborted && own === undefined)
      await client.approvals.cancel(id, { reason: 'The caller stopped waiting.' }).catch(() => undefined);
    throw error;
  }
};

/** What the server refuses is told to the model; nothing it could read as a yes. */
const telling = async (work: () => Promise<CallToolResult>): Promise<CallToolResult> => {
  try {
    return await work();
  } catch (error) {
    const words = refusalWords(error);
    if (words !== null) return result({ status: 'refused', approval_id: null, message: words }, true);
    if (error instanceof ApiError)
      return result({ status: 'failed', approval_id: null, message: `${error.title}: ${error.detail}` }, true);
    if (error instanceof GateError || error instanceof ConnectionError)
      return result({ status: 'failed', approval_id: null, message: error.message }, true);
    throw error;
  }
};
