/** What each of the two roles may do that we connect as (trust.md B14, T73), and that workspaces never meet. */
import { ASKING_SCOPES, GOVERNING_SCOPES, PERMISSIONS } from '@countersign/core';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../server/src/testing/database.ts';
import { addWorkspace } from '../../server/src/testing/workspace.ts';
import { insertApproval, saveDecision } from './approvals.ts';
import { insertVote } from './votes.ts';
import { type Database, type Scope, openDatabase, reading, sqlState, transaction } from './database.ts';
import { appendEvent } from './events.ts';
import { newId } from './ids.ts';

const INSUFFICIENT_PRIVILEGE = '42501';
const CHECK_VIOLATION = '23514';

let database: FreshDatabase;
let api: Database;
let worker: Database;
let superuser: pg.Client;
let one: Awaited<ReturnType<typeof addWorkspace>>;
let two: Awaited<ReturnType<typeof addWorkspace>>;
const ids: Record<'pending' | 'approved', string> = { pending: newId('approval'), approved: newId('approval') };

beforeAll(async () => {
  database = await freshDatabase();
  api = openDatabase(database.url, 'countersign_api', 2);
  worker = openDatabase(database.url, 'countersign_worker', 2);
  superuser = new pg.Client({ connectionString: database.superuserUrl });
  await superuser.connect();
  one = await addWorkspace(api, 'One');
  two = await addWorkspace(api, 'Two');
  const actor = { kind: 'person', id: one.people.approver.id, name: 'Rosa' } as const;
  const decision = {
    outcome: 'approved',
    by: actor,
    at: new Date().toISOString(),
    reason: null,
    assurance: 'session',
    digest: 'sha256:x',
    edits: [],
  } as const;
  await transaction(api, one.id, async (scope) => {
    for (const id of Object.values(ids)) await insertApproval(scope, approvalRow(id));
    await insertVote(scope, {
      approvalId: ids.approved,
      digest: 'sha256:x',
      personId: actor.id,
      vote: 'approved',
      keyId: null,
      assurance: 'session',
      reason: null,
      at: new Date(),
      stage: 0,
      represents: actor.id,
      standing: { personId: actor.id, roles: ['approver'], groups: [] },
      viewDigest: 'sha256:y',
      signIn: null,
      assertion: null,
      intent: '{}',
    });
    await saveDecision(scope, ids.approved, decision, {
      action: '{}',
      digest: 'sha256:x',
      originalAction: null,
      edits: [],
      policy: null,
      requirement: null,
    });
    await appendEvent(scope, { type: 'approval.decided', subject: ids.approved, actor });
    await scope.client.query(
      'insert into consumption (workspace_id, approval_id, digest, consumed_by) values ($1, $2, $3, $4)',
      [one.id, ids.approved, 'sha256:x', actor],
    );
    const agent = newId('agent');
    await scope.client.query('insert into agent (workspace_id, id, name, description) values ($1, $2, $2, $3)', [
      one.id,
      agent,
      '',
    ]);
    await scope.client.query(
      `insert into agent_version (workspace_id, id, agent_id, version, message, config, created_by) values ($1, $2, $3, 1, '', '{}', '{}')`,
      [one.id, newId('agentVersion'), agent],
    );
  });
});
afterAll(async () => {
  await Promise.all([api.close(), worker.close(), superuser.end()]);
  await database.drop();
});

const approvalRow = (id: string): Parameters<typeof insertApproval>[1] => ({
  id,
  kind: 'action',
  title: 'Deploy',
  checkpoint: 'deploy',
  priority: 'medium',
  action: '{}',
  digest: 'sha256:x',
  call_digest: 'sha256:y',
  tool: null,
  arguments_schema: null,
  agent: null,
  agent_id: null,
  execution_id: null,
  step_id: null,
  conversation_id: null,
  requested_by: { kind: 'system', id: 'system', name: 'Test' },
  requesters: [],
  input: null,
  gate_reason: 'test',
  explanation: null,
  impact: null,
  evidence: [],
  metadata: {},
  expires_at: null,
  requirement: null,
  timeout: null,
  calendar: null,
  risk: null,
  policy: null,
  remind_at: [],
  response_schema: null,
  shape: null,
  reopened_from: null,
  recall_seconds: null,
  root_execution_id: null,
  channels: [],
  departures: null,
});

/** @returns the SQLSTATE that the statement failed with, or how many rows it touched */
const attempt = async (role: Database, text: string, values: unknown[] = []): Promise<string | number> => {
  try {
    return await transaction(role, one.id, async ({ client }) => (await client.query(text, values)).rowCount ?? 0);
  } catch (error) {
    return sqlState(error) ?? String(error);
  }
};

const NOT_FOR_WORKERS = ['session', 'sign_in_link', 'invitation', 'api_key', 'idempotency'];

describe('the worker, which runs agents', () => {
  test.each([
    [
      'a vote',
      `insert into vote (workspace_id, approval_id, digest, person_id, vote, assurance, cast_at)
       select workspace_id, id, digest, 'usr_x', 'approved', 'session', now() from approval limit 1`,
    ],
    [
      'a key',
      `insert into api_key (workspace_id, id, secret_hash, name, kind, prefix, scopes, owner_id) values ('w', 'k', '\\x00', '', 'agent', '', '{}', 'p')`,
    ],
    [
      'a session',
      `insert into session (id, token_hash, workspace_id, person_id, expires_at) values ('s', '\\x00', 'w', 'p', now())`,
    ],
    [
      'a sign-in link',
      `insert into sign_in_link (token_hash, workspace_id, person_id, expires_at) values ('\\x00', 'w', 'p', now())`,
    ],
    ['a member', `insert into member (workspace_id, person_id, roles) values ('w', 'p', '{approver}')`],
    ['a person', `insert into person (id, email, name) values ('p', 'e', 'n')`],
    ['an agent', `insert into agent (workspace_id, id, name, description) values ('w', 'a', 'a', '')`],
    [
      'an agent version',
      `insert into agent_version (workspace_id, id, agent_id, version, message, config, created_by) values ('w', 'v', 'a', 1, '', '{}', '{}')`,
    ],
    [
      'a tool',
      `insert into tool (workspace_id, id, kind, name, description, parameters, annotations, approval) values ('w', 't', 'http', 't', '', '{}', '{}', 'default')`,
    ],
    ['a secret', `insert into secret (workspace_id, name, ciphertext) values ('w', 's', '\\x00')`],
  ])('can not insert %s', async (_, text) => {
    expect(await attempt(worker, text)).toBe(INSUFFICIENT_PRIVILEGE);
  });
  test.each([
    ['a vote', 'update vote set vote = vote'],
    ['what is asked for', `update approval set action = '{}'`],
    ['a digest', `update approval set digest = 'sha256:z'`],
    ['who asked', `update approval set requesters = '{}'`],
    ['a deadline', 'update approval set expires_at = null'],
    ['an agent', 'update agent set current_version_id = null'],
    ['an agent version', `update agent_version set config = '{}'`],
    ['a tool', 'update tool set approval = approval'],
    ['a member’s roles', `update member set roles = '{owner}'`],
    ['a key', 'update api_key set scopes = scopes'],
    ['an event', 'update event set type = type'],
    ['a consumption', 'update consumption set at = at'],
  ])('can not change %s', async (_, text) => {
    expect(await attempt(worker, text)).toBe(INSUFFICIENT_PRIVILEGE);
  });
  test.each(NOT_FOR_WORKERS)('can not read %s', async (table) => {
    expect(await attempt(worker, `select from ${table}`)).toBe(INSUFFICIENT_PRIVILEGE);
  });
  test.each(['approved', 'rejected'])('can not end an approval as %s', async (status) => {
    expect(
      await attempt(worker, `update approval set status = $1, decided_at = now(), decision = '{}' where id = $2`, [
        status,
        ids.pending,
      ]),
    ).toBe(INSUFFICIENT_PRIVILEGE);
  });
  test('can not make an approval that is already approved', async () => {
    const text = `insert into approval (workspace_id, id, kind, status, title, checkpoint, priority, action, digest, call_digest, requested_by, requesters, gate_reason, decided_at, decision)
      values ($1, $2, 'action', $3, '', '', 'low', '{}', '', '', '{}', '{}', '', now(), '{}')`;
    expect(await attempt(worker, text, [one.id, newId('approval'), 'approved'])).toBe(INSUFFICIENT_PRIVILEGE);
  });
  test('can not leave a decision behind that takes effect by itself, in an old approval or a new one', async () => {
    expect(await attempt(worker, `update approval set held = '{}' where id = $1`, [ids.pending])).toBe(
      INSUFFICIENT_PRIVILEGE,
    );
    const text = `insert into approval (workspace_id, id, kind, title, checkpoint, priority, action, digest, call_digest, requested_by, requesters, gate_reason, held)
      values ($1, $2, 'action', '', '', 'low', '{}', '', '', '{}', '{}', '', '{}')`;
    expect(await attempt(worker, text, [one.id, newId('approval')])).toBe(INSUFFICIENT_PRIVILEGE);
  });
  test.each(['pending', 'cancelled', 'expired'])('can not turn an approved approval into a %s one', async (status) => {
    const text = `update approval set status = $1, decided_at = case when $1 = 'pending' then null else now() end, decision = case when $1 = 'pending' then null else '{}'::jsonb end where id = $2`;
    expect(await attempt(worker, text, [status, ids.approved])).toBe(CHECK_VIOLATION);
  });
  test('can not write down that a person did something', async () => {
    const actor = { kind: 'person', id: one.people.approver.id, name: 'Rosa' } as const;
    const write = (event: Parameters<typeof appendEvent>[1]) =>
      transaction(worker, one.id, (scope: Scope) => appendEvent(scope, event));
    await expect(write({ type: 'execution.resumed', subject: 'x', actor })).rejects.toThrow('row-level security');
    await expect(
      write({ type: 'approval.decided', subject: 'x', actor: { kind: 'system', id: 'system', name: '' } }),
    ).rejects.toThrow('row-level security');
    await write({ type: 'execution.started', subject: 'x', actor: { kind: 'execution', id: 'x', name: '' } });
  });
  test('may do what it is there for: ask, withdraw, let expire', async () => {
    const id = newId('approval');
    await transaction(worker, one.id, (scope) => insertApproval(scope, approvalRow(id)));
    expect(
      await attempt(
        worker,
        `update approval set status = 'expired', decided_at = now(), decision = '{}' where id = $1`,
        [id],
      ),
    ).toBe(1);
  });
});

describe('what was written once', () => {
  const kept = ['event', 'vote', 'consumption', 'agent_version'];
  const cells = kept.flatMap((table) =>
    (['countersign_api', 'countersign_worker'] as const).map((role) => [role, table] as const),
  );
  test.each(cells)('can not be changed or deleted by %s: %s', async (role, table) => {
    const database_ = role === 'countersign_api' ? api : worker;
    const count = await superuser.query(`select 1 from ${table}`);
    expect(count.rowCount).toBeGreaterThan(0);
    for (const text of [
      `update ${table} set workspace_id = workspace_id`,
      `delete from ${table}`,
      `truncate ${table} cascade`,
    ])
      expect(await attempt(database_, text)).toBe(INSUFFICIENT_PRIVILEGE);
  });
  test('an outcome can not be changed by countersign_api either', async () => {
    expect(await attempt(api, `update approval set title = 'Something else' where id = $1`, [ids.approved])).toBe(
      CHECK_VIOLATION,
    );
    expect(await attempt(api, `update approval set decision = '{}' where id = $1`, [ids.approved])).toBe(
      CHECK_VIOLATION,
    );
    expect(await attempt(api, `delete from approval where id = $1`, [ids.approved])).toBe(INSUFFICIENT_PRIVILEGE);
  });
  test('neither role owns a table, bypasses row-level security or may become another', async () => {
    const { rows } = await superuser.query(
      `select rolname from pg_roles r where rolname like 'countersign\\_%' and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb
         or exists (select from pg_class where relowner = r.oid) or exists (select from pg_auth_members where member = r.oid))`,
    );
    expect(rows).toEqual([]);
  });
});

/** The queue: workers take from it for all workspaces at once, and a row is only a kind and ids. */
const WITHOUT_ROW_SECURITY = ['job'];

test.each(PERMISSIONS)('the database itself knows whether a key may hold %s beside approvals:decide', async (scope) => {
  const text = `insert into api_key (workspace_id, id, secret_hash, name, kind, prefix, scopes, owner_id) values ($1, $2, $3, '', 'service', '', $4, $5)`;
  const id = newId('key');
  const result = await attempt(api, text, [
    one.id,
    id,
    Buffer.from(id),
    ['approvals:decide', scope],
    one.people.approver.id,
  ]);
  expect(result).toBe([...ASKING_SCOPES, ...GOVERNING_SCOPES].includes(scope) ? CHECK_VIOLATION : 1);
});

describe('workspaces', () => {
  test('every table with a workspace has forced row-level security and its policy, apart from a short list', async () => {
    const { rows } = await superuser.query<{ relname: string }>(
      `select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
       where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and not (c.relrowsecurity and c.relforcerowsecurity
         and exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'tenant' and p.polpermissive
           and pg_get_expr(p.polqual, c.oid) like '%workspace_id = current_setting(''app.workspace''%'
           and pg_get_expr(p.polwithcheck, c.oid) like '%workspace_id = current_setting(''app.workspace''%'))
       order by 1`,
    );
    expect(rows.map(({ relname }) => relname)).toEqual(WITHOUT_ROW_SECURITY);
  });
  test('without a workspace set, no tenant table shows a row to either role', async () => {
    const { rows } = await superuser.query<{ relname: string }>(
      `select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relrowsecurity order by 1`,
    );
    expect(rows.length).toBeGreaterThan(10);
    for (const role of ['countersign_api', 'countersign_worker']) {
      const client = new pg.Client({ connectionString: database.urlAs(role) });
      await client.connect();
      for (const { relname } of rows) {
        const may = await client.query<{ may: boolean }>(`select has_table_privilege($1, 'select') as may`, [relname]);
        if (role === 'countersign_worker' && may.rows[0]?.may === false) continue;
        expect((await client.query(`select 1 from ${relname} limit 1`)).rowCount, relname).toBe(0);
      }
      await client.end();
    }
  });
  test('one does not see the other’s rows, and can not write into it', async () => {
    const seen = await reading(
      api,
      two.id,
      async ({ client }) => (await client.query('select 1 from approval')).rowCount,
    );
    expect(seen).toBe(0);
    const write = transaction(api, two.id, ({ client }) =>
      client.query(`insert into secret (workspace_id, name, ciphertext) values ($1, 'STOLEN', '\\x00')`, [one.id]),
    );
    await expect(write).rejects.toThrow('row-level security');
    expect(
      await transaction(
        api,
        two.id,
        async ({ client }) =>
          (await client.query(`update approval set title = 'Mine' where workspace_id = $1`, [one.id])).rowCount,
      ),
    ).toBe(0);
  });
  test('the owner of the tables, should we ever connect as it, sees no more', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    expect((await client.query('select 1 from approval')).rowCount).toBe(0);
    await client.end();
  });
  test('a workspace id that is none never reaches a statement', async () => {
    await expect(reading(api, `wsp_'; drop table approval; --`, async () => undefined)).rejects.toThrow(
      'not a workspace id',
    );
  });
  test('a reading transaction can not write', async () => {
    await expect(
      reading(api, one.id, ({ client }) =>
        client.query(`insert into secret (workspace_id, name, ciphertext) values ($1, 'S', '\\x00')`, [one.id]),
      ),
    ).rejects.toThrow('read-only');
  });
});
