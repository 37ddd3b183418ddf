import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ID_PREFIXES, type IdKind, base62, idPattern, ksuid, makeId } from './ids.ts';

const KINDS = Object.keys(ID_PREFIXES) as IdKind[];
const EPOCH_MS = 1_400_000_000_000;
const moment = fc.integer({ min: EPOCH_MS, max: EPOCH_MS + 2 ** 32 * 1000 - 1 });
const random = fc.uint8Array({ minLength: 16, maxLength: 16 });

it('is a KSUID: the published example, its smallest and its largest value', () => {
  const payload = Uint8Array.from(Buffer.from('B5A1CD34B5F99D1154FB6853345C9735', 'hex'));
  expect(ksuid((107_608_047 + 1_400_000_000) * 1000, payload)).toBe('0ujtsYcgvSTl8PAuAdqWYSMnLOv');
  expect(ksuid(EPOCH_MS, new Uint8Array(16))).toBe('0'.repeat(27));
  expect(ksuid(EPOCH_MS + (2 ** 32 - 1) * 1000, new Uint8Array(16).fill(255))).toBe('aWgEPTl1tmebfsQzFP4bxwgy80V');
});
it('has a prefix of its own for each kind, and the pattern of its kind alone', () => {
  expect(new Set(Object.values(ID_PREFIXES)).size).toBe(KINDS.length);
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), moment, random, (kind, nowMs, bytes) => {
      const id = makeId(kind, nowMs, bytes);
      for (const other of KINDS) expect(idPattern(other).test(id)).toBe(other === kind);
    }),
  );
});
it('sorts by the second in which it was made, as plain text', () => {
  fc.assert(
    fc.property(moment, moment, random, random, (a, b, bytesA, bytesB) => {
      fc.pre(Math.floor(a / 1000) !== Math.floor(b / 1000));
      expect(ksuid(a, bytesA) < ksuid(b, bytesB)).toBe(a < b);
    }),
  );
});
it('differs where any random bit differs', () => {
  fc.assert(
    fc.property(moment, random, fc.nat(127), (nowMs, bytes, bit) => {
      const other = Uint8Array.from(bytes);
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(ksuid(nowMs, bytes)).not.toBe(ksuid(nowMs, other));
    }),
  );
});
it('pads base 62 to its length', () => {
  expect(base62(new Uint8Array([0]), 3)).toBe('000');
  expect(base62(new Uint8Array([61]), 3)).toBe('00z');
  expect(base62(new Uint8Array([62]), 3)).toBe('010');
});
