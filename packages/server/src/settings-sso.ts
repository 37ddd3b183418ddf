/** The setting that names the providers of single sign-on. */
import { ROLES } from '@countersign/core';
import { z } from 'zod';

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

const Provider = z.strictObject({
  /** In addresses: `google`. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,29}$/, 'must hold up to 30 small letters, digits or hyphens'),
  /** On the button. */
  name: z.string().min(1).max(60),
  issuer: z.url().refine((text) => isSecure(new URL(text)), { error: 'must begin with https://' }),
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  /** Whoever comes with a verified address in one of them and is new becomes a member. */
  domains: z.array(z.string().min(1).toLowerCase()).default([]),
  roles: z
    .array(z.enum(ROLES).exclude(['owner']))
    .min(1)
    .default(['viewer']),
  workspace_id: z.string().optional(),
  /** The provider itself asks everybody for a second factor. */
  second_factor: z.boolean().default(false),
});
export type SsoProvider = z.output<typeof Provider>;

/** Over TLS, or on this machine. */
export const isSecure = (url: URL): boolean =>
  url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));

const Providers = z
  .array(Provider)
  .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, { error: 'names an id twice' })
  .refine((list) => new Set(list.map(({ issuer }) => issuer)).size === list.length, { error: 'names an issuer twice' });

/** JSON in an environment variable. */
export const SsoProviders = z.string().transform((text, context): SsoProvider[] => {
  if (text === '') return [];
  const parsed = Providers.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  context.addIssue({
    code: 'custom',
    message: `must be a JSON array of providers: ${issue ? `/${issue.path.join('/')} ${issue.message}` : ''}`,
  });
  return z.NEVER;
});

/** Undefined for what is no JSON. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
