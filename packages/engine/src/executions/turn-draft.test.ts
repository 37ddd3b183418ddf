import { expect, test } from 'vitest';
import { settledPart } from './turn-draft.ts';

test.each([
  ['I look at the ord', 'I look at the '],
  ['I look. ', 'I look. '],
  ['', ''],
  ['Ich prüfe die Bestellung 订单', 'Ich prüfe die Bestellung 订单'],
  ['Your card 4111 1111 1111 ', 'Your card '],
  ['Your card 4111-1111 11', 'Your card '],
  ['On 3 May we', 'On 3 May '],
  ['It cost 189.00 and', 'It cost 189.00 '],
  ['-----BEGIN X-----\nMIIE\n-----END X-----\nthat was it', '-----BEGIN X-----\nMIIE\n-----END X-----\nthat was '],
  ['the key\n-----BEGIN EC PARAMETERS-----\nMIIE vQ', 'the key\n'],
])('T46: of %j only what can not grow into a secret is shown: %j', (text, shown) => {
  expect(settledPart(text)).toBe(shown);
});
