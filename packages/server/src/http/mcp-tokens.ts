/**
 * Who may speak to `/mcp`, told as OAuth clients look for it (RFC 9728), and access tokens (RFC 9068) as they stand for an API key
 * of ours: ADR 0072.
 */
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import type { McpOauth } from '../settings-mcp-oauth.ts';

export const RESOURCE_METADATA = '/.well-known/oauth-protected-resource';

/** @param origin at which the request reached us */
export const protectedResource = (origin: string, oauth: McpOauth | null): Response =>
  Response.json(
    {
      resource: `${origin}/mcp`,
      resource_name: 'Countersign',
      bearer_methods_supported: ['header'],
      ...(oauth ? { authorization_servers: [oauth.issuer] } : {}),
    },
    { headers: { 'access-control-allow-origin': '*', 'cache-control': 'no-cache' } },
  );

export const challengeOf = (origin: string): string =>
  `Bearer realm="countersign", resource_metadata="${origin}${RESOURCE_METADATA}/mcp"`;

/** Signatures only, and none that a public key could be mistaken for the secret of. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const CLOCK_SECONDS = 30;

/** The API key that an access token stands for. @param audience the address of `/mcp`, as the caller knows it */
export type ReadToken = (token: string, audience: string) => Promise<string | undefined>;

export const createReadToken = (oauth: McpOauth | null): ReadToken => {
  if (!oauth) return async () => undefined;
  const keySet = createRemoteJWKSet(new URL(oauth.jwks_url));
  return async (token, audience) => {
    try {
      const { payload } = await jwtVerify(token, keySet, {
        issuer: oauth.issuer,
        // A token for somebody else is refused, whoever signed it (RFC 8707).
        audience: oauth.audience ?? audience,
        typ: 'at+jwt',
        algorithms: ALGORITHMS,
        requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti'],
        clockTolerance: CLOCK_SECONDS,
      });
      return oauth.keys.find(
        ({ client_id: client, subject }) =>
          (client === undefined || client === payload['client_id']) &&
          (subject === undefined || subject === payload.sub),
      )?.api_key;
    } catch (error) {
      // It is no good, or its keys can't be had: either way there is nobody.
      if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
      throw error;
    }
  };
};
