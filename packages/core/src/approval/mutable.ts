/**
 * Arguments that name something which can be another thing when the call is made than when it was approved: a path, an
 * address, a branch, "latest" (trust.md, T9). The digest covers the name, not what it stands for.
 */
import type { Json } from '../json.ts';
import { isArray, isObject } from '../json.ts';

export type MutableReference = {
  readonly pointer: string;
  readonly kind: 'path' | 'address' | 'version';
  readonly value: string;
};

/** A content digest or a whole commit in the value pins it. */
const PINNED = /(?:sha(?:256|384|512)[:-][A-Za-z0-9+/=_-]{32,})|\b[0-9a-f]{40}\b|\b[0-9a-f]{64}\b/;
const ADDRESS = /^(?:https?|s3|gs|ftp|sftp|ssh|git|file|docker|oci|data):\/\/\S+$|^git@\S+:\S+$/i;
const PATH = /^(?:~|\.{1,2})?\/(?:[^\s/]+\/?)+$|^[A-Za-z]:\\\S+$|^(?:[\w.-]+\/)+[\w.-]+\.[A-Za-z0-9]{1,8}$/;
const MOVING_NAMES = new Set([
  'latest',
  'main',
  'master',
  'head',
  'trunk',
  'stable',
  'current',
  'nightly',
  'edge',
  'develop',
]);
const MOVING =
  /^(?:refs\/(?:heads|tags)\/\S+|[\w./-]+:(?:latest|main|master|stable|nightly|edge)|[\w@./-]+@(?:latest|next|main|master)|[~^]\d[\w.*-]*)$/i;
const LENGTH_MAX = 2000;

const kindOf = (text: string): MutableReference['kind'] | null => {
  const value = text.trim();
  if (value.length === 0 || value.length > LENGTH_MAX || PINNED.test(value)) return null;
  if (MOVING_NAMES.has(value.toLowerCase()) || MOVING.test(value)) return 'version';
  if (ADDRESS.test(value)) return 'address';
  return PATH.test(value) ? 'path' : null;
};

/** Every such argument, by its place. */
export const findMutable = (value: Json, pointer = ''): MutableReference[] => {
  if (typeof value === 'string') {
    const kind = kindOf(value);
    return kind === null ? [] : [{ pointer, kind, value }];
  }
  if (isArray(value)) return value.flatMap((item, index) => findMutable(item, `${pointer}/${index}`));
  if (!isObject(value)) return [];
  // A digest beside it pins it as well.
  const isPinned = Object.entries(value).some(
    ([name, beside]) =>
      /^(?:sha256|digest|checksum|integrity|commit)$/i.test(name) && typeof beside === 'string' && PINNED.test(beside),
  );
  if (isPinned) return [];
  return Object.entries(value).flatMap(([name, item]) =>
    findMutable(item, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
};

const WORDS: Readonly<Record<MutableReference['kind'], string>> = {
  path: 'names a file, which can be changed after it was approved',
  address: 'names an address, which can answer something else after it was approved',
  version: 'names a version that moves on: what it stands for can change after it was approved',
};

/** In words, for whoever decides. */
export const mutableWords = ({ kind }: MutableReference): string => WORDS[kind];
