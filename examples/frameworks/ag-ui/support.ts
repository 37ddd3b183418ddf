/** A support agent that speaks AG-UI. It keeps nothing: each run gets the thread's messages, and goes on where they end. */
import type { AGUIEvent, AssistantMessage, Message, RunAgentInput } from '@ag-ui/core';
import { EventType } from '@ag-ui/core';
import { type ToolCall, gateTurn } from '@countersign/adapters/ag-ui';
import type { GateClient } from '@countersign/sdk';

type Tool = (args: never) => unknown;

export type Support = {
  readonly client: GateClient;
  /** OpenAI-compatible, with `/v1`. */
  readonly modelUrl: string;
  readonly tools: Readonly<Record<string, Tool>>;
  /** The tools at the gate. */
  readonly only: readonly string[];
};

/** What the last answer of the model calls, and has no result yet. */
const openCalls = (messages: readonly Message[]): ToolCall[] => {
  const last = messages.findLast(({ role }) => role === 'assistant') as AssistantMessage | undefined;
  const done = new Set(messages.flatMap((message) => (message.role === 'tool' ? [message.toolCallId] : [])));
  return (last?.toolCalls ?? [])
    .filter(({ id }) => !done.has(id))
    .map(({ id, function: called }) => ({
      id,
      tool: called.name,
      arguments: JSON.parse(called.arguments) as object,
    }));
};

type Answer = {
  readonly content: string | null;
  readonly tool_calls?: { id: string; function: { name: string; arguments: string } }[];
};

const ask = async (modelUrl: string, messages: readonly Message[]): Promise<Answer> => {
  const said = messages.map((message) => {
    if (message.role === 'tool') return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
    const tool_calls = message.role === 'assistant' ? message.toolCalls : undefined;
    return { role: message.role, content: message.content ?? null, ...(tool_calls ? { tool_calls } : {}) };
  });
  const response = await fetch(`${modelUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'recorded', messages: said }),
  });
  const { choices } = (await response.json()) as { choices: { message: Answer }[] };
  return choices[0]?.message ?? { content: null };
};

export async function* runSupport(input: RunAgentInput, support: Support): AsyncGenerator<AGUIEvent> {
  const { threadId, runId } = input;
  const { client, modelUrl, tools, only } = support;
  const messages: Message[] = [...input.messages];
  yield { type: EventType.RUN_STARTED, threadId, runId };
  for (;;) {
    const calls = openCalls(messages);
    if (calls.length > 0) {
      const turn = await gateTurn(client, calls, { runId: threadId, only }, input.resume);
      if (turn.isHeld) {
        yield { type: EventType.RUN_FINISHED, threadId, runId, outcome: turn.outcome };
        return;
      }
      for (const call of calls) {
        const clearance = await turn.clear(call);
        const result = clearance.isCleared
          ? [clearance.note, JSON.stringify(tools[call.tool]?.(clearance.arguments as never))]
          : [clearance.message];
        const content = result.filter((part) => part !== null).join('\n');
        const messageId = crypto.randomUUID();
        messages.push({ id: messageId, role: 'tool', toolCallId: call.id, content });
        yield { type: EventType.TOOL_CALL_RESULT, messageId, toolCallId: call.id, content, role: 'tool' };
      }
      continue;
    }
    const { content, tool_calls = [] } = await ask(modelUrl, messages);
    const messageId = crypto.randomUUID();
    const toolCalls = tool_calls.map(({ id, function: called }) => ({
      id,
      type: 'function' as const,
      function: called,
    }));
    messages.push({ id: messageId, role: 'assistant', content: content ?? '', toolCalls });
    if (content !== null && content !== '') {
      yield { type: EventType.TEXT_MESSAGE_START, messageId, role: 'assistant' };
      yield { type: EventType.TEXT_MESSAGE_CONTENT, messageId, delta: content };
      yield { type: EventType.TEXT_MESSAGE_END, messageId };
    }
    for (const { id, function: called } of toolCalls) {
      yield { type: EventType.TOOL_CALL_START, toolCallId: id, toolCallName: called.name, parentMessageId: messageId };
      yield { type: EventType.TOOL_CALL_ARGS, toolCallId: id, delta: called.arguments };
      yield { type: EventType.TOOL_CALL_END, toolCallId: id };
    }
    if (toolCalls.length === 0) {
      yield { type: EventType.RUN_FINISHED, threadId, runId, outcome: { type: 'success' } };
      return;
    }
  }
}
