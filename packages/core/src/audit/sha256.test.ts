import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex, utf8 } from './bytes.ts';
import { createSha256, sha256 } from './sha256.ts';

const node = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('hashes what Node hashes, at every length around a block, in whatever parts', () => {
  for (let length = 0; length < 300; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 7 + length) % 256);
    expect(toHex(sha256(bytes))).toBe(node(bytes));
    const cut = length % 67;
    expect(toHex(sha256(bytes.subarray(0, cut), bytes.subarray(cut)))).toBe(node(bytes));
  }
  expect(toHex(sha256(new Uint8Array(1_000_000).fill(97)))).toBe(
    'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
  );
});

test('tells the hash so far, and goes on', () => {
  const hash = createSha256();
  const parts = Array.from({ length: 50 }, (_, index) => utf8('x'.repeat(index * 3)));
  const seen: Uint8Array[] = [];
  for (const part of parts) {
    hash.update(part);
    seen.push(part);
    expect(toHex(hash.digest())).toBe(node(Buffer.concat(seen)));
  }
});

test('texts become the bytes that everybody makes of them', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
      expect(Buffer.from(utf8(text))).toEqual(Buffer.from(text));
    }),
  );
  for (const text of ['\ud800', '\udc00x', 'a\ud83d', '\ud83d\ude00', 'ä€'])
    expect(Buffer.from(utf8(text))).toEqual(Buffer.from(text));
});
