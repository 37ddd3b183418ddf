/** T2: what the door lets in means one thing, to us and to two parsers that others wrote. */
import { createHash } from 'node:crypto';
import { canonicalize, parseStrict } from '@countersign/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestApp, startTestServer } from '../testing/index.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

const DOCUMENTS = 100_000;
const BATCH = 5000;

/** Spellings that parsers are known to differ on, among ordinary ones. */
const PIECES = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"a"',
  '"b"',
  '"\\u0061"',
  '""',
  '"é"',
  '"e\u0301"',
  '"\\ud83d\\ude00"',
  '"\\ud83d"',
  '1',
  '-0',
  '0.0',
  '-0.0',
  '1e2',
  '1E400',
  '5e-324',
  '9007199254740993',
  '0.1',
  '1.0',
  '01',
  '+1',
  '.5',
  'NaN',
  'true',
  'null',
  'True',
  ' ',
  '\t',
  '\n',
  '\u00a0',
  '\ufeff',
  '//',
  '/**/',
  "'a'",
  '\\',
  '\u2028',
  '"__proto__"',
  '"\\u0000"',
];
const piece = fc.constantFrom(...PIECES);
const soup = fc.array(piece, { maxLength: 10 }).map((all) => all.join(''));
/** Mostly well-formed, with members that may be alike. */
const member = fc.tuple(fc.constantFrom('"a"', '"b"', '"\\u0061"', '"ä"', '"a\u0308"', '"constructor"'), piece);
const object = fc
  .array(member, { maxLength: 4 })
  .map((all) => `{${all.map(([key, value]) => `${key}:${value}`).join(',')}}`);
const list = fc.array(fc.oneof(piece, object), { maxLength: 4 }).map((all) => `[${all.join(',')}]`);
const document = fc.oneof(soup, object, list, fc.json({ maxDepth: 3 }));

const tryParse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

test(
  `T2: of ${DOCUMENTS.toLocaleString('en')} documents, three parsers agree on every one that is let in`,
  { timeout: 240_000 },
  async () => {
    let accepted = 0;
    let refusedThoughValid = 0;
    for (let done = 0; done < DOCUMENTS; done += BATCH) {
      // PostgreSQL's texts hold no U+0000, and the door refuses it.
      const texts = fc.sample(document, { numRuns: BATCH, seed: done }).filter((text) => !text.includes('\0'));
      const rows = await app.sql<{ text: string | null }>(
        `select case when pg_input_is_valid(document, 'jsonb') then document::jsonb::text end as text
         from unnest($1::text[]) with ordinality as all_of(document, place) order by place`,
        [texts],
      );
      for (const [index, text] of texts.entries()) {
        const ours = parseStrict(text);
        if (!ours.ok) {
          refusedThoughValid += tryParse(text) === undefined ? 0 : 1;
          continue;
        }
        accepted += 1;
        const meaning = canonicalize(ours.value);
        const others = [tryParse(text), tryParse(rows[index]?.text ?? '')].map((value) =>
          value === undefined ? 'refused' : canonicalize(value as never),
        );
        if (others.some((other) => other !== meaning)) expect([text, ...others]).toEqual([text, meaning, meaning]);
      }
    }
    // Enough of both for that to mean something.
    expect(accepted).toBeGreaterThan(DOCUMENTS / 10);
    expect(refusedThoughValid).toBeGreaterThan(DOCUMENTS / 100);
  },
);

test('T1: an approval keeps the exact bytes that its digest is of, with 128 random bits inside', async () => {
  type Asked = { id: string; digest: string; action: { nonce: string; arguments: unknown } };
  const args = '{"z":1.50,"\\u00e9":"e\\u0301","a":[1e2,-0.0,"\\u20ac"],"n":{"b":null,"a":true}}';
  const ask = async (): Promise<Asked> => {
    const body = `{"tool":"t1","arguments":${args}}`;
    const headers = { 'content-type': 'application/json' };
    const answer = await app.call<Asked>(app.one.keys.asking, 'POST', '/v1/approvals', body, headers);
    expect(answer.status, answer.text).toBe(201);
    return answer.body;
  };
  const [one, other] = [await ask(), await ask()];
  for (const { id, digest, action } of [one, other]) {
    const [row] = await app.sql<{ action: string }>('select action from approval where id = $1', [id]);
    expect(
      `sha256:${createHash('sha256')
        .update(row?.action ?? '')
        .digest('hex')}`,
    ).toBe(digest);
    // Anybody who has the answer makes the same bytes of it (RFC 8785).
    expect(canonicalize(action as never)).toBe(row?.action);
    expect(action.arguments).toEqual(JSON.parse(args.replace('-0.0', '0')));
    expect(Buffer.from(action.nonce, 'base64url')).toHaveLength(16);
  }
  expect(one.digest).not.toBe(other.digest);
  expect(one.action.nonce).not.toBe(other.action.nonce);
});
