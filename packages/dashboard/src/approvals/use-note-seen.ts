import type { WireAlsoReading, WireApproval } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { call } from '../api.ts';
import { foldedTexts } from '../review/seen.ts';

/** The server takes who said so within 45 seconds for somebody who has it open. */
const SAY_MS = 20_000;

export type Readers = WireAlsoReading['also_reading'];
const NOBODY: Readers = [];

/**
 * Tells the server that a pending request is before its reader, as long as it is, and whether anything of it is still folded.
 * Decides nothing.
 *
 * @returns who else has it open
 */
export const useNoteSeen = ({ id, status, ...shown }: WireApproval, opened: ReadonlySet<string>): Readers => {
  const whole = foldedTexts(shown).every((text) => opened.has(text));
  // Whether it is known is of no weight for who reads: a failure is not shown.
  const { data } = useQuery({
    queryKey: ['seen', id, whole],
    queryFn: () => call('noteSeen', { id, body: { whole } }),
    enabled: status === 'pending',
    refetchInterval: SAY_MS,
    retry: false,
  });
  return status === 'pending' ? (data?.also_reading ?? NOBODY) : NOBODY;
};
