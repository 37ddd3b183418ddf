import { type Route, type RouteName, routes } from '@countersign/contract';
import { PERMISSIONS, type Permission, ROLES, permissionsOf, scopesConflict } from '@countersign/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BODIES, type TestApp, type Who, addKey, kindOf, pathWith, startTestServer } from '../testing/index.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

const UNKNOWN_IDS = {
  approval: 'apr_000000000000000000000000000',
  agent: 'agt_000000000000000000000000000',
  tool: 'tol_000000000000000000000000000',
  mcpServer: 'mcp_000000000000000000000000000',
  secret: 'NO_SUCH',
  key: 'key_000000000000000000000000000',
  conversation: 'cnv_000000000000000000000000000',
  execution: 'exe_000000000000000000000000000',
  member: 'usr_000000000000000000000000000',
  group: 'grp_000000000000000000000000000',
  policy: 'pol_000000000000000000000000000',
  grant: 'grt_000000000000000000000000000',
  delegation: 'dlg_000000000000000000000000000',
  calendar: 'no_such_calendar',
  signingKey: 'sgc_000000000000000000000000000',
  view: 'viw_000000000000000000000000000',
  workflow: 'wfl_000000000000000000000000000',
  schedule: 'sch_000000000000000000000000000',
  voiceLine: 'vln_000000000000000000000000000',
  incomingWebhook: 'trg_000000000000000000000000000',
  invitation: 'inv_000000000000000000000000000',
  session: 'ses_000000000000000000000000000',
  passkey: 'psk_000000000000000000000000000',
  identity: 'nowhere',
  auditEntry: 'evt_000000000000000000000000000',
  channel: 'chn_000000000000000000000000000',
  delivery: 'dlv_000000000000000000000000000',
  channelIdentity: 'chi_000000000000000000000000000',
  pushSubscription: 'psh_000000000000000000000000000',
} as const;

/** In an order in which nobody is signed out before the end. */
const table = (Object.entries(routes) as [RouteName, Route][]).toSorted(
  ([a], [b]) => Number(a === 'signOut') - Number(b === 'signOut'),
);

/** What the gatekeeper says, whatever the handler would say after it. */
const verdict = async (who: Who, name: RouteName, route: Route): Promise<'allow' | 401 | 403> => {
  const kind = kindOf(route);
  const path = pathWith(route, kind ? UNKNOWN_IDS[kind] : '');
  if (name === 'streamEvents') return streamVerdict(who, path);
  // An address of nobody: the gatekeeper comes first, and what follows may fail.
  const body = route.body ? (name === 'createMcpServer' ? { name: 'x' } : (BODIES[name] ?? {})) : undefined;
  const { status, body: answer } = await app.call<{ code?: string } | null>(who, route.method, path, body);
  // What a handler itself forbids names no permission, such as creating keys that their maker could not hold.
  if (status === 403 && (route.permission === 'session' || 'permission' in (answer ?? {}))) return 403;
  return status === 401 && route.permission !== 'public' ? 401 : 'allow';
};

const streamVerdict = async (who: Who, path: string): Promise<'allow' | 401 | 403> => {
  const headers =
    who === null || typeof who === 'string'
      ? {}
      : 'secret' in who
        ? { authorization: `Bearer ${who.secret}` }
        : { cookie: `countersign_session=${who.token}` };
  const leave = new AbortController();
  const { status } = await fetch(app.url + path, { headers, signal: leave.signal });
  leave.abort();
  return status === 401 || status === 403 ? status : 'allow';
};

const expected = (
  route: Route,
  permissions: ReadonlySet<Permission>,
  kind: 'key' | 'person' | 'nobody',
): 'allow' | 401 | 403 => {
  if (route.permission === 'public') return 'allow';
  if (kind === 'nobody') return 401;
  if (route.permission === 'session') return kind === 'person' ? 'allow' : 403;
  if (route.person && kind !== 'person') return 403;
  return permissions.has(route.permission) ? 'allow' : 403;
};

const walk = async (
  who: Who,
  permissions: ReadonlySet<Permission>,
  kind: 'key' | 'person' | 'nobody',
): Promise<void> => {
  const found: Record<string, unknown> = {};
  const wanted: Record<string, unknown> = {};
  for (const [name, route] of table) {
    found[name] = await verdict(who, name, route);
    wanted[name] = expected(route, permissions, kind);
  }
  expect(found).toEqual(wanted);
};

test('without a credential nothing answers but signing in', () => walk(null, new Set(), 'nobody'));

test.each(ROLES)('a member with the role %s may do exactly what the contract says', (role) =>
  walk(app.one.people[role], permissionsOf([role]), 'person'),
);

test.each(['asking', 'asking2', 'deciding', 'governing', 'reading'] as const)(
  'the %s key may do exactly what its scopes say',
  (name) => {
    const key = app.one.keys[name];
    return walk(key, new Set(key.scopes), 'key');
  },
);

test('what is for people is closed to every key, whatever its scopes', async () => {
  const forPeople = table.filter(([, { person }]) => person);
  expect(forPeople.map(([name]) => name)).toEqual(
    expect.arrayContaining(['createMember', 'updateMember', 'putSettings', 'createGrant', 'createDelegation']),
  );
  for (const [name, route] of forPeople) {
    if (route.permission === 'public' || route.permission === 'session') throw new Error(`${name} has no permission`);
    const owner = app.one.people[route.permission === 'approvals:decide' ? 'approver' : 'owner'];
    const key = await addKey(app.store, app.one.id, owner, [route.permission]);
    const kind = kindOf(route);
    const answer = await app.call<{ code: string; permission: string }>(
      key,
      route.method,
      pathWith(route, kind ? UNKNOWN_IDS[kind] : ''),
      BODIES[name],
    );
    expect([name, answer.status, answer.body.code, answer.body.permission]).toEqual([
      name,
      403,
      'forbidden',
      route.permission,
    ]);
  }
});

test.each(PERMISSIONS)('a key with the single scope %s opens its routes and no other', async (permission) => {
  const owner = app.one.people[permission === 'approvals:decide' ? 'approver' : 'builder'];
  await walk(await addKey(app.store, app.one.id, owner, [permission]), new Set([permission]), 'key');
});

test('T31: no key holds scopes of two families, such as asking and deciding: not over the API, and not even in the database', async () => {
  const pairs: Permission[][] = [
    ['approvals:decide', 'approvals:create'],
    ['policies:write', 'approvals:create'],
    ['policies:write', 'approvals:decide'],
    ['members:write', 'agents:write'],
  ];
  for (const both of pairs) {
    expect(scopesConflict(both)).toBe(true);
    const answer = await app.call<{ code: string }>(app.one.keys.asking, 'POST', '/v1/api-keys', {
      name: 'both',
      scopes: both,
    });
    expect([both, answer.status, answer.body.code]).toEqual([both, 422, 'scopes_conflict']);
    const insert = app.sql(
      `insert into api_key (workspace_id, id, secret_hash, name, kind, prefix, scopes, owner_id) values ($1, 'key_x', 'x', 'x', 'agent', 'x', $2, $3)`,
      [app.one.id, both, app.one.people.builder.id],
    );
    await expect(insert).rejects.toThrow('check constraint');
  }
});

test('nobody hands out a scope that they do not have', async () => {
  const answer = await app.call<{ code: string; missing: string[] }>(app.one.keys.asking, 'POST', '/v1/api-keys', {
    name: 'x',
    scopes: ['approvals:decide'],
  });
  expect([answer.status, answer.body.code, answer.body.missing]).toEqual([403, 'forbidden', ['approvals:decide']]);
});

test('T29: only a verified credential makes a principal: ids in headers, body and query make none', async () => {
  const { id, owner } = app.one.keys.deciding;
  const forged = {
    'x-workspace-id': app.one.id,
    'x-user-id': owner.id,
    'x-api-key': app.one.keys.deciding.secret,
    'x-forwarded-user': owner.id,
  };
  for (const authorization of [
    '',
    'Bearer',
    'Bearer ',
    `Basic ${id}`,
    `Bearer ${id}`,
    `Bearer ${owner.id}`,
    `Bearer ${app.one.keys.deciding.secret}x`,
  ]) {
    const answer = await app.call(authorization, 'GET', '/v1/approvals', undefined, forged);
    expect([authorization, answer.status]).toEqual([authorization, 401]);
    expect(answer.headers.get('www-authenticate')).toContain('Bearer');
  }
  expect((await app.call(null, 'GET', `/v1/approvals?person_id=${owner.id}`, undefined, forged)).status).toBe(401);
});

test('T30: a key with a wrong checksum is refused without a look into the database', async () => {
  const { secret } = app.one.keys.asking;
  const mistyped = `${secret.slice(0, -1)}${secret.endsWith('0') ? '1' : '0'}`;
  // The server's role loses the right to look keys up: whoever looks now fails.
  await app.sql('revoke select on api_key from countersign_api');
  try {
    const answer = await app.call<{ detail: string }>(`Bearer ${mistyped}`, 'GET', '/v1/approvals');
    expect([answer.status, answer.body.detail]).toEqual([401, 'This is not an API key of ours.']);
  } finally {
    await app.sql('grant select on api_key to countersign_api');
  }
});
