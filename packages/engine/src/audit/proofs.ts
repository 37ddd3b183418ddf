/** Proofs from the hashes that the database keeps: those of leaves, and of every eighth level of the tree. */
import { type Hash, type Span, type Subtree, compactRange, hashNode, hashSpan, subtreesOf } from '@countersign/core';
import { type Scope, storedHashes } from '@countersign/store';

/** A level of which every subtree is stored. */
export const isStoredLevel = (level: number): boolean => level % 8 === 0;

const nameOf = ({ level, index }: Subtree): string => `${level}/${index}`;

/** @throws if a hash is missing: the log was tampered with */
const hashOf = async (scope: Scope, epoch: number, { level, index }: Subtree): Promise<Hash> => {
  const stored = level - (level % 8);
  const width = 2 ** (level - stored);
  let hashes: Hash[] = await storedHashes(scope, epoch, stored, index * width, (index + 1) * width);
  if (hashes.length !== width) throw new Error(`the audit log misses hashes of level ${stored} at ${index * width}`);
  while (hashes.length > 1)
    hashes = Array.from({ length: hashes.length / 2 }, (_, pair) =>
      hashNode(hashes[pair * 2] ?? new Uint8Array(), hashes[pair * 2 + 1] ?? new Uint8Array()),
    );
  const [hash] = hashes;
  if (!hash) throw new Error('no hash is left of a subtree');
  return hash;
};

/** The hashes of perfect subtrees, in order. */
export const subtreeHashes = async (scope: Scope, epoch: number, span: Span): Promise<Hash[]> => {
  const hashes: Hash[] = [];
  for (const subtree of subtreesOf(span)) hashes.push(await hashOf(scope, epoch, subtree));
  return hashes;
};

/** The root of the log as it was with this many entries. */
export const rootAt = async (scope: Scope, epoch: number, size: number): Promise<Hash> =>
  compactRange(size, await subtreeHashes(scope, epoch, { begin: 0, end: size })).root();

/** The hashes of a proof whose spans are named. */
export const proofHashes = async (scope: Scope, epoch: number, spans: readonly Span[]): Promise<Hash[]> => {
  const known = new Map<string, Hash>();
  for (const subtree of spans.flatMap(subtreesOf)) known.set(nameOf(subtree), await hashOf(scope, epoch, subtree));
  return spans.map((span) =>
    hashSpan(span, (subtree) => {
      const hash = known.get(nameOf(subtree));
      if (!hash) throw new Error('a subtree of the proof was not read');
      return hash;
    }),
  );
};
