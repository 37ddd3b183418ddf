/**
 * What one entry of the audit log is: its leaf, which stays for ever and holds ids and a commitment, and its payload, which
 * can be erased with the salt without which the commitment says nothing about it (trust.md, T47).
 */
import { type Json, type JsonObject, canonicalize, isObject } from '../json.ts';
import { toHex, utf8 } from './bytes.ts';
import { sha256 } from './sha256.ts';
import { type Hash, hashLeaf } from './tree.ts';

export const SALT_BYTES = 16;

export type Leaf = {
  readonly index: number;
  readonly workspace: string;
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly at: string;
  readonly actor: { readonly kind: string; readonly id: string };
  /** `sha256:` and the hex SHA-256 of salt ‖ payload. */
  readonly payload: string;
};

/** The bytes that are hashed: canonical JSON (RFC 8785), kept as text and never made again from anything. */
export const leafText = ({ index, workspace, id, type, subject, at, actor, payload }: Leaf): string =>
  canonicalize({
    v: 1,
    index,
    workspace,
    id,
    type,
    subject,
    at,
    actor: { kind: actor.kind, id: actor.id },
    payload,
  });

export const hashLeafText = (text: string): Hash => hashLeaf(utf8(text));

/** What a leaf commits to and does not say: names, ids and states (`data`), arguments and results (`detail`). */
export const payloadText = (payload: {
  readonly actorName: string;
  readonly data: JsonObject;
  readonly detail: JsonObject | null;
}): string => canonicalize({ actor_name: payload.actorName, data: payload.data, detail: payload.detail });

export const commitmentTo = (payload: string, salt: Uint8Array): string =>
  `sha256:${toHex(sha256(salt, utf8(payload)))}`;

const LEAF_MEMBERS = 'actor,at,id,index,payload,subject,type,v,workspace';
const PAYLOAD = /^sha256:[0-9a-f]{64}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export const isIndex = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** Parses text that is canonical JSON, byte for byte: no second spelling of anything gets through. */
export const parseCanonical = (text: string): JsonObject | undefined => {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) && canonicalize(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
};

/** @returns undefined unless it is exactly what `leafText` would write */
export const parseLeaf = (text: string): Leaf | undefined => {
  const value = parseCanonical(text);
  if (!value || Object.keys(value).join(',') !== LEAF_MEMBERS || value['v'] !== 1) return undefined;
  const { index, workspace, id, type, subject, at, actor, payload } = value;
  if (!isIndex(index) || !isObject(actor) || Object.keys(actor).join(',') !== 'id,kind') return undefined;
  const texts = [workspace, id, type, subject, at, actor['id'], actor['kind'], payload];
  if (!texts.every((member) => typeof member === 'string')) return undefined;
  if (typeof payload !== 'string' || !PAYLOAD.test(payload)) return undefined;
  if (typeof at !== 'string' || !INSTANT.test(at)) return undefined;
  return value as unknown as Leaf;
};
