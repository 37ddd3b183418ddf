import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { ModelConfig, ModelFailure } from './model.ts';

// Always given, also where they are the library's defaults: without them it would read the server's own environment
// (OPENAI_BASE_URL, OPENAI_API_KEY, …), and a workspace's call would go out with the operator's key.
const BASE_URLS = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta',
};

type Connection = { config: ModelConfig; apiKey: string | undefined; fetch: typeof globalThis.fetch };

const permanent = (code: ModelFailure['code'], message: string): ModelFailure => ({ kind: 'permanent', code, message });

/** The library's model for a configuration, or why there is none. */
export const openModel = ({ config, apiKey, fetch }: Connection): LanguageModelV4 | ModelFailure => {
  const { provider, model } = config;
  if (provider === 'openai_compatible') {
    if (config.baseUrl === undefined)
      return permanent('base_url_missing', 'An OpenAI-compatible provider needs a base URL.');
    // Without it a stream of this format does not say what it used.
    const options = { name: provider, baseURL: config.baseUrl, includeUsage: true, fetch };
    return createOpenAICompatible(apiKey === undefined ? options : { ...options, apiKey }).chatModel(model);
  }
  if (apiKey === undefined || apiKey === '')
    return permanent('api_key_missing', `No API key is configured for the provider ${provider}.`);
  const options = { apiKey, fetch, baseURL: config.baseUrl ?? BASE_URLS[provider] };
  switch (provider) {
    case 'openai':
      return createOpenAI(options).responses(model);
    case 'anthropic':
      return createAnthropic(options).languageModel(model);
    case 'google':
      return createGoogle(options).languageModel(model);
  }
};
