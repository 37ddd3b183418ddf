/** Why a call to the outside did not give a usable answer. */
export type OutboundErrorCode =
  | 'address_denied'
  | 'unresolvable'
  | 'timeout'
  | 'connection_failed'
  | 'too_large'
  | 'url_invalid';

/** What is wrong with a URL, or with the address behind it. */
export type OutboundProblem = { code: 'address_denied' | 'url_invalid'; detail: string };

/**
 * The only error that the guarded fetch makes of its own. `hasSent` is the fact that at-most-once
 * execution needs: false means that not one byte of the request left, so the call did not run.
 */
export class OutboundError extends Error {
  override readonly name = 'OutboundError';
  readonly code: OutboundErrorCode;
  readonly hasSent: boolean;

  constructor(code: OutboundErrorCode, message: string, options: { hasSent: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.hasSent = options.hasSent;
  }
}

/** Finds an `OutboundError` inside another library's error, however deep it was wrapped. */
export const findOutboundError = (error: unknown): OutboundError | undefined => {
  const seen = new Set<unknown>();
  const queue = [error];
  for (const current of queue) {
    if (current instanceof OutboundError) return current;
    if (!(current instanceof Error) || seen.has(current)) continue;
    seen.add(current);
    queue.push(current.cause);
    if (current instanceof AggregateError) queue.push(...current.errors);
  }
  return undefined;
};
