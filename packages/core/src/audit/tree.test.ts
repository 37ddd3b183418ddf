/** Against the vectors that RFC 6962's own implementations publish, and against the definition itself. */
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  EMPTY_ROOT,
  type Hash,
  type Span,
  compactRange,
  consistencySpans,
  hashLeaf,
  hashNode,
  hashSpan,
  inclusionSpans,
  joinedRoot,
  subtreesOf,
  verifyConsistency,
  verifyInclusion,
} from './tree.ts';

/** The leaves and roots of certificate-transparency's merkletree tests. */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const published = LEAVES.map((hex) => hashLeaf(hexToBytes(hex)));
const made = (count: number): Hash[] => Array.from({ length: count }, (_, index) => hashLeaf(utf8ToBytes(`${index}`)));

/** MTH as RFC 6962 defines it, by recursion: slow, and nothing of tree.ts but its two hashes. */
const definition = (leaves: readonly Hash[]): Hash => {
  const [first, ...others] = leaves;
  if (!first) return EMPTY_ROOT;
  if (others.length === 0) return first;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return hashNode(definition(leaves.slice(0, k)), definition(leaves.slice(k)));
};
const prove = (leaves: readonly Hash[], spans: readonly Span[]): Hash[] =>
  spans.map((span) =>
    hashSpan(span, ({ level, index }) => definition(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))),
  );

describe('roots', () => {
  test.each(ROOTS.map((root, size) => [size, root]))('of the first %i published leaves', (size, root) => {
    const range = compactRange();
    for (const leaf of published.slice(0, size)) range.append(leaf);
    expect(bytesToHex(range.root())).toBe(root);
  });
  test('grow by what is kept of a log alone, and tell each subtree once', () => {
    const leaves = made(100);
    const told = new Map<string, string>();
    for (let size = 0; size < leaves.length; size += 1) {
      const before = compactRange();
      for (const leaf of leaves.slice(0, size)) before.append(leaf);
      const range = compactRange(size, before.hashes);
      range.append(leaves[size] ?? EMPTY_ROOT, ({ level, index }, hash) => {
        expect(told.has(`${level}/${index}`)).toBe(false);
        told.set(`${level}/${index}`, bytesToHex(hash));
      });
      expect(bytesToHex(range.root())).toBe(bytesToHex(definition(leaves.slice(0, size + 1))));
    }
    expect(told.get('2/3')).toBe(bytesToHex(definition(leaves.slice(12, 16))));
    expect(() => compactRange(5, [EMPTY_ROOT])).toThrow(/not the subtrees/);
  });
  test('join a range and the subtrees after it', () => {
    const leaves = made(40);
    for (let middle = 0; middle <= leaves.length; middle += 1) {
      const range = compactRange();
      for (const leaf of leaves.slice(0, middle)) range.append(leaf);
      const span = { begin: middle, end: leaves.length };
      const rest = subtreesOf(span).map(({ level, index }) =>
        definition(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)),
      );
      expect(bytesToHex(joinedRoot(range, span, rest))).toBe(bytesToHex(definition(leaves)));
    }
  });
});

describe('proofs', () => {
  test('of every leaf in every tree of up to 40, and of no other leaf, place, size or root', () => {
    const leaves = made(40);
    for (let size = 1; size <= leaves.length; size += 1)
      for (let index = 0; index < size; index += 1) {
        const proof = prove(leaves, inclusionSpans(index, size));
        const root = definition(leaves.slice(0, size));
        const leaf = leaves[index] ?? EMPTY_ROOT;
        expect(verifyInclusion(leaf, index, size, proof, root)).toBe(true);
        expect(verifyInclusion(EMPTY_ROOT, index, size, proof, root)).toBe(false);
        expect(verifyInclusion(leaf, index, size, [...proof, leaf], root)).toBe(false);
        expect(verifyInclusion(leaf, index, size, proof.slice(1), root)).toBe(proof.length === 0);
        expect(verifyInclusion(leaf, index + 1, size, proof, root)).toBe(false);
        expect(verifyInclusion(leaf, index, size, proof, EMPTY_ROOT)).toBe(false);
      }
  });
  test('that each tree of up to 40 begins every later one, and with no other root', () => {
    const leaves = made(40);
    for (let second = 0; second <= leaves.length; second += 1)
      for (let first = 0; first <= second; first += 1) {
        const proof = prove(leaves, consistencySpans(first, second));
        const [before, after] = [definition(leaves.slice(0, first)), definition(leaves.slice(0, second))];
        expect(verifyConsistency(first, second, before, after, proof)).toBe(true);
        const other = hashLeaf(before);
        expect(verifyConsistency(first, second, other, after, proof)).toBe(false);
        if (second > 0 && first > 0) expect(verifyConsistency(first, second, before, other, proof)).toBe(false);
        expect(verifyConsistency(first, second, before, after, [...proof, other])).toBe(false);
      }
  });
  test('that are random bytes prove nothing, and throw nothing', () => {
    const hash = fc.uint8Array({ minLength: 0, maxLength: 33 });
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), fc.array(hash, { maxLength: 8 }), hash, hash, (a, b, proof, one, two) => {
        if (one.every((byte, index) => byte === two[index]) && one.length === two.length) return;
        expect(verifyInclusion(one, a, b, proof, two)).toBe(false);
        if (a > 0) expect(verifyConsistency(a, b, one, two, proof)).toBe(false);
      }),
    );
  });
});
