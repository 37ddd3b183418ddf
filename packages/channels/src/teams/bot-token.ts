/**
 * What the Bot Connector signs its requests to us with:
 * https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
 * A token says who sends, and for which bot; it does not cover the body.
 */
import type { Json, JsonObject } from '@countersign/core';
import { type JSONWebKeySet, createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { readStart } from '../read-start.ts';

const TIMEOUT_MS = 5000;
const DOCUMENT_BYTES_MAX = 262_144;
const TOLERANCE_SECONDS = 300;
const KEEP_MS = 24 * 3600 * 1000;
/** A token with a key that we do not know makes us look again, this often at most. */
const LOOK_AGAIN_MS = 60_000;
const TEAMS = 'msteams';

type SigningKey = { readonly kid?: string; readonly endorsements?: readonly string[] };
type Keys = {
  readonly issuer: string;
  readonly keys: readonly SigningKey[];
  readonly set: ReturnType<typeof createLocalJWKSet>;
  readonly readAtMs: number;
};

export type TokenClaims = { readonly serviceUrl: string };

/** @returns the token's claims, or why it is not taken */
export type CheckToken = (
  token: string,
  expected: { readonly openIdUrl: string; readonly audience: string; readonly now: Date },
) => Promise<TokenClaims | string>;

const readJson = async (fetcher: typeof fetch, url: string): Promise<JsonObject> => {
  const answer = await fetcher(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  return JSON.parse(await readStart(answer, DOCUMENT_BYTES_MAX)) as JsonObject;
};

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** @param fetcher guarded: whoever configures a channel chooses the address */
export const tokenChecker = (fetcher: typeof fetch): CheckToken => {
  const known = new Map<string, Keys>();

  const read = async (openIdUrl: string): Promise<Keys> => {
    const { issuer, jwks_uri: uri } = await readJson(fetcher, openIdUrl);
    const set = (await readJson(fetcher, textOf(uri))) as unknown as JSONWebKeySet & { readonly keys: SigningKey[] };
    const found = { issuer: textOf(issuer), keys: set.keys, set: createLocalJWKSet(set), readAtMs: Date.now() };
    known.set(openIdUrl, found);
    return found;
  };

  const keysFor = async (openIdUrl: string, kid: string | undefined): Promise<Keys> => {
    const kept = known.get(openIdUrl);
    const ageMs = kept ? Date.now() - kept.readAtMs : Number.POSITIVE_INFINITY;
    const isKnown = kept?.keys.some((key) => key.kid === kid) ?? false;
    if (!kept || ageMs > KEEP_MS || (!isKnown && ageMs > LOOK_AGAIN_MS)) return read(openIdUrl);
    return kept;
  };

  return async (token, { openIdUrl, audience, now }) => {
    try {
      const { kid } = decodeProtectedHeader(token);
      const { issuer, keys, set } = await keysFor(openIdUrl, kid);
      const { payload } = await jwtVerify(token, set, {
        issuer,
        audience,
        algorithms: ['RS256'],
        requiredClaims: ['exp'],
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: now,
      });
      const isEndorsed = keys.find((key) => key.kid === kid)?.endorsements?.includes(TEAMS) ?? false;
      if (!isEndorsed) return 'the key of its token does not stand for Teams';
      return { serviceUrl: textOf(payload['serviceurl'] as Json | undefined) };
    } catch (error) {
      return `its token is not taken: ${error instanceof Error ? error.message : String(error)}`;
    }
  };
};
