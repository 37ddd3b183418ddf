import type { JsonObject } from '@countersign/core';
import type { GuardedFetch } from '../outbound/fetch.ts';
import { checkUrl, type OutboundPolicy } from '../outbound/guard.ts';
import { findOutboundError } from '../outbound/outbound-error.ts';
import { retryAfterSeconds } from '../outbound/retry-after.ts';
import { buildRequest, checkTemplate, placeholders, type HttpMethod } from './http-request.ts';
import { responseContent } from './response-content.ts';
import { redactSecrets, resolveSecrets, type Secrets } from './secrets.ts';
import { permanent, retryable, unknown, type ToolOutcome } from './tool-outcome.ts';
import type { ArgumentProblem } from './validate-arguments.ts';

export type HttpTool = {
  method: HttpMethod;
  /** `{name}` in the path or the query stands for an argument. */
  urlTemplate: string;
  /** `{{secrets.NAME}}` stands for a secret. */
  headers: Record<string, string>;
  /** Header that carries the call's stable key, where the server can tell a repetition by it. */
  idempotencyHeader?: string;
  timeoutSeconds?: number;
};

export type HttpToolCall = {
  tool: HttpTool;
  arguments: JsonObject;
  /** The same for every attempt at one call. */
  idempotencyKey: string;
  /** Whether a second call changes nothing more. */
  isRepeatable?: boolean;
  secrets: Secrets;
  fetch: GuardedFetch;
  signal?: AbortSignal;
};

const TIMEOUT_SECONDS_DEFAULT = 30;
const TIMEOUT_SECONDS_MAX = 600;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/** Headers that say where a message ends or where it goes: set by us, or a request could be smuggled in another. */
const CONNECTION_HEADERS = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const checkHeader = (name: string, value: string): string | undefined => {
  if (!HEADER_NAME.test(name)) return 'is not a valid header name';
  if (CONNECTION_HEADERS.has(name.toLowerCase())) return "can't be set by a tool";
  return HEADER_VALUE.test(value) ? undefined : 'has a line break, or a character that a header can not carry';
};

/** What is wrong with a tool when it is saved; pointers are into the tool. An empty list means nothing. */
export const checkHttpTool = (tool: HttpTool, policy: OutboundPolicy): ArgumentProblem[] => {
  const problems: ArgumentProblem[] = [];
  const report = (pointer: string, detail: string | undefined): void => {
    if (detail !== undefined) problems.push({ pointer, detail });
  };
  const templateProblem = checkTemplate(tool.urlTemplate);
  report('/urlTemplate', templateProblem);
  if (templateProblem === undefined) {
    const example = placeholders(tool.urlTemplate).reduce(
      (url, name) => url.replaceAll(`{${name}}`, 'x'),
      tool.urlTemplate,
    );
    report('/urlTemplate', checkUrl(example, policy)?.detail);
  }
  for (const [name, value] of Object.entries(tool.headers))
    report(`/headers/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, checkHeader(name, value));
  if (tool.idempotencyHeader !== undefined) report('/idempotencyHeader', checkHeader(tool.idempotencyHeader, ''));
  const seconds = tool.timeoutSeconds ?? TIMEOUT_SECONDS_DEFAULT;
  if (!(seconds > 0 && seconds <= TIMEOUT_SECONDS_MAX))
    report('/timeoutSeconds', `must be above 0 and at most ${TIMEOUT_SECONDS_MAX}`);
  return problems;
};

/** Headers of one request; the configured ones win over our defaults, and the key over all. */
const toHeaders = (configured: Record<string, string>, call: HttpToolCall, hasBody: boolean): Headers => {
  const headers = new Headers({ accept: 'application/json, text/*;q=0.9, */*;q=0.1' });
  if (hasBody) headers.set('content-type', 'application/json');
  for (const [name, value] of Object.entries(configured)) headers.set(name, value);
  if (call.tool.idempotencyHeader !== undefined) headers.set(call.tool.idempotencyHeader, call.idempotencyKey);
  return headers;
};

/** What a failed connection says about the call. */
const fromError = (error: unknown, host: string): ToolOutcome => {
  const outbound = findOutboundError(error);
  if (!outbound) throw error;
  const message = `${host}: ${outbound.message}`;
  if (outbound.code === 'address_denied' || outbound.code === 'url_invalid') return permanent(outbound.code, message);
  return outbound.hasSent ? unknown(outbound.code, message) : retryable(outbound.code, message);
};

/**
 * Any answer below 500 is for the model, which can often do something about it. A 5xx (or 408) comes from servers that
 * broke on the way as well as from those that never began, so that the call may have run; 429 says that it did not.
 */
const fromStatus = (response: Response, content: string, host: string): ToolOutcome => {
  const { status } = response;
  if (status < 300) return { ok: true, content, isError: false, status };
  const wait = retryAfterSeconds(response.headers);
  const message = `${host} answered ${status}: ${content.slice(0, 500)}`;
  if (status === 429) return retryable('http_429', message, wait);
  if (status === 408 || (status >= 500 && status !== 501)) return unknown(`http_${status}`, message, wait);
  if (status < 400) {
    const location = response.headers.get('location') ?? 'nowhere';
    return {
      ok: true,
      content: `Redirected (${status}) to ${location}, which is not followed.`,
      isError: true,
      status,
    };
  }
  return { ok: true, content: content === '' ? `The server answered ${status}.` : content, isError: true, status };
};

/**
 * Calls an HTTP tool once. Never retries: whether a call may be repeated is the loop's decision, by the facts in the
 * failure. If the call's own signal aborts it, it may have run.
 */
export const callHttpTool = async (call: HttpToolCall): Promise<ToolOutcome> => {
  const { tool } = call;
  const request = buildRequest(tool.method, tool.urlTemplate, call.arguments);
  if (!request.ok) return permanent('arguments_invalid', request.problem);
  const resolved = await resolveSecrets(tool.headers, call.secrets);
  if (!resolved.ok) return permanent(resolved.problem.code, resolved.problem.message);
  const broken = Object.entries(resolved.values).find(([name, value]) => checkHeader(name, value) !== undefined);
  if (broken) return permanent('header_invalid', `The header ${broken[0]} ${checkHeader(...broken)}.`);

  const { host } = new URL(request.url);
  const isCancelled = (): boolean => call.signal?.aborted === true;
  if (isCancelled()) return permanent('cancelled', `${host}: the call was cancelled before it began.`);
  try {
    const fetchTool = call.fetch.withLimits({
      timeoutSeconds: tool.timeoutSeconds ?? TIMEOUT_SECONDS_DEFAULT,
      isRepeatable: call.isRepeatable ?? false,
    });
    const response = await fetchTool(request.url, {
      method: tool.method,
      headers: toHeaders(resolved.values, call, request.body !== null),
      body: request.body,
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
    const content = redactSecrets(await responseContent(response), resolved.used);
    return fromStatus(response, content, host);
  } catch (error) {
    if (isCancelled()) return unknown('cancelled', `${host}: the call was cancelled while it ran.`);
    return fromError(error, host);
  }
};
