import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { digestJson, digestText } from './digest.ts';

it('is the SHA-256 of the UTF-8 bytes (FIPS 180-4 vectors)', () => {
  expect(digestText('')).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  expect(digestText('abc')).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
it('is what the platform computes, for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      expect(digestText(text)).toBe(`sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`);
    }),
  );
});
it('of a value is that of its canonical text, whatever the order of members', () => {
  expect(digestJson({ b: 1, a: [1.0, 'ü'] })).toBe(digestText('{"a":[1,"ü"],"b":1}'));
});
