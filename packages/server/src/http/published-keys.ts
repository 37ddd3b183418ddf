/** `/.well-known/jwks.json`: the public keys that receipts are signed with, current and retired (RFC 7517). */
import type { Engine } from '@countersign/engine';

/** Nobody needs a credential for it, so that it is asked for at most this often of the database. */
const KEPT_MS = 2000;

/** @returns what answers a request for the keys */
export const publishedKeys = (engine: Engine): (() => Promise<Response>) => {
  let kept: { readonly body: Promise<string>; readonly untilMs: number } | undefined;
  const load = async (): Promise<string> => {
    const keys = await engine.signing.published('receipt');
    return JSON.stringify({
      keys: keys.map(({ kid, publicJwk, validFrom, retiredAt }) => ({
        ...publicJwk,
        kid,
        alg: 'EdDSA',
        use: 'sig',
        // Ours (RFC 7517 lets further members be): since when it signs, and since when it does not any more.
        valid_from: validFrom.toISOString(),
        retired_at: retiredAt?.toISOString() ?? null,
      })),
    });
  };
  return async () => {
    if (!kept || kept.untilMs < performance.now()) {
      const body = load();
      const mine = { body, untilMs: performance.now() + KEPT_MS };
      kept = mine;
      body.catch(() => {
        if (kept === mine) kept = undefined;
      });
    }
    return new Response(await kept.body, {
      headers: {
        'content-type': 'application/jwk-set+json',
        'cache-control': 'public, max-age=60',
        'access-control-allow-origin': '*',
        'x-content-type-options': 'nosniff',
      },
    });
  };
};
