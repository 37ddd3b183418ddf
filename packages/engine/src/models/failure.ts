import { AISDKError, APICallError } from 'ai';
import { findOutboundError, type OutboundErrorCode } from '../outbound/outbound-error.ts';
import { retryAfterSeconds } from '../outbound/retry-after.ts';
import type { ModelConfig, ModelFailure } from './model.ts';

const PROVIDER_TEXT_LENGTH_MAX = 500;

const OUTBOUND_KINDS: Record<OutboundErrorCode, ModelFailure['kind']> = {
  address_denied: 'permanent',
  url_invalid: 'permanent',
  too_large: 'permanent',
  unresolvable: 'retryable',
  timeout: 'retryable',
  connection_failed: 'retryable',
};

/** A model call has no effect beyond its cost, so whatever could be better next time may be repeated. */
const RETRYABLE_STATUSES = new Set([408, 409, 425, 429]);

const codeOf = (status: number): ModelFailure['code'] => {
  if (status === 429) return 'rate_limited';
  if (status === 401 || status === 403) return 'authentication_failed';
  if (status === 404) return 'model_not_found';
  return status >= 500 || RETRYABLE_STATUSES.has(status) ? 'provider_unavailable' : 'request_refused';
};

const toHeaders = (headers: Record<string, string> | undefined): Headers => new Headers(headers ?? {});

const providerText = (error: APICallError): string => {
  // Where the library could not read the provider's error, its message is only the status text.
  const text: unknown = error.data === undefined && error.responseBody ? error.responseBody : error.message;
  // The library takes some messages out of answers it has not checked: they can be anything.
  const line = (typeof text === 'string' ? text : JSON.stringify(text ?? '')).replace(/\s+/g, ' ').trim();
  return line.length > PROVIDER_TEXT_LENGTH_MAX ? `${line.slice(0, PROVIDER_TEXT_LENGTH_MAX)}…` : line;
};

const fromStatus = (error: APICallError, status: number, name: string): ModelFailure => {
  if (status < 300) {
    const message = `${name} answered ${status} with something that is no answer of this API: ${providerText(error)}`;
    return { kind: 'retryable', code: 'invalid_response', message };
  }
  const message = `${name} answered ${status}: ${providerText(error)}`;
  const seconds = retryAfterSeconds(toHeaders(error.responseHeaders));
  return {
    kind: status >= 500 || RETRYABLE_STATUSES.has(status) ? 'retryable' : 'permanent',
    code: codeOf(status),
    message,
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  };
};

const describe = (error: unknown, name: string, status: number | undefined): ModelFailure | undefined => {
  const outbound = findOutboundError(error);
  if (outbound) {
    const message = `${name} could not be called: ${outbound.message}`;
    return { kind: OUTBOUND_KINDS[outbound.code], code: outbound.code, message };
  }
  if (APICallError.isInstance(error)) {
    // Some adapters invent a status for an answer that they don't understand; what was really answered comes first.
    const answered = status ?? error.statusCode;
    if (answered !== undefined) return fromStatus(error, answered, name);
    return { kind: 'retryable', code: 'connection_failed', message: `${name} could not be called: ${error.message}` };
  }
  // An answer that promises the right format and then breaks it, such as no `choices` at all.
  if (
    AISDKError.isInstance(error) &&
    /TypeValidation|JSONParse|InvalidResponse|NoContent|EmptyResponse/.test(error.name)
  )
    return { kind: 'retryable', code: 'invalid_response', message: `${name}: ${error.message}` };
  if (AISDKError.isInstance(error))
    return { kind: 'permanent', code: 'invalid_request', message: `${name}: ${error.message}` };
  return undefined;
};

/**
 * What went wrong in a model call (`status`: of the HTTP answer, if there was one), for a person to read;
 * `undefined` for a bug of ours, which is to be thrown on.
 */
export const toModelFailure = (
  error: unknown,
  { config, apiKey, status }: { config: ModelConfig; apiKey: string | undefined; status: number | undefined },
): ModelFailure | undefined => {
  const failure = describe(error, `${config.provider} ${config.model}`, status);
  if (failure === undefined || apiKey === undefined || apiKey === '') return failure;
  // A provider may quote the key it refused; failures are shown and stored.
  return { ...failure, message: failure.message.replaceAll(apiKey, '[API key]') };
};
