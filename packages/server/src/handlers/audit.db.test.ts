/** The audit log over HTTP, and its file in the verifier's hands. */
import { type KeyObject, createPublicKey, verify as verifyBytes } from 'node:crypto';
import type { WireAuditCheckpoint, WireAuditEntry, WireAuditProof, WireSealedAuditEntry } from '@countersign/contract';
import {
  type ExportFault,
  type ExportSummary,
  type VerifySignature,
  commitmentTo,
  createExportVerifier,
  fromBase64,
  hashLeafText,
  isFault,
  parseCheckpoint,
  parseKey,
  parseNote,
  verifyConsistency,
  verifyInclusion,
} from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, addPerson, startTestServer, until } from '../testing/index.ts';

const keyFrom = (raw: Uint8Array): KeyObject =>
  createPublicKey({
    format: 'jwk',
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(raw).toString('base64url') },
  });
const verify: VerifySignature = (raw, message, signature) => verifyBytes(null, message, keyFrom(raw), signature);

let app: TestApp;
let auditor: Awaited<ReturnType<typeof addPerson>>;
beforeAll(async () => {
  app = await startTestServer();
  auditor = await addPerson(app.store, app.one.id, 'Ada', ['auditor']);
});
afterAll(() => app.stop());

type Page = { data: WireAuditEntry[]; next_cursor: string | null };
const list = async (query = ''): Promise<Page> => (await app.call<Page>(auditor, 'GET', `/v1/audit${query}`)).body;
const head = async (): Promise<WireAuditCheckpoint> =>
  (await app.call<WireAuditCheckpoint>(auditor, 'GET', '/v1/audit/checkpoint')).body;
const ask = async (title: string): Promise<string> =>
  (await app.call<{ id: string }>(app.one.keys.asking, 'POST', '/v1/approvals', { title })).body.id;
const sealedOf = (id: string): Promise<WireSealedAuditEntry> =>
  until(
    async () => (await app.call<WireSealedAuditEntry>(auditor, 'GET', `/v1/audit/${id}`)).body,
    ({ sealed }) => sealed !== null,
  );
const bytes = (text: string): Uint8Array => fromBase64(text) ?? new Uint8Array();
const exported = async (query = ''): Promise<string> =>
  (await app.call(auditor, 'GET', `/v1/audit/export${query}`)).text;
const check = async (
  file: string,
  options: Parameters<typeof createExportVerifier>[1] = {},
): Promise<ExportFault | ExportSummary> => {
  const verifier = createExportVerifier(verify, options);
  for (const line of file.split('\n').slice(0, -1)) {
    const fault = await verifier.line(line);
    if (fault) return fault;
  }
  return verifier.end();
};
const accepted = async (file: string, options = {}): Promise<ExportSummary> => {
  const result = await check(file, options);
  if (isFault(result)) throw new Error(`line ${result.line}: ${result.reason}`);
  return result;
};

describe('finding', () => {
  test('what happened is there at once, and in the sealed log about a second later', async () => {
    const id = await ask('Deploy');
    const [entry] = (await list(`?subject=${id}`)).data;
    expect(entry).toMatchObject({ type: 'approval.requested', subject: id, actor: { id: app.one.keys.asking.id } });
    const sealed = await until(
      async () => (await list(`?subject=${id}`)).data[0],
      (found) => found?.index !== null,
    );
    expect(sealed).toMatchObject({ epoch: 1, is_erased: false });
  });
  test('by type, actor, subject, time and words, in pages that lose and double nothing', async () => {
    const before = new Date().toISOString();
    const ids: string[] = [];
    for (let count = 0; count < 7; count += 1) ids.push(await ask(`Zebra crossing ${count}`));
    const after = new Date(Date.now() + 1).toISOString();
    const mine = async (query: string): Promise<string[]> =>
      (await list(query)).data.map(({ subject }) => subject).filter((id) => ids.includes(id));
    const newestFirst = ids.toReversed();
    expect(await mine('?type=approval.requested')).toEqual(newestFirst);
    expect(await mine(`?actor=${app.one.keys.asking.id}&type=approval.requested`)).toEqual(newestFirst);
    expect(await mine(`?from=${before}&to=${after}`)).toEqual(newestFirst);
    expect(await mine(`?to=${before}`)).toEqual([]);
    expect(await mine(`?q=${ids[3]}`)).toEqual([ids[3]]);
    await sealedOf((await list(`?subject=${ids[6]}`)).data[0]?.id ?? '');
    expect(await mine(`?q=${ids[3]}`)).toEqual([ids[3]]);
    expect(await mine(`?q=requested%20${(ids[3] ?? '').slice(4, 20)}`)).toEqual([ids[3]]);
    expect(await mine(`?q=${ids[3]}&type=approval.decided`)).toEqual([]);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Page = await list(`?limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
      await ask('meanwhile');
    }
    expect(new Set(seen).size).toBe(seen.length);
    for (const id of ids)
      expect((await list(`?subject=${id}`)).data.every((entry) => seen.includes(entry.id))).toBe(true);
  });
});

describe('proving', () => {
  test('an entry is in the tree whose head is signed, and commits to what it says', async () => {
    const id = await ask('Prove me');
    const entry = await sealedOf((await list(`?subject=${id}`)).data[0]?.id ?? '');
    const { sealed } = entry;
    if (!sealed?.payload || !sealed.salt) throw new Error('not sealed');
    expect(commitmentTo(sealed.payload, bytes(sealed.salt))).toBe(JSON.parse(sealed.leaf).payload);
    expect(JSON.parse(sealed.payload)).toMatchObject({ data: entry.data, actor_name: entry.actor.name });
    expect(sealed.leaf).not.toContain(entry.actor.name);
    const proof = (await app.call<WireAuditProof>(auditor, 'GET', `/v1/audit/proof?event_id=${entry.id}`)).body;
    expect(
      verifyInclusion(
        hashLeafText(sealed.leaf),
        entry.index ?? -1,
        proof.size,
        proof.hashes.map(bytes),
        bytes(proof.root),
      ),
    ).toBe(true);
    const note = parseNote(proof.note ?? '');
    if (!note.ok) throw new Error(note.refusal);
    const checkpoint = parseCheckpoint(note.value.text);
    expect(checkpoint).toMatchObject({ ok: true, value: { size: proof.size, root: bytes(proof.root) } });
    expect(proof.tlog_proof).toContain(`index ${entry.index}\n`);
  });
  test('a later head goes on from every earlier one', async () => {
    const before = await head();
    await sealedOf((await list(`?subject=${await ask('One more')}`)).data[0]?.id ?? '');
    const after = await head();
    expect(after.size).toBeGreaterThan(before.size);
    for (const [from, root] of [
      [before.size, before.root],
      [1, undefined],
      [0, undefined],
    ] as const) {
      const { body } = await app.call<WireAuditProof>(auditor, 'GET', `/v1/audit/proof?from=${from}&to=${after.size}`);
      if (root) expect(body.from_root).toBe(root);
      expect(
        verifyConsistency(from, after.size, bytes(body.from_root ?? ''), bytes(after.root), body.hashes.map(bytes)),
      ).toBe(true);
    }
  });
  test('the head is there as the note that is kept', async () => {
    const { text } = await app.call(auditor, 'GET', '/v1/audit/checkpoint/note');
    expect(parseNote(text).ok).toBe(true);
    const key = parseKey((await head()).key ?? '');
    expect(key.ok && text.startsWith(`${key.value.name}\n`)).toBe(true);
  });
  test('questions that make no sense are told so', async () => {
    const { size } = await head();
    for (const [query, status] of [
      ['', 422],
      ['?index=0&from=0', 422],
      [`?from=0&to=${size + 100}`, 422],
      ['?from=5&to=4', 422],
      [`?index=${size + 100}`, 404],
      ['?index=0&epoch=2', 404],
      ['?event_id=evt_000000000000000000000000000', 404],
    ] as const)
      expect((await app.call(auditor, 'GET', `/v1/audit/proof${query}`)).status, query).toBe(status);
  });
});

describe('exporting', () => {
  test('the whole log up to now, and any part of it, verifies', async () => {
    const id = await ask('In the file');
    const file = await exported();
    expect(file).toContain(id);
    const whole = await accepted(file, { earlier: undefined });
    expect(whole).toMatchObject({ workspace: app.one.id, from: 0, erased: 0, epoch: 1 });
    const { size } = await head();
    for (const [from, to] of [
      [0, 1],
      [1, size],
      [3, 7],
      [size, size],
      [0, 0],
    ] as const)
      expect(await accepted(await exported(`?from_index=${from}&to_index=${to}`)), `${from}–${to}`).toMatchObject({
        from,
        to,
      });
    const since = new Date().toISOString();
    const later = await ask('Later');
    const part = await accepted(await exported(`?from=${since}`));
    expect(part.entries).toBeGreaterThan(0);
    expect(part.entries).toBeLessThan(whole.entries);
    expect(await exported(`?from=${since}`)).toContain(later);
    expect((await accepted(await exported(`?from=2999-01-01T00:00:00Z`))).entries).toBe(0);
    expect((await app.call(auditor, 'GET', '/v1/audit/export?from_index=99999')).status).toBe(422);
  });
  test('goes on from a head that was kept', async () => {
    const kept = parseNote((await app.call(auditor, 'GET', '/v1/audit/checkpoint/note')).text);
    const earlier = kept.ok ? parseCheckpoint(kept.value.text) : undefined;
    if (!earlier?.ok) throw new Error('no checkpoint');
    await ask('After it');
    await accepted(await exported(), { earlier: earlier.value });
    const other = { ...earlier.value, root: hashLeafText('another') };
    expect(isFault(await check(await exported(), { earlier: other }))).toBe(true);
  });
  test('is for those who may read the log, and shows one workspace', async () => {
    expect((await app.call(app.one.people.approver, 'GET', '/v1/audit/export')).status).toBe(403);
    expect((await app.call(app.one.people.admin, 'GET', '/v1/audit')).status).toBe(403);
    const theirs = (await app.call(app.two.people.owner, 'GET', '/v1/audit/export')).text;
    expect(theirs).not.toContain(app.one.id);
  });
});

describe('F8: whoever changes the database is found, by the index of what they changed', () => {
  const tampered = async (subject: string, sql: string): Promise<void> => {
    const { id, index } = await sealedOf((await list(`?subject=${subject}`)).data[0]?.id ?? '');
    await app.sql(sql, [id]);
    const fault = await check(await exported());
    expect(fault).toMatchObject({ index });
    expect((await sealedOf(id)).sealed?.is_intact).toBe(false);
  };
  test.each([
    [
      'an event’s data',
      `update event set data = data || '{"forged": true}' where id = $1`,
      `update event set data = data - 'forged' where id = $1`,
    ],
    [
      'its type',
      `update event set type = 'approval.decided' where id = $1`,
      `update event set type = 'approval.requested' where id = $1`,
    ],
    ['who did it', `update event set actor = jsonb_set(actor, '{id}', '"usr_other"') where id = $1`, ''],
  ])('%s', async (_, change, back) => {
    const subject = await ask('Tamper with me');
    const entry = await sealedOf((await list(`?subject=${subject}`)).data[0]?.id ?? '');
    await tampered(subject, change);
    const undo = back || `update event set actor = jsonb_set(actor, '{id}', '"${entry.actor.id}"') where id = $1`;
    await app.sql(undo, [entry.id]);
    expect(await accepted(await exported())).toMatchObject({ workspace: app.one.id });
  });
  test('a leaf that was taken away, or whose bytes were changed', async () => {
    const subject = await ask('Leaf');
    const { index } = await sealedOf((await list(`?subject=${subject}`)).data[0]?.id ?? '');
    await app.sql(
      `update audit_leaf set leaf = replace(leaf, 'requested', 'cancelled') where index = $1 and workspace_id = $2`,
      [index, app.one.id],
    );
    // The event's own row still says what it was: with it the leaf is whole again. Without it the change shows.
    await accepted(await exported());
    await app.sql(
      `update audit_leaf set leaf = replace(leaf, 'cancelled', 'requested'), index = index + 1000000 where index = $1 and workspace_id = $2`,
      [index, app.one.id],
    );
    expect(await check(await exported())).toMatchObject({ index });
    await app.sql(`update audit_leaf set index = index - 1000000 where index >= 1000000 and workspace_id = $1`, [
      app.one.id,
    ]);
    await accepted(await exported());
  });
});

test('T47: an erased payload is gone, with its salt; the log still verifies, and says who erased it', async () => {
  const { owner } = app.one.people;
  const secret = 'Elefantenrüssel';
  const created = await app.call<{ id: string }>(owner, 'POST', '/v1/api-keys', {
    name: secret,
    scopes: ['approvals:read'],
  });
  const entry = await sealedOf((await list(`?subject=${created.body.id}`)).data[0]?.id ?? '');
  expect(JSON.stringify(entry)).toContain(secret);
  expect((await list(`?q=${secret}`)).data).toHaveLength(1);
  expect((await app.call(auditor, 'POST', `/v1/audit/${entry.id}/erase`, { reason: 'no right' })).status).toBe(403);
  const erased = await app.call<WireSealedAuditEntry>(owner, 'POST', `/v1/audit/${entry.id}/erase`, {
    reason: 'They asked for it',
  });
  expect(erased.status, erased.text).toBe(200);
  expect(erased.body).toMatchObject({
    is_erased: true,
    data: {},
    sealed: { salt: null, payload: null, is_intact: true },
  });
  expect(erased.text).not.toContain(secret);
  const dump = await app.sql<{ text: string }>(
    `select string_agg(e::text, '') || (select string_agg(p::text, '') from audit_payload p) || (select string_agg(l::text, '') from audit_leaf l) as text from event e`,
  );
  expect(dump[0]?.text).not.toContain(secret);
  expect((await list(`?q=${secret}`)).data).toEqual([]);
  const file = await exported();
  expect(await accepted(file)).toMatchObject({ erased: 1, erasedElsewhere: 0 });
  const again = await app.call<{ code: string }>(owner, 'POST', `/v1/audit/${entry.id}/erase`, { reason: 'again' });
  expect([again.status, again.body.code]).toEqual([409, 'already_erased']);
  const record = (await list(`?subject=${entry.id}&type=audit.erased`)).data;
  expect(record).toMatchObject([{ actor: { id: owner.id }, data: { reason: 'They asked for it' } }]);
  // A file of the part before the erasure names the entry that records it.
  expect(await accepted(await exported(`?to_index=${(entry.index ?? 0) + 1}`))).toMatchObject({
    erased: 1,
    erasedElsewhere: 1,
  });
  // Somebody who deletes a payload by hand leaves no such entry.
  const other = await sealedOf((await list(`?subject=${await ask('By hand')}`)).data[0]?.id ?? '');
  await app.sql('delete from audit_payload p using audit_leaf l where l.event_id = $1 and p.position = l.position', [
    other.id,
  ]);
  expect(await check(await exported())).toMatchObject({ index: other.index });
});
