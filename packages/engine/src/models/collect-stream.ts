/** Puts the parts of a streamed answer together to what the provider's adapter would have given whole. */
import type {
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4StreamResult,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider';
import { APICallError } from 'ai';

type Open = { type: 'text' | 'reasoning'; text: string; providerMetadata?: SharedV4ProviderMetadata };

/** Inside a stream errors are what the provider wrote: a text, an object, or a parser's own error. */
const toError = (error: unknown): Error =>
  error instanceof Error
    ? error
    : new APICallError({
        message: typeof error === 'string' ? error : JSON.stringify(error ?? ''),
        url: '',
        requestBodyValues: {},
      });

/** A connection that ends before the answer does leaves a part of it, which must not pass for the whole. */
const isPart = ({ finishReason: { unified, raw } }: Extract<LanguageModelV4StreamPart, { type: 'finish' }>): boolean =>
  unified === 'interrupted' || (unified === 'other' && raw === undefined);

/** @param onText hears each piece of the answer's text as it comes */
export const collectStream = async (
  { stream, request, response }: LanguageModelV4StreamResult,
  onText: (piece: string) => void,
): Promise<LanguageModelV4GenerateResult> => {
  const content: LanguageModelV4Content[] = [];
  const open = new Map<string, Open>();
  let warnings: LanguageModelV4GenerateResult['warnings'] = [];
  let modelId: string | undefined;
  let end: Extract<LanguageModelV4StreamPart, { type: 'finish' }> | undefined;

  const begin = (id: string, type: Open['type'], metadata: SharedV4ProviderMetadata | undefined): Open => {
    const part: Open = { type, text: '', ...(metadata ? { providerMetadata: metadata } : {}) };
    open.set(`${type} ${id}`, part);
    content.push(part);
    return part;
  };
  const grow = (
    id: string,
    type: Open['type'],
    piece: string,
    metadata: SharedV4ProviderMetadata | undefined,
  ): void => {
    const part = open.get(`${type} ${id}`) ?? begin(id, type, metadata);
    part.text += piece;
    // What comes last is whole: Anthropic's signature comes after the reasoning, OpenAI's with its end.
    if (metadata) part.providerMetadata = metadata;
    if (type === 'text' && piece !== '') onText(piece);
  };

  const reader = stream.getReader();
  for (;;) {
    const { done, value: part } = await reader.read();
    if (done) break;
    switch (part.type) {
      case 'stream-start':
        warnings = part.warnings;
        break;
      case 'response-metadata':
        modelId = part.modelId ?? modelId;
        break;
      case 'text-start':
      case 'reasoning-start':
        begin(part.id, part.type === 'text-start' ? 'text' : 'reasoning', part.providerMetadata);
        break;
      case 'text-delta':
      case 'reasoning-delta':
        grow(part.id, part.type === 'text-delta' ? 'text' : 'reasoning', part.delta, part.providerMetadata);
        break;
      case 'text-end':
      case 'reasoning-end':
        grow(part.id, part.type === 'text-end' ? 'text' : 'reasoning', '', part.providerMetadata);
        break;
      case 'tool-call':
        content.push(part);
        break;
      case 'finish':
        end = part;
        break;
      case 'error':
        throw toError(part.error);
      default:
    }
  }
  if (!end || isPart(end)) throw toError('the stream ended before the answer did');
  return {
    content,
    finishReason: end.finishReason,
    usage: end.usage,
    warnings,
    ...(request ? { request } : {}),
    response: { ...response, ...(modelId === undefined ? {} : { modelId }) },
  };
};
