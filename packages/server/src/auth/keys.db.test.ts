import type { WireApiKey, WireApproval } from '@countersign/contract';
import { findKey } from '@countersign/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type TestApp,
  type TestPerson,
  type TestServer,
  addKey,
  addPerson,
  startTestServer,
  until,
} from '../testing/index.ts';
import { hashSecret, isKeySecret, makeKeySecret } from './keys.ts';

let app: TestApp;
let replica: TestServer;
let proxied: TestServer;
beforeAll(async () => {
  app = await startTestServer();
  replica = await app.replica();
  proxied = await app.replica({ trustedProxies: ['127.0.0.0/8'] });
});
afterAll(() => app.stop());

type Made = WireApiKey & { secret: string; code?: string };
const create = (who: TestPerson, body: object) =>
  app.call<Made>(who, 'POST', '/v1/api-keys', { name: 'a key', scopes: ['approvals:read'], ...body });
const status = async (
  secret: string,
  server: TestServer = app,
  headers: Record<string, string> = {},
): Promise<number> => (await server.call(`Bearer ${secret}`, 'GET', '/v1/approvals', undefined, headers)).status;
const daysUntil = (time: string | null): number => (Date.parse(time ?? '') - Date.now()) / 86_400_000;

describe('T30: a key', () => {
  test.each(['agent', 'reviewer', 'service'] as const)(
    'of the kind %s has its form, and its checksum finds every mistyped character',
    (kind) => {
      const { secret, hash } = makeKeySecret(kind);
      expect(secret).toMatch(/^csk_(agt|rev|svc)_[0-9A-Za-z]{49}$/);
      expect(isKeySecret(secret)).toBe(true);
      expect(hash).toEqual(hashSecret(secret));
      for (let index = 8; index < secret.length; index += 1) {
        const other = secret[index] === 'a' ? 'b' : 'a';
        expect(isKeySecret(secret.slice(0, index) + other + secret.slice(index + 1))).toBe(false);
      }
    },
  );
  test('is stored as its SHA-256, and shown once', async () => {
    const { body } = await create(app.one.people.builder, {});
    const [row] = await app.sql<{ text: string; hash: Buffer }>(
      'select k::text as text, secret_hash as hash from api_key k where id = $1',
      [body.id],
    );
    expect(row?.hash).toEqual(hashSecret(body.secret));
    expect(row?.text).not.toContain(body.secret.slice(13));
    expect((await app.call(app.one.people.builder, 'GET', '/v1/api-keys?limit=200')).text).not.toContain(body.secret);
  });
});

describe('T32: a key that is made', () => {
  test('ends after 90 days unless said otherwise, and after a year at the latest', async () => {
    const { builder } = app.one.people;
    expect(daysUntil((await create(builder, {})).body.expires_at)).toBeCloseTo(90, 1);
    expect(daysUntil((await create(builder, { expires_in_days: 365 })).body.expires_at)).toBeCloseTo(365, 1);
    for (const days of [0, 366, 1.5]) expect((await create(builder, { expires_in_days: days })).status).toBe(422);
  });

  test('for networks is refused from anywhere else, and what a request says of itself counts for nothing', async () => {
    const { builder } = app.one.people;
    const here = await create(builder, { networks: ['127.0.0.0/8'] });
    const there = await create(builder, { networks: ['203.0.113.0/24', '2001:db8::/32'] });
    expect(await status(here.body.secret)).toBe(200);
    expect(await status(there.body.secret)).toBe(403);
    expect(await status(there.body.secret, app, { 'x-forwarded-for': '203.0.113.5' })).toBe(403);
    // Behind a proxy that the operator has named, it is the address that the proxy saw.
    expect(await status(there.body.secret, proxied, { 'x-forwarded-for': '203.0.113.5' })).toBe(200);
    expect(await status(there.body.secret, proxied, { 'x-forwarded-for': '203.0.113.5, 198.51.100.1' })).toBe(403);
    for (const networks of [['10.0.0.0'], ['10.0.0.0/33'], ['nowhere/8'], []])
      expect((await create(builder, { networks })).status).toBe(422);
  });

  test('for tools and agents asks for those only', async () => {
    const scopes = ['approvals:read', 'approvals:create', 'gate:call', 'tools:write'];
    const { body: key } = await create(app.one.people.builder, { scopes, tools: ['refund'], agents: ['Clerk'] });
    const as = `Bearer ${key.secret}`;
    const ask = (body: object) => app.call<{ code: string; limit: string }>(as, 'POST', '/v1/approvals', body);
    expect((await ask({ tool: 'refund', agent_name: 'Clerk' })).status).toBe(201);
    expect((await ask({ tool: 'wire_money', agent_name: 'Clerk' })).body).toMatchObject({
      code: 'forbidden',
      limit: 'tools',
    });
    expect((await ask({ tool: 'refund', agent_name: 'Other' })).body).toMatchObject({
      code: 'forbidden',
      limit: 'agents',
    });
    expect((await ask({ title: 'Anything', agent_name: 'Clerk' })).body.limit).toBe('tools');
    expect((await ask({ tool: 'refund' })).body.limit).toBe('agents');
    const gate = (body: object) => app.call<{ limit: string }>(as, 'POST', '/v1/gate', body);
    expect((await gate({ tool: 'refund', agent_name: 'Clerk' })).status).toBe(200);
    expect((await gate({ tool: 'wire_money', agent_name: 'Clerk' })).body.limit).toBe('tools');
    const tool = { name: 'wire_money', http: { url: 'https://tools.example/a' } };
    expect((await app.call<{ limit: string }>(as, 'POST', '/v1/tools', tool)).body.limit).toBe('tools');
  });

  test('for one agent runs that agent only, and makes no keys that could do more', async () => {
    const { builder } = app.one.people;
    const config = { provider: 'openai', model: 'm', tools: [] };
    const agents = [];
    for (const name of ['Limited', 'Unlimited'])
      agents.push((await app.call<{ id: string }>(builder, 'POST', '/v1/agents', { name, config })).body.id);
    const scopes = ['executions:run', 'agents:write', 'keys:write'];
    const { body: key } = await create(builder, { scopes, agents: [agents[0]] });
    const as = `Bearer ${key.secret}`;
    expect((await app.call(as, 'POST', `/v1/agents/${agents[0]}/execute`, { input: 'x' })).status).toBe(201);
    for (const [path, body] of [
      [`/v1/agents/${agents[1]}/execute`, { input: 'x' }],
      [`/v1/agents/${agents[1]}/versions`, { config, message: 'other' }],
      ['/v1/conversations', { agent_id: agents[1] }],
      ['/v1/api-keys', { name: 'free', scopes: ['executions:run'] }],
    ] as const)
      expect([path, (await app.call(as, 'POST', path, body)).status]).toEqual([path, 403]);
  });

  test('for tools decides about those only', async () => {
    const both = await addPerson(app.store, app.one.id, 'decides by key', ['approver', 'builder']);
    const key = await create(both, { scopes: ['approvals:decide', 'approvals:read'], tools: ['refund'] });
    const decide = async (tool: string) => {
      const asked = await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', { tool });
      const { id, digest } = asked.body;
      return app.call<WireApproval>(`Bearer ${key.body.secret}`, 'POST', `/v1/approvals/${id}/decide`, {
        decision: 'approved',
        digest,
      });
    };
    expect((await decide('wire_money')).status).toBe(403);
    const done = await decide('refund');
    expect([done.status, done.body.decision?.assurance, done.body.decision?.by.id]).toEqual([200, 'key', key.body.id]);
  });
});

describe('T32: rotation', () => {
  test('gives the same key another secret, and lets the one before go on for the overlap only', async () => {
    const { builder } = app.one.people;
    const { body: key } = await create(builder, { expires_in_days: 1, tools: ['refund'] });
    const rotate = (body: object) => app.call<Made>(builder, 'POST', `/v1/api-keys/${key.id}/rotate`, body);
    const next = await rotate({ overlap_hours: 12 });
    expect(next.body).toMatchObject({ id: key.id, scopes: key.scopes, tools: ['refund'] });
    expect(next.body.secret).not.toBe(key.secret);
    expect(daysUntil(next.body.previous_until)).toBeCloseTo(0.5, 1);
    expect(daysUntil(next.body.expires_at)).toBeCloseTo(90, 1);
    for (const secret of [key.secret, next.body.secret]) expect(await status(secret)).toBe(200);
    await app.sql(`update api_key set previous_until = now() - interval '1 second' where id = $1`, [key.id]);
    await until(
      () => status(key.secret),
      (code) => code === 401,
      1100,
    );
    expect(await status(next.body.secret)).toBe(200);
    // Only two are good at a time.
    const third = await rotate({});
    await until(
      () => status(key.secret),
      (code) => code === 401,
      1100,
    );
    for (const secret of [next.body.secret, third.body.secret]) expect(await status(secret)).toBe(200);
    for (const hours of [-1, 169]) expect((await rotate({ overlap_hours: hours })).status).toBe(422);
    // Without an overlap the one before ends within a second, everywhere.
    await rotate({ overlap_hours: 0 });
    for (const server of [app, replica])
      await until(
        () => status(third.body.secret, server),
        (code) => code === 401,
        1100,
      );
  });
  test('does not outlive the key, and does not revive one that has ended', async () => {
    const { builder } = app.one.people;
    const { body: key } = await create(builder, { expires_in_days: 1 });
    const next = await app.call<Made>(builder, 'POST', `/v1/api-keys/${key.id}/rotate`, { overlap_hours: 168 });
    expect(daysUntil(next.body.previous_until)).toBeCloseTo(1, 1);
    await app.call(builder, 'DELETE', `/v1/api-keys/${key.id}`);
    const ended = await app.call<Made>(builder, 'POST', `/v1/api-keys/${key.id}/rotate`, {});
    expect([ended.status, ended.body.code]).toEqual([409, 'key_ended']);
    for (const secret of [key.secret, next.body.secret])
      await until(
        () => status(secret),
        (code) => code === 401,
        1100,
      );
  });
  test('is for the owner of the key: an admin who could would decide in another’s name', async () => {
    const { deciding, asking } = app.one.keys;
    for (const who of [app.one.people.owner, app.one.people.admin, app.one.people.builder])
      expect((await app.call(who, 'POST', `/v1/api-keys/${deciding.id}/rotate`, {})).status).toBe(403);
    // Nor by a key that may do less: it would hand itself the scopes of the other.
    const both = await addPerson(app.store, app.one.id, 'two hats', ['approver', 'builder']);
    const decider = await addKey(app.store, app.one.id, both, ['approvals:decide']);
    const asker = await addKey(app.store, app.one.id, both, ['keys:write']);
    expect((await app.call(asker, 'POST', `/v1/api-keys/${decider.id}/rotate`, {})).status).toBe(403);
    expect((await app.call(asking, 'POST', `/v1/api-keys/${asking.id}/rotate`, {})).status).toBe(200);
  });
});

describe('a key and its owner', () => {
  test('a builder revokes own keys, an admin anybody’s', async () => {
    const other = await addPerson(app.store, app.one.id, 'another builder', ['builder']);
    const key = await addKey(app.store, app.one.id, other, ['approvals:read']);
    expect((await app.call(app.one.people.builder, 'DELETE', `/v1/api-keys/${key.id}`)).status).toBe(403);
    expect((await app.call(app.one.people.admin, 'DELETE', `/v1/api-keys/${key.id}`)).status).toBe(204);
  });
  test('a key that may do more than its owner may now ends with the roles that it came from', async () => {
    const person = await addPerson(app.store, app.one.id, 'moves on', ['builder', 'approver']);
    const asks = await addKey(app.store, app.one.id, person, ['approvals:create']);
    const reads = await addKey(app.store, app.one.id, person, ['approvals:read']);
    await app.call(app.one.people.owner, 'PATCH', `/v1/members/${person.id}`, { roles: ['approver'] });
    await until(
      () => status(asks.secret, replica),
      (code) => code === 401,
      1100,
    );
    expect(await status(reads.secret)).toBe(200);
  });
  test.each(['high', 'critical'] as const)(
    'a key approves nothing of %s priority, but may reject it',
    async (priority) => {
      const ask = async (): Promise<WireApproval> =>
        (await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', { title: 'Pay', priority })).body;
      const decide = (approval: WireApproval, decision: string) =>
        app.call<{ code: string; status: string }>(
          app.one.keys.deciding,
          'POST',
          `/v1/approvals/${approval.id}/decide`,
          {
            decision,
            digest: approval.digest,
          },
        );
      const asked = await ask();
      const seen = await app.call<WireApproval>(app.one.keys.deciding, 'GET', `/v1/approvals/${asked.id}`);
      expect(seen.body.can).toMatchObject({ approve: { ok: false }, reject: { ok: true } });
      expect((await decide(asked, 'approved')).body.code).toBe('key_not_enough');
      expect((await decide(asked, 'rejected')).body.status).toBe('rejected');
    },
  );
  test('a policy may let keys approve it', async () => {
    const hold = { priority: 'critical', key_may_approve: true };
    const source = JSON.stringify({ rules: [{ name: 'r', tools: ['keyed'], outcome: 'hold', hold }] });
    await app.call(app.one.people.owner, 'POST', '/v1/policies', { name: 'keyed', source });
    const asked = await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', { tool: 'keyed' });
    const { id, digest } = asked.body;
    expect(asked.body.priority).toBe('critical');
    const done = await app.call<WireApproval>(app.one.keys.deciding, 'POST', `/v1/approvals/${id}/decide`, {
      decision: 'approved',
      digest,
    });
    expect(done.body.status).toBe('approved');
  });
});

describe('T34: verifying a key', () => {
  test('is one indexed read and no write', async () => {
    await app.sql(
      `insert into api_key (workspace_id, id, secret_hash, name, kind, prefix, scopes, owner_id)
       select $1, 'key_' || lpad(n::text, 27, '0'), sha256(n::text::bytea), 'many', 'service', 'csk_svc_', '{approvals:read}', $2
       from generate_series(1, 20000) n`,
      [app.one.id, app.one.people.builder.id],
    );
    await app.sql('analyze api_key');
    const key = app.one.keys.reading;
    const written = async (): Promise<string> =>
      JSON.stringify(await app.sql(`select xmin::text, ctid::text from api_key where id = $1`, [key.id]));
    const before = await written();
    const times: number[] = [];
    for (let time = 0; time < 300; time += 1) {
      const startMs = performance.now();
      expect((await findKey(app.store, hashSecret(key.secret)))?.id).toBe(key.id);
      times.push(performance.now() - startMs);
    }
    expect(await written()).toBe(before);
    const ordered = times.toSorted((a, b) => a - b);
    console.log(
      `verifying a key among 20,000: median ${ordered[150]?.toFixed(2)} ms, p99 ${ordered[297]?.toFixed(2)} ms`,
    );
    const plan = await app.sql<{ 'QUERY PLAN': string }>(
      `explain select 1 from api_key k join person p on p.id = k.owner_id
       where (k.secret_hash = $1 or (k.previous_hash = $1 and k.previous_until > now())) and k.revoked_at is null`.replaceAll(
        '$1',
        `'\\x${hashSecret(key.secret).toString('hex')}'`,
      ),
    );
    const text = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(text).toContain('api_key_secret_hash_key');
    expect(text).not.toContain('Seq Scan on api_key');
  });
  test('its last use is written later, with the address, for many at once', async () => {
    const key = await addKey(app.store, app.one.id, app.one.people.builder, ['approvals:read']);
    const leaving = await app.replica();
    expect(await status(key.secret, leaving)).toBe(200);
    const listed = async () =>
      (await app.call<{ data: WireApiKey[] }>(app.one.people.builder, 'GET', '/v1/api-keys?limit=200')).body.data.find(
        ({ id }) => id === key.id,
      );
    expect((await listed())?.last_used_at).toBeNull();
    await leaving.stop();
    expect(await listed()).toMatchObject({
      last_used_address: '127.0.0.1',
      last_used_at: expect.any(String) as string,
    });
  });
});
