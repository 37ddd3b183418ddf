/** The call of a step: an HTTP tool of ours, and the arguments that the step's node gives it. */
import { type Json, type JsonObject, type Result, ok, refuse } from '@countersign/core';
import type { Domain, Webhook } from './template.ts';
import { type Names, namesOnlySecrets, piecesOf, secretNameOf, translate } from './variables.ts';

export type Call = {
  readonly http: {
    readonly method: Webhook['method'];
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly timeout_seconds: number;
  };
  readonly parameters: JsonObject;
  readonly annotations: {
    readonly read_only: boolean;
    readonly destructive: boolean;
    readonly idempotent: boolean;
    readonly open_world: boolean;
  };
  readonly arguments: JsonObject;
};

const TIMEOUT_SECONDS_MIN = 1;

/** Puts variables into the URL as arguments: `{path_1}` with its value. */
const createFiller = (taken: ReadonlySet<string>, values: Record<string, Json>) => {
  let count = 0;
  return (text: string, names: Names, encode: (text: string) => string): Result<string, string> => {
    const pieces = piecesOf(text, names);
    if (!pieces.ok) return pieces;
    const filled = pieces.value.map((piece) => {
      if ('text' in piece) return encode(piece.text);
      do count += 1;
      while (taken.has(`url_${count}`));
      values[`url_${count}`] = piece.template;
      return `{url_${count}}`;
    });
    return ok(filled.join(''));
  };
};

const hasBody = (method: Webhook['method']): boolean => method !== 'GET' && method !== 'DELETE';

const headersOf = (webhook: Webhook): Result<Record<string, string>, string> => {
  const headers: [string, string][] = [];
  for (const [name, value] of Object.entries(webhook.headers_json)) {
    if (!namesOnlySecrets(value))
      return refuse(
        `headers_json.${name}: a header holds fixed words and secrets ({{ #key }}), and no other variable here`,
      );
    headers.push([
      name,
      value.replaceAll(/\{\{\s*#(.*?)\}\}/gs, (_, secret: string) => `{{secrets.${secretNameOf(secret)}}}`),
    ]);
  }
  return ok(Object.fromEntries(headers));
};

export const callOf = (webhook: Webhook, domain: Domain, names: Names): Result<Call, string> => {
  const body = webhook.request_body_json;
  if (!hasBody(webhook.method) && Object.keys(body).length > 0)
    return refuse(`request_body_json: a ${webhook.method} is sent without a body here; use query_params_json`);
  const values: Record<string, Json> = {};
  const fill = createFiller(new Set(Object.keys(body)), values);
  const path = fill(webhook.path.startsWith('/') ? webhook.path : `/${webhook.path}`, names, (text) => text);
  if (!path.ok) return refuse(`path: ${path.refusal}`);
  const query: string[] = [];
  for (const [name, value] of Object.entries(webhook.query_params_json)) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const filled = fill(text, names, encodeURIComponent);
    if (!filled.ok) return refuse(`query_params_json.${name}: ${filled.refusal}`);
    query.push(`${encodeURIComponent(name)}=${filled.value}`);
  }
  const translated = translate(body, names);
  if (!translated.ok) return refuse(`request_body_json: ${translated.refusal}`);
  const headers = headersOf(webhook);
  if (!headers.ok) return headers;
  const args = { ...values, ...(translated.value as JsonObject) };
  const mark = path.value.includes('?') ? '&' : '?';
  return ok({
    http: {
      method: webhook.method,
      url: `${domain.protocol_type}://${domain.domain}${path.value}${query.length === 0 ? '' : mark + query.join('&')}`,
      headers: headers.value,
      timeout_seconds: Math.max(TIMEOUT_SECONDS_MIN, Math.ceil(webhook.request_timeout_in_milliseconds / 1000)),
    },
    parameters: {
      type: 'object',
      properties: Object.fromEntries(Object.keys(args).map((name) => [name, {}])),
      additionalProperties: false,
    },
    annotations: {
      read_only: webhook.method === 'GET',
      destructive: webhook.method !== 'GET',
      // Whoever asks for retries says that the call may be made again.
      idempotent: webhook.method === 'GET' || webhook.max_retries > 0,
      open_world: true,
    },
    arguments: args,
  });
};
