/** T46: what a workspace keeps from most of its people, and shows to some by their role. */
import type { WireApproval } from '@countersign/contract';
import { ROLES } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, type Who, addPerson, openStream, startTestServer, until } from '../testing/index.ts';

const RULES = [
  { name: 'Pay', fields: ['salary', 'Bonus'], visible_to: ['approver', 'auditor'] },
  { name: 'Health', fields: ['diagnosis'], visible_to: [] },
];
const RAW = ['87654.21-raw', 'bonus-raw-4711', 'diagnosis-raw-0815', 'answer-raw-1234'];

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
  const saved = await app.call(app.one.people.owner, 'PUT', '/v1/settings', { redaction_rules: RULES });
  expect(saved.status, saved.text).toBe(200);
});
afterAll(() => app.stop());

const raw = (text: string): string[] => RAW.filter((value) => text.includes(value));
const read = (who: Who, id: string) => app.call<WireApproval>(who, 'GET', `/v1/approvals/${id}`);
const ask = async (body: object): Promise<WireApproval> => {
  const answer = await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', body);
  expect(answer.status, answer.text).toBe(201);
  return answer.body;
};
const raise = (over: object = {}) =>
  ask({
    tool: 'raise',
    arguments: { person: 'p1', SALARY: RAW[0], pay: [{ bonus: RAW[1] }], diagnosis: { text: RAW[2] } },
    metadata: { salary: RAW[0] },
    input: { salary: RAW[0] },
    ...over,
  });

describe('T46: by role at display', () => {
  test.each(ROLES)('the role %s is shown what its rules show it, and nothing else', async (role) => {
    const { id } = await raise();
    const person = await addPerson(app.store, app.one.id, `only ${role}`, [role]);
    const answer = await read(person, id);
    const shown = Object.fromEntries(
      (answer.body.redactions ?? []).map(({ rule, value }) => [`${rule} ${value !== undefined}`, value]),
    );
    const isShown = role === 'approver' || role === 'auditor';
    expect(raw(answer.text)).toEqual(isShown ? [RAW[0], RAW[1]] : []);
    expect(Object.keys(shown).toSorted()).toEqual(['Health false', `Pay ${isShown}`]);
    for (const { visible_to: roles, rule } of answer.body.redactions ?? [])
      expect(roles).toEqual(RULES.find(({ name }) => name === rule)?.visible_to);
    // The content itself is the same for everybody: it is what the digest is of.
    expect(answer.body.arguments).toMatchObject({
      person: 'p1',
      SALARY: expect.stringMatching(/^\[redacted: Pay, 12 characters, /),
      pay: [{ bonus: expect.stringMatching(/^\[redacted: Pay, /) }],
      diagnosis: expect.stringMatching(/^\[redacted: Health, /),
    });
  });

  test('keys are shown nothing, not those of somebody who is, either; who asked gets it when it acts', async () => {
    const { id, digest } = await raise();
    for (const key of Object.values(app.one.keys)) expect(raw((await read(key, id)).text)).toEqual([]);
    const body = { decision: 'approved', digest };
    await app.call(app.one.people.approver, 'POST', `/v1/approvals/${id}/decide`, body);
    const taken = await app.call<{ arguments: object }>(app.one.keys.asking, 'POST', '/v1/receipts/consume', {
      approval_id: id,
      digest,
    });
    expect(taken.body.arguments).toEqual({
      person: 'p1',
      SALARY: RAW[0],
      pay: [{ bonus: RAW[1] }],
      diagnosis: { text: RAW[2] },
    });
  });

  test('a role that is given or taken, and a rule that goes, count at once', async () => {
    const { id } = await raise();
    const person = await addPerson(app.store, app.one.id, 'Changes', ['viewer']);
    expect(raw((await read(person, id)).text)).toEqual([]);
    const { owner } = app.one.people;
    await app.call(owner, 'PATCH', `/v1/members/${person.id}`, { roles: ['auditor'] });
    const after = await app.sql<{ roles: string[] }>('select roles from member where person_id = $1', [person.id]);
    expect(after[0]?.roles).toEqual(['auditor']);
    await app.call(owner, 'PUT', '/v1/settings', { redaction_rules: RULES.slice(1) });
    const auditor = await addPerson(app.store, app.one.id, 'Audits', ['auditor']);
    expect(raw((await read(auditor, id)).text)).toEqual([]);
    await app.call(owner, 'PUT', '/v1/settings', { redaction_rules: RULES });
    expect(raw((await read(auditor, id)).text)).toEqual([RAW[0], RAW[1]]);
  });

  test('a marker that somebody writes stands for nothing, and opens nothing of another request', async () => {
    const first = await raise();
    const marker = (first.arguments as { SALARY: string }).SALARY;
    const forged = `[redacted: Pay, 3 characters, ${'0'.repeat(24)}]`;
    const copy = await ask({ tool: 'note', arguments: { copied: marker, forged } });
    const answer = await read(app.one.people.approver, copy.id);
    expect([answer.body.redactions, raw(answer.text)]).toEqual([[], []]);
  });
});

describe('T46: raw values reach no other place', () => {
  const dump = async (): Promise<string> => {
    const tables = await app.sql<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'public'`,
    );
    const rows = [];
    for (const { name } of tables)
      rows.push(...(await app.sql<{ row: string }>(`select row_to_json(t)::text as row from ${name} t`)));
    return rows.map(({ row }) => row).join('\n');
  };

  test('neither lists, timelines, receipts, streams, audit, exports nor the database have them', async () => {
    const { owner, approver } = app.one.people;
    const stream = await openStream(app, owner, '/v1/events');
    const { id, digest } = await raise({ explanation: 'A raise.' });
    // Somebody reads it in the clear, decides, and repeats the decision: kept answers are none of those that show it.
    expect(raw((await read(approver, id)).text)).toHaveLength(2);
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const body = { decision: 'approved', digest };
    const texts = [];
    for (let index = 0; index < 2; index += 1)
      texts.push((await app.call(approver, 'POST', `/v1/approvals/${id}/decide`, body, headers)).text);
    const export_ = await until(
      () => app.call(owner, 'GET', '/v1/audit/export'),
      ({ status, text }) => status === 200 && text.includes(id),
    );
    texts.push(export_.text);
    for (const path of [
      '/v1/approvals?status=completed',
      `/v1/approvals/${id}/timeline`,
      `/v1/approvals/${id}/receipt`,
      `/v1/approvals/${id}/wait?timeout=0`,
      `/v1/audit?subject=${id}`,
      '/v1/approvals/alike',
    ])
      texts.push((await app.call(owner, 'GET', path)).text);
    stream.close();
    await stream.ended;
    expect(stream.text()).toContain(id);
    expect(raw([...texts, stream.text()].join('\n'))).toEqual([]);
    expect(raw(await dump())).toEqual([]);
  });

  test('the answer to a question is redacted like what was asked; who asked gets it when it takes it', async () => {
    const question = {
      type: 'object',
      properties: { pin: { type: 'string', 'x-secret': true }, salary: { type: 'string' }, note: { type: 'string' } },
    };
    const asked = await ask({ title: 'Which?', question });
    const response = { pin: RAW[3], salary: RAW[0], note: 'as agreed' };
    const decision = { decision: 'approved', digest: asked.digest, response };
    const done = await app.call<WireApproval>(
      app.one.people.approver,
      'POST',
      `/v1/approvals/${asked.id}/decide`,
      decision,
    );
    expect([done.status, raw(done.text)]).toEqual([200, []]);
    expect(done.body.decision?.response).toMatchObject({ note: 'as agreed' });
    expect(raw(await dump())).toEqual([]);
    expect(raw((await read(app.one.people.auditor, asked.id)).text)).toEqual([RAW[0]]);
    expect(raw((await read(app.one.people.viewer, asked.id)).text)).toEqual([]);
    const taken = await app.call<{ redactions: { value: string }[] }>(
      app.one.keys.asking,
      'POST',
      '/v1/receipts/consume',
      {
        approval_id: asked.id,
        digest: done.body.digest,
      },
    );
    expect(taken.body.redactions.map(({ value }) => value).toSorted()).toEqual([RAW[0], RAW[3]]);
  });
});
