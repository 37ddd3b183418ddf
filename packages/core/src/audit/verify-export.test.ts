/** Exports as the server writes them, whole and in ranges, then changed in every way somebody might. */
import { createHash, generateKeyPairSync, randomInt, sign, verify as verifyBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { commitmentTo, hashLeafText, leafText, payloadText } from './entry.ts';
import { checkpointLine, endLine, entryLine, headerLine, restLine } from './export-lines.ts';
import { type Checkpoint, type VerifySignature, formatCheckpoint, formatKey, formatNote, noteKey } from './note.ts';
import { compactRange, subtreesOf } from './tree.ts';
import { type ExportFault, type ExportSummary, createExportVerifier, isFault } from './verify-export.ts';

const ORIGIN = 'approvals.example/audit/wsp_1/1';
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const key = noteKey(ORIGIN, Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'));
const verify: VerifySignature = (raw, message, signature) =>
  Buffer.compare(raw, key.publicKey) === 0 && verifyBytes(null, message, publicKey, signature);

const signed = (checkpoint: Checkpoint): string => {
  const text = formatCheckpoint(checkpoint);
  return formatNote(text, key, sign(null, Buffer.from(text), privateKey));
};

/** Entry 3 is erased, by entry 7. */
const SIZE = 20;
const ERASED = 3;
const BY = 7;
const entries = Array.from({ length: SIZE }, (_, index) => {
  const payload = payloadText({ actorName: 'Rosa', data: { number: index, text: 'ä\n"' }, detail: null });
  const salt = Buffer.alloc(16, index);
  const leaf = leafText({
    index,
    workspace: 'wsp_1',
    id: `evt_${index}`,
    type: index === BY ? 'audit.erased' : 'approval.decided',
    subject: index === BY ? `evt_${ERASED}` : 'apr_1',
    at: '2026-11-28T10:00:00.000Z',
    actor: { kind: 'person', id: 'usr_1' },
    payload: commitmentTo(payload, salt),
  });
  return { index, leaf, hash: hashLeafText(leaf), salt, payload };
});
const rangeOf = (size: number) => {
  const range = compactRange();
  for (const { hash } of entries.slice(0, size)) range.append(hash);
  return range;
};
const checkpointOf = (size: number): Checkpoint => ({ origin: ORIGIN, size, root: rangeOf(size).root() });

const finish = (lines: readonly string[], count: number): string => {
  const text = `${lines.join('\n')}\n`;
  return `${text}${endLine(count, createHash('sha256').update(text).digest('hex'))}\n`;
};

const write = (from = 0, to = SIZE, checkpoints: readonly number[] = [5, 12, SIZE]): string => {
  const lines = [
    headerLine({
      origin: ORIGIN,
      workspace: 'wsp_1',
      epoch: 1,
      from,
      to,
      before: rangeOf(from).hashes,
      keys: [formatKey(key)],
    }),
  ];
  for (const { index, leaf, hash, salt, payload } of entries.slice(from, to)) {
    const opening = index === ERASED ? { erasedBy: `1/${BY}` } : { salt, payload };
    lines.push(entryLine({ index, leaf, hash, opening }));
    if (checkpoints.includes(index + 1)) lines.push(checkpointLine(signed(checkpointOf(index + 1))));
  }
  if (to < SIZE) {
    const after = subtreesOf({ begin: to, end: SIZE }).map(({ level, index }) => {
      const range = compactRange();
      for (const { hash } of entries.slice(index * 2 ** level, (index + 1) * 2 ** level)) range.append(hash);
      return range.root();
    });
    lines.push(restLine(after), checkpointLine(signed(checkpointOf(SIZE))));
  }
  return finish(lines, to - from);
};

const check = async (
  file: string,
  options: Parameters<typeof createExportVerifier>[1] = {},
): Promise<ExportFault | ExportSummary> => {
  const verifier = createExportVerifier(verify, options);
  const lines = file.split('\n');
  // What follows the last newline is a line of its own, unless there is nothing.
  if (lines.at(-1) === '') lines.pop();
  else return { line: lines.length, index: null, reason: 'the last line has no end' };
  for (const line of lines) {
    const fault = await verifier.line(line);
    if (fault) return fault;
  }
  return verifier.end();
};
const faultIn = async (file: string, options = {}): Promise<ExportFault> => {
  const result = await check(file, options);
  if (!isFault(result)) throw new Error('it was accepted');
  return result;
};

/** Writes the lines again as somebody would who knows the format: with the right end. */
const forge = (file: string, change: (lines: string[]) => void): string => {
  const lines = file.split('\n').slice(0, -2);
  change(lines);
  return finish(lines, lines.filter((line) => line.includes('"type":"entry"')).length);
};
const lineOf = (lines: readonly string[], index: number): number =>
  lines.findIndex((line) => line.includes(`"index":${index},`) && line.includes('"type":"entry"'));
const edit = (lines: string[], index: number, change: (entry: Record<string, unknown>) => object): void => {
  const at = lineOf(lines, index);
  lines[at] = JSON.stringify(change(JSON.parse(lines[at] ?? '') as Record<string, unknown>));
};

describe('what the server writes', () => {
  test('verifies whole, and in every range of it', async () => {
    expect(await check(write())).toMatchObject({
      entries: SIZE,
      erased: 1,
      erasedElsewhere: 0,
      checkpoint: { size: SIZE },
    });
    for (let from = 0; from <= SIZE; from += 1)
      for (let to = from; to <= SIZE; to += 1) {
        const result = await check(write(from, to, to === SIZE ? [SIZE] : []));
        if (isFault(result) && from < SIZE) throw new Error(`${from}–${to}: ${result.reason}`);
      }
  });
  test('goes on from a checkpoint that its reader kept, and from no other', async () => {
    for (const size of [0, 1, 5, 11, SIZE]) {
      const earlier = checkpointOf(size);
      expect(isFault(await check(write(), { earlier })), `${size}`).toBe(false);
      const other = { ...earlier, root: hashLeafText('other') };
      expect((await faultIn(write(), { earlier: other })).reason).toMatch(/not those of the checkpoint|other entries/);
    }
    expect((await faultIn(write(), { earlier: { ...checkpointOf(5), size: 21 } })).reason).toMatch(
      /can not be compared/,
    );
    expect((await faultIn(write(), { earlier: { ...checkpointOf(5), origin: 'other' } })).reason).toMatch(/of the log/);
  });
  test('is signed by a key that its reader knows, if they name one', async () => {
    expect(isFault(await check(write(), { keys: [key] }))).toBe(false);
    const other = noteKey(ORIGIN, new Uint8Array(32));
    expect((await faultIn(write(), { keys: [other] })).reason).toMatch(/no good signature/);
  });
});

describe('T52: an entry is named that somebody who knows the format', () => {
  test.each<[string, (lines: string[]) => void, number, RegExp]>([
    [
      'changed in its leaf',
      (lines) => edit(lines, 6, (entry) => ({ ...entry, leaf: String(entry['leaf']).replace('decided', 'expired') })),
      6,
      /was changed/,
    ],
    [
      'changed in its payload',
      (lines) => edit(lines, 6, (entry) => ({ ...entry, payload: String(entry['payload']).replace('6', '7') })),
      6,
      /payload was changed/,
    ],
    ['removed', (lines) => void lines.splice(lineOf(lines, 6), 1), 6, /entry 6 is missing/],
    [
      'inserted',
      (lines) => void lines.splice(lineOf(lines, 6), 0, lines[lineOf(lines, 9)] ?? ''),
      6,
      /is missing: 9 follows/,
    ],
    [
      'put twice',
      (lines) => void lines.splice(lineOf(lines, 6), 0, lines[lineOf(lines, 6)] ?? ''),
      7,
      /entry 6 stands where 7/,
    ],
    [
      'swapped',
      (lines) =>
        lines.splice(lineOf(lines, 6), 2, lines[lineOf(lines, 7)] ?? '', lines[lineOf(lines, 6)] ?? '') && undefined,
      6,
      /is missing: 7 follows/,
    ],
    [
      'renumbered',
      (lines) => edit(lines, 6, () => ({ ...JSON.parse(lines[lineOf(lines, 9)] ?? ''), index: 6 })),
      6,
      /sealed as entry 9/,
    ],
    [
      'stripped of its payload',
      (lines) => edit(lines, 6, ({ hash, index, leaf, type }) => ({ erased_by: '1/9', hash, index, leaf, type })),
      6,
      /not the erasure of it/,
    ],
    [
      'stripped without a word',
      (lines) => edit(lines, 6, ({ hash, index, leaf, type }) => ({ erased_by: null, hash, index, leaf, type })),
      6,
      /no entry is named/,
    ],
  ])('%s', async (_, change, index, reason) => {
    const fault = await faultIn(forge(write(), change));
    expect(fault).toMatchObject({ index, reason: expect.stringMatching(reason) });
  });
  test('wrote anew with a hash that fits: the first checkpoint after it says among which it is', async () => {
    const file = forge(write(), (lines) =>
      edit(lines, 6, (entry) => {
        const leaf = String(entry['leaf']).replace('decided', 'expired');
        return { ...entry, leaf, hash: Buffer.from(hashLeafText(leaf)).toString('base64') };
      }),
    );
    expect(await faultIn(file)).toMatchObject({ index: 5, reason: expect.stringMatching(/after it, before 12/) });
  });
  test('cut off at the end, with the checkpoint or without it', async () => {
    const short = forge(write(), (lines) => void lines.splice(lineOf(lines, 15)));
    expect(await faultIn(short)).toMatchObject({ index: 15, reason: expect.stringMatching(/missing/) });
    const header = forge(write(), (lines) => {
      lines.splice(lineOf(lines, 12));
      lines[0] = (lines[0] ?? '').replace('"to":20', '"to":12');
    });
    // A shorter log that was signed is a log: only a checkpoint that was kept shows what is gone.
    expect(isFault(await check(header))).toBe(false);
    expect((await faultIn(header, { earlier: checkpointOf(SIZE) })).reason).toMatch(/can not be compared/);
  });
});

test('T52: none of 10,000 random changes to an export is accepted', async () => {
  const files = [write(), write(4, 17, [12])];
  const pick = (text: string): number => randomInt(text.length);
  const mutations: ((text: string) => string)[] = [
    (text) => {
      const at = pick(text);
      return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << randomInt(7))) + text.slice(at + 1);
    },
    (text) => {
      const at = pick(text);
      return text.slice(0, at) + text.slice(at + 1 + randomInt(40));
    },
    (text) => {
      const at = pick(text);
      return text.slice(0, at) + String.fromCharCode(randomInt(32, 126)) + text.slice(at);
    },
    (text) => {
      const lines = text.split('\n');
      const [a, b] = [randomInt(lines.length - 1), randomInt(lines.length - 1)];
      [lines[a], lines[b]] = [lines[b] ?? '', lines[a] ?? ''];
      return lines.join('\n');
    },
    (text) => {
      const lines = text.split('\n');
      lines.splice(randomInt(lines.length - 1), 1);
      return lines.join('\n');
    },
    (text) => {
      const lines = text.split('\n');
      const from = randomInt(lines.length - 1);
      lines.splice(randomInt(lines.length - 1), 0, lines[from] ?? '');
      return lines.join('\n');
    },
    (text) => text + ['\n', ' ', '{}\n', text][randomInt(4)],
  ];
  let tried = 0;
  while (tried < 10_000) {
    const file = files[tried % 2] ?? '';
    const changed = mutations[randomInt(mutations.length)]?.(file) ?? file;
    if (changed === file) continue;
    tried += 1;
    expect(isFault(await check(changed)), changed).toBe(true);
  }
}, 120_000);

test('T54: what parses as the same and is written otherwise is refused', async () => {
  const respelt = (from: string, to: string): string =>
    forge(write(), (lines) => {
      const at = lineOf(lines, 5);
      const line = lines[at] ?? '';
      expect(line).toContain(from);
      lines[at] = line.replace(from, to);
    });
  for (const [from, to] of [
    ['{"', '{ "'],
    ['ä', '\\u00e4'],
    ['"index":5', '"index":5.0'],
    ['"index":5', '"index":5,"index":5'],
    ['"type":"entry"', '"type":"entry","x":1'],
  ] as const)
    expect(isFault(await check(respelt(from, to))), to).toBe(true);
  const member = forge(write(), (lines) => {
    lines[0] = (lines[0] ?? '').replace('"epoch"', '"Epoch"');
  });
  expect((await faultIn(member)).line).toBe(1);
});
