/** A workspace is what HookPulse calls a brand. Its UUID follows from its id, so that nobody has to keep it. */
import { createHash } from 'node:crypto';
import { Problem } from '../../http/problem.ts';

/** RFC 9562, version 8: the first 122 bits of a digest. */
export const brandUuid = (workspaceId: string): string => {
  const bytes = createHash('sha256').update(`countersign/brand/${workspaceId}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};

/** Both headers are always asked for; the brand may be named by the workspace's id, too. @throws Problem */
export const checkBrand = (workspaceId: string, named: string | null): void => {
  if (named === null || named === '') throw new Problem('unauthenticated', 'Missing brand UUID');
  if (named !== workspaceId && named.toLowerCase() !== brandUuid(workspaceId))
    throw new Problem('forbidden', 'Invalid brand UUID');
};
