/** The `X-RateLimit-*` headers of published APIs, from the standard ones that every answer has. */

/** @param limits with `RateLimit` and `RateLimit-Policy` @param nowMs for the moment, in seconds since 1970, at which all is left again */
export const rateHeaders = (limits: Readonly<Record<string, string>>, nowMs: number): Record<string, string> => {
  const limit = /;q=(\d+)/.exec(limits['RateLimit-Policy'] ?? '')?.[1];
  const [, left, seconds] = /;r=(\d+);t=(\d+)/.exec(limits['RateLimit'] ?? '') ?? [];
  if (limit === undefined || left === undefined) return {};
  return {
    'X-RateLimit-Limit': limit,
    'X-RateLimit-Remaining': left,
    'X-RateLimit-Reset': String(Math.ceil(nowMs / 1000) + Number(seconds)),
  };
};
