/**
 * Single sign-on with OpenID Connect: discovery, authorization code with PKCE, state and nonce, an ID token whose signature
 * is checked. openid-client does the protocol; every request goes out through the guarded client (trust.md, F2).
 */
import type { GuardedFetch } from '@countersign/engine';
import * as client from 'openid-client';
import type { SsoProvider } from '../settings-sso.ts';
import { isLoopback, ownOrigin } from '../http/origin.ts';
import { Problem, notFound } from '../http/problem.ts';

const CALLBACK = '/sign-in/callback';
/** Keys and addresses of a provider change seldom. */
const DISCOVERY_MS = 15 * 60_000;

export type SsoAttempt = {
  readonly provider: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly redirectUri: string;
  readonly personId: string | null;
};

/** What a provider says about somebody, verified. */
export type Claims = {
  readonly provider: SsoProvider;
  readonly subject: string;
  readonly email: string | null;
  readonly isEmailVerified: boolean;
  readonly name: string | null;
  readonly isTwoFactor: boolean;
};

export type SingleSignOn = {
  readonly providers: { readonly id: string; readonly name: string }[];
  readonly providerAt: (issuer: string) => SsoProvider | undefined;
  /** @throws Problem `not_found`, `upstream_failed` */
  readonly begin: (
    request: Request,
    providerId: string,
    personId: string | null,
  ) => Promise<{ url: string; attempt: SsoAttempt }>;
  /** @throws Problem `sso_failed` for whatever is wrong with the answer */
  readonly finish: (attempt: SsoAttempt, query: string) => Promise<Claims>;
};

/** In the header, as the standard says, or in the body where the provider takes it only there. */
const authenticate =
  (secret: string): client.ClientAuth =>
  (server, ...rest) =>
    (server.token_endpoint_auth_methods_supported?.includes('client_secret_basic') ?? true)
      ? client.ClientSecretBasic(secret)(server, ...rest)
      : client.ClientSecretPost(secret)(server, ...rest);

const discover = (provider: SsoProvider, fetch: GuardedFetch): Promise<client.Configuration> =>
  client.discovery(
    new URL(provider.issuer),
    provider.client_id,
    { client_secret: provider.client_secret },
    authenticate(provider.client_secret),
    {
      [client.customFetch]: (url, options) => fetch(url, options as RequestInit), // the same options, with a narrower type
      execute: [
        // The token comes over TLS from the provider itself, but its signature is checked all the same.
        client.enableNonRepudiationChecks,
        ...(isLoopback(new URL(provider.issuer).origin) ? [client.allowInsecureRequests] : []),
      ],
    },
  );

export const createSingleSignOn = (
  providers: readonly SsoProvider[],
  publicUrl: string,
  fetch: GuardedFetch,
): SingleSignOn => {
  const known = new Map<string, { configuration: Promise<client.Configuration>; untilMs: number }>();
  const mustGet = (id: string): SsoProvider => {
    const provider = providers.find((candidate) => candidate.id === id);
    if (!provider) throw notFound('provider');
    return provider;
  };
  const configurationOf = (provider: SsoProvider): Promise<client.Configuration> => {
    const entry = known.get(provider.id);
    if (entry && entry.untilMs > Date.now()) return entry.configuration;
    const configuration = discover(provider, fetch).catch((error: Error) => {
      known.delete(provider.id);
      throw new Problem('upstream_failed', `${provider.name} does not answer as it should: ${error.message}`);
    });
    known.set(provider.id, { configuration, untilMs: Date.now() + DISCOVERY_MS });
    return configuration;
  };

  return {
    providers: providers.map(({ id, name }) => ({ id, name })),
    providerAt: (issuer) => providers.find((provider) => provider.issuer === issuer),
    begin: async (request, providerId, personId) => {
      const provider = mustGet(providerId);
      const attempt: SsoAttempt = {
        provider: provider.id,
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
        redirectUri: `${ownOrigin(request, publicUrl)}${CALLBACK}`,
        personId,
      };
      const url = client.buildAuthorizationUrl(await configurationOf(provider), {
        redirect_uri: attempt.redirectUri,
        scope: 'openid email profile',
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, attempt };
    },
    finish: async (attempt, query) => {
      const provider = mustGet(attempt.provider);
      const configuration = await configurationOf(provider);
      const claims = await client
        .authorizationCodeGrant(configuration, new URL(`${attempt.redirectUri}?${query}`), {
          pkceCodeVerifier: attempt.verifier,
          expectedState: attempt.state,
          expectedNonce: attempt.nonce,
          idTokenExpected: true,
        })
        .then((tokens) => tokens.claims())
        .catch((error: unknown) => {
          throw new Problem('sso_failed', refusalOf(provider, error));
        });
      if (!claims) throw new Error('an ID token was demanded');
      const amr = Array.isArray(claims['amr']) ? claims['amr'] : [];
      return {
        provider,
        subject: claims.sub,
        email: typeof claims['email'] === 'string' ? claims['email'] : null,
        isEmailVerified: claims['email_verified'] === true,
        name: typeof claims['name'] === 'string' && claims['name'].trim() !== '' ? claims['name'].slice(0, 100) : null,
        isTwoFactor: provider.second_factor || amr.includes('mfa'),
      };
    },
  };
};

const refusalOf = (provider: SsoProvider, error: unknown): string =>
  error instanceof client.AuthorizationResponseError
    ? `${provider.name} did not let you in (${error.error}).`
    : `What came back from ${provider.name} does not hold. Begin again.`;
