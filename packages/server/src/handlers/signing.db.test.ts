/** Decisions that a person signs with a key of their own, over HTTP and with an authenticator in software. */
import { randomUUID } from 'node:crypto';
import type { WireApproval, WireSigningIntent } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ReceiptKeys, verifyReceipt } from '../../../sdk/src/index.ts';
import {
  type Authenticator,
  type TestApp,
  type TestPerson,
  type Who,
  addPerson,
  createTestAuthenticator,
  faultOf,
  startTestServer,
} from '../testing/index.ts';

let app: TestApp;
/** The server by its name: to a number no browser binds a key. */
let origin: string;
let ann: TestPerson;
let bob: TestPerson;
let key: Authenticator;
let bobs: Authenticator;

type Told = WireApproval & { code: string; demanded?: string };

const call = async <Body = Told>(who: Who, method: string, path: string, body?: unknown) => {
  const credential =
    typeof who === 'object' && who !== null && 'token' in who
      ? { cookie: `countersign_session=${who.token}`, origin }
      : { authorization: `Bearer ${typeof who === 'object' ? who?.secret : who}` };
  const response = await fetch(origin + path, {
    method,
    headers: {
      ...credential,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const fault = faultOf({ method, path }, { status: response.status, headers: response.headers, text });
  if (fault !== undefined) throw new Error(`${method} ${path}: ${fault}\n${text}`);
  return { status: response.status, text, body: (text === '' ? null : JSON.parse(text)) as Body };
};

const register = async (who: TestPerson): Promise<Authenticator> => {
  const authenticator = createTestAuthenticator(origin);
  const { body } = await call<{ options: { challenge: string } }>(who, 'POST', '/v1/signing-key-options');
  const added = await call(who, 'POST', '/v1/signing-keys', {
    name: 'Key',
    credential: authenticator.create(body.options),
  });
  expect(added.status, added.text).toBe(201);
  return authenticator;
};

beforeAll(async () => {
  app = await startTestServer();
  origin = app.url.replace('127.0.0.1', 'localhost');
  ann = await addPerson(app.store, app.one.id, 'Ann', ['approver']);
  bob = await addPerson(app.store, app.one.id, 'Bob', ['approver']);
  [key, bobs] = [await register(ann), await register(bob)];
  const rules = [
    { name: 'signed', tools: ['wire'], outcome: 'hold', hold: { assurance: 'signed' } },
    { name: 'fresh', tools: ['fresh'], outcome: 'hold', hold: { assurance: 'step_up' } },
    { name: 'here', tools: ['here'], outcome: 'hold', hold: { assurance: 'session' } },
    {
      name: 'two',
      tools: ['two'],
      outcome: 'hold',
      hold: { assurance: 'signed', stages: [{ approvers: '2 of anyone' }] },
    },
  ];
  const made = await call(app.one.people.owner, 'POST', '/v1/policies', {
    name: 'Assurance',
    source: JSON.stringify({ rules }),
  });
  expect(made.status, made.text).toBe(201);
});
afterAll(() => app.stop());

let number = 0;
const ask = async (tool: string, over: object = {}, who: Who = app.one.keys.asking): Promise<WireApproval> => {
  const { status, body, text } = await call(who, 'POST', '/v1/approvals', {
    tool,
    arguments: { n: (number += 1), to: 'acct_1' },
    ...over,
  });
  expect(status, text).toBe(201);
  return body;
};
type Way = { readonly decision?: 'approved' | 'rejected'; readonly reason?: string; readonly arguments?: object };
const prepare = (who: Who, { id, digest }: WireApproval, way: Way = {}) =>
  call<WireSigningIntent & { code: string }>(who, 'POST', `/v1/approvals/${id}/intent`, {
    decision: 'approved',
    digest,
    ...way,
  });
const decide = (who: Who, { id, digest }: WireApproval, over: object = {}) =>
  call(who, 'POST', `/v1/approvals/${id}/decide`, { decision: 'approved', digest, ...over });
const answerOf = (authenticator: Authenticator, intent: WireSigningIntent, over = {}) => ({
  intent_id: intent.id,
  credential: authenticator.get(intent.options as { challenge: string }, over),
});
/** Prepares, signs and decides, each of which may be bent. */
const sign = async (approval: WireApproval, way: Way = {}, who = ann, authenticator = key) => {
  const intent = await prepare(who, approval, way);
  expect(intent.status, intent.text).toBe(200);
  return decide(who, approval, { ...way, signature: answerOf(authenticator, intent.body) });
};
const receipt = async (id: string) => {
  const { text } = await call(app.one.people.auditor, 'GET', `/v1/approvals/${id}/receipt`);
  const keys = (await (await fetch(`${app.url}/.well-known/jwks.json`)).json()) as ReceiptKeys;
  return verifyReceipt(text, { keys });
};

describe('T19: a policy demands an assurance', () => {
  test('and takes nothing less, of people and of keys; a rejection is always possible', async () => {
    const signed = await ask('wire');
    expect(signed.quorum.assurance).toBe('signed');
    const plain = await decide(ann, signed);
    expect([plain.status, plain.body.code, plain.body.demanded]).toEqual([403, 'signature_required', 'signed']);
    expect((await decide(app.one.keys.deciding, signed)).body.code).toBe('signature_required');
    expect((await decide(app.one.keys.deciding, await ask('here'))).body.code).toBe('forbidden');
    expect((await decide(ann, await ask('here'))).body.decision?.assurance).toBe('session');
    expect((await decide(ann, signed, { decision: 'rejected' })).body.status).toBe('rejected');
  });

  test('a fresh proof counts for five minutes', async () => {
    const approval = await ask('fresh');
    expect((await decide(bob, approval)).body.code).toBe('step_up_required');
    const proved = (minutes: number) =>
      app.sql(`update session set stepped_up_at = now() - make_interval(mins => $2) where person_id = $1`, [
        bob.id,
        minutes,
      ]);
    await proved(6);
    expect((await decide(bob, approval)).body.code).toBe('step_up_required');
    await proved(4);
    expect((await decide(bob, approval)).body.decision?.assurance).toBe('step_up');
    await app.sql('update session set stepped_up_at = null where person_id = $1', [bob.id]);
  });

  test('T20: where the workspace demands it of what is critical, no bulk and no key reaches it', async () => {
    const { owner } = app.one.people;
    await call(owner, 'PUT', '/v1/settings', { critical_assurance: 'signed' });
    const critical = await ask('anything', { priority: 'critical' });
    const read = await call(ann, 'GET', `/v1/approvals/${critical.id}`);
    expect(read.body.quorum.assurance).toBe('signed');
    expect((await decide(ann, critical)).body.code).toBe('signature_required');
    expect((await decide(app.one.keys.deciding, critical)).body.code).toBe('signature_required');
    const bulk = (items: object[]) =>
      call<{ data: { problem: { code: string } | null }[] }>(ann, 'POST', '/v1/approvals/bulk-decide', { items });
    const wire = await ask('wire');
    const { body } = await bulk([critical, wire].map(({ id, digest }) => ({ id, decision: 'approved', digest })));
    expect(body.data.map(({ problem }) => problem?.code)).toEqual(['forbidden', 'signature_required']);
    expect((await sign(critical)).body.decision?.assurance).toBe('signed');
    // Nobody’s silence is anybody’s signature.
    const source = JSON.stringify({
      rules: [
        {
          name: 'a',
          outcome: 'hold',
          hold: { assurance: 'signed', timeout_seconds: 60, on_timeout: 'approve' },
        },
      ],
    });
    const checked = await call<{ problems: { pointer: string }[] }>(owner, 'POST', '/v1/policies/check', { source });
    expect(checked.body.problems.map(({ pointer }) => pointer)).toEqual(['/rules/0/hold/on_timeout']);
    await call(owner, 'PUT', '/v1/settings', {});
  });

  test('a fresh proof or a signature stands in for the second person in the mode for a team of one', async () => {
    const alone = await addPerson(app.store, app.one.id, 'Alone', ['builder', 'approver']);
    const own = await register(alone);
    await call(app.one.people.owner, 'PUT', '/v1/settings', { single_operator: { cooling_off_seconds: 3600 } });
    const approval = await ask('anything', {}, alone);
    expect((await decide(alone, approval)).body.code).toBe('self_approval');
    const { body } = await sign(approval, {}, alone, own);
    expect(body.decision).toMatchObject({ assurance: 'signed', single_operator: true });
    await call(app.one.people.owner, 'PUT', '/v1/settings', {});
  });
});

describe('T55: a signed decision', () => {
  test('is in the receipt with everything that proves who made it, by their key alone', async () => {
    const approval = await ask('wire');
    const intent = (await prepare(ann, approval, { reason: 'Paid twice' })).body;
    expect(intent.intent).toMatchObject({
      v: 1,
      workspace: app.one.id,
      approval: approval.id,
      revision: 0,
      action_digest: approval.digest,
      policy: { version: 1, rule: 'signed' },
      decision: 'approved',
      approver: ann.id,
      nonce: expect.stringMatching(/^[\w-]{22}$/),
    });
    const decided = await decide(ann, approval, { reason: 'Paid twice', signature: answerOf(key, intent) });
    expect([decided.status, decided.body.votes[0]?.assurance]).toEqual([200, 'signed']);
    const { statement, votes } = await receipt(approval.id);
    expect(votes).toEqual([{ person: ann.id, vote: 'approved', provedBy: 'person' }]);
    expect(statement.predicate.votes[0]?.intent).toEqual(intent.intent);
  });

  test('with an edit is over what the edit made', async () => {
    const approval = await ask('wire');
    const { body } = await sign(approval, { arguments: { n: 1, to: 'acct_2' } });
    expect([body.status, body.decision?.assurance]).toEqual(['approved', 'signed']);
    const { statement, votes } = await receipt(approval.id);
    expect(votes[0]?.provedBy).toBe('person');
    expect(statement.predicate.votes[0]?.intent).toMatchObject({ revision: 1, action_digest: body.digest });
  });

  test('is one of several where more must sign', async () => {
    const approval = await ask('two');
    expect((await sign(approval)).body.status).toBe('pending');
    expect((await sign(approval, {}, bob, bobs)).body.status).toBe('approved');
    expect((await receipt(approval.id)).votes.map(({ provedBy }) => provedBy)).toEqual(['person', 'person']);
  });
});

describe('T56: a signature is good for nothing else', () => {
  const code = async (answer: Promise<{ status: number; body: { code: string } }>) => (await answer).body.code;
  const invalid = 'signature_invalid';

  test('not a second time, not after its time, not for another person, approval or decision', async () => {
    const approval = await ask('two');
    const { body: intent } = await prepare(ann, approval);
    const signature = answerOf(key, intent);
    const other = await ask('two');
    expect(await code(decide(ann, other, { signature }))).toBe(invalid);
    expect(await code(decide(bob, approval, { signature }))).toBe(invalid);
    // Signed was an approval without a reason; it is used up by the attempt.
    expect(await code(decide(ann, approval, { signature, reason: 'Another' }))).toBe(invalid);
    expect(await code(decide(ann, approval, { signature }))).toBe(invalid);
    const late = (await prepare(ann, approval)).body;
    await app.sql(`update signing_intent set expires_at = now() - interval '1 second' where id = $1`, [late.id]);
    expect(await code(decide(ann, approval, { signature: answerOf(key, late) }))).toBe(invalid);
    const rejection = (await prepare(ann, approval, { decision: 'rejected' })).body;
    expect(await code(decide(ann, approval, { signature: answerOf(key, rejection) }))).toBe(invalid);
    expect(await app.sql('select from vote where approval_id = $1', [approval.id])).toEqual([]);
  });

  test('not with another key, page, host or challenge, nor without checking the person', async () => {
    const approval = await ask('wire');
    const bent: [Authenticator, object][] = [
      [bobs, {}],
      [createTestAuthenticator(origin), {}],
      [key, { origin: 'http://localh0st:1' }],
      [key, { rpId: 'example.com' }],
      [key, { challenge: Buffer.from('something else').toString('base64url') }],
      [key, { isVerified: false }],
      [key, { type: 'webauthn.create' }],
    ];
    for (const [authenticator, over] of bent) {
      const { body } = await prepare(ann, approval);
      expect(await code(decide(ann, approval, { signature: answerOf(authenticator, body, over) }))).toBe(invalid);
    }
    expect((await sign(approval)).body.status).toBe('approved');
  });

  test('not after the content was edited, and not with a revoked key; programs sign nothing', async () => {
    const approval = await ask('two');
    const { body: before } = await prepare(ann, approval);
    expect((await sign(approval, { arguments: { n: 2, to: 'acct_9' } }, bob, bobs)).status).toBe(200);
    const now = (await call(ann, 'GET', `/v1/approvals/${approval.id}`)).body;
    expect(await code(decide(ann, now, { signature: answerOf(key, before) }))).toBe(invalid);
    const spare = await register(ann);
    const { body: list } = await call<{ data: { id: string; revoked_at: string | null }[] }>(
      ann,
      'GET',
      '/v1/signing-keys',
    );
    const { body: intent } = await prepare(ann, now);
    expect((await call(ann, 'DELETE', `/v1/signing-keys/${list.data.at(-1)?.id}`)).status).toBe(204);
    expect(await code(decide(ann, now, { signature: answerOf(spare, intent) }))).toBe(invalid);
    expect(
      (await call(app.one.keys.deciding, 'POST', `/v1/approvals/${now.id}/intent`, { decision: 'approved' })).status,
    ).toBe(403);
    const { body: again } = await prepare(ann, now);
    expect(await code(decide(app.one.keys.deciding, now, { signature: answerOf(key, again) }))).toBe('forbidden');
  });

  test('a registration is good once, and its challenge is of this person', async () => {
    const options = async (who: TestPerson) =>
      (await call<{ options: { challenge: string } }>(who, 'POST', '/v1/signing-key-options')).body.options;
    const add = (who: TestPerson, made: object) =>
      code(call(who, 'POST', '/v1/signing-keys', { name: 'K', credential: made }));
    const one = createTestAuthenticator(origin);
    const made = one.create(await options(ann));
    expect(await add(bob, made)).toBe('invalid');
    expect(await add(ann, made)).toBeUndefined();
    expect(await add(ann, made)).toBe('invalid');
    expect(await add(ann, one.create(await options(ann)))).toBe('name_taken');
    expect(await add(ann, createTestAuthenticator(origin).create(await options(ann), { isVerified: false }))).toBe(
      'invalid',
    );
  });
});
