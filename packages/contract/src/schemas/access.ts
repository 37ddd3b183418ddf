import { PERMISSIONS, ROLES } from '@countersign/core';
import { z } from 'zod';
import { Actor, id, instant, listOf } from './common.ts';

export const CreateKey = z.strictObject({
  name: z.string().min(1).max(100),
  scopes: z.array(z.enum(PERMISSIONS)).min(1),
  expires_in_days: z.number().int().min(1).max(365).default(90),
});

export const ApiKey = z.object({
  id: id('key'),
  name: z.string(),
  kind: z.enum(['agent', 'reviewer', 'service']).describe('from its scopes: asks or configures, decides, only reads'),
  prefix: z.string().describe('its first characters, to recognise it'),
  scopes: z.array(z.enum(PERMISSIONS)),
  owner: Actor,
  created_at: instant,
  expires_at: instant.nullable(),
  last_used_at: instant.nullable(),
  revoked_at: instant.nullable(),
});

export const CreatedKey = ApiKey.extend({ secret: z.string().describe('shown once') });
export const ApiKeyList = listOf(ApiKey);

export const SignIn = z.strictObject({ token: z.string().min(1).max(200) });

export const Session = z.object({
  person: z.object({ id: id('person'), name: z.string(), email: z.string() }),
  workspace: z.object({ id: id('workspace'), name: z.string() }),
  roles: z.array(z.enum(ROLES)),
  permissions: z.array(z.enum(PERMISSIONS)),
  method: z.enum(['link', 'password', 'passkey', 'oidc']).describe('how it began'),
  second_factor: z
    .enum(['given', 'not_needed', 'needed', 'to_enrol'])
    .describe('`needed`: step up; `to_enrol`: enrol one. Until then this session opens nothing but the account'),
  signs_in_with: z
    .array(z.enum(['password', 'passkey', 'totp', 'identity']))
    .describe('empty: the next time only a new one-time link will do'),
  stepped_up_until: instant.nullable(),
  expires_at: instant,
});
