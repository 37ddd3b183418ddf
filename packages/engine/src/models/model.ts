/** What the engine says to a model and hears from it: our own, provider-neutral shape, which is what we persist. */
import type { JsonObject } from '@countersign/core';

export type ModelProvider = 'openai' | 'anthropic' | 'google' | 'openai_compatible';

export type ModelConfig = {
  provider: ModelProvider;
  model: string;
  /** Required for `openai_compatible`; the provider's own address otherwise, unless given. */
  baseUrl?: string;
  temperature?: number;
  maxOutputTokens?: number;
};

export type ModelToolCall = {
  id: string;
  name: string;
  /** The text exactly as the model wrote it: it may be no JSON, or not fit the tool's schema. */
  argumentsText: string;
};

export type ModelMessage =
  | { role: 'system' | 'user'; content: string }
  | { role: 'assistant'; content: string; toolCalls: ModelToolCall[]; providerState?: ProviderState }
  | { role: 'tool'; callId: string; name: string; content: string; isError: boolean };

/**
 * What a provider wants to see again in the next turn (signatures of its reasoning, ids of its items). Opaque to
 * everybody else: persist it with the assistant's message and hand it back.
 */
export type ProviderState = { provider: ModelProvider; model: string; parts: ProviderStatePart[] };

export type ProviderStatePart =
  | { type: 'text' | 'reasoning'; text: string; metadata?: { [provider: string]: JsonObject } }
  | { type: 'call'; id: string; metadata?: { [provider: string]: JsonObject } };

export type ModelTool = { name: string; description: string; parameters: JsonObject };

export type ModelTurn = {
  text: string;
  toolCalls: ModelToolCall[];
  usage: { inputTokens: number | null; outputTokens: number | null };
  /** `stop`, `tool-calls`, `length`, `content-filter`, `error` or `other`. */
  finishReason: string;
  /** The model that answered, which can be more exact than the one that was asked for. */
  modelId: string;
  providerState?: ProviderState;
  /** What the provider could not honour, such as a temperature. */
  warnings: string[];
};

export type ModelFailure = {
  kind: 'retryable' | 'permanent';
  code:
    | 'address_denied'
    | 'authentication_failed'
    | 'base_url_missing'
    | 'cancelled'
    | 'connection_failed'
    | 'invalid_request'
    | 'invalid_response'
    | 'api_key_missing'
    | 'model_not_found'
    | 'provider_unavailable'
    | 'rate_limited'
    | 'request_refused'
    | 'timeout'
    | 'too_large'
    | 'unresolvable'
    | 'url_invalid';
  message: string;
  retryAfterSeconds?: number;
};
