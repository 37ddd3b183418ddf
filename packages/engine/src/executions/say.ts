/** Puts a message into a conversation and has its agent answer it. */
import type { Actor } from '@countersign/core';
import {
  type AgentVersionRow,
  type ConversationRow,
  type ExecutionRow,
  type MessageRow,
  type Scope,
  insertMessage,
  newId,
  setConversationTitle,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { startExecution } from './start.ts';

const TITLE_LENGTH = 80;

/** The beginning of the first message, cut between words. */
const titleFrom = (content: string): string => {
  const line = content.trim().replace(/\s+/g, ' ');
  if (line.length <= TITLE_LENGTH) return line;
  const cut = line.slice(0, TITLE_LENGTH);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), TITLE_LENGTH / 2))}…`;
};

export type Said = {
  readonly version: AgentVersionRow;
  /** Without its secrets. */
  readonly content: string;
  readonly startedBy: Actor;
  readonly requesters: readonly string[];
  readonly triggerId?: string;
};

/** @param conversation locked by the caller, who has seen that nothing is at work in it */
export const say = async (
  engine: Engine,
  scope: Scope,
  conversation: ConversationRow,
  { content, ...said }: Said,
): Promise<{ readonly message: MessageRow; readonly execution: ExecutionRow }> => {
  const execution = await startExecution(engine, scope, { ...said, input: content, conversation });
  const message = await insertMessage(scope, {
    id: newId('message'),
    conversation_id: conversation.id,
    role: 'user',
    content,
    execution_id: execution.id,
  });
  if (conversation.title === '') await setConversationTitle(scope, conversation.id, titleFrom(content));
  return { message, execution };
};
