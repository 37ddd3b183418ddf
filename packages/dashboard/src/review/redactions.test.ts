import { expect, test } from 'vitest';
import { piecesOf, redactionsIn } from './redactions.ts';

const marker = '[redacted: Pay, 5 characters, 0123456789abcdef01234567]';
const redaction = { marker, rule: 'Pay', visible_to: [] };
const redactions = redactionsIn({ redactions: [redaction] });

test('a marker of the server is found in a text, as often as it stands there', () => {
  expect(piecesOf(`a ${marker} b ${marker}`, redactions)).toEqual(['a ', redaction, ' b ', redaction]);
  expect(piecesOf(marker, redactions)).toEqual([redaction]);
});

test('what somebody wrote in its form, and what stands around it, stay texts', () => {
  const forged = '[redacted: Pay, 5 characters, 000000000000000000000000]';
  expect(piecesOf(`x ${forged} [redacted: ${marker}`, redactions).filter((piece) => typeof piece !== 'string')).toEqual(
    [redaction],
  );
  expect(
    piecesOf(forged, redactions)
      .map((piece) => (typeof piece === 'string' ? piece : '?'))
      .join(''),
  ).toBe(forged);
  expect(piecesOf(marker, redactionsIn({}))).toEqual([marker]);
});
