/** The lines of an exported audit log (docs/spec/audit-log.md): one canonical JSON object each, in this order. */
import { canonicalize } from '../json.ts';
import { toBase64 } from './base64.ts';
import type { Hash } from './tree.ts';

export const EXPORT_FORMAT = 'countersign-audit/1';

/** First: which log, which of its entries, the hashes of the subtrees before them, and the keys that sign. */
export const headerLine = (header: {
  readonly origin: string;
  readonly workspace: string;
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
  readonly before: readonly Hash[];
  readonly keys: readonly string[];
}): string =>
  canonicalize({
    type: 'header',
    format: EXPORT_FORMAT,
    ...header,
    before: header.before.map(toBase64),
  });

/** Then each entry, with what its commitment opens to; or, erased, with the entry that says so (`epoch/index`). */
export const entryLine = (entry: {
  readonly index: number;
  readonly leaf: string;
  readonly hash: Hash;
  readonly opening: { readonly salt: Uint8Array; readonly payload: string } | { readonly erasedBy: string | null };
}): string => {
  const { index, leaf, opening } = entry;
  const hash = toBase64(entry.hash);
  return 'salt' in opening
    ? canonicalize({ type: 'entry', index, leaf, hash, salt: toBase64(opening.salt), payload: opening.payload })
    : canonicalize({ type: 'entry', index, leaf, hash, erased_by: opening.erasedBy });
};

/** A signed checkpoint, where the entries before it are as many as it says; the last one after the rest. */
export const checkpointLine = (note: string): string => canonicalize({ type: 'checkpoint', note });

/** The subtrees between the last entry and the last checkpoint, where the file ends before it. */
export const restLine = (after: readonly Hash[]): string => canonicalize({ type: 'rest', after: after.map(toBase64) });

/** Last: how many entries, and the SHA-256 of every byte before this line. */
export const endLine = (entries: number, sha256: string): string => canonicalize({ type: 'end', entries, sha256 });
