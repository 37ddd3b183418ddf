/** Our messages in the library's form, with what the provider wants to see again put back in its place. */
import type { AssistantModelMessage, ModelMessage as LibraryMessage } from 'ai';
import type { JsonObject } from '@countersign/core';
import { parseArguments } from '../tools/validate-arguments.ts';
import type { ModelConfig, ModelMessage, ModelToolCall, ProviderStatePart } from './model.ts';

type AssistantMessage = Extract<ModelMessage, { role: 'assistant' }>;
type LibraryPart = Exclude<AssistantModelMessage['content'], string>[number];

const isOpenAiFormat = (config: ModelConfig): boolean =>
  config.provider === 'openai' || config.provider === 'openai_compatible';

/**
 * A call's arguments as the provider takes them: the OpenAI formats carry text, and get the model's own, byte by byte;
 * the others carry an object. Arguments that are no object are shown to the model inside one.
 */
const toInput = (call: ModelToolCall, config: ModelConfig): string | JsonObject => {
  const isText = isOpenAiFormat(config);
  if (call.argumentsText.trim() === '') return isText ? '{}' : {};
  const parsed = parseArguments(call.argumentsText);
  if (!parsed.ok) return { invalid_arguments: call.argumentsText };
  return isText ? call.argumentsText : parsed.value;
};

const withMetadata = (part: ProviderStatePart): { providerOptions?: { [provider: string]: JsonObject } } =>
  part.metadata === undefined ? {} : { providerOptions: part.metadata };

/** The state is worth something only to the model that made it, and only if the message is still what it said. */
const usableState = (message: AssistantMessage, config: ModelConfig): ProviderStatePart[] | undefined => {
  const state = message.providerState;
  if (state?.provider !== config.provider || state.model !== config.model) return undefined;
  const text = state.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const ids = state.parts.flatMap((part) => (part.type === 'call' ? [part.id] : []));
  const isSame = text === message.content && ids.join('\n') === message.toolCalls.map((call) => call.id).join('\n');
  return isSame ? state.parts : undefined;
};

const assistantParts = (message: AssistantMessage, config: ModelConfig): LibraryPart[] => {
  const parts: ProviderStatePart[] = usableState(message, config) ?? [
    // Anthropic refuses an empty text.
    ...(message.content === '' ? [] : [{ type: 'text' as const, text: message.content }]),
    ...message.toolCalls.map((call) => ({ type: 'call' as const, id: call.id })),
  ];
  return parts.flatMap((part): LibraryPart[] => {
    if (part.type !== 'call') return [{ type: part.type, text: part.text, ...withMetadata(part) }];
    const call = message.toolCalls.find(({ id }) => id === part.id);
    if (call === undefined) return [];
    const input = toInput(call, config);
    return [{ type: 'tool-call', toolCallId: call.id, toolName: call.name, input, ...withMetadata(part) }];
  });
};

export const toLibraryMessages = (messages: ModelMessage[], config: ModelConfig): LibraryMessage[] =>
  messages.flatMap((message): LibraryMessage[] => {
    switch (message.role) {
      case 'system':
      case 'user':
        return [{ role: message.role, content: message.content }];
      case 'assistant': {
        const content = assistantParts(message, config);
        return content.length === 0 ? [] : [{ role: 'assistant', content }];
      }
      case 'tool': {
        // The OpenAI formats have no mark for an error; the library would wrap the text in JSON instead.
        const isMarked = message.isError && !isOpenAiFormat(config);
        const output = { type: isMarked ? ('error-text' as const) : ('text' as const), value: message.content };
        const result = { type: 'tool-result' as const, toolCallId: message.callId, toolName: message.name, output };
        return [{ role: 'tool', content: [result] }];
      }
    }
  });
