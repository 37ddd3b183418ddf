import type { WireMcpServer, WireTool } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type TestApp,
  type TestKey,
  type TestMcp,
  type TestTool,
  startMcp,
  startTestServer,
  startTool,
} from '../testing/index.ts';

let app: TestApp;
let asking: TestKey;
let tool: TestTool;
let mcp: TestMcp;
beforeAll(async () => {
  app = await startTestServer();
  ({ asking } = app.one.keys);
  tool = await startTool(({ arguments: args }) => `did ${JSON.stringify(args)}`);
  mcp = await startMcp({ lookup: { description: 'Finds', readOnly: true }, refund: { description: 'Pays' } });
});
afterAll(async () => {
  await app.stop();
  await Promise.all([tool.close(), mcp.close()]);
});

type Told = { code: string; errors?: { pointer: string; detail: string }[] };
const create = (body: object) => app.call<WireTool & Told>(asking, 'POST', '/v1/tools', body);
const pointers = (body: Told): string[] => (body.errors ?? []).map(({ pointer }) => pointer);

describe('a tool', () => {
  test('is made, read, changed as a new version, and removed', async () => {
    const made = await create({ name: 'crud', http: { url: `${tool.url}/crud` } });
    expect(made.body).toMatchObject({
      kind: 'http',
      version: 1,
      approval: 'default',
      annotations: { read_only: false, destructive: true },
      http: { method: 'POST', idempotency_header: 'Idempotency-Key', timeout_seconds: 30 },
    });
    const path = `/v1/tools/${made.body.id}`;
    const changed = await app.call<WireTool>(asking, 'PATCH', path, { approval: 'always', summary_template: 'Do {x}' });
    expect(changed.body).toMatchObject({
      version: 2,
      approval: 'always',
      summary_template: 'Do {x}',
      http: made.body.http,
    });
    expect(
      (await app.call<WireTool>(asking, 'PATCH', path, { summary_template: null })).body.summary_template,
    ).toBeNull();
    expect((await app.call(asking, 'DELETE', path)).status).toBe(204);
    for (const method of ['GET', 'DELETE']) expect((await app.call(asking, method, path)).status).toBe(404);
    expect((await app.call(asking, 'PATCH', path, { approval: 'always' })).status).toBe(404);
    // The name is free again.
    expect((await create({ name: 'crud', http: { url: `${tool.url}/crud` } })).status).toBe(201);
  });
  test('has a name of its own in the workspace, and only there', async () => {
    const body = { name: 'taken', http: { url: `${tool.url}/x` } };
    expect((await create(body)).status).toBe(201);
    expect((await create(body)).body.code).toBe('name_taken');
    expect((await app.call(app.two.keys.asking, 'POST', '/v1/tools', body)).status).toBe(201);
  });
  test.each(['', '1st', 'a b', 'ä', 'a/b', 'x'.repeat(65), '_x', 'a\n'])('can not be named %j', async (name) => {
    const { status, body } = await create({ name, http: { url: `${tool.url}/x` } });
    expect([status, pointers(body)]).toEqual([422, ['/name']]);
  });
  test.each([
    [{ type: 'string' }, '/parameters/type'],
    [{ type: 'object', properties: { a: { type: 'strnig' } } }, '/parameters/properties/a/type'],
    [{ type: 'object', properties: { a: { pattern: '(' } } }, '/parameters/properties/a/pattern'],
    [{ type: 'object', properties: { a: { $ref: 'https://evil.example/schema' } } }, '/parameters/properties/a/$ref'],
    [{ type: 'object', required: 'a' }, '/parameters/required'],
  ])('with the schema %j is refused, with the place', async (parameters, pointer) => {
    const { status, body } = await create({ name: 'schema', parameters, http: { url: `${tool.url}/x` } });
    expect([status, pointers(body)]).toEqual([422, [pointer]]);
  });
  test.each([
    'ftp://x.example/',
    'file:///etc/passwd',
    'not a url',
    'https://user:password@x.example/',
    'https://{host}/x',
    'javascript:alert(1)',
  ])('at %s is refused, with the place', async (url) => {
    const { status, body } = await create({ name: 'where', http: { url } });
    expect([status, pointers(body)]).toEqual([422, ['/http/url']]);
  });
});

describe('an address inside', () => {
  const PRIVATE = [
    'http://127.0.0.1/x',
    'http://localhost/x',
    'http://[::1]/x',
    'http://10.0.0.1/x',
    'http://192.168.1.1/x',
    'http://169.254.169.254/latest/meta-data',
    'http://0.0.0.0/x',
    'http://2130706433/x',
    'http://0x7f.1/x',
    'http://[::ffff:127.0.0.1]/x',
    'http://100.64.0.1/x',
  ];
  test.each(PRIVATE)('%s is refused for tools, MCP servers and models where it is not allowed', async (url) => {
    const strict = await app.replica({ allowCidrs: [] });
    const call = (path: string, body: object) => strict.call<Told>(asking, 'POST', path, body);
    const asTool = await call('/v1/tools', { name: 'inside', http: { url } });
    expect([asTool.status, pointers(asTool.body)]).toEqual([422, ['/http/url']]);
    const asServer = await call('/v1/mcp-servers', { name: 'inside', transport: 'http', url });
    expect([asServer.status, asServer.body.code, pointers(asServer.body)]).toEqual([422, 'address_denied', ['/url']]);
    const asModel = await call('/v1/agents', {
      name: 'inside',
      config: { provider: 'openai_compatible', model: 'm', base_url: url },
    });
    expect([asModel.status, pointers(asModel.body)]).toEqual([422, ['/config/base_url']]);
    await strict.stop();
  });
  test('is also refused at the call, for a tool that was allowed when it was made', async () => {
    const made = await create({
      name: 'was_allowed',
      http: { url: `${tool.url}/x` },
      annotations: { read_only: true },
    });
    const strict = await app.replica({ allowCidrs: [] });
    const calls = tool.ledger.length;
    const answer = await strict.call<Told & { detail: string }>(asking, 'POST', `/v1/tools/${made.body.id}/call`, {});
    expect([answer.status, answer.body.code]).toEqual([502, 'upstream_failed']);
    expect(tool.ledger).toHaveLength(calls);
    await strict.stop();
  });
  test('of our own is refused, although its range is allowed: a tool must not speak for an agent', async () => {
    const { status, body } = await create({ name: 'ourselves', http: { url: `${app.url}/v1/approvals` } });
    expect([status, pointers(body)]).toEqual([422, ['/http/url']]);
  });
});

describe('a test call', () => {
  const made = async (name: string, more: object = {}) =>
    (await create({ name, http: { url: `${tool.url}/${name}` }, ...more })).body.id;
  const call = (id: string, args: object, who: TestApp['one']['people']['builder'] | TestKey = asking) =>
    app.call<Told & { content: string; ok: boolean }>(who, 'POST', `/v1/tools/${id}/call`, { arguments: args });

  test('with a key is for read-only tools alone: it passes no gate', async () => {
    const id = await made('writes');
    expect((await call(id, {})).body.code).toBe('forbidden');
    expect(tool.ledger.filter(({ path }) => path === '/writes')).toEqual([]);
    expect((await call(id, { a: 1 }, app.one.people.builder)).body).toMatchObject({ ok: true, content: 'did {"a":1}' });
  });
  test('is recorded, with who made it', async () => {
    const id = await made('recorded', { annotations: { read_only: true } });
    await call(id, { a: 1 });
    const [event] = await app.sql<{ actor: { id: string }; detail: unknown; data: unknown }>(
      `select actor, data, detail from event where type = 'tool.test_called' and subject = $1`,
      [id],
    );
    expect(event).toEqual({
      actor: expect.objectContaining({ id: asking.id }),
      data: { ok: true },
      detail: { arguments: { a: 1 } },
    });
  });
  test('with arguments that do not fit is refused before anything is called', async () => {
    const parameters = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
    const id = await made('fits', { parameters, annotations: { read_only: true } });
    const answer = await call(id, { n: 'one' });
    expect([answer.status, pointers(answer.body)]).toEqual([422, ['/arguments/n']]);
    expect(tool.ledger.filter(({ path }) => path === '/fits')).toEqual([]);
  });
  test('of a tool that is not there is a problem of the other side, in words', async () => {
    const gone = await startTool();
    const { id } = (await create({ name: 'gone', http: { url: `${gone.url}/x` }, annotations: { read_only: true } }))
      .body;
    await gone.close();
    const answer = await call(id, {});
    expect([answer.status, answer.body.code]).toEqual([502, 'upstream_failed']);
  });
});

describe('a secret', () => {
  test('is stored encrypted, used in the header that names it, and never shown', async () => {
    const value = 'sk-4f9c2e71ab';
    expect((await app.call(asking, 'PUT', '/v1/secrets', { name: 'SHOP', value })).body).toMatchObject({
      name: 'SHOP',
    });
    const made = await create({
      name: 'uses_secret',
      http: { url: `${tool.url}/secret`, headers: { authorization: 'Bearer {{secrets.SHOP}}' } },
      annotations: { read_only: true },
    });
    await app.call(asking, 'POST', `/v1/tools/${made.body.id}/call`, { arguments: {} });
    expect(tool.ledger.at(-1)?.headers['authorization']).toBe(`Bearer ${value}`);
    for (const path of ['/v1/secrets', '/v1/tools?limit=200', `/v1/tools/${made.body.id}`, '/v1/agents'])
      for (const who of [asking, app.one.people.owner, app.one.people.admin])
        expect((await app.call(who, 'GET', path)).text).not.toContain(value);
    expect((await app.call(asking, 'GET', '/v1/secrets/SHOP')).status).toBe(405);
  });
  test('is replaced by putting it again, and gone when removed', async () => {
    for (const value of ['one', 'two'])
      expect((await app.call(asking, 'PUT', '/v1/secrets', { name: 'TWICE', value })).status).toBe(200);
    expect((await app.call(asking, 'DELETE', '/v1/secrets/TWICE')).status).toBe(204);
    expect((await app.call(asking, 'DELETE', '/v1/secrets/TWICE')).status).toBe(404);
  });
  test('that a header names and nobody stored is a clear problem at the call', async () => {
    const made = await create({
      name: 'no_secret',
      http: { url: `${tool.url}/none`, headers: { 'x-key': '{{secrets.NOWHERE}}' } },
      annotations: { read_only: true },
    });
    const answer = await app.call<{ detail: string }>(asking, 'POST', `/v1/tools/${made.body.id}/call`, {});
    expect([answer.status, answer.body.detail]).toEqual([502, expect.stringContaining('NOWHERE')]);
    expect(tool.ledger.some(({ path }) => path === '/none')).toBe(false);
  });
  test.each(['lower', '1X', 'A-B', '', 'X'.repeat(101)])('can not be named %j', async (name) => {
    expect((await app.call(asking, 'PUT', '/v1/secrets', { name, value: 'x' })).status).toBe(422);
  });
});

describe('an MCP server', () => {
  const connect = (body: object) => app.call<WireMcpServer & Told>(asking, 'POST', '/v1/mcp-servers', body);
  const toolsOf = async (server: string) =>
    (await app.call<{ data: WireTool[] }>(asking, 'GET', '/v1/tools?limit=200')).body.data.filter(
      ({ mcp_server_id: id }) => id === server,
    );

  test('brings its tools, with careful hints, and sends secrets to it that nobody can read', async () => {
    await app.call(asking, 'PUT', '/v1/secrets', { name: 'MCP_TOKEN', value: 'mcp-secret-value' });
    const { status, body, text } = await connect({
      name: 'shop',
      transport: 'http',
      url: mcp.url,
      headers: { authorization: 'Bearer {{secrets.MCP_TOKEN}}', 'x-plain': 'plain-text' },
    });
    expect([status, body.tools.toSorted()]).toEqual([201, ['shop_lookup', 'shop_refund']]);
    expect(mcp.headers.at(-1)?.['authorization']).toBe('Bearer mcp-secret-value');
    for (const told of [text, (await app.call(asking, 'GET', '/v1/mcp-servers')).text])
      expect(told).not.toMatch(/mcp-secret-value|plain-text/);
    const tools = await toolsOf(body.id);
    expect(tools.find(({ name }) => name === 'shop_lookup')?.annotations.read_only).toBe(true);
    expect(tools.find(({ name }) => name === 'shop_refund')?.annotations).toEqual({
      read_only: false,
      destructive: true,
      idempotent: false,
      open_world: true,
    });
    const lookup = tools.find(({ name }) => name === 'shop_lookup');
    const called = await app.call<{ content: string }>(asking, 'POST', `/v1/tools/${lookup?.id}/call`, {
      arguments: { order: '7' },
    });
    expect(called.body.content).toBe('lookup of 7');
  });
  test('is followed when it changes: new tools in, changed ones as a new version, missing ones out', async () => {
    const { body } = await connect({ name: 'changing', transport: 'http', url: mcp.url });
    const before = await toolsOf(body.id);
    const kept = mcp.tools;
    mcp.tools = {
      lookup: { description: 'Finds, and pays at once', readOnly: true },
      cancel: { description: 'Cancels' },
    };
    const synced = await app.call<WireMcpServer>(asking, 'POST', `/v1/mcp-servers/${body.id}/sync`);
    mcp.tools = kept;
    expect(synced.body.tools.toSorted()).toEqual(['changing_cancel', 'changing_lookup']);
    const after = await toolsOf(body.id);
    expect(after.map(({ name, version }) => `${name} ${version}`).toSorted()).toEqual([
      'changing_cancel 1',
      'changing_lookup 2',
    ]);
    expect(before.map(({ version }) => version)).toEqual([1, 1]);
  });
  test('decides over its tools’ schemas, not we', async () => {
    const { body } = await connect({ name: 'fixed', transport: 'http', url: mcp.url });
    const [one] = await toolsOf(body.id);
    const path = `/v1/tools/${one?.id}`;
    expect((await app.call(asking, 'PATCH', path, { approval: 'always' })).status).toBe(200);
    const refused = await app.call<Told>(asking, 'PATCH', path, {
      description: 'other',
      parameters: { type: 'object' },
      http: { url: 'https://x.example/' },
    });
    expect([refused.status, pointers(refused.body).toSorted()]).toEqual([
      422,
      ['/description', '/http', '/parameters'],
    ]);
  });
  test('that is removed is gone with its tools, and its name is free', async () => {
    const { body } = await connect({ name: 'removed', transport: 'http', url: mcp.url });
    const path = `/v1/mcp-servers/${body.id}`;
    expect((await app.call(asking, 'DELETE', path)).status).toBe(204);
    expect(await toolsOf(body.id)).toEqual([]);
    expect((await app.call(asking, 'GET', '/v1/mcp-servers')).text).not.toContain(body.id);
    expect((await app.call(asking, 'DELETE', path)).status).toBe(404);
    expect((await app.call(asking, 'POST', `${path}/sync`)).status).toBe(404);
    expect((await connect({ name: 'removed', transport: 'http', url: mcp.url })).status).toBe(201);
  });
  test('can not take a name that is in use, nor overwrite a tool of another', async () => {
    expect((await connect({ name: 'twice', transport: 'http', url: mcp.url })).status).toBe(201);
    expect((await connect({ name: 'twice', transport: 'http', url: mcp.url })).body.code).toBe('name_taken');
    await create({ name: 'clash_lookup', http: { url: `${tool.url}/x` } });
    const clash = await connect({ name: 'clash', transport: 'http', url: mcp.url });
    expect([clash.status, clash.body.code]).toEqual([409, 'name_taken']);
    // Nothing of it was kept.
    expect((await app.call(asking, 'GET', '/v1/mcp-servers?limit=200')).text).not.toContain('"clash"');
  });
  test('that does not answer, or is none, is a problem of the other side, and nothing is kept', async () => {
    for (const url of [`${tool.url}/mcp`, 'http://127.0.0.1:59998/mcp']) {
      const answer = await connect({ name: 'absent', transport: 'http', url });
      expect([url, answer.status, answer.body.code]).toEqual([url, 502, 'upstream_failed']);
    }
    expect((await app.call(asking, 'GET', '/v1/mcp-servers?limit=200')).text).not.toContain('absent');
  });
  test('over standard streams is refused unless the operator allows programs', async () => {
    const program = {
      name: 'program',
      transport: 'stdio',
      command: process.execPath,
      args: ['-e', `require("node:fs").writeFileSync("/tmp/countersign-never", "x")`],
    };
    const answer = await connect(program);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).not.toBe(500);
    expect(answer.text).toMatch(/COUNTERSIGN_ALLOW_STDIO_MCP|not allowed/i);
  });
});
