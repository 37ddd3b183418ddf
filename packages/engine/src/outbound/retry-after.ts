const RETRY_AFTER_SECONDS_MAX = 24 * 60 * 60;

/**
 * The `Retry-After` of an answer (RFC 9110, section 10.2.3) in seconds: a number or an HTTP date. Undefined where it is
 * missing or makes no sense; never over a day, so that a server can't park an execution for good.
 */
export const retryAfterSeconds = (headers: Headers, nowMs: number = Date.now()): number | undefined => {
  const text = headers.get('retry-after')?.trim() ?? '';
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : (Date.parse(text) - nowMs) / 1000;
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(Math.max(Math.ceil(seconds), 0), RETRY_AFTER_SECONDS_MAX);
};
