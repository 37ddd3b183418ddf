/**
 * The Merkle tree of the audit log (RFC 9162, section 2.1, the same hashes as RFC 6962): roots, inclusion and
 * consistency proofs. Nodes are named by level and index: [index · 2^level, (index + 1) · 2^level) is what they cover.
 */
import { sha256 } from './sha256.ts';

export type Hash = Uint8Array;

/** A perfect subtree, whose hash never changes once its last leaf is there. */
export type Subtree = { readonly level: number; readonly index: number };

/** Leaves from `begin` up to, but without, `end`. */
export type Span = { readonly begin: number; readonly end: number };

export const HASH_BYTES = 32;

const LEAF = new Uint8Array([0]);

/** SHA-256(0x00 ‖ data) */
export const hashLeaf = (data: Uint8Array): Hash => sha256(LEAF, data);

/** SHA-256(0x01 ‖ left ‖ right) */
export const hashNode = (left: Hash, right: Hash): Hash => {
  const bytes = new Uint8Array(1 + 2 * HASH_BYTES);
  bytes[0] = 1;
  bytes.set(left, 1);
  bytes.set(right, 1 + HASH_BYTES);
  return sha256(bytes);
};

export const EMPTY_ROOT: Hash = sha256(new Uint8Array());

export const sameHash = (a: Hash, b: Hash): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

/** The fewest perfect subtrees that cover the span, from the left. */
export const subtreesOf = ({ begin, end }: Span): Subtree[] => {
  const found: Subtree[] = [];
  let at = begin;
  while (at < end) {
    let width = 1;
    let level = 0;
    while (at % (width * 2) === 0 && at + width * 2 <= end) {
      width *= 2;
      level += 1;
    }
    found.push({ level, index: at / width });
    at += width;
  }
  return found;
};

/** The hash over subtrees that get smaller to the right: those of [0, n), or of what a proof names. */
const foldRight = (hashes: readonly Hash[]): Hash =>
  hashes.length === 0 ? EMPTY_ROOT : hashes.reduceRight((right, left) => hashNode(left, right));

/** What must be kept of a log to append to it and to know its root: the subtrees of [0, size). */
export type CompactRange = {
  readonly size: number;
  readonly hashes: readonly Hash[];
  readonly root: () => Hash;
  /** Adds a leaf, and tells of each subtree that it completes. */
  readonly append: (leaf: Hash, onSubtree?: (subtree: Subtree, hash: Hash) => void) => void;
};

/** @throws if these are not as many hashes as a log of this size has subtrees */
export const compactRange = (size = 0, hashes: readonly Hash[] = []): CompactRange => {
  if (subtreesOf({ begin: 0, end: size }).length !== hashes.length)
    throw new Error(`${hashes.length} hashes are not the subtrees of ${size} leaves`);
  const held = [...hashes];
  let count = size;
  return {
    get size() {
      return count;
    },
    get hashes() {
      return held;
    },
    root: () => foldRight(held),
    append: (leaf, onSubtree) => {
      let hash = leaf;
      let index = count;
      onSubtree?.({ level: 0, index }, hash);
      for (let level = 1; index % 2 === 1; level += 1) {
        const left = held.pop();
        if (!left) throw new Error('a subtree is missing');
        hash = hashNode(left, hash);
        index = (index - 1) / 2;
        onSubtree?.({ level, index }, hash);
      }
      held.push(hash);
      count += 1;
    },
  };
};

/** The root of what a range and the subtrees after it cover together. */
export const joinedRoot = (range: Pick<CompactRange, 'size' | 'hashes'>, rest: Span, after: readonly Hash[]): Hash => {
  const subtrees = [...subtreesOf({ begin: 0, end: range.size }), ...subtreesOf(rest)];
  const joined: { level: number; index: number; hash: Hash }[] = [];
  for (const [place, hash] of [...range.hashes, ...after].entries()) {
    let node = { ...(subtrees[place] ?? { level: 0, index: 0 }), hash };
    for (let left = joined.at(-1); left?.level === node.level && node.index % 2 === 1; left = joined.at(-1)) {
      joined.pop();
      node = { level: node.level + 1, index: (node.index - 1) / 2, hash: hashNode(left.hash, node.hash) };
    }
    joined.push(node);
  }
  return foldRight(joined.map(({ hash }) => hash));
};

/** The largest power of two below n (n > 1). */
const splitOf = (n: number): number => {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
};

/** Whose hashes prove that the leaf is in the tree of this size, from the leaf up (RFC 9162, 2.1.3.1). */
export const inclusionSpans = (index: number, size: number): Span[] => {
  const path = (begin: number, end: number): Span[] => {
    if (end - begin <= 1) return [];
    const middle = begin + splitOf(end - begin);
    return index < middle
      ? [...path(begin, middle), { begin: middle, end }]
      : [...path(middle, end), { begin, end: middle }];
  };
  return path(0, size);
};

/** Whose hashes prove that the tree of the first size is the beginning of the other (RFC 9162, 2.1.4.1). */
export const consistencySpans = (first: number, second: number): Span[] => {
  const path = (begin: number, end: number, isWhole: boolean): Span[] => {
    if (first === end) return isWhole ? [] : [{ begin, end }];
    const middle = begin + splitOf(end - begin);
    return first <= middle
      ? [...path(begin, middle, isWhole), { begin: middle, end }]
      : [...path(middle, end, false), { begin, end: middle }];
  };
  return first === 0 || first === second ? [] : path(0, second, true);
};

/** The hash of a span that a proof names, from those of its subtrees. */
export const hashSpan = (span: Span, hashOf: (subtree: Subtree) => Hash): Hash =>
  foldRight(subtreesOf(span).map(hashOf));

/** Whether the proof leads from the leaf to the root (RFC 9162, 2.1.3.2). */
export const verifyInclusion = (
  leaf: Hash,
  index: number,
  size: number,
  proof: readonly Hash[],
  root: Hash,
): boolean => {
  if (!(Number.isSafeInteger(index) && index >= 0 && index < size)) return false;
  let fn = index;
  let sn = size - 1;
  let hash = leaf;
  for (const other of proof) {
    if (sn === 0 || other.length !== HASH_BYTES) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = hashNode(other, hash);
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2;
        sn = Math.floor(sn / 2);
      }
    } else hash = hashNode(hash, other);
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && sameHash(hash, root);
};

/** Whether the first tree is the beginning of the second (RFC 9162, 2.1.4.2). Every tree begins with the empty one. */
export const verifyConsistency = (
  first: number,
  second: number,
  firstRoot: Hash,
  secondRoot: Hash,
  proof: readonly Hash[],
): boolean => {
  if (!(Number.isSafeInteger(first) && first >= 0 && first <= second)) return false;
  if (first === second) return proof.length === 0 && sameHash(firstRoot, secondRoot);
  if (first === 0) return proof.length === 0 && sameHash(firstRoot, EMPTY_ROOT);
  let isPower = first;
  while (isPower % 2 === 0) isPower /= 2;
  const path = isPower === 1 ? [firstRoot, ...proof] : [...proof];
  const start = path[0];
  if (!start) return false;
  let fn = first - 1;
  let sn = second - 1;
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  let [fr, sr] = [start, start];
  for (const other of path.slice(1)) {
    if (sn === 0 || other.length !== HASH_BYTES) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = hashNode(other, fr);
      sr = hashNode(other, sr);
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2;
        sn = Math.floor(sn / 2);
      }
    } else sr = hashNode(sr, other);
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && sameHash(fr, firstRoot) && sameHash(sr, secondRoot);
};
