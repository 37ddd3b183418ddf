/** What was taken out of a request before it was stored: where a marker of the server stands in a text. */
import type { WireApproval } from '@countersign/contract';
import { createContext } from 'react';

export type Redaction = NonNullable<WireApproval['redactions']>[number];
export type Redactions = ReadonlyMap<string, Redaction>;

const NONE: Redactions = new Map();

/** By marker: those of the request that is shown. A text that only looks like a marker is not among them, and stays a text. */
export const RedactionsContext = createContext(NONE);

export const redactionsIn = ({ redactions = [] }: Pick<WireApproval, 'redactions'>): Redactions =>
  redactions.length === 0 ? NONE : new Map(redactions.map((redaction) => [redaction.marker, redaction]));

/** A text in pieces: what stands there, and what was taken out of it. */
export const piecesOf = (text: string, redactions: Redactions): readonly (string | Redaction)[] => {
  if (redactions.size === 0 || !text.includes('[redacted: ')) return [text];
  // Every marker ends so; the last piece has none.
  return text
    .split(/(\[redacted: [^[\]]{1,120}\])/)
    .flatMap((piece) => redactions.get(piece) ?? (piece === '' ? [] : piece));
};
