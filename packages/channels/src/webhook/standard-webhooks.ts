/** Signatures of the Standard Webhooks specification, 1.0.0: `v1`, HMAC-SHA-256 over `id.timestamp.body`. */
import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
const SECRET_BYTES = 32;

export const newWebhookSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString('base64');

/** The value of `webhook-signature`: one signature for each secret, so that a receiver with either is content. */
export const signWebhook = (
  secrets: readonly string[],
  message: { readonly id: string; readonly timestampSeconds: number; readonly body: string },
): string =>
  secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
      const content = `${message.id}.${message.timestampSeconds}.${message.body}`;
      return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
    })
    .join(' ');
