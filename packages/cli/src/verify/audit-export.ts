/** An exported audit log, line by line: whether it is whole, and which entry is the first that is not. */
import { createPublicKey, verify as verifyBytes, type KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  type Checkpoint,
  type ExportFault,
  type ExportSummary,
  type NoteKey,
  type VerifySignature,
  createExportVerifier,
  formatKey,
  isFault,
  parseCheckpoint,
  parseKey,
  parseNote,
  signerOf,
  toBase64,
} from '@countersign/core/audit';
import { UsageError } from '../command.ts';
import type { Verdict, Verifier, VerifyOptions } from './verifier.ts';

/** A payload has at most 1 MiB before it is escaped twice; what is longer is no line of ours. */
const LINE_LENGTH_MAX = 16 * 1024 * 1024;

const opened = new Map<string, KeyObject>();

const verifySignature: VerifySignature = (publicKey, message, signature) => {
  const x = Buffer.from(publicKey).toString('base64url');
  const key = opened.get(x) ?? createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } });
  opened.set(x, key);
  return verifyBytes(null, message, key, signature);
};

const text = async (path: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} can not be read: ${(error as Error).message}`, { cause: error });
  }
};

const keyFrom = (given: string): NoteKey => {
  const key = parseKey(given);
  if (!key.ok) throw new UsageError(`${given} ${key.refusal}`);
  return key.value;
};

/** One of `--key`, and a line each of `--keys`. */
const keysFrom = async ({ key, keys }: VerifyOptions): Promise<NoteKey[]> => {
  const lines = keys === undefined ? [] : (await text(keys)).split('\n').map((line) => line.trim());
  return [...(key === undefined ? [] : [key]), ...lines.filter((line) => line !== '')].map(keyFrom);
};

/** @param keys that must have signed it; without any its reader trusts the file they kept */
const checkpointFrom = async (path: string, keys: readonly NoteKey[]): Promise<Checkpoint> => {
  const note = parseNote(await text(path));
  if (!note.ok) throw new UsageError(`${path} ${note.refusal}`);
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) throw new UsageError(`${path} ${checkpoint.refusal}`);
  if (keys.length > 0 && !(await signerOf(note.value, keys, verifySignature)))
    throw new UsageError(`${path} has no good signature by the key that was given`);
  return checkpoint.value;
};

const cut = (lines: number, reason: string): ExportFault => ({ line: lines + 1, index: null, reason });

const check = async (
  path: string,
  keys: readonly NoteKey[],
  earlier: Checkpoint | undefined,
): Promise<ExportFault | ExportSummary> => {
  const verifier = createExportVerifier(verifySignature, { keys, ...(earlier ? { earlier } : {}) });
  // A byte sequence that is no UTF-8 must not become a replacement character that hashes as something else.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let rest = '';
  let lines = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    try {
      rest += decoder.decode(chunk as Buffer, { stream: true });
    } catch {
      return cut(lines, 'is not UTF-8');
    }
    let begin = 0;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', begin)) {
      lines += 1;
      const taken = verifier.line(rest.slice(begin, end));
      const fault = taken instanceof Promise ? await taken : taken;
      if (fault) return fault;
      begin = end + 1;
    }
    rest = rest.slice(begin);
    if (rest.length > LINE_LENGTH_MAX) return cut(lines, 'is too long');
  }
  return rest === '' ? verifier.end() : cut(lines, 'has no end: the file was cut off, or something was added to it');
};

const failure = (path: string, { line, index, reason }: ExportFault): string[] => [
  index === null
    ? `NOT VERIFIED: ${path}, line ${line}: ${reason}.`
    : `NOT VERIFIED: entry ${index} (line ${line} of ${path}): ${reason}.`,
];

const success = (summary: ExportSummary, isKeyGiven: boolean, earlier: Checkpoint | undefined): string[] => {
  const { origin, from, to, entries, erased, erasedElsewhere, checkpoint, signedBy } = summary;
  return [
    `VERIFIED: ${entries} entries${entries > 0 ? `, ${from} to ${to - 1}` : ''}, of the log ${origin}.`,
    'None was changed, removed, inserted or put elsewhere since the checkpoint was signed:',
    `  ${checkpoint.size} entries, root ${toBase64(checkpoint.root)}`,
    `  signed by ${formatKey(signedBy)}`,
    ...(erased > 0
      ? [
          `${erased} of them ${erased === 1 ? 'says' : 'say'} nothing any more: the payload was erased, and an entry records it` +
            `${erasedElsewhere > 0 ? ` (${erasedElsewhere} of these outside of this file)` : ''}.`,
        ]
      : []),
    ...(earlier ? [`It goes on from the checkpoint of ${earlier.size} entries that you kept.`] : []),
    ...(isKeyGiven
      ? []
      : ['The key is the one that the file names: compare it with one you know, or give it with --key.']),
    ...(earlier || isKeyGiven
      ? []
      : ['Entries after the checkpoint may have been left out: --checkpoint with one that you kept shows if so.']),
  ];
};

export const auditExportVerifier: Verifier = {
  recognises: (head) => head.includes('"format":"countersign-audit/'),
  verify: async (path, options): Promise<Verdict> => {
    const keys = await keysFrom(options);
    const earlier = options.checkpoint === undefined ? undefined : await checkpointFrom(options.checkpoint, keys);
    const result = await check(path, keys, earlier);
    return isFault(result)
      ? { isGood: false, lines: failure(path, result) }
      : { isGood: true, lines: success(result, keys.length > 0, earlier) };
  },
};
