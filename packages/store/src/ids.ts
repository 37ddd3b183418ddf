import { randomFillSync } from 'node:crypto';
import { type IdKind, KSUID_RANDOM_BYTES, makeId } from '@countersign/core';

/** Random bytes are drawn 4 KiB at a time: one system call for 256 ids. */
const supply = new Uint8Array(4096);
let used = supply.length;

/** A new identifier of this kind. */
export const newId = (kind: IdKind): string => {
  if (used + KSUID_RANDOM_BYTES > supply.length) {
    randomFillSync(supply);
    used = 0;
  }
  const random = supply.subarray(used, used + KSUID_RANDOM_BYTES);
  used += KSUID_RANDOM_BYTES;
  return makeId(kind, Date.now(), random);
};
