import { say } from '@countersign/engine';
import {
  type AgentRow,
  type ConversationRow,
  type Scope,
  appendEvent,
  archiveConversation,
  callsOfConversations,
  getAgent,
  getConversation,
  getMember,
  insertChatToken,
  insertConversation,
  listConversations,
  listMessages,
  lockConversation,
  newId,
  setConversationTitle,
  usageOfConversations,
} from '@countersign/store';
import { holdRunToLimits } from '../auth/limits.ts';
import { makeChatSecret } from '../auth/keys.ts';
import { actorOf } from '../auth/principal.ts';
import { loadRequesters } from '../auth/requesters.ts';
import type { Context, Handlers } from '../http/context.ts';
import { Problem, fromRefusal, invalid, notFound } from '../http/problem.ts';
import { priceOf } from '../present/cost.ts';
import { presentConversation, presentExecution, presentMessage } from '../present/work.ts';
import { versionToRun } from './agents.ts';

const mustGet = async (row: Promise<ConversationRow | undefined>): Promise<ConversationRow> => {
  const found = await row;
  if (!found) throw notFound('conversation');
  return found;
};

const agentOf = async (scope: Scope, { agent_id: id }: ConversationRow): Promise<AgentRow> => {
  const agent = await getAgent(scope, id);
  if (!agent) throw new Error('a conversation without its agent');
  return agent;
};

const presentOne = async (scope: Scope, row: ConversationRow) =>
  presentConversation(
    row,
    (await agentOf(scope, row)).name,
    await usageOfConversations(scope, [row.id]),
    (await callsOfConversations(scope, [row.id]))[0],
  );

/** Puts a message into a conversation on which nothing works, and has the agent answer it. */
export const sayIn = async (
  {
    engine,
    params,
    principal,
    body,
  }: Pick<Context<'postMessage' | 'postMessageAndStream'>, 'engine' | 'params' | 'principal' | 'body'>,
  scope: Scope,
) => {
  const conversation = await mustGet(lockConversation(scope, params.id));
  if (conversation.archived_at) throw new Problem('conversation_archived', 'Start another one to go on.');
  if (conversation.active_execution_id)
    throw fromRefusal({ type: 'conversation_busy', executionId: conversation.active_execution_id });
  const agent = await agentOf(scope, conversation);
  const version = await versionToRun(scope, agent, conversation.version);
  const content = await engine.redaction.keep(scope, conversation.id, body.content);
  holdRunToLimits(principal, agent, version);
  const { message, execution } = await say(engine, scope, conversation, {
    version,
    content,
    startedBy: actorOf(principal),
    requesters: await loadRequesters(scope, principal, {
      onBehalfOf: conversation.on_behalf_of ?? undefined,
      builder: version.created_by,
    }),
  });
  return {
    message: presentMessage(message),
    execution: presentExecution(execution, {
      name: agent.name,
      version: version.version,
      price: priceOf(version),
    }),
  };
};

export const conversationHandlers = {
  createConversation: async ({ engine, principal, body }, scope) => {
    const agent = await getAgent(scope, body.agent_id);
    if (!agent) throw invalid([{ pointer: '/agent_id', detail: 'is not an agent of this workspace' }]);
    holdRunToLimits(principal, agent, await versionToRun(scope, agent, body.version ?? null));
    if (body.on_behalf_of && !(await getMember(scope, body.on_behalf_of)))
      throw invalid([{ pointer: '/on_behalf_of', detail: 'is not a member of this workspace' }]);
    const row = await insertConversation(scope, {
      id: newId('conversation'),
      agent_id: agent.id,
      version: body.version ?? null,
      title: await engine.redaction.mask(scope, body.title ?? ''),
      on_behalf_of: body.on_behalf_of ?? null,
    });
    await appendEvent(scope, {
      type: 'conversation.created',
      subject: row.id,
      actor: actorOf(principal),
      data: { agent_id: agent.id },
    });
    return presentConversation(row, agent.name, [], undefined);
  },
  listConversations: async ({ query, page }, scope) => {
    const rows = await listConversations(scope, query, page.after, page.limit);
    const names = new Map<string, string>();
    for (const row of rows) if (!names.has(row.agent_id)) names.set(row.agent_id, (await agentOf(scope, row)).name);
    const used = Map.groupBy(
      await usageOfConversations(
        scope,
        rows.map(({ id }) => id),
      ),
      (usage) => usage.conversation_id,
    );
    const calls = new Map(
      (
        await callsOfConversations(
          scope,
          rows.map(({ id }) => id),
        )
      ).map((call) => [call.conversation_id, call]),
    );
    return page.of(
      rows,
      (row) => [row.cursor_at, row.id],
      (row) => presentConversation(row, names.get(row.agent_id) ?? '', used.get(row.id) ?? [], calls.get(row.id)),
    );
  },
  getConversation: async ({ params }, scope) => presentOne(scope, await mustGet(getConversation(scope, params.id))),
  updateConversation: async ({ engine, params, principal, body }, scope) => {
    const row = await mustGet(lockConversation(scope, params.id));
    const title = await engine.redaction.mask(scope, body.title);
    await setConversationTitle(scope, row.id, title);
    await appendEvent(scope, { type: 'conversation.updated', subject: row.id, actor: actorOf(principal) });
    return presentOne(scope, { ...row, title });
  },
  archiveConversation: async ({ params, principal }, scope) => {
    const row = await mustGet(lockConversation(scope, params.id));
    if (row.active_execution_id) throw fromRefusal({ type: 'conversation_busy', executionId: row.active_execution_id });
    if ((await archiveConversation(scope, row.id)) > 0)
      await appendEvent(scope, { type: 'conversation.archived', subject: row.id, actor: actorOf(principal) });
  },
  createChatToken: async ({ params, principal, body }, scope) => {
    const row = await mustGet(getConversation(scope, params.id));
    if (principal.kind !== 'key')
      throw new Problem('forbidden', 'Your server makes these with its API key, for whoever it has signed in.');
    const { secret, hash } = makeChatSecret();
    const token = { id: newId('chatToken'), conversation_id: row.id, origin: body.origin, key_id: principal.keyId };
    const expiresAt = await insertChatToken(scope, {
      ...token,
      secretHash: hash,
      validSeconds: body.expires_in_seconds,
    });
    await appendEvent(scope, {
      type: 'conversation.token_created',
      subject: row.id,
      actor: actorOf(principal),
      data: { origin: body.origin, expires_at: expiresAt.toISOString() },
    });
    return { token: secret, conversation_id: row.id, origin: body.origin, expires_at: expiresAt.toISOString() };
  },
  postMessage: (context, scope) => sayIn(context, scope),
  listMessages: async ({ params, page }, scope) => {
    await mustGet(getConversation(scope, params.id));
    const rows = await listMessages(scope, params.id, Number(page.after?.at ?? 0), page.limit);
    return page.of(rows, (row) => [String(row.position), row.id], presentMessage);
  },
} satisfies Partial<Handlers>;
