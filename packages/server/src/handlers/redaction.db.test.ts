/** T46: over fifty formats of secrets go in by every door; none is found in the database, the log, a stream or an answer. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { WireApproval } from '@countersign/contract';
import type { Json, JsonObject } from '@countersign/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SECRET_SAMPLES } from '../../../core/src/redaction/secret-samples.testing.ts';
import {
  type TestApp,
  type TestServer,
  defineAgent,
  openStream,
  startModel,
  startTestServer,
  startTool,
  until,
} from '../testing/index.ts';

type Told = WireApproval & { code: string };
type Consumed = { arguments: JsonObject; output: Json; redactions: { marker: string; value: Json }[] };

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

const secrets = SECRET_SAMPLES.map(({ secret }) => secret);
const texts = Object.fromEntries(SECRET_SAMPLES.map(({ text }, index) => [`s${index}`, text]));
const all = Object.values(texts).join('\n');
/** As many of them as go into so many characters: half a secret is none that could be known. */
const upTo = (length: number): string => all.slice(0, all.lastIndexOf('\nuse ', length));

/** What to look for: the secret's longest line, as it is, and as JSON and hexadecimal would write it. */
const tracesOf = (secret: string): string[] => {
  const line = secret.split('\n').toSorted((a, b) => b.length - a.length)[0] ?? '';
  return [line, Buffer.from(line).toString('hex'), Buffer.from(line).toString('base64').slice(0, -4)];
};
const found = (text: string): string[] =>
  secrets.filter((secret) => tracesOf(secret).some((trace) => text.includes(trace)));

/** Every row of every table, as text. */
const dump = async (): Promise<string> => {
  const tables = await app.sql<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const rows = [];
  for (const { name } of tables)
    rows.push(...(await app.sql<{ row: string }>(`select row_to_json(t)::text as row from ${name} t`)));
  return rows.map(({ row }) => row).join('\n');
};

const must = async <Body>(answer: Promise<{ status: number; text: string; body: Body }>): Promise<Body> => {
  const { status, text, body } = await answer;
  expect(status, text.slice(0, 500)).toBeLessThan(300);
  return body;
};

/** A server in a process of its own, whose every line of log is kept. */
const startLogged = async (): Promise<{
  server: Pick<TestServer, 'url'>;
  log: () => string;
  stop: () => Promise<void>;
}> => {
  let log = '';
  const child = spawn(process.execPath, [join(import.meta.dirname, '../main.ts')], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      ...process.env,
      DATABASE_URL: app.database.url,
      COUNTERSIGN_SECRET: 'Vr4k-Nm8x-Tq2w-Zd7p-Hs5c-Lb9y-Gf3j',
      COUNTERSIGN_PUBLIC_URL: 'http://127.0.0.1:0',
      COUNTERSIGN_PORT: '0',
      COUNTERSIGN_ALLOW_CIDRS: '127.0.0.0/8',
      COUNTERSIGN_LOG_LEVEL: 'trace',
    },
  });
  child.stdout?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const [ready] = (await once(child, 'message')) as [{ url: string }];
  return {
    server: { url: ready.url },
    log: () => log,
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
};

/** A failure whose message, which goes into the log, repeats what came in: as a database or a library may at any time. */
const tripTheLog = async (url: string, secret: string, conversationId: string): Promise<void> => {
  await app.sql(`create or replace function trip() returns trigger language plpgsql as
    $$ begin raise exception 'tripped over %', new.content; end $$`);
  await app.sql(
    `create or replace trigger trip before insert on message for each row when (new.content like 'remember%') execute function trip()`,
  );
  const answer = await fetch(`${url}/v1/conversations/${conversationId}/messages`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
    },
    body: JSON.stringify({ content: `remember ${secrets[0]}` }),
  });
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain(secrets[0]);
  await app.sql('drop trigger trip on message');
};

describe('T46: secrets that are surely some', { timeout: 120_000 }, () => {
  test('go in by every door, and are nowhere afterwards but with the tool that is called with them', async () => {
    const { asking } = app.one.keys;
    const { approver } = app.one.people;
    const stream = await openStream(app, app.one.people.owner, '/v1/events');
    const logged = await startLogged();
    const answers: string[] = [];
    const call = async (who: Parameters<typeof app.call>[0], method: string, path: string, body?: unknown) => {
      const answer = await app.call<Told>(who, method, path, body);
      expect(answer.status, answer.text.slice(0, 300)).toBeLessThan(300);
      answers.push(answer.text);
      return answer.body;
    };
    // By a program outside: the content, and everything beside it.
    const asked = await call(asking, 'POST', '/v1/approvals', {
      tool: 'deploy',
      arguments: { ...texts, nested: [{ [String(texts['s0'])]: all }] },
      title: `Deploy with ${secrets[30]}`,
      input: { asked: all },
      explanation: upTo(1900),
      impact: { if_approved: `uses ${secrets[31]}` },
      evidence: [{ label: 'log', content: all, source: String(secrets[32]) }],
      metadata: { from: all },
    });
    const path = `/v1/approvals/${asked.id}`;
    await call(approver, 'POST', `${path}/comments`, { body: upTo(3900) });
    await call(approver, 'POST', `${path}/decide`, {
      decision: 'rejected',
      digest: asked.digest,
      reason: upTo(1900),
    });
    for (const more of [path, `${path}/timeline`, `${path}/comments`, '/v1/approvals?status=completed'])
      await call(approver, 'GET', more);
    const output = await call(asking, 'POST', '/v1/approvals', { title: 'Say it', output: { text: all } });
    await call(asking, 'POST', `/v1/approvals/${output.id}/cancel`, { reason: String(texts['s31']) });
    // Through the gate, whether it lets the call through, records it, or holds it.
    const rules = [
      { name: 'records', tools: ['look'], outcome: 'audit' },
      { name: 'passes', tools: ['peek'], outcome: 'allow' },
      { name: 'stops', tools: ['drop'], outcome: 'block' },
    ];
    const source = JSON.stringify({ rules });
    await call(app.one.people.owner, 'POST', '/v1/policies', { name: 'Gate', source });
    for (const tool of ['look', 'peek', 'drop', 'send'])
      await call(asking, 'POST', '/v1/gate', { tool, arguments: texts });
    // By an agent: what is said to it, what it says, what its tools say. The other process, whose log is kept, takes part.
    const said: Json[] = [];
    const tool = await startTool(({ arguments: args }) => {
      said.push(args);
      return `the tool says ${all}`;
    });
    const model = await startModel((_, turn) =>
      turn === 0
        ? {
            calls: [
              { tool: 'send_mail', arguments: { order: all } },
              { tool: 'unknown', arguments: { all } },
              { tool: 'send_mail', arguments: { text: `not JSON ${all}` } },
            ],
          }
        : { text: `done with ${all}` },
    );
    const http = { url: `${tool.url}/mail` };
    const agent = await defineAgent(app, asking, model, { send_mail: { http } }, { hitl_mode: 'audit' });
    const conversation = await call(asking, 'POST', '/v1/conversations', {
      agent_id: agent.id,
      title: String(texts['s33']),
    });
    const authorization = `Bearer ${asking.secret}`;
    const posted = await fetch(`${logged.server.url}/v1/conversations/${conversation.id}/messages`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
      body: JSON.stringify({ content: `remember ${all}` }),
    });
    const { execution } = (await posted.json()) as { execution: { id: string } };
    const ended = await until(
      () => call(asking, 'GET', `/v1/executions/${execution.id}`),
      ({ status }) => ['completed', 'failed'].includes(status),
      60_000,
    );
    expect(ended.status).toBe('completed');
    await call(asking, 'GET', `/v1/executions/${execution.id}/steps`);
    await call(asking, 'GET', `/v1/conversations/${conversation.id}/messages`);
    await tripTheLog(logged.server.url, asking.secret, conversation.id);
    await logged.stop();
    stream.close();
    await stream.ended;

    // The tool got what was meant; the model was told markers alone.
    expect(said).toEqual([{ order: all }]);
    expect(found(JSON.stringify(model.requests))).toEqual([]);
    expect(JSON.stringify(model.requests)).toContain('[redacted: AWS access key, 20 characters, ');

    expect(stream.events.length).toBeGreaterThan(5);
    expect(found(stream.text())).toEqual([]);
    expect(found(answers.join('\n'))).toEqual([]);
    expect(logged.log()).toMatch(/tripped over remember \[redacted: /);
    expect(found(logged.log())).toEqual([]);
    const rows = await dump();
    expect(rows).toContain('[redacted: private key, ');
    expect(found(rows)).toEqual([]);
    await Promise.all([tool.close(), model.close()]);
  });

  test('would be found in all of these, were they not taken out', async () => {
    const { owner } = app.two.people;
    await must(app.call(owner, 'PUT', '/v1/settings', { redaction: 'off' }));
    const asked = await must(
      app.call<Told>(app.two.keys.asking, 'POST', '/v1/approvals', { tool: 'deploy', arguments: texts }),
    );
    expect(found(JSON.stringify(asked)).length).toBe(secrets.length);
    expect(found(await dump()).length).toBe(secrets.length);
    const model = await startModel([{ text: 'Hello.' }]);
    const agent = await defineAgent(app, app.two.keys.asking, model, {}, {});
    const body = { agent_id: agent.id, title: 'x' };
    const { id } = await must(app.call<{ id: string }>(app.two.keys.asking, 'POST', '/v1/conversations', body));
    const logged = await startLogged();
    await tripTheLog(logged.server.url, app.two.keys.asking.secret, id);
    await Promise.all([logged.stop(), model.close()]);
    expect(found(logged.log())).toContain(secrets[0]);
    await must(app.call(owner, 'PUT', '/v1/settings', { redaction: 'standard' }));
  });
});

describe('T46: what is approved without being seen', () => {
  const secret = String(SECRET_SAMPLES.find(({ name }) => name === 'Stripe key')?.secret);
  const schema = { type: 'object', properties: { pin: { type: 'string', pattern: '^[0-9]{4}$', 'x-secret': true } } };
  const ask = (args: JsonObject) =>
    must(
      app.call<Told>(app.one.keys.asking, 'POST', '/v1/approvals', {
        tool: 'pay',
        arguments: args,
        arguments_schema: schema,
      }),
    );
  const take = (approval: { id: string }, digest: string, headers: Record<string, string> = {}) =>
    app.call<Consumed & { code: string }>(
      app.one.keys.asking,
      'POST',
      '/v1/receipts/consume',
      { approval_id: approval.id, digest },
      headers,
    );

  test('is bound all the same: the same secret is the same request, another secret another', async () => {
    const [one, again, other] = [
      await ask({ key: secret }),
      await ask({ key: secret }),
      await ask({ key: `${secret}9` }),
    ];
    expect(one.arguments).toEqual({
      key: expect.stringMatching(/^\[redacted: Stripe key, 32 characters, [0-9a-f]{24}\]$/),
    });
    expect(again.arguments).toEqual(one.arguments);
    expect(other.arguments).not.toEqual(one.arguments);
    await must(
      app.call(app.one.people.approver, 'POST', `/v1/approvals/${one.id}/decide`, {
        decision: 'rejected',
        digest: one.digest,
        reason: 'no',
      }),
    );
    const repeated = await app.call<Told>(app.one.keys.asking, 'POST', '/v1/approvals', {
      tool: 'pay',
      arguments: { key: secret },
      arguments_schema: schema,
    });
    expect([repeated.status, repeated.body.code]).toEqual([409, 'already_rejected']);
  });

  test('is given to who acts, once, with what each marker stands for, also on a repeat of the answer', async () => {
    const asked = await ask({ key: secret, pin: '1234', note: 'open' });
    await must(
      app.call(app.one.people.approver, 'POST', `/v1/approvals/${asked.id}/decide`, {
        decision: 'approved',
        digest: asked.digest,
      }),
    );
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const first = await take(asked, asked.digest, headers);
    expect(first.body.arguments).toEqual({ key: secret, pin: '1234', note: 'open' });
    expect(first.body.redactions.map(({ value }) => value).toSorted()).toEqual(['1234', secret].toSorted());
    for (const { marker } of first.body.redactions) expect(JSON.stringify(asked.arguments)).toContain(marker);
    expect((await take(asked, asked.digest, headers)).text).toBe(first.text);
    expect((await take(asked, asked.digest)).body.code).toBe('already_consumed');
    const stored = await app.sql<{ body: Buffer }>('select body from idempotency where workspace_id = $1', [
      app.one.id,
    ]);
    expect(stored.length).toBeGreaterThan(1);
    expect(stored.some(({ body }) => body.includes(secret))).toBe(false);
  });

  test('may be edited around: the marker stays what it stands for, and is checked as that', async () => {
    const asked = await ask({ key: secret, pin: '1234', amount: 5 });
    const edited = { ...asked.arguments, amount: 4 };
    const decide = (args: object) =>
      app.call<Told>(app.one.people.approver, 'POST', `/v1/approvals/${asked.id}/decide`, {
        decision: 'approved',
        digest: asked.digest,
        arguments: args,
      });
    expect((await decide({ ...edited, pin: 'abcd' })).status).toBe(422);
    const done = await must(decide({ ...edited, pin: '4321' }));
    expect(JSON.stringify(done)).not.toContain('4321');
    expect((await take(asked, done.digest)).body.arguments).toEqual({ key: secret, pin: '4321', amount: 4 });
  });

  test('opens nowhere else: a marker that is copied into another request stays a text', async () => {
    const [first, other] = [await ask({ key: secret, amount: 1 }), await ask({ note: 'x' })];
    const stolen = await ask({ note: first.arguments?.['key'] ?? '' });
    for (const { id, digest } of [stolen, other]) {
      await must(
        app.call(app.one.people.approver, 'POST', `/v1/approvals/${id}/decide`, { decision: 'approved', digest }),
      );
      expect((await take({ id }, digest)).text).not.toContain(secret);
    }
  });

  test('is judged by policies as what it is', async () => {
    const source = JSON.stringify({
      rules: [
        { name: 'no live keys', tools: ['charge'], when: `arguments.key.startsWith('sk_live_')`, outcome: 'block' },
      ],
    });
    await must(app.call(app.one.people.owner, 'POST', '/v1/policies', { name: 'Keys', source }));
    const answer = await must(
      app.call<{ outcome: string }>(app.one.keys.asking, 'POST', '/v1/gate', {
        tool: 'charge',
        arguments: { key: secret },
      }),
    );
    expect(answer.outcome).toBe('block');
  });
});
