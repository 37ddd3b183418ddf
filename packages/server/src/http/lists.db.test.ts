import { type Route, type RouteName, routes } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  BODIES,
  type Everything,
  type TestApp,
  allowed,
  kindOf,
  makeEverything,
  pathWith,
  startTestServer,
} from '../testing/index.ts';

let app: TestApp;
let things: Everything;
beforeAll(async () => {
  app = await startTestServer();
  things = await makeEverything(app, app.one);
  // A second call of the same shape, so that two are alike.
  await app.call(app.one.keys.asking, 'POST', '/v1/approvals', {
    tool: 'deploy',
    arguments: { amount: 2, everything: 0 },
  });
});
afterAll(async () => {
  await app.stop();
  await things.close();
});

type Page = { data: Record<string, unknown>[]; next_cursor: string | null; code?: string };
/** No key that asks reads the audit log, or where people are told. */
const OWNERS = /^\/v1\/(audit|channels|deliveries)/;
const page = (path: string) =>
  app.call<Page>(OWNERS.test(path) ? app.one.people.owner : app.one.keys.asking, 'GET', path);

const isPaged = ({ query }: Route): boolean =>
  'cursor' in ((query as unknown as { shape?: object } | undefined)?.shape ?? {});
const ALL = (Object.entries(routes) as [RouteName, Route][]).filter(([name]) => name.startsWith('list'));
const LISTS = ALL.filter(([, route]) => isPaged(route)).map(([name]) => name);
/** Small by their nature, and given whole. */
const WHOLE: readonly RouteName[] = [
  'listAlike',
  'listAssignments',
  'listCalendars',
  'listChannelIdentities',
  'listComments',
  'listDelegations',
  'listGroups',
  'listInvitations',
  'listMembers',
  'listNotified',
  'listPendingApprovals',
  'listPolicies',
  'listPolicyVersions',
  'listSessions',
  'listSigningKeys',
  'listSteps',
  'listViews',
  'listWorkflowTemplates',
  'listWorkspaces',
];
/** Nobody has been asked by name, or told a channel who they are. */
const EMPTY: readonly RouteName[] = ['listAssignments', 'listChannelIdentities'];
const pathOf = (name: RouteName): string => {
  const kind = kindOf(routes[name]);
  return pathWith(routes[name], kind ? things[kind] : '');
};

/** How to make one more entry of each list. */
const MAKE: Readonly<Record<string, (index: number) => Promise<unknown>>> = {
  listApprovals: (index) => app.call(app.one.keys.asking, 'POST', '/v1/approvals', { title: `entry ${index}` }),
  listAgents: (index) => app.call(app.one.keys.asking, 'POST', '/v1/agents', { name: `entry ${index}` }),
  listVersions: (index) =>
    app.call(app.one.keys.asking, 'POST', `/v1/agents/${things.agent}/versions`, {
      message: `entry ${index}`,
      promote: false,
      config: { provider: 'openai', model: 'm' },
    }),
  listTools: (index) =>
    app.call(app.one.keys.asking, 'POST', '/v1/tools', {
      name: `entry_${index}`,
      http: { url: `${things.tools.url}/x` },
    }),
  listKeys: (index) =>
    app.call(app.one.keys.asking, 'POST', '/v1/api-keys', { name: `entry ${index}`, scopes: ['approvals:read'] }),
  listSecrets: (index) =>
    app.call(app.one.keys.asking, 'PUT', '/v1/secrets', {
      name: `ENTRY_${String(index).padStart(3, '0')}`,
      value: 'x',
    }),
  listWorkflows: (index) =>
    app.call(app.one.keys.asking, 'POST', '/v1/workflows', {
      ...(BODIES.createWorkflow as object),
      name: `entry ${index}`,
    }),
  listWorkflowVersions: () =>
    app.call(app.one.keys.asking, 'POST', `/v1/workflows/${things.workflow}/versions`, BODIES.createWorkflowVersion),
  listSchedules: (index) =>
    app.call(app.one.keys.asking, 'POST', '/v1/schedules', {
      ...(BODIES.createSchedule as object),
      agent_id: things.agent,
      name: `entry ${index}`,
    }),
  listIncomingWebhooks: (index) =>
    app.call(app.one.keys.asking, 'POST', '/v1/triggers', { name: `entry ${index}`, agent_id: things.agent }),
  listVoiceLines: (index) =>
    app.call(app.one.keys.asking, 'POST', '/v1/voice-lines', {
      ...(BODIES.createVoiceLine as object),
      agent_id: things.agent,
      name: `entry ${index}`,
    }),
  listVoiceCalls: (index) =>
    app.sql(
      `insert into voice_call (workspace_id, id, line_id, direction, number, conversation_id) values ($1, $2, $3, 'inbound', 'x', $4)`,
      [app.one.id, `vca_${String(index).padStart(27, '0')}`, things.voiceLine, things.conversation],
    ),
  listIncomingDeliveries: (index) =>
    app.sql(
      `insert into incoming_delivery (workspace_id, webhook_id, id, status, address) values ($1, $2, $3, 'refused', 'x')`,
      [app.one.id, things.incomingWebhook, `idl_${String(index).padStart(27, '0')}`],
    ),
  listChannels: (index) =>
    app.call(app.one.people.owner, 'POST', '/v1/channels', {
      ...(BODIES.createChannel as object),
      name: `entry ${index}`,
    }),
  listDeliveries: async (index) => {
    // What happens here is told meanwhile, and would grow the list while it is read.
    if (index === 0) {
      await app.sql(`update channel set status = 'disabled'`);
      await app.sql(`delete from job where kind in ('fan_out', 'deliver')`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    return app.sql(
      `insert into delivery (workspace_id, id, channel_id, cause, recipient, event_type, subject, notice, status)
       select workspace_id, $2, channel_id, $2, recipient, event_type, subject, notice, 'sent' from delivery where id = $1`,
      [things.delivery, `dlv_${String(index).padStart(27, '0')}`],
    );
  },
  listScheduleRuns: (index) =>
    app.sql(
      `insert into schedule_run (workspace_id, schedule_id, id, planned_at, status, count)
       values ($1, $2, $3, now() - $4 * interval '1 hour', 'skipped', 1)`,
      [app.one.id, things.schedule, `scr_${String(index).padStart(27, '0')}`, index],
    ),
  listAudit: (index) => app.call(app.one.keys.asking, 'PUT', '/v1/secrets', { name: `AUDITED_${index}`, value: 'x' }),
  listConversations: () => app.call(app.one.keys.asking, 'POST', '/v1/conversations', { agent_id: things.agent }),
  listMcpServers: (index) =>
    app.sql(
      `insert into mcp_server (workspace_id, id, name, transport, config) values ($1, $2, $3, 'http', '{"url": "http://x"}')`,
      [app.one.id, `mcp_${String(index).padStart(27, '0')}`, `entry${index}`],
    ),
  listExecutions: (index) =>
    app.sql(
      `insert into execution (workspace_id, id, agent_id, agent_version_id, status, input, requesters, started_by)
    select workspace_id, $2, agent_id, agent_version_id, 'completed', input, requesters, started_by from execution where id = $1`,
      [things.execution, `exe_${String(index).padStart(27, '0')}`],
    ),
  listMessages: (index) =>
    app.sql(`insert into message (workspace_id, id, conversation_id, role, content) values ($1, $2, $3, 'user', 'x')`, [
      app.one.id,
      `msg_${String(index).padStart(27, '0')}`,
      things.conversation,
    ]),
  listGrants: (index) =>
    app.sql(
      `insert into standing_grant (workspace_id, id, tool, bounds, created_by, expires_at)
    select workspace_id, $2, tool, bounds, created_by, expires_at from standing_grant where id = $1`,
      [things.grant, `grt_${String(index).padStart(27, '0')}`],
    ),
  listGrantUses: (index) =>
    app.sql(`insert into grant_use (workspace_id, grant_id, subject, arguments, amount) values ($1, $2, $3, '{}', 0)`, [
      app.one.id,
      things.grant,
      `subject ${index}`,
    ]),
};

const idOf = (row: Record<string, unknown>): string => String(row['id'] ?? row['name'] ?? row['subject']);

test('every list of the contract is tried here', () => {
  expect(LISTS.toSorted()).toEqual(Object.keys(MAKE).toSorted());
  expect(
    ALL.map(([name]) => name)
      .filter((name) => !LISTS.includes(name))
      .toSorted(),
  ).toEqual(WHOLE);
});

test.each(WHOLE)('%s comes whole: it has something, and takes neither a limit nor a cursor', async (name) => {
  const who = allowed(routes[name], app.one);
  const { status, body } = await app.call<Page>(who, 'GET', pathOf(name));
  expect(status).toBe(200);
  expect(body.data.length > 0, name).toBe(!EMPTY.includes(name));
  for (const query of ['limit=1', 'cursor=x'])
    expect([query, (await app.call(who, 'GET', `${pathOf(name)}?${query}`)).status]).toEqual([query, 422]);
});

describe.each(Object.keys(MAKE))('%s', (list) => {
  const name = list as RouteName;

  test('T61: goes through everything once, whatever the size of its pages', async () => {
    for (let index = 0; index < 7; index += 1) await MAKE[list]?.(index);
    const whole = await page(`${pathOf(name)}?limit=200`);
    const wanted = whole.body.data.map(idOf);
    expect(whole.body.next_cursor).toBeNull();
    expect(new Set(wanted).size).toBe(wanted.length);
    expect(wanted.length).toBeGreaterThanOrEqual(7);
    for (const limit of [1, 2, 3, wanted.length]) {
      const seen: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const { body } = await page(`${pathOf(name)}?limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`);
        expect(body.data.length).toBeLessThanOrEqual(limit);
        seen.push(...body.data.map(idOf));
        cursor = body.next_cursor;
      }
      expect(seen).toEqual(wanted);
    }
  });

  test('T61: takes no cursor that was made elsewhere, changed, or made up', async () => {
    const { next_cursor: own } = (await page(`${pathOf(name)}?limit=1`)).body;
    const other = name === 'listKeys' ? 'listTools' : 'listKeys';
    await MAKE['listTools']?.(500 + LISTS.indexOf(name));
    const { next_cursor: foreign } = (await page(`${pathOf(other)}?limit=1`)).body;
    if (own === null || foreign === null) throw new Error('no cursor');
    const [body = '', mac = ''] = own.split('.');
    const forged = Buffer.from(JSON.stringify(["2000-01-01'; --", 'x'])).toString('base64url');
    for (const cursor of [foreign, 'x', '.', `${body}.`, `.${mac}`, body, `${forged}.${mac}`, `${own}x`, `${own}.x`]) {
      const answer = await page(`${pathOf(name)}?cursor=${encodeURIComponent(cursor)}`);
      expect([cursor, answer.status, answer.body.code]).toEqual([cursor, 400, 'invalid_cursor']);
    }
    expect((await page(`${pathOf(name)}?cursor=${own}&limit=7`)).status).toBe(200);
  });
});

test('a cursor of another workspace, or of the same list with another filter, is refused', async () => {
  const { next_cursor: cursor } = (await page('/v1/approvals?limit=1&status=pending')).body;
  for (const path of [
    '/v1/approvals?limit=1',
    '/v1/approvals?limit=1&status=completed',
    '/v1/approvals?limit=1&status=pending&q=entry',
  ])
    expect((await page(`${path}&cursor=${cursor}`)).status).toBe(400);
  const foreign = await app.call(app.two.keys.reading, 'GET', `/v1/approvals?limit=1&status=pending&cursor=${cursor}`);
  expect(foreign.status).toBe(400);
});

test('T61: while entries come in from all sides, a walk loses none of those that were there, and shows none twice', async () => {
  const before = (await page('/v1/approvals?limit=200')).body.data.map(idOf);
  let isOver = false;
  const insert = async (worker: number): Promise<number> => {
    let made = 0;
    for (; !isOver; made += 1) await MAKE['listApprovals']?.(1000 + worker);
    return made;
  };
  const writers = Promise.all([0, 1, 2, 3].map(insert));
  for (let round = 0; round < 5; round += 1) {
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await page(`/v1/approvals?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...body.data.map(idOf));
      cursor = body.next_cursor;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(before.filter((id) => !seen.includes(id))).toEqual([]);
  }
  isOver = true;
  const made = (await writers).reduce((sum, count) => sum + count, 0);
  expect(made).toBeGreaterThan(20);
});

test('approvals can be filtered by everything that the contract names', async () => {
  const { asking, deciding } = app.two.keys;
  const ask = async (body: object) =>
    (await app.call<{ id: string; digest: string }>(asking, 'POST', '/v1/approvals', body)).body;
  const low = await ask({ tool: 'send', arguments: { to: 'a' }, priority: 'low', checkpoint: 'mail' });
  const high = await ask({ title: 'Delete 100% of it_all', priority: 'high' });
  const decided = await ask({ title: 'Decided' });
  await app.call(deciding, 'POST', `/v1/approvals/${decided.id}/decide`, {
    decision: 'rejected',
    digest: decided.digest,
  });
  await app.sql(`update approval set created_at = created_at - interval '1 hour' where id = $1`, [low.id]);
  const found = async (query: string) =>
    (await app.call<Page>(asking, 'GET', `/v1/approvals?${query}`)).body.data
      .map(idOf)
      .map((id) => (id === low.id ? 'low' : id === high.id ? 'high' : 'decided'));
  expect(await found('status=pending')).toEqual(['high', 'low']);
  expect(await found('status=completed')).toEqual(['decided']);
  expect(await found('status=approved')).toEqual([]);
  expect(await found('priority=high')).toEqual(['high']);
  expect(await found('tool=send')).toEqual(['low']);
  expect(await found('checkpoint=mail')).toEqual(['low']);
  expect(await found('waiting_longer_than=1800')).toEqual(['low']);
  expect(await found(`q=${encodeURIComponent('100% of it_')}`)).toEqual(['high']);
  expect(await found('q=DECIDED')).toEqual(['decided']);
  const counts = await app.call(asking, 'GET', '/v1/approvals/summary');
  expect(counts.body).toMatchObject({
    pending: 2,
    pending_by_priority: { low: 1, high: 1 },
    decided_last_24_hours: { rejected: 1, approved: 0 },
  });
});
