import { type Route, type RouteName, routes } from '@countersign/contract';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  BODIES,
  allowedPerson,
  type Answer,
  type Everything,
  type TestApp,
  type Who,
  kindOf,
  makeEverything,
  pathWith,
  startTestServer,
} from '../testing/index.ts';

let app: TestApp;
let theirs: Everything;
beforeAll(async () => {
  app = await startTestServer();
  theirs = await makeEverything(app, app.one);
});
afterAll(async () => {
  await app.stop();
  await theirs.close();
});

const withId = (Object.entries(routes) as [RouteName, Route][]).filter(([, route]) => kindOf(route) !== undefined);

/** Whoever in the other workspace has the permission. */
const strangers = (route: Route): Who[] => {
  const { people, keys } = app.two;
  const owners = ['members:write', 'members:invite', 'groups:write', 'receipts:revoke', 'audit:read', 'audit:write'];
  if (route.permission === 'channels:read') return [people.owner];
  if (owners.includes(route.permission)) return [people.owner];
  if (route.permission === 'policies:write' || route.permission === 'channels:write')
    return [people.owner, keys.governing];
  if (route.person) return [people.approver];
  if (route.permission === 'session') return [people.builder];
  return route.permission === 'approvals:decide' ? [people.approver, keys.deciding] : [people.builder, keys.asking];
};

const unlike = (id: string): string =>
  id.includes('_') && /[a-z]{3}_/.test(id) ? `${id.slice(0, 4)}${'0'.repeat(27)}` : 'NO_SUCH_SECRET';

/** All that an answer says, without what is different every time. */
const saidIn = ({ status, body, headers }: Answer<Record<string, unknown>>) => ({
  status,
  body: { ...body, instance: '' },
  headers: Object.fromEntries(
    [...headers].filter(([name]) => !['date', 'x-request-id', 'ratelimit', 'connection', 'keep-alive'].includes(name)),
  ),
});

test.each(withId)(
  'T45: %s tells nothing of what another workspace has: the same 404 as for an unknown id',
  async (name, route) => {
    const kind = kindOf(route);
    if (!kind) throw new Error('no kind');
    const real = theirs[kind];
    for (const who of strangers(route)) {
      const ask = (id: string) =>
        app.call<Record<string, unknown>>(
          who,
          route.method,
          pathWith(route, id),
          route.body ? BODIES[name] : undefined,
        );
      const foreign = saidIn(await ask(real));
      expect(foreign).toMatchObject({ status: 404, body: { code: 'not_found' } });
      expect(foreign).toEqual(saidIn(await ask(unlike(real))));
    }
  },
);

test('a 404 is the same for texts that are no ids at all', async () => {
  for (const id of [
    'x',
    'apr_',
    "apr_' or 1=1",
    'apr_%00',
    '%00',
    '%',
    '%ff',
    '..%2f..',
    'é',
    'x'.repeat(3000),
    encodeURIComponent('{id}'),
  ])
    for (const [, route] of withId.filter(([, { method }]) => method === 'GET')) {
      const who =
        route.permission === 'audit:read' || route.permission === 'channels:read'
          ? app.two.people.owner
          : app.two.people.builder;
      const { status } = await app.call(who, 'GET', pathWith(route, id));
      expect([route.path, id.slice(0, 20), status]).toEqual([route.path, id.slice(0, 20), 404]);
    }
});

test('lists and figures hold nothing of another workspace, and its ids find nothing as filters', async () => {
  const { builder } = app.two.people;
  const lists = [
    '/v1/approvals',
    '/v1/agents',
    '/v1/tools',
    '/v1/executions',
    '/v1/conversations',
    '/v1/mcp-servers',
    '/v1/secrets',
    '/v1/grants',
  ];
  const filters = [
    `/v1/approvals?agent_id=${theirs.agent}`,
    `/v1/approvals?execution_id=${theirs.execution}`,
    `/v1/approvals?q=${theirs.approval}`,
    `/v1/executions?agent_id=${theirs.agent}`,
    `/v1/conversations?agent_id=${theirs.agent}`,
  ];
  for (const path of [...lists, ...filters])
    expect([path, (await app.call(builder, 'GET', path)).body]).toEqual([path, { data: [], next_cursor: null }]);
  for (const path of ['/v1/groups', '/v1/delegations', '/v1/calendars', '/v1/policies', '/v1/approvals/alike'])
    expect([path, (await app.call(builder, 'GET', path)).body]).toEqual([path, { data: [] }]);
  for (const by of ['tool', 'approver', 'group', 'day', 'hour', 'period']) {
    const { body } = await app.call<{ data: { approved: number; rejected: number }[] }>(
      builder,
      'GET',
      `/v1/approvals/stats?by=${by}`,
    );
    expect([by, body.data.filter(({ approved, rejected }) => approved + rejected > 0)]).toEqual([by, []]);
  }
  const members = await app.call<{ data: { id: string }[] }>(builder, 'GET', '/v1/members');
  const own = [...Object.values(app.two.people), ...Object.values(app.two.keys).map(({ owner }) => owner)];
  expect(members.body.data.map(({ id }) => id).toSorted()).toEqual(own.map(({ id }) => id).toSorted());
  expect((await app.call(builder, 'GET', '/v1/approvals/health')).body).toMatchObject({
    pending: 0,
    overdue: 0,
    oldest_pending_at: null,
    signals: [],
  });
  expect((await app.call(builder, 'GET', '/v1/approvals/summary')).body).toMatchObject({
    pending: 0,
    oldest_pending_at: null,
  });
  const keys = await app.call<{ data: { id: string }[] }>(builder, 'GET', '/v1/api-keys?limit=200');
  expect(keys.body.data.map(({ id }) => id).toSorted()).toEqual(
    Object.values(app.two.keys)
      .map(({ id }) => id)
      .toSorted(),
  );
});

describe('ids of another workspace inside a body', () => {
  const mustRefuse = async (who: Who, path: string, body: unknown, status: number): Promise<void> => {
    expect([path, (await app.call(who, 'POST', path, body)).status]).toEqual([path, status]);
  };
  test('are as unknown as any other', async () => {
    const { asking } = app.two.keys;
    const stranger = app.one.people.viewer.id;
    await mustRefuse(asking, '/v1/approvals', { title: 'x', on_behalf_of: stranger }, 422);
    await mustRefuse(asking, '/v1/gate', { tool: 'x', on_behalf_of: stranger }, 422);
    await mustRefuse(asking, '/v1/gate', { tool: 'x', agent_id: theirs.agent }, 422);
    await mustRefuse(asking, '/v1/conversations', { agent_id: theirs.agent }, 422);
    const { owner, approver } = app.two.people;
    const ends = { ends_at: '2090-01-01T00:00:00Z' };
    await mustRefuse(owner, '/v1/groups', { name: 'strangers', members: [stranger] }, 422);
    await mustRefuse(approver, '/v1/delegations', { to: app.one.people.approver.id, ...ends }, 422);
    await mustRefuse(
      approver,
      '/v1/grants',
      { tool: 'mild1', uses_max: 1, expires_in_seconds: 600, approval_id: theirs.approval },
      422,
    );
    await mustRefuse(
      approver,
      '/v1/grants',
      { tool: 'mild1', uses_max: 1, expires_in_seconds: 600, agent_id: theirs.agent },
      422,
    );
    const own = await app.call<{ id: string }>(asking, 'POST', '/v1/approvals', { title: 'Ours' });
    await mustRefuse(approver, `/v1/approvals/${own.body.id}/reassign`, { people: [app.one.people.approver.id] }, 422);
    const bulk = { items: [{ id: theirs.approval, decision: 'approved', digest: theirs.digest }] };
    const outcome = await app.call<{ data: { status: unknown; problem: { code: string } }[] }>(
      approver,
      'POST',
      '/v1/approvals/bulk-decide',
      bulk,
    );
    expect(outcome.body.data).toMatchObject([{ status: null, problem: { code: 'not_found' } }]);
    await mustRefuse(asking, '/v1/receipts/consume', { approval_id: theirs.approval, digest: theirs.digest }, 404);
  });
  test('a tool or a secret of another workspace is no tool and no secret of this one', async () => {
    const { asking } = app.two.keys;
    const tool = await app.call<{ name: string }>(app.one.keys.asking, 'GET', `/v1/tools/${theirs.tool}`);
    const config = { provider: 'openai', model: 'm', tools: [tool.body.name] };
    const answer = await app.call<{ errors: unknown }>(asking, 'POST', '/v1/agents', { name: 'Thief', config });
    expect([answer.status, answer.body.errors]).toEqual([
      422,
      [{ pointer: '/config/tools/0', detail: `there is no tool named ${tool.body.name}` }],
    ]);
  });
});

test('an event of another workspace is no place to go on from', async () => {
  const [event] = await app.sql<{ id: string }>('select id from event where workspace_id = $1 limit 1', [app.one.id]);
  const foreign = await app.call<Record<string, unknown>>(app.two.keys.reading, 'GET', `/v1/events?after=${event?.id}`);
  const unknown = await app.call<Record<string, unknown>>(
    app.two.keys.reading,
    'GET',
    `/v1/events?after=evt_${'0'.repeat(27)}`,
  );
  expect(foreign.status).toBe(400);
  expect(saidIn(foreign)).toEqual(saidIn(unknown));
});

describe('the database, as the second lock', () => {
  /** Every table with a workspace but the queue, whose rows hold ids only, and which workers read for all at once. */
  const tenantTables = async (): Promise<string[]> =>
    (
      await app.sql<{ name: string }>(
        `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
         where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.attname = 'workspace_id'
           and c.relname <> 'job' order by 1`,
      )
    ).map(({ name }) => name);

  test.each(['countersign_api', 'countersign_worker'])(
    'T43: shows %s no row of any tenant table without a workspace',
    async (role) => {
      const tables = await tenantTables();
      expect(tables.length).toBeGreaterThan(25);
      const client = new pg.Client({ connectionString: app.database.url, options: `-c role=${role}` });
      await client.connect();
      try {
        for (const table of tables) {
          const count = client
            .query<{ n: number }>(`select count(*)::int as n from ${table}`)
            .then(({ rows }) => rows[0]?.n);
          // Some the worker may not even look at.
          const shown = await count.catch((error: Error) => (/permission denied/.test(error.message) ? 0 : error));
          expect([table, shown]).toEqual([table, 0]);
        }
        const { rows } = await client.query<{ rolbypassrls: boolean; rolsuper: boolean; owns: number }>(
          `select rolbypassrls, rolsuper, (select count(*)::int from pg_class c where c.relowner = r.oid) as owns from pg_roles r where rolname = current_user`,
        );
        expect(rows).toEqual([{ rolbypassrls: false, rolsuper: false, owns: 0 }]);
      } finally {
        await client.end();
      }
    },
  );

  test('F3: has row-level security, forced, on every table with a workspace but the queue', async () => {
    const rows = await app.sql<{ name: string }>(
      `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
       where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.attname = 'workspace_id'
         and not (c.relrowsecurity and c.relforcerowsecurity) order by 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual(['job']);
  });

  test('T44: has the workspace in every foreign key between tables of workspaces', async () => {
    const rows = await app.sql<{ name: string }>(
      `select con.conname as name from pg_constraint con
       where con.contype = 'f' and con.connamespace = 'public'::regnamespace
         and exists (select from pg_attribute where attrelid = con.conrelid and attname = 'workspace_id')
         and exists (select from pg_attribute where attrelid = con.confrelid and attname = 'workspace_id')
         and not exists (select from pg_attribute where attrelid = con.conrelid and attname = 'workspace_id' and attnum = any (con.conkey))`,
    );
    expect(rows).toEqual([]);
  });

  test.each([
    [
      'a vote',
      `insert into vote (workspace_id, approval_id, digest, person_id, vote, assurance, cast_at) values ($1, $2, 'x', 'x', 'approved', 'session', now())`,
    ],
    [
      'an approval’s approval',
      `update approval set status = 'approved', decided_at = now(), decision = '{}' where workspace_id = $1 and id = $2`,
    ],
    ['another action', `update approval set action = '{}' where workspace_id = $1 and id = $2`],
    [
      'a key',
      `insert into api_key (workspace_id, id, secret_hash, name, kind, prefix, scopes, owner_id) values ($1, $2, 'x', 'x', 'agent', 'x', '{}', 'x')`,
    ],
    ['an agent’s version', `update agent set current_version_id = null where workspace_id = $1 and id = $2`],
    ['a policy', `insert into policy (workspace_id, id, name, position) values ($1, $2, 'x', 0)`],
    [
      'a grant',
      `insert into standing_grant (workspace_id, id, tool, bounds, created_by, expires_at) values ($1, $2, 'x', '{}', '{}', now())`,
    ],
    ['more uses into a grant', `update standing_grant set bounds = '{}' where workspace_id = $1 and id = $2`],
    ['a group’s member', `insert into group_member (workspace_id, group_id, person_id) values ($1, $2, 'x')`],
    [
      'a delegation',
      `insert into delegation (workspace_id, id, from_person, to_person, starts_at, ends_at) values ($1, $2, 'x', 'y', now(), now())`,
    ],
    ['the past', `delete from event where workspace_id = $1 and id = $2`],
  ])('does not let the role that runs agents write %s', async (_, statement) => {
    const client = new pg.Client({ connectionString: app.database.url, options: '-c role=countersign_worker' });
    await client.connect();
    try {
      await client.query(`select set_config('app.workspace', $1, false)`, [app.one.id]);
      await expect(client.query(statement, [app.one.id, theirs.approval])).rejects.toThrow(
        /permission denied|row-level security/,
      );
    } finally {
      await client.end();
    }
  });

  test('T49: lets nobody of us change or remove an event', async () => {
    const rows = await app.sql<{ grantee: string; privilege_type: string }>(
      `select grantee, privilege_type from information_schema.role_table_grants
       where table_name = 'event' and grantee like 'countersign_%' order by 1, 2`,
    );
    expect(rows.map(({ grantee, privilege_type: right }) => `${grantee} ${right}`)).toEqual([
      'countersign_api INSERT',
      'countersign_api SELECT',
      'countersign_worker INSERT',
      'countersign_worker SELECT',
    ]);
  });
});

test('T41: every GET works for a server that may not write at all', async () => {
  const { asking, reading } = app.one.keys;
  await app.sql('revoke insert, update, delete, truncate on all tables in schema public from countersign_api');
  try {
    for (const [name, route] of Object.entries(routes) as [RouteName, Route][]) {
      if (route.method !== 'GET' || route.stream) continue;
      const kind = kindOf(route);
      const who =
        route.permission === 'session'
          ? app.one.people.builder
          : route.person
            ? allowedPerson(route, app.one)
            : route.permission.startsWith('keys')
              ? asking
              : route.permission.startsWith('audit') || route.permission.startsWith('channels')
                ? app.one.people.owner
                : reading;
      const query = name === 'waitForApproval' ? '?timeout=0' : name === 'getAuditProof' ? '?from=0' : '';
      const path = pathWith(route, kind ? theirs[kind] : '') + query;
      // What is pending has no receipt.
      const status = name === 'getReceipt' ? 409 : 200;
      expect([name, (await app.call(who, 'GET', path)).status]).toEqual([name, status]);
      if (name !== 'waitForApproval')
        expect([name, (await app.call(who, 'HEAD', path)).status]).toEqual([name, status]);
    }
    // The proof can fail: what writes does.
    await expect(app.call(asking, 'POST', '/v1/approvals', { title: 'x' })).rejects.toThrow('500');
  } finally {
    await app.sql(`do $$ begin
      grant insert on agent, agent_version, secret, mcp_server, tool, conversation, execution, message, step, approval, vote, consumption,
        event, job, idempotency, session, api_key, sign_in_link, workspace, person, member,
        people_group, group_member, delegation, calendar, policy, policy_version, late_answer, comment, standing_grant, grant_use, gate_answer,
        approval_revision, revocation, receipt,
        audit_log, audit_leaf, audit_payload, audit_node, audit_checkpoint,
        channel, delivery, delivery_attempt, approval_reader, fan_out, notification_preference, inbound_seen to countersign_api;
    end $$`);
  }
});
