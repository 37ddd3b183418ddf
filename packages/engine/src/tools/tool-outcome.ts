/** What one call of a tool came to: the same for every kind of tool. */

export type ToolFailure = {
  /**
   * `retryable`: it did not run, and may be tried again. `permanent`: it did not run, and never will as it stands.
   * `unknown`: it may have run, but no answer says so; only an idempotent tool may be called again, anything else is
   * for a person to find out.
   */
  kind: 'retryable' | 'permanent' | 'unknown';
  code: string;
  message: string;
  /** The fact behind `kind`: false only if the tool surely did nothing. */
  mayHaveRun: boolean;
  retryAfterSeconds?: number;
};

export type ToolOutcome =
  | {
      ok: true;
      /** What the model is told. */
      content: string;
      /** The tool answered, and the answer is that it did not work. */
      isError: boolean;
      /** The HTTP status, null where there is none. */
      status: number | null;
    }
  | { ok: false; failure: ToolFailure };

/** Bytes of an answer that reach the model and our database; what is beyond is cut, and the text says so. */
export const CONTENT_BYTES_MAX = 128 * 1024;

const refusal =
  (kind: ToolFailure['kind'], mayHaveRun: boolean) =>
  (code: string, message: string, retryAfterSeconds?: number): { ok: false; failure: ToolFailure } => ({
    ok: false,
    failure: {
      kind,
      code,
      message,
      mayHaveRun,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
  });

export const retryable = refusal('retryable', false);
export const permanent = refusal('permanent', false);
export const unknown = refusal('unknown', true);
