import type { WireApproval } from '@countersign/contract';
import { canonicalize, digestJson, viewOf } from '@countersign/core';

/**
 * Whether what this page shows is what the digest covers: computed here and not only believed, so that a fault between
 * the database and the screen is seen before somebody signs for it.
 */
export const isWhatDigestCovers = ({
  action,
  digest,
  arguments: shown,
  output,
}: Pick<WireApproval, 'action' | 'digest' | 'arguments' | 'output'>): boolean =>
  digestJson(action) === digest &&
  canonicalize(action['arguments'] ?? null) === canonicalize(shown) &&
  canonicalize(action['output'] ?? null) === canonicalize(output);

/**
 * The digest of the view model, made from what this page holds: it is sent with the decision, and refused where the server
 * would show something else by now.
 */
export const viewDigestOf = (approval: WireApproval): string => digestJson(viewOf(approval));
