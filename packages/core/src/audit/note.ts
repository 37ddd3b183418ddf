/** Signed notes and checkpoints (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), Ed25519 signatures (type 0x01). */
import { type Result, ok, refuse } from '../result.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { concatBytes, toHex, utf8 } from './bytes.ts';
import { sha256 } from './sha256.ts';
import { HASH_BYTES, type Hash } from './tree.ts';

const ED25519 = 0x01;
const KEY_BYTES = 32;
const ID_BYTES = 4;
const SIGNATURE_BYTES = 64;

/** A key that signs notes under a name; of a log the name is its origin. */
export type NoteKey = { readonly name: string; readonly id: string; readonly publicKey: Uint8Array };

/** Ed25519 (RFC 8032): Node's crypto, or WebCrypto in a browser. */
export type VerifySignature = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean | Promise<boolean>;

/** Four bytes of SHA-256(name ‖ "\n" ‖ 0x01 ‖ public key), in hex: a hint which key it was, never a proof. */
const keyId = (name: string, publicKey: Uint8Array): string =>
  toHex(sha256(utf8(`${name}\n`), new Uint8Array([ED25519]), publicKey).slice(0, ID_BYTES));

export const noteKey = (name: string, publicKey: Uint8Array): NoteKey => ({
  name,
  id: keyId(name, publicKey),
  publicKey,
});

const isName = (name: string): boolean => name !== '' && !/[\s+]/u.test(name);

/** A key as it is handed around: `<name>+<id>+<base64 of 0x01 and the public key>`. */
export const formatKey = ({ name, id, publicKey }: NoteKey): string =>
  `${name}+${id}+${toBase64(concatBytes(new Uint8Array([ED25519]), publicKey))}`;

export const parseKey = (text: string): Result<NoteKey, string> => {
  const parts = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text);
  const [, name = '', id = '', encoded = ''] = parts ?? [];
  const bytes = fromBase64(encoded);
  if (!parts || !isName(name) || bytes?.length !== 1 + KEY_BYTES || bytes[0] !== ED25519)
    return refuse('is not a verifier key: <name>+<8 hex digits>+<base64 of an Ed25519 key>');
  const key = noteKey(name, bytes.slice(1));
  return key.id === id ? ok(key) : refuse('has an id that is not its key’s');
};

type NoteSignature = { readonly name: string; readonly id: string; readonly signature: Uint8Array };

export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] };

const SIGNATURE_LINE = /^— ([^\s+]+) ([A-Za-z0-9+/=]+)$/u;

/** @param text ends with a newline; it is what is signed */
export const formatNote = (text: string, key: NoteKey, signature: Uint8Array): string => {
  const id = Uint8Array.from(key.id.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return `${text}\n— ${key.name} ${toBase64(concatBytes(id, signature))}\n`;
};

/** Text, an empty line, signature lines; nothing before, between or after them. */
export const parseNote = (note: string): Result<Note, string> => {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n')) return refuse('is not a signed note: text, an empty line, signatures');
  const text = note.slice(0, split + 1);
  // oxlint-disable-next-line no-control-regex -- the format forbids them
  if (/[\u0000-\u0009\u000b-\u001f]/.test(text)) return refuse('holds control characters');
  const signatures: NoteSignature[] = [];
  for (const line of note.slice(split + 2, -1).split('\n')) {
    const [, name = '', encoded = ''] = SIGNATURE_LINE.exec(line) ?? [];
    const bytes = fromBase64(encoded);
    if (name === '' || !bytes || bytes.length <= ID_BYTES) return refuse('has a signature line that is not one');
    signatures.push({ name, id: toHex(bytes.slice(0, ID_BYTES)), signature: bytes.slice(ID_BYTES) });
  }
  return ok({ text, signatures });
};

/** The key of those given that signed the note. Signatures of keys that nobody named are passed over, as the format wants. */
export const signerOf = async (
  note: Note,
  keys: readonly NoteKey[],
  verify: VerifySignature,
): Promise<NoteKey | undefined> => {
  for (const { name, id, signature } of note.signatures) {
    const key = keys.find((candidate) => candidate.name === name && candidate.id === id);
    if (!key) continue;
    // One that names a known key and does not fit makes the whole note wrong.
    if (signature.length !== SIGNATURE_BYTES || !(await verify(key.publicKey, utf8(note.text), signature)))
      return undefined;
    return key;
  }
  return undefined;
};

export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: Hash };

export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${toBase64(root)}\n`;

/** Origin, size, root: we write no further lines, and take none. */
export const parseCheckpoint = (text: string): Result<Checkpoint, string> => {
  const parts = /^([^\s+]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/=]+)\n$/u.exec(text);
  const root = fromBase64(parts?.[3] ?? '');
  const size = Number(parts?.[2]);
  if (!parts || root?.length !== HASH_BYTES || !Number.isSafeInteger(size))
    return refuse('is not a checkpoint: origin, size, root');
  return ok({ origin: parts[1] ?? '', size, root });
};

/** An inclusion proof as a text of its own (c2sp.org/tlog-proof@v1). */
export const formatProof = (index: number, hashes: readonly Hash[], checkpointNote: string): string =>
  ['c2sp.org/tlog-proof@v1', `index ${index}`, ...hashes.map(toBase64), '', checkpointNote].join('\n');
