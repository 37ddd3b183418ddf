/** T48: another COUNTERSIGN_SECRET, without a moment in which anything is out of reach. */
import { randomUUID } from 'node:crypto';
import { createSecretBox } from '@countersign/engine';
import { SEALED_COLUMNS } from '@countersign/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BODIES, type TestApp, type TestServer, startTestServer, testConfig } from '../testing/index.ts';
import { type SecretRotation, rotateSecret } from './rotate-secret.ts';

const OLD = 'Vr4k-Nm8x-Tq2w-Zd7p-Hs5c-Lb9y-Gf3j';
const NEW = 'Qd6m-Wx1z-Rk9t-Pb4v-Jy7h-Ng2c-Fs8l';
const SECRETS = 1100; // more than two batches

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer({ secret: OLD });
});
afterAll(() => app.stop());

type Approval = { readonly id: string; readonly digest: string };
type Page = { readonly data: { readonly id: string }[]; readonly next_cursor: string | null };

const config = () => testConfig(app.database.url, { secret: NEW, secretPrevious: OLD });
const countsOf = ({ columns }: SecretRotation) =>
  Object.fromEntries(columns.map(({ column, resealed }) => [column, resealed]));

/** Asks for something with a secret in it, and has it approved: whoever takes it opens what is sealed. */
const approved = async (server: TestServer, pin: string): Promise<Approval> => {
  const arguments_schema = { type: 'object', properties: { pin: { type: 'string', 'x-secret': true } } };
  const asked = await server.call<Approval>(app.one.keys.asking, 'POST', '/v1/approvals', {
    tool: 'pay',
    arguments: { pin },
    arguments_schema,
  });
  expect(asked.status, asked.text).toBe(201);
  const { id, digest } = asked.body;
  const decision = { decision: 'approved', digest };
  const done = await server.call(app.one.people.approver, 'POST', `/v1/approvals/${id}/decide`, decision);
  expect(done.status, done.text).toBe(200);
  return asked.body;
};
const take = async (server: TestServer, { id, digest }: Approval): Promise<unknown> => {
  const body = { approval_id: id, digest };
  const taken = await server.call<{ arguments: object }>(app.one.keys.asking, 'POST', '/v1/receipts/consume', body);
  return taken.body.arguments ?? taken.text;
};

/** Where in the whole database something stands that is sealed under this secret, as bytes or written as base64. */
const sealedUnder = async (secret: string): Promise<string[]> => {
  const { head } = createSecretBox(secret);
  // Six characters of base64 are the first 36 of its 40 bits.
  const forms = [`\\x${head.toString('hex')}`, head.toString('base64').slice(0, 6)];
  const tables = await app.sql<{ name: string }>(`select tablename as name from pg_tables where schemaname = 'public'`);
  const found: string[] = [];
  for (const { name } of tables)
    for (const { row } of await app.sql<{ row: Record<string, unknown> }>(
      `select row_to_json(t) as row from ${name} t`,
    ))
      for (const [column, value] of Object.entries(row))
        if (forms.some((form) => JSON.stringify(value ?? null).includes(form.replace('\\', '\\\\'))))
          found.push(`${name}.${column}`);
  return [...new Set(found)].toSorted();
};

test('T48: a change of the secret puts nothing out of reach, by rolling replicas, and leaves nothing under the old one', async () => {
  const { asking } = app.one.keys;
  const { owner } = app.one.people;
  const box = createSecretBox(OLD);
  const names = Array.from({ length: SECRETS }, (_, index) => `KEY_${index}`);
  await app.sql(
    'insert into secret (workspace_id, name, ciphertext) select $1, * from unnest($2::text[], $3::bytea[]) on conflict do nothing',
    [app.one.id, names, names.map((name) => box.seal(`value of ${name}`, `${app.one.id}/${name}`))],
  );
  const idempotent = { 'idempotency-key': randomUUID() };
  const keyBody = { name: 'rotated', scopes: ['approvals:read'] };
  const made = await app.call(owner, 'POST', '/v1/api-keys', keyBody, idempotent);
  expect(made.status, made.text).toBe(201);
  const hook = { kind: 'webhook', name: 'Hook', settings: { url: 'https://hooks.example/a' } };
  const channel = await app.call<{ id: string }>(owner, 'POST', '/v1/channels', hook);
  const turned = await app.call(owner, 'POST', `/v1/channels/${channel.body.id}/rotate-secret`, {});
  expect(turned.status, turned.text).toBe(200);
  const link = `dlv_${'1'.repeat(27)}`;
  await app.sql(
    `insert into delivery (workspace_id, id, channel_id, cause, recipient, event_type, subject, notice, status, sealed)
     values ($1, $2, $3, 'x', '', 'x', 'x', '{}', 'sent', $4)`,
    [app.one.id, link, channel.body.id, box.seal('a link', `${app.one.id}/delivery/${link}`)],
  );
  const totp = await app.call(app.one.people.approver, 'POST', '/v1/account/totp');
  expect(totp.status, totp.text).toBeLessThan(300);
  const browser = { ...(BODIES.addPushSubscription as object) };
  expect((await app.call(app.one.people.approver, 'POST', '/v1/account/push', browser)).status).toBe(200);
  const agent = await app.call<{ id: string }>(asking, 'POST', '/v1/agents', BODIES.createAgent);
  await app.call(asking, 'POST', `/v1/agents/${agent.body.id}/versions`, BODIES.createVersion);
  const line = { ...(BODIES.createVoiceLine as object), agent_id: agent.body.id };
  const lined = await app.call(asking, 'POST', '/v1/voice-lines', line);
  expect(lined.status, lined.text).toBe(201);
  const page = await app.call<Page>(asking, 'GET', '/v1/secrets?limit=1');
  const cursor = encodeURIComponent(page.body.next_cursor ?? '');
  const before = await approved(app, '1111');

  // First everybody can read what the new secret seals, then everybody seals with it.
  const reads = await app.replica({ secret: OLD, secretPrevious: NEW });
  const seals = await app.replica({ secret: NEW, secretPrevious: OLD });
  expect(await take(reads, await approved(seals, '2222'))).toEqual({ pin: '2222' });
  expect(await take(seals, await approved(reads, '3333'))).toEqual({ pin: '3333' });
  expect((await seals.call(owner, 'POST', '/v1/api-keys', keyBody, idempotent)).text).toBe(made.text);
  expect((await seals.call(asking, 'GET', `/v1/secrets?limit=1&cursor=${cursor}`)).status).toBe(200);

  const first = await rotateSecret(config());
  expect(first).toMatchObject({ isOldInUse: false });
  expect(first.columns.filter(({ unreadable }) => unreadable > 0)).toEqual([]);
  expect(Object.keys(countsOf(first)).toSorted()).toEqual(Object.keys(SEALED_COLUMNS).toSorted());
  expect(countsOf(first)).toMatchObject({ 'secret.ciphertext': SECRETS, 'redaction_salt.sealed': 1, 'totp.secret': 1 });
  for (const [column, resealed] of Object.entries(countsOf(first))) expect(resealed, column).toBeGreaterThan(0);
  expect(await sealedUnder(OLD)).toEqual([]);
  expect(await sealedUnder(NEW)).toEqual(Object.keys(SEALED_COLUMNS).toSorted());

  const alone = await app.replica({ secret: NEW });
  expect((await alone.call(owner, 'POST', '/v1/api-keys', keyBody, idempotent)).text).toBe(made.text);
  expect(await take(alone, before)).toEqual({ pin: '1111' });
});

test('T48: stopped in the middle it goes on where it was; what opens with neither secret is counted and left', async () => {
  const count = async (): Promise<number> =>
    Object.values(countsOf(await rotateSecret(config()))).reduce((a, b) => a + b);
  expect(await count()).toBe(0);
  const box = createSecretBox(OLD);
  const rows = [
    ['KEY_0', box.seal('late', `${app.one.id}/KEY_0`)],
    ['KEY_1', createSecretBox('a third secret that nobody has told us').seal('x', `${app.one.id}/KEY_1`)],
    ['KEY_2', box.seal('moved here', `${app.one.id}/KEY_3`)],
  ] as const;
  for (const [name, sealed] of rows) await app.sql('update secret set ciphertext = $2 where name = $1', [name, sealed]);
  const { columns } = await rotateSecret(config());
  expect(columns[0]).toEqual({ column: 'secret.ciphertext', resealed: 1, unreadable: 2 });
  const left = await app.sql<{ ciphertext: Buffer }>(`select ciphertext from secret where name = 'KEY_1'`);
  expect(left[0]?.ciphertext.equals(rows[1][1])).toBe(true);
});
