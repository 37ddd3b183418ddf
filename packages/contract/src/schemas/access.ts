import { PERMISSIONS, ROLES } from '@countersign/core';
import { z } from 'zod';
import { authenticatorCode } from './account.ts';
import { Actor, id, instant, listOf, seen } from './common.ts';

const isCidr = (text: string): boolean => [z.cidrv4(), z.cidrv6()].some((form) => form.safeParse(text).success);
const names = (most: number) => z.array(z.string().min(1).max(200)).min(1).max(most);
const expiresInDays = z.number().int().min(1).max(365).default(90);

export const CreateKey = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(100)
    .refine(...seen),
  scopes: z.array(z.enum(PERMISSIONS)).min(1),
  expires_in_days: expiresInDays,
  agents: names(100)
    .nullable()
    .default(null)
    .describe('agents that it is for, by id, or by name where they run elsewhere; null: any'),
  tools: names(200).nullable().default(null).describe('names of the tools that it is for; null: any'),
  networks: z
    .array(z.string().max(50).refine(isCidr, { error: 'must be an address range such as 10.0.0.0/8' }))
    .min(1)
    .max(50)
    .nullable()
    .default(null)
    .describe('address ranges from which it may be used; null: any'),
});

export const RotateKey = z.strictObject({
  overlap_hours: z
    .number()
    .min(0)
    .max(168)
    .default(24)
    .describe('how long the secret before is still good; at most 7 days'),
  expires_in_days: expiresInDays,
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
  last_used_at: instant.nullable().describe('to about a minute'),
  last_used_address: z.string().nullable(),
  revoked_at: instant.nullable(),
  rotated_at: instant.nullable(),
  previous_until: instant.nullable().describe('until when the secret before the last rotation is good'),
  agents: z.array(z.string()).nullable(),
  tools: z.array(z.string()).nullable(),
  networks: z.array(z.string()).nullable(),
});

export const CreatedKey = ApiKey.extend({ secret: z.string().describe('shown once') });
export const ApiKeyList = listOf(ApiKey);

export const SignIn = z.strictObject({
  token: z.string().min(1).max(200),
  code: authenticatorCode
    .optional()
    .describe('needed with a link that was asked for by mail, once an authenticator app is enrolled'),
});

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
