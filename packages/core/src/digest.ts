import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { type Json, canonicalize } from './json.ts';

/** `sha256:` and the lower-case hex SHA-256 of a text's UTF-8 bytes. */
export type Digest = `sha256:${string}`;

export const digestText = (text: string): Digest => `sha256:${bytesToHex(sha256(utf8ToBytes(text)))}`;

/** The digest of a value's canonical JSON (RFC 8785). */
export const digestJson = (value: Json): Digest => digestText(canonicalize(value));
