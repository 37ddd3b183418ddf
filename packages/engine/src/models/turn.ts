import type { LanguageModelV4Content, LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import type { ModelConfig, ModelTurn, ProviderState, ProviderStatePart } from './model.ts';

const toStatePart = (part: LanguageModelV4Content): ProviderStatePart[] => {
  // The library types metadata as optional JSON; through JSON it is what the database will give back.
  const metadata =
    'providerMetadata' in part && part.providerMetadata !== undefined
      ? { metadata: JSON.parse(JSON.stringify(part.providerMetadata)) as NonNullable<ProviderStatePart['metadata']> }
      : {};
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return [{ type: part.type, text: part.text, ...metadata }];
    case 'tool-call':
      return [{ type: 'call', id: part.toolCallId, ...metadata }];
    default:
      return [];
  }
};

const toState = (content: LanguageModelV4Content[], config: ModelConfig): { providerState?: ProviderState } => {
  const parts = content.flatMap(toStatePart);
  const isWorthKeeping = parts.some((part) => part.type === 'reasoning' || part.metadata !== undefined);
  return isWorthKeeping ? { providerState: { provider: config.provider, model: config.model, parts } } : {};
};

/**
 * One answer in our shape. Made from what the provider's adapter returned rather than from `generateText`'s result,
 * because only the former still has the arguments as the model wrote them.
 */
export const toTurn = (result: LanguageModelV4GenerateResult, config: ModelConfig): ModelTurn => ({
  text: result.content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
  toolCalls: result.content.flatMap((part) =>
    part.type === 'tool-call' ? [{ id: part.toolCallId, name: part.toolName, argumentsText: part.input }] : [],
  ),
  usage: {
    inputTokens: result.usage.inputTokens.total ?? null,
    outputTokens: result.usage.outputTokens.total ?? null,
  },
  finishReason: result.finishReason.unified,
  modelId: result.response?.modelId ?? config.model,
  ...toState(result.content, config),
  warnings: result.warnings.map((warning) =>
    warning.type === 'other' ? warning.message : `${warning.type}: ${JSON.stringify(warning)}`,
  ),
});
