/** What a person signs decisions with, and what they sign. */
import { z } from 'zod';
import { id, instant, jsonObject, seen } from './common.ts';

const base64url = z.string().regex(/^[A-Za-z0-9_-]{1,8192}$/);

export const SigningCredential = z.object({
  id: id('signingCredential'),
  name: z.string(),
  created_at: instant,
  last_used_at: instant.nullable(),
  revoked_at: instant.nullable(),
});
export const SigningCredentialList = z.object({ data: z.array(SigningCredential) });

export const SigningOptions = z.object({
  options: jsonObject.describe('for `navigator.credentials` (WebAuthn level 3, JSON)'),
});

/** As `PublicKeyCredential.toJSON()` writes it; members that are not needed are left aside. */
const credential = { id: base64url, rawId: base64url, type: z.literal('public-key') };

export const AddSigningCredential = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(60)
    .refine(...seen),
  credential: z.object({
    ...credential,
    clientExtensionResults: jsonObject.default({}),
    response: z.object({
      clientDataJSON: base64url,
      attestationObject: base64url,
      transports: z.array(z.string().max(30)).max(10).optional(),
    }),
  }),
});

/** The person's answer to an intent. */
export const Signature = z.strictObject({
  intent_id: id('intent'),
  credential: z.object({
    ...credential,
    clientExtensionResults: jsonObject.default({}),
    response: z.object({ clientDataJSON: base64url, authenticatorData: base64url, signature: base64url }),
  }),
});

export const SigningIntent = z.object({
  id: id('intent'),
  intent: jsonObject.describe('what is signed, and nothing else: who decides what about which content'),
  text: z
    .string()
    .describe('its canonical JSON; the challenge is the SHA-256 of "countersign.intent.v1", a zero byte and this'),
  options: jsonObject.describe('for `navigator.credentials.get` (WebAuthn level 3, JSON)'),
  expires_at: instant,
});
