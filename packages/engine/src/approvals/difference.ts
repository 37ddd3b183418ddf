/** What changed since somebody looked: told to whoever names a digest that was once that of the approval. */
import { type ApprovalRefusal, type JsonDifference, type JsonObject, diffJson, digestText } from '@countersign/core';
import { type ApprovalRow, type Scope, listRevisions } from '@countersign/store';

/** @returns the refusal, of a stale digest with the difference field by field; null where it never was one of this approval */
export const withDifference = async (
  scope: Scope,
  row: ApprovalRow,
  refusal: ApprovalRefusal,
): Promise<ApprovalRefusal> => {
  if (refusal.type !== 'digest_stale') return refusal;
  return { ...refusal, difference: await differenceSince(scope, row, refusal.given) };
};

const differenceSince = async (scope: Scope, row: ApprovalRow, digest: string): Promise<JsonDifference[] | null> => {
  if (row.original_action === null) return null;
  const before =
    digestText(row.original_action) === digest
      ? row.original_action
      : (await listRevisions(scope, row.id)).find((made) => made.digest === digest)?.action;
  if (before === undefined) return null;
  return diffJson(JSON.parse(before) as JsonObject, JSON.parse(row.action) as JsonObject);
};
