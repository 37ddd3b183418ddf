/** Against the signed note that golang.org/x/mod/sumdb/note publishes, which c2sp.org/signed-note is made from. */
import { generateKeyPairSync, sign, verify as verifyBytes, createPublicKey } from 'node:crypto';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { expect, test } from 'vitest';
import { fromBase64, toBase64 } from './base64.ts';
import {
  type VerifySignature,
  formatCheckpoint,
  formatKey,
  formatNote,
  noteKey,
  parseCheckpoint,
  parseKey,
  parseNote,
  signerOf,
} from './note.ts';
import { hashLeaf } from './tree.ts';

const verify: VerifySignature = (publicKey, message, signature) =>
  verifyBytes(
    null,
    message,
    createPublicKey({
      format: 'jwk',
      key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') },
    }),
    signature,
  );

const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const NOTE =
  'If you think cryptography is the answer to your problem,\nthen you don’t know what your problem is.\n'.replace(
    '’',
    "'",
  ) + '\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

const must = <T>(result: { ok: true; value: T } | { ok: false; refusal: unknown }): T => {
  if (!result.ok) throw new Error(String(result.refusal));
  return result.value;
};

test('the published key and note verify, and are written as they were', async () => {
  const key = must(parseKey(PETER));
  expect(formatKey(key)).toBe(PETER);
  const note = must(parseNote(NOTE));
  expect(await signerOf(note, [key], verify)).toBe(key);
  expect(formatNote(note.text, key, note.signatures[0]?.signature ?? new Uint8Array())).toBe(NOTE);
  expect(await signerOf({ ...note, text: note.text.replace('problem', 'Problem') }, [key], verify)).toBeUndefined();
});

test('a key with another name or id is another key', () => {
  for (const text of [
    PETER.replace('Peter', 'Paul'),
    PETER.replace('c74f20a3', 'c74f20a4'),
    PETER.replace('+ARpc', '+Arpc'),
    `${PETER}\n`,
    `${PETER}=`,
  ])
    expect(parseKey(text).ok, text).toBe(false);
});

test('a checkpoint is signed, found under its origin, and has exactly three lines', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const checkpoint = { origin: 'approvals.example/audit/wsp_1/1', size: 42, root: hashLeaf(utf8ToBytes('x')) };
  const key = noteKey(checkpoint.origin, raw);
  const text = formatCheckpoint(checkpoint);
  const note = formatNote(text, key, sign(null, Buffer.from(text), privateKey));
  const parsed = must(parseNote(note));
  expect(must(parseCheckpoint(parsed.text))).toEqual(checkpoint);
  expect(await signerOf(parsed, [key], verify)).toBe(key);
  // A signature of somebody else is passed over; one in our name that does not fit spoils the note.
  const theirs = `${note}— other.example ${toBase64(new Uint8Array(68))}\n`;
  expect(await signerOf(must(parseNote(theirs)), [key], verify)).toBe(key);
  const forged = formatNote(text, key, new Uint8Array(64));
  expect(await signerOf(must(parseNote(forged)), [key], verify)).toBeUndefined();
  for (const wrong of [`${text}extra\n`, text.replace('42', '042'), text.slice(0, -1), text.replace('\n42', ' \n42')])
    expect(parseCheckpoint(wrong).ok, wrong).toBe(false);
  for (const wrong of [note.slice(0, -1), note.replace('\n\n', '\n'), `${note}\n`, note.replace('— ', '- ')])
    expect(parseNote(wrong).ok, wrong).toBe(false);
});

test('base 64 has one spelling', () => {
  for (let length = 0; length < 80; length += 1) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 37 + length) % 256);
    expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
    expect(fromBase64(toBase64(bytes))).toEqual(bytes);
  }
  for (const wrong of ['AB==', 'AAB=', 'A', 'AA', 'A===', '====', 'AA=A', 'AA_-', 'AAA \n', '=AAA'])
    expect(fromBase64(wrong), wrong).toBeUndefined();
});
