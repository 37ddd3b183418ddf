/** The setting that names the authorization server whose tokens `/mcp` takes (ADR 0072). */
import { z } from 'zod';
import { isSecure, parseJson } from './settings-sso.ts';

const secureUrl = z.url().refine((text) => isSecure(new URL(text)), { error: 'must begin with https://' });

const McpOauth = z.strictObject({
  issuer: secureUrl,
  jwks_url: secureUrl,
  /** What tokens must be for; the address of `/mcp` where it is left out. */
  audience: z.string().min(1).optional(),
  /** With which API key whoever such a token is about acts here. */
  keys: z
    .array(
      z
        .strictObject({
          client_id: z.string().min(1).optional(),
          subject: z.string().min(1).optional(),
          api_key: z.string().regex(/^csk_/, 'must be an API key, csk_…'),
        })
        .refine((one) => one.client_id !== undefined || one.subject !== undefined, {
          error: 'names a client_id, a subject, or both',
        }),
    )
    .min(1),
});
export type McpOauth = z.output<typeof McpOauth>;

/** JSON in an environment variable; empty: API keys alone. */
export const McpOauthSetting = z.string().transform((text, context): McpOauth | null => {
  if (text === '') return null;
  const parsed = McpOauth.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  context.addIssue({
    code: 'custom',
    message: `must be a JSON object: ${issue ? `/${issue.path.join('/')} ${issue.message}` : ''}`,
  });
  return z.NEVER;
});
