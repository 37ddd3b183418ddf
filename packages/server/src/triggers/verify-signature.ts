/** Whether a delivery is from who knows the secret: HMAC-SHA-256 over its bytes, in the ways that senders do it. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Result, ok, refuse } from '@countersign/core';
import type { WebhookSignature } from '@countersign/store';

type Headers = { readonly get: (name: string) => string | null };

/** A text that says `t=…,v1=…` or `sha256=…` holds several; any of them may be the right one. */
const candidates = (header: string): string[] =>
  header
    .split(/[\s,]+/)
    .map((part) => part.replace(/^(sha256|v1|v0)[=,:]/i, ''))
    .filter((part) => part !== '');

const isOneOf = (digest: Buffer, header: string): boolean =>
  candidates(header).some((text) =>
    (['hex', 'base64'] as const).some((encoding) => {
      const given = Buffer.from(text, encoding);
      return given.length === digest.length && timingSafeEqual(given, digest);
    }),
  );

/** Standard Webhooks 1.0.0: the key is what follows `whsec_`, in base 64. */
const keyOf = (signature: WebhookSignature, secret: string): Buffer =>
  signature.scheme === 'standard' && secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret);

/** @param nowMs the receiver's clock @returns why it is refused, in a sentence for the sender */
export const verifySignature = (
  signature: WebhookSignature,
  secret: string,
  headers: Headers,
  body: string,
  nowMs: number,
): Result<null, string> => {
  const given = headers.get(signature.header);
  if (given === null) return refuse(`The header ${signature.header} is missing.`);
  const digestOf = (signed: string): Buffer => createHmac('sha256', keyOf(signature, secret)).update(signed).digest();
  const wrong = refuse(`The signature in ${signature.header} is not that of this body.`);
  if (signature.scheme === 'body') return isOneOf(digestOf(body), given) ? ok(null) : wrong;
  const timestampHeader = signature.timestamp_header ?? '';
  const timestamp = headers.get(timestampHeader) ?? '';
  const seconds = Number(timestamp);
  if (!/^\d{1,13}$/.test(timestamp)) return refuse(`The header ${timestampHeader} must hold seconds since 1970.`);
  if (Math.abs(nowMs / 1000 - seconds) > signature.tolerance_seconds)
    return refuse(`The delivery is of another time than now, by more than ${signature.tolerance_seconds} s.`);
  const signed =
    signature.scheme === 'standard'
      ? `${headers.get('webhook-id') ?? ''}.${timestamp}.${body}`
      : `${timestamp}.${body}`;
  return isOneOf(digestOf(signed), given) ? ok(null) : wrong;
};
