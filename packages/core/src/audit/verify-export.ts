/**
 * Checks an exported audit log line by line, in memory that does not grow with it, with nothing but the file and keys.
 * Strict (trust.md, T54): what is not exactly what the server writes is a fault, and the first fault ends it.
 */
import type { Json, JsonObject } from '../json.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { toHex, utf8 } from './bytes.ts';
import { type Leaf, SALT_BYTES, commitmentTo, hashLeafText, isIndex, parseCanonical, parseLeaf } from './entry.ts';
import { EXPORT_FORMAT } from './export-lines.ts';
import {
  type Checkpoint,
  type NoteKey,
  type VerifySignature,
  parseCheckpoint,
  parseKey,
  parseNote,
  signerOf,
} from './note.ts';
import { createSha256 } from './sha256.ts';
import { type CompactRange, HASH_BYTES, type Hash, compactRange, joinedRoot, sameHash, subtreesOf } from './tree.ts';

/** What is wrong first. `index`: of the entry, or the first that can be wrong; null where it is not about an entry. */
export type ExportFault = { readonly line: number; readonly index: number | null; readonly reason: string };

export type ExportSummary = {
  readonly origin: string;
  readonly workspace: string;
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
  readonly entries: number;
  readonly erased: number;
  /** Erased entries whose erasure is recorded outside of this file. */
  readonly erasedElsewhere: number;
  readonly checkpoint: Checkpoint;
  readonly signedBy: NoteKey;
};

export type ExportVerifier = {
  /** Takes the next line, without its newline. After a fault nothing more is looked at. */
  readonly line: (text: string) => ExportFault | undefined | Promise<ExportFault | undefined>;
  /** After the last line. */
  readonly end: () => ExportFault | ExportSummary;
};

export const isFault = (result: ExportFault | ExportSummary): result is ExportFault => 'reason' in result;

type Header = Pick<ExportSummary, 'origin' | 'workspace' | 'epoch' | 'from' | 'to'> & {
  readonly keys: readonly NoteKey[];
};

class Wrong extends Error {
  readonly index: number | null;
  constructor(reason: string, index: number | null = null) {
    super(reason);
    this.index = index;
  }
}

const hashesOf = (value: Json | undefined): Hash[] => {
  if (!Array.isArray(value)) throw new Wrong('has no list of hashes');
  return (value as readonly Json[]).map((text) => {
    const hash = typeof text === 'string' ? fromBase64(text) : undefined;
    if (hash?.length !== HASH_BYTES) throw new Wrong('holds what is not a hash');
    return hash;
  });
};

const only = (line: JsonObject, members: string): void => {
  if (Object.keys(line).join(',') !== members) throw new Wrong(`does not have exactly the members ${members}`);
};

const textOf = (value: Json | undefined): string => {
  if (typeof value !== 'string') throw new Wrong('holds something else where text belongs');
  return value;
};

/**
 * @param keys that may have signed; without any, those that the file itself names, which its reader must know
 * @param earlier a checkpoint that its reader has kept: the file must go on from it
 */
export const createExportVerifier = (
  verify: VerifySignature,
  { keys = [], earlier }: { readonly keys?: readonly NoteKey[]; readonly earlier?: Checkpoint } = {},
): ExportVerifier => {
  let lines = 0;
  let fault: ExportFault | undefined;
  let header: Header | undefined;
  let range: CompactRange = compactRange();
  let rest: readonly Hash[] | undefined;
  let last: { readonly checkpoint: Checkpoint; readonly signer: NoteKey } | undefined;
  let isEarlierMet = earlier === undefined;
  let isEnded = false;
  let erased = 0;
  let erasedElsewhere = 0;
  /** Entries that are said to be erased, by the index of the entry that records it. */
  const erasures = new Map<number, Pick<Leaf, 'id' | 'index'>[]>();
  const digest = createSha256();

  const begin = (line: JsonObject): void => {
    only(line, 'before,epoch,format,from,keys,origin,to,type,workspace');
    const { format, epoch, from, to } = line;
    if (format !== EXPORT_FORMAT) throw new Wrong(`is not of the format ${EXPORT_FORMAT}`);
    if (!isIndex(epoch) || !isIndex(from) || !isIndex(to) || from > to) throw new Wrong('names no range of entries');
    const before = hashesOf(line['before']);
    if (before.length !== subtreesOf({ begin: 0, end: from }).length)
      throw new Wrong(`does not hold the hashes of the ${from} entries before it`);
    const named = Array.isArray(line['keys']) ? (line['keys'] as readonly Json[]).map(textOf).map(parseKey) : [];
    const own = named.map((key) => {
      if (!key.ok) throw new Wrong(`names a key that ${key.refusal}`);
      return key.value;
    });
    const origin = textOf(line['origin']);
    header = { origin, workspace: textOf(line['workspace']), epoch, from, to, keys: keys.length > 0 ? keys : own };
    if (own.length === 0 || own.some(({ name }) => name !== origin)) throw new Wrong('names no key of this log');
    if (earlier && earlier.origin !== origin)
      throw new Wrong(`is of the log ${origin}, the checkpoint given of ${earlier.origin}`);
    range = compactRange(from, before);
    meetEarlier(from, () => range.root());
  };

  const meetEarlier = (size: number, root: () => Hash): void => {
    if (isEarlierMet || earlier?.size !== size) return;
    if (!sameHash(root(), earlier.root))
      throw new Wrong('the entries before here are not those of the checkpoint that was given', 0);
    isEarlierMet = true;
  };

  const checkErasure = (leaf: Leaf, by: Json | undefined, { epoch, to }: Header): void => {
    const [, inEpoch = '', at = ''] =
      /^([1-9]\d{0,8})\/(0|[1-9]\d{0,15})$/.exec(typeof by === 'string' ? by : '') ?? [];
    if (at === '') throw new Wrong('its payload is missing, and no entry is named that erased it', leaf.index);
    erased += 1;
    if (Number(inEpoch) !== epoch || Number(at) >= to) erasedElsewhere += 1;
    else if (Number(at) <= leaf.index) throw new Wrong('it is said to be erased by an entry before it', leaf.index);
    else erasures.set(Number(at), [...(erasures.get(Number(at)) ?? []), leaf]);
  };

  const takeEntry = (line: JsonObject, known: Header): void => {
    const { index } = line;
    const next = range.size;
    if (!isIndex(index)) throw new Wrong('has no index', next);
    if (index > next) throw new Wrong(`entry ${next} is missing: ${index} follows`, next);
    if (index < next) throw new Wrong(`entry ${index} stands where ${next} belongs`, next);
    if (index >= known.to) throw new Wrong(`there is an entry after the last, ${known.to - 1}`, index);
    const isErased = Object.hasOwn(line, 'erased_by');
    const members = isErased ? 'erased_by,hash,index,leaf,type' : 'hash,index,leaf,payload,salt,type';
    if (Object.keys(line).join(',') !== members) throw new Wrong('it has other members than an entry has', index);
    const { leaf: text, hash, salt, payload } = line;
    const leaf = typeof text === 'string' ? parseLeaf(text) : undefined;
    const actual = typeof text === 'string' ? hashLeafText(text) : undefined;
    if (!actual || toBase64(actual) !== hash) throw new Wrong('it was changed: its leaf does not have its hash', index);
    if (!leaf) throw new Wrong('its leaf is not what a leaf is', index);
    if (leaf.index !== index) throw new Wrong(`it was sealed as entry ${leaf.index}`, index);
    if (leaf.workspace !== known.workspace) throw new Wrong(`it is of the workspace ${leaf.workspace}`, index);
    if (isErased) checkErasure(leaf, line['erased_by'], known);
    else {
      const bytes = typeof salt === 'string' ? fromBase64(salt) : undefined;
      if (bytes?.length !== SALT_BYTES || typeof payload !== 'string')
        throw new Wrong('its payload has no salt of 16 bytes', index);
      if (commitmentTo(payload, bytes) !== leaf.payload)
        throw new Wrong('its payload was changed: it is not what was sealed', index);
    }
    for (const gone of erasures.get(index) ?? [])
      if (leaf.type !== 'audit.erased' || leaf.subject !== gone.id)
        throw new Wrong(`its payload is missing, and entry ${index} is not the erasure of it`, gone.index);
    erasures.delete(index);
    range.append(actual);
    meetEarlier(range.size, () => range.root());
  };

  const takeRest = (line: JsonObject): void => {
    only(line, 'after,type');
    if (rest) throw new Wrong('is there twice');
    rest = hashesOf(line['after']);
  };

  const takeCheckpoint = async (line: JsonObject, known: Header): Promise<void> => {
    only(line, 'note,type');
    const note = parseNote(textOf(line['note']));
    if (!note.ok) throw new Wrong(`the checkpoint ${note.refusal}`);
    const checkpoint = parseCheckpoint(note.value.text);
    if (!checkpoint.ok) throw new Wrong(checkpoint.refusal);
    const { origin, size, root } = checkpoint.value;
    if (origin !== known.origin) throw new Wrong(`the checkpoint is of the log ${origin}`);
    const signer = await signerOf(note.value, known.keys, verify);
    if (!signer) throw new Wrong(`the checkpoint of ${size} entries has no good signature by a known key`);
    const since = last?.checkpoint.size ?? known.from;
    if (last && size <= since) throw new Wrong('the checkpoint does not come after the one before');
    if (rest ? size <= range.size : size !== range.size)
      throw new Wrong(`a checkpoint of ${size} entries stands after entry ${range.size - 1}`, range.size);
    if (rest && range.size !== known.to) throw new Wrong(`entry ${range.size} is missing`, range.size);
    const span = { begin: range.size, end: size };
    if (rest && rest.length !== subtreesOf(span).length)
      throw new Wrong('the rest is not of as many hashes as it must');
    if (!sameHash(rest ? joinedRoot(range, span, rest) : range.root(), root))
      throw new Wrong(
        `what was signed are other entries than these: the first wrong one is ${since} or one after it, before ${size}`,
        since,
      );
    meetEarlier(size, () => root);
    last = { checkpoint: checkpoint.value, signer };
  };

  const takeEnd = (line: JsonObject, known: Header): void => {
    only(line, 'entries,sha256,type');
    if (range.size !== known.to) throw new Wrong(`entry ${range.size} is missing: the file ends before it`, range.size);
    if (line['entries'] !== known.to - known.from) throw new Wrong('does not say how many entries there are');
    if (!last || last.checkpoint.size < known.to)
      throw new Wrong('no signed checkpoint covers the last entries', last?.checkpoint.size ?? known.from);
    const [missing] = [...erasures.values()].flat();
    if (missing) throw new Wrong('its payload is missing, and no entry says that it was erased', missing.index);
    if (line['sha256'] !== toHex(digest.digest())) throw new Wrong('the bytes before are not those written');
    if (!isEarlierMet)
      throw new Wrong(
        `the checkpoint that was given has ${earlier?.size} entries; this file shows ${known.from} to ${last.checkpoint.size}` +
          ' and can not be compared with it',
      );
    isEnded = true;
  };

  const take = (text: string): void | Promise<void> => {
    if (isEnded) throw new Wrong('stands after the end');
    const line = parseCanonical(text);
    if (!line) throw new Wrong('is not canonical JSON', header ? range.size : null);
    if (!header) {
      if (line['type'] !== 'header') throw new Wrong('is not the header of an exported audit log');
      return begin(line);
    }
    switch (line['type']) {
      case 'entry':
        if (rest) throw new Wrong('an entry stands after the rest', range.size);
        return takeEntry(line, header);
      case 'rest':
        return takeRest(line);
      case 'checkpoint':
        return takeCheckpoint(line, header);
      case 'end':
        return takeEnd(line, header);
      default:
        throw new Wrong('is of no type that an export has', range.size);
    }
  };

  const failed = (error: unknown): ExportFault => {
    if (!(error instanceof Wrong)) throw error;
    fault = { line: lines, index: error.index, reason: error.message };
    return fault;
  };

  return {
    line: (text) => {
      if (fault) return fault;
      lines += 1;
      try {
        const taken = take(text);
        digest.update(utf8(`${text}\n`));
        return taken?.then(() => undefined, failed);
      } catch (error) {
        return failed(error);
      }
    },
    end: () => {
      if (fault) return fault;
      if (!header || !last || !isEnded)
        return { line: lines + 1, index: header ? range.size : null, reason: 'the file ends before its end' };
      const { origin, workspace, epoch, from, to } = header;
      const { checkpoint, signer } = last;
      return {
        origin,
        workspace,
        epoch,
        from,
        to,
        entries: to - from,
        erased,
        erasedElsewhere,
        checkpoint,
        signedBy: signer,
      };
    },
  };
};
