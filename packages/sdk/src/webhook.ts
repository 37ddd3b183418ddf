import { CountersignError } from './errors.ts';
import type { ParsedWebhook } from './webhook-events.ts';

/** The webhook is not one of ours, not for this secret, too old, or came before. */
export class WebhookError extends CountersignError {
  override readonly name = 'WebhookError';
}

export type ParseWebhookOptions = {
  /** `whsec_…`; several while a secret is being rotated. */
  readonly secret: string | readonly string[];
  /** How far its time may be from ours; 300 by default. */
  readonly toleranceSeconds?: number | undefined;
  /** Milliseconds since 1970; for tests. */
  readonly nowMs?: number | undefined;
};

/** Headers as a framework has them: `Headers`, or an object with lower-case names. */
type GivenHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

const PREFIX = 'whsec_';
const VERSION = 'v1,';

const headerOf = (headers: GivenHeaders, name: string): string => {
  const value = headers instanceof Headers ? headers.get(name) : headers[name];
  if (typeof value !== 'string' || value === '') throw new WebhookError(`The header ${name} is missing.`);
  return value;
};

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> | undefined => {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
};

const isSigned = async (secret: string, content: string, signatures: readonly string[]): Promise<boolean> => {
  const bytes = secret.startsWith(PREFIX) ? bytesOf(secret.slice(PREFIX.length)) : undefined;
  if (!bytes || bytes.length === 0) throw new TypeError('secret must be one that begins with whsec_');
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['verify']);
  for (const signature of signatures) {
    const given = signature.startsWith(VERSION) ? bytesOf(signature.slice(VERSION.length)) : undefined;
    // Compares in constant time.
    if (given && (await crypto.subtle.verify('HMAC', key, given, new TextEncoder().encode(content)))) return true;
  }
  return false;
};

/**
 * Checks a webhook by the Standard Webhooks specification and reads it. Give the body as it came, before anything parsed
 * it. What it gives is a union over `type`, which narrows `data.details`. The same `webhook-id` may come again, when your
 * answer got lost: keep those of the last days, and do a thing once.
 *
 * @throws {WebhookError}
 * @example
 * const event = await parseWebhook(await request.text(), request.headers, { secret });
 * if (event.type === 'approval.decided') console.log(event.data.subject, event.data.details.outcome);
 */
export const parseWebhook = async (
  body: string,
  headers: GivenHeaders,
  { secret, toleranceSeconds = 300, nowMs = Date.now() }: ParseWebhookOptions,
): Promise<ParsedWebhook> => {
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature').split(' ');
  if (!/^\d{1,12}$/.test(timestamp)) throw new WebhookError('The header webhook-timestamp is no time.');
  const ageSeconds = Math.abs(nowMs / 1000 - Number(timestamp));
  if (ageSeconds > toleranceSeconds)
    throw new WebhookError(`It is ${Math.round(ageSeconds)} s away from now: too old, or the clocks differ.`);
  const secrets = typeof secret === 'string' ? [secret] : secret;
  const checked = await Promise.all(secrets.map((one) => isSigned(one, `${id}.${timestamp}.${body}`, signatures)));
  if (!checked.includes(true)) throw new WebhookError('The signature is not good.');
  return { ...(JSON.parse(body) as Omit<ParsedWebhook, 'id'>), id } as ParsedWebhook; // Signed by the server, which says what stands in it.
};
