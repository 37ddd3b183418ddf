/** One kind of file that `countersign verify` checks. Its modules import nothing that npm would have to install. */
export type Verifier = {
  /** Whether a file that begins so is of this kind. */
  readonly recognises: (head: string) => boolean;
  /** @throws UsageError where something that it needs was not given */
  readonly verify: (path: string, options: VerifyOptions) => Promise<Verdict>;
};

export type VerifyOptions = {
  /** Path of the published keys. */
  readonly keys?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly approval?: string | undefined;
  /** A key as the server prints it (c2sp.org/signed-note). */
  readonly key?: string | undefined;
  /** Path of a checkpoint that was kept. */
  readonly checkpoint?: string | undefined;
};

export type Verdict = { readonly isGood: boolean; readonly lines: readonly string[] };
