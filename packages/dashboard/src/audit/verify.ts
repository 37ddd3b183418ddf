/**
 * What this browser checks by itself of the audit log: that the signed head goes on from the one that it saw before, and
 * that an entry is what was sealed, under that head. The key is the one that the server names, the first time.
 */
import type { WireAuditCheckpoint, WireSealedAuditEntry } from '@countersign/contract';
import {
  type Checkpoint,
  type VerifySignature,
  commitmentTo,
  fromBase64,
  hashLeafText,
  parseCheckpoint,
  parseKey,
  parseNote,
  sameHash,
  signerOf,
  toBase64,
  verifyConsistency,
  verifyInclusion,
} from '@countersign/core/audit';
import { call } from '../api.ts';

const verifySignature: VerifySignature = async (publicKey, message, signature) => {
  const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);
  const key = await crypto.subtle.importKey('raw', own(publicKey), 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', key, own(signature), own(message));
};

const bytes = (text: string): Uint8Array => fromBase64(text) ?? new Uint8Array();

/** A head that this browser has checked. */
type Seen = {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly key: string;
  readonly at: string;
};

export type HeadCheck =
  | {
      readonly type: 'verified';
      readonly size: number;
      readonly at: string;
      readonly since: Seen | null;
      readonly key: string;
    }
  | { readonly type: 'empty' }
  | { readonly type: 'forked'; readonly checkpoint: WireAuditCheckpoint }
  | { readonly type: 'wrong'; readonly why: string }
  /** No Ed25519 in this browser, or no secure connection, where there is no WebCrypto. */
  | { readonly type: 'unable' };

const PLACE = 'countersign.audit.seen';

const lastSeen = (workspace: string): Seen | null => {
  try {
    return JSON.parse(localStorage.getItem(`${PLACE}.${workspace}`) ?? 'null') as Seen | null;
  } catch {
    return null;
  }
};

/** Without storage every visit is the first one. */
const remember = (workspace: string, seen: Seen): void => {
  try {
    localStorage.setItem(`${PLACE}.${workspace}`, JSON.stringify(seen));
  } catch {
    // The check of this visit holds all the same.
  }
};

/** The checkpoint in a note, if one of these keys signed it. */
const signedCheckpoint = async (
  text: string,
  keys: readonly string[],
): Promise<{ readonly checkpoint: Checkpoint; readonly key: string } | undefined> => {
  const note = parseNote(text);
  const known = keys.map(parseKey).flatMap((key) => (key.ok ? [key.value] : []));
  const signer = note.ok ? await signerOf(note.value, known, verifySignature) : undefined;
  const checkpoint = note.ok ? parseCheckpoint(note.value.text) : undefined;
  if (!signer || !checkpoint?.ok) return undefined;
  return { checkpoint: checkpoint.value, key: signer.id };
};

const isAble = (): boolean => globalThis.crypto?.subtle !== undefined;

export const checkHead = async (workspace: string): Promise<HeadCheck> => {
  const head = await call('getAuditCheckpoint', {});
  if (head.state === 'log_forked') return { type: 'forked', checkpoint: head };
  if (head.note === null) return { type: 'empty' };
  if (!isAble()) return { type: 'unable' };
  let signed: Awaited<ReturnType<typeof signedCheckpoint>>;
  try {
    signed = await signedCheckpoint(head.note, head.keys);
  } catch {
    return { type: 'unable' };
  }
  if (!signed) return { type: 'wrong', why: 'The signature of the head does not fit the key that the server names.' };
  const { origin, size, root } = signed.checkpoint;
  if (origin !== head.origin || size !== head.size)
    return { type: 'wrong', why: 'The signed head is another one than the server names.' };
  const before = lastSeen(workspace);
  const since = before?.origin === origin ? before : null;
  if (since && since.size > size)
    return { type: 'wrong', why: `This browser has seen ${since.size} entries before; now there are ${size}.` };
  if (since) {
    const proof = await call('getAuditProof', { query: { from: since.size, to: size } });
    if (!verifyConsistency(since.size, size, bytes(since.root), root, proof.hashes.map(bytes)))
      return { type: 'wrong', why: `The first ${since.size} entries are not those that this browser saw before.` };
  }
  const at = new Date().toISOString();
  remember(workspace, { origin, size, root: toBase64(root), key: signed.key, at });
  return { type: 'verified', size, at, since, key: signed.key };
};

export type EntryCheck = {
  readonly isProven: boolean;
  readonly why: string;
  /** c2sp.org/tlog-proof@v1 */
  readonly proof: string | null;
  readonly size: number;
};

/** Checks one entry: what it says against what was sealed, and that against the signed head. */
export const checkEntry = async (entry: WireSealedAuditEntry): Promise<EntryCheck | null> => {
  const { sealed, index, id } = entry;
  if (sealed === null || index === null) return null;
  const [proof, head] = await Promise.all([
    call('getAuditProof', { query: { event_id: id } }),
    call('getAuditCheckpoint', {}),
  ]);
  const no = (why: string): EntryCheck => ({ isProven: false, why, proof: proof.tlog_proof, size: proof.size });
  if (!isAble()) return no('This browser can not check it: there is no WebCrypto on this connection.');
  const leaf = JSON.parse(sealed.leaf) as { readonly id: string; readonly payload: string; readonly index: number };
  if (leaf.id !== id || leaf.index !== index) return no('The sealed bytes are of another entry.');
  if (!sealed.is_intact) return no('The database says something else now than what was sealed.');
  if (sealed.payload !== null && commitmentTo(sealed.payload, bytes(sealed.salt ?? '')) !== leaf.payload)
    return no('What it says is not what was sealed.');
  if (!verifyInclusion(hashLeafText(sealed.leaf), index, proof.size, proof.hashes.map(bytes), bytes(proof.root)))
    return no('It is not in the log whose head is signed.');
  // Keys are named for each epoch's log; an older epoch's note has an older name.
  const keys = head.keys.map((key) => key.slice(key.indexOf('+')));
  const signed = await signedCheckpoint(proof.note ?? '', head.origin === proof.origin ? head.keys : keys).catch(
    () => undefined,
  );
  if (!signed || !sameHash(signed.checkpoint.root, bytes(proof.root)))
    return no('It is in the log, but this browser could not check the signature of its head.');
  return { isProven: true, why: '', proof: proof.tlog_proof, size: proof.size };
};
