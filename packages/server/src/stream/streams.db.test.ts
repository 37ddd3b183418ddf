import { StreamEvent, type WireApproval, type WireExecution } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Everything,
  type TestApp,
  type TestKey,
  addKey,
  addPerson,
  makeEverything,
  openStream,
  startTestServer,
  until,
} from '../testing/index.ts';

let app: TestApp;
let things: Everything;
let listeners = 0;
beforeAll(async () => {
  app = await startTestServer();
  things = await makeEverything(app, app.one);
  // Counts who listens, around the real thing.
  const { wake } = app.running.engine;
  for (const name of ['onSubject', 'onWorkspace'] as const) {
    const real = wake[name];
    Object.assign(wake, {
      [name]: (subject: string, listener: () => void) => {
        const stop = real(subject, listener);
        let isOn = true;
        listeners += 1;
        return () => {
          if (isOn) listeners -= 1;
          isOn = false;
          stop();
        };
      },
    });
  }
});
afterAll(async () => {
  await app.stop();
  await things.close();
});

const ask = async (title: string) =>
  (await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', { title })).body;
const decide = ({ id, digest }: WireApproval, decision = 'approved') =>
  app.call(app.one.keys.deciding, 'POST', `/v1/approvals/${id}/decide`, { decision, digest });
const reader = (): TestKey => app.one.keys.reading;

describe('the workspace’s events', () => {
  test('come as they happen, within milliseconds, as the contract says, and nothing of other workspaces', async () => {
    const stream = await openStream(app, reader(), '/v1/events');
    expect(stream.status).toBe(200);
    await app.call(app.two.keys.asking, 'POST', '/v1/approvals', { title: 'theirs' });
    const startedMs = performance.now();
    const approval = await ask('ours');
    await until(
      async () => stream.events.length,
      (length) => length > 0,
    );
    expect(performance.now() - startedMs).toBeLessThan(1000);
    await decide(approval);
    await app.call(app.one.keys.asking, 'PUT', '/v1/secrets', { name: 'STREAMED', value: 'hidden' });
    await until(
      async () => stream.events.length,
      (length) => length === 4,
    );
    stream.close();
    for (const event of stream.events) expect(StreamEvent.strict().parse(event)).toEqual(event);
    expect(stream.events.map(({ type, subject }) => [type, subject])).toEqual([
      ['approval.requested', approval.id],
      ['approval.vote', approval.id],
      ['approval.decided', approval.id],
      ['secret.put', 'STREAMED'],
    ]);
    expect(stream.text()).not.toContain('hidden');
    expect(stream.text()).toContain(`id: ${stream.events[0]?.id}\nevent: approval.requested\ndata: {`);
  });

  test('can be narrowed to types', async () => {
    const stream = await openStream(app, reader(), '/v1/events?types=approval.decided, agent.created');
    await decide(await ask('filtered'));
    await app.call(app.one.keys.asking, 'POST', '/v1/agents', { name: 'streamed agent' });
    await until(
      async () => stream.events.length,
      (length) => length === 2,
    );
    stream.close();
    expect(stream.events.map(({ type }) => type)).toEqual(['approval.decided', 'agent.created']);
  });

  test('are told once each and in order by readers that come and go, while 200 commits happen at once', async () => {
    const first = await openStream(app, reader(), '/v1/events?types=approval.requested');
    const other = await app.replica();
    let isOver = false;
    /** Reads a little, goes away, comes back where it was; on either replica. */
    const wander = async (): Promise<string[]> => {
      const seen: string[] = [];
      for (let round = 0; !isOver || seen.length < 200; round += 1) {
        if (round > 400) throw new Error(`only ${seen.length} after ${round} rounds`);
        const stream = await openStream(round % 2 ? app : other, reader(), '/v1/events?types=approval.requested', {
          'last-event-id': seen.at(-1) ?? start,
        });
        await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 40));
        stream.close();
        await stream.ended;
        seen.push(...stream.events.map(({ id }) => id));
      }
      return seen;
    };
    const [{ id: start } = { id: '' }] = await app.sql<{ id: string }>(
      'select id from event where workspace_id = $1 order by transaction desc, position desc limit 1',
      [app.one.id],
    );
    const walks = [wander(), wander(), wander()];
    await Promise.all(Array.from({ length: 200 }, (_, index) => ask(`burst ${index}`)));
    isOver = true;
    const wanted = (
      await app.sql<{ id: string }>(
        `select e.id from event e join approval a on a.id = e.subject where e.type = 'approval.requested' and a.title like 'burst %' order by e.transaction, e.position`,
      )
    ).map(({ id }) => id);
    expect(wanted).toHaveLength(200);
    for (const walk of await Promise.all(walks)) expect(walk).toEqual(wanted);
    await until(
      async () => first.events.length,
      (length) => length >= 200,
    );
    first.close();
    expect(first.events.map(({ id }) => id)).toEqual(wanted);
    await other.stop();
  });

  test('can be read on after any known event, and after no other', async () => {
    const { id } = await ask('place');
    const [place] = await app.sql<{ id: string }>(`select id from event where subject = $1`, [id]);
    const next = await ask('after the place');
    for (const [path, headers] of [
      [`/v1/events?after=${place?.id}`, {}],
      ['/v1/events', { 'last-event-id': place?.id ?? '' }],
    ] as const) {
      const stream = await openStream(app, reader(), path, headers);
      await until(
        async () => stream.events.length,
        (length) => length > 0,
      );
      stream.close();
      expect(stream.events[0]?.subject).toBe(next.id);
    }
    for (const unknown of ['evt_x', 'x', `evt_${'0'.repeat(27)}`])
      expect((await app.call(reader(), 'GET', '/v1/events', undefined, { 'last-event-id': unknown })).status).toBe(400);
  });

  test('are in the order of their transactions’ numbers, not of how those are written', async () => {
    for (const transaction of ['8', '9', '10', '99', '100'])
      await app.sql(
        `insert into event (workspace_id, id, type, subject, actor, data, transaction)
         values ($1, 'evt_' || lpad($2, 27, '0'), 'agent.updated', $2, '{"kind":"system","id":"x","name":"x"}', '{}', $2::xid8)`,
        [app.two.id, transaction],
      );
    const stream = await openStream(
      app,
      app.two.keys.reading,
      `/v1/events?types=agent.updated&after=evt_${'8'.padStart(27, '0')}`,
    );
    await until(
      async () => stream.events.length,
      (length) => length >= 4,
    );
    stream.close();
    expect(stream.events.map(({ subject }) => subject)).toEqual(['9', '10', '99', '100']);
  });

  test('end for a key that is revoked, on every replica, before anything later than a second after it is told', async () => {
    const other = await app.replica();
    const key = await addKey(app.store, app.one.id, app.one.people.builder, ['events:read']);
    const streams = [await openStream(app, key, '/v1/events'), await openStream(other, key, '/v1/events')];
    await ask('before');
    await until(
      async () => streams.map(({ events }) => events.length),
      (lengths) => lengths.every((length) => length === 1),
    );
    await app.call(app.one.people.builder, 'DELETE', `/v1/api-keys/${key.id}`);
    const revokedMs = Date.now();
    await until(
      () => app.call(key, 'GET', '/v1/events?after=x'),
      ({ status }) => status === 401,
      1000,
    );
    await until(
      () => other.call(key, 'GET', '/v1/events?after=x'),
      ({ status }) => status === 401,
      1100,
    );
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, revokedMs + 1050 - Date.now())));
    const late = await ask('after');
    await Promise.all(streams.map(({ ended }) => ended));
    for (const { events } of streams) expect(events.some(({ subject }) => subject === late.id)).toBe(false);
    await other.stop();
  });

  test('end for a person who loses the role, although still signed in', async () => {
    const viewer = await addPerson(app.store, app.one.id, 'loses it', ['viewer']);
    const stream = await openStream(app, viewer, '/v1/events');
    await ask('seen');
    await until(
      async () => stream.events.length,
      (length) => length === 1,
    );
    await app.sql(`update member set roles = '{}' where person_id = $1`, [viewer.id]);
    await new Promise((resolve) => setTimeout(resolve, 1050));
    await ask('not seen');
    await stream.ended;
    expect(stream.events).toHaveLength(1);
  });

  test(
    'keep the line open when nothing happens, and end without an event where rights ended',
    { timeout: 40_000 },
    async () => {
      const key = await addKey(app.store, app.two.id, app.two.people.builder, ['events:read']);
      const quiet = await openStream(app, app.two.keys.reading, '/v1/events');
      const revoked = await openStream(app, key, '/v1/events');
      await app.sql('update api_key set revoked_at = now() where id = $1', [key.id]);
      await until(
        async () => quiet.text(),
        (text) => text.includes('\n: still here\n\n') || /^: still here/m.test(text),
        20_000,
      );
      await revoked.ended;
      expect([quiet.events, revoked.events]).toEqual([[], []]);
      quiet.close();
    },
  );
});

describe('an execution’s events', () => {
  test('come from the first on, and end with the execution', async () => {
    const stream = await openStream(app, reader(), `/v1/executions/${things.execution}/events`);
    await until(
      async () => stream.events.length,
      (length) => length >= 2,
    );
    const { digest } = (await app.call<WireApproval>(reader(), 'GET', `/v1/approvals/${things.held}`)).body;
    await app.call(app.one.people.approver, 'POST', `/v1/approvals/${things.held}/decide`, {
      decision: 'approved',
      digest,
    });
    await stream.ended;
    const types = stream.events.map(({ type }) => type);
    expect(types).toEqual([
      'execution.started',
      'execution.awaiting_approval',
      'execution.resumed',
      'step.finished',
      'execution.completed',
    ]);
    // Whoever comes late reads the same, and from the middle the rest.
    const late = await openStream(app, reader(), `/v1/executions/${things.execution}/events`);
    await late.ended;
    expect(late.events).toEqual(stream.events);
    const rest = await openStream(app, reader(), `/v1/executions/${things.execution}/events`, {
      'last-event-id': stream.events[1]?.id ?? '',
    });
    await rest.ended;
    expect(rest.events).toEqual(stream.events.slice(2));
  });

  test('are all told, also when there are thousands', async () => {
    await app.sql(
      `insert into event (workspace_id, id, type, subject, actor, data)
       select $1, 'evt_' || lpad(n::text, 27, '0'), 'step.finished', $2, '{"kind":"execution","id":"x","name":"x"}', '{}' from generate_series(1, 2500) n`,
      [app.one.id, things.execution],
    );
    const stream = await openStream(app, reader(), `/v1/executions/${things.execution}/events`);
    await stream.ended;
    expect(stream.events).toHaveLength(2505);
    expect(new Set(stream.events.map(({ id }) => id)).size).toBe(2505);
  });
});

describe('waiting for an approval', () => {
  const wait = (id: string, seconds: number, server: Pick<TestApp, 'call'> = app) =>
    server.call<WireApproval>(app.one.keys.asking, 'GET', `/v1/approvals/${id}/wait?timeout=${seconds}`);

  test('answers within milliseconds of the decision, here and on another replica, to everybody who waits', async () => {
    const other = await app.replica();
    const approval = await ask('waited for');
    const waiting = Array.from({ length: 50 }, (_, index) => wait(approval.id, 30, index % 2 ? app : other));
    await until(
      async () => listeners,
      (count) => count >= 25,
    );
    const decidedMs = await decide(approval).then(() => performance.now());
    const answers = await Promise.all(waiting);
    expect(performance.now() - decidedMs).toBeLessThan(1000);
    expect(new Set(answers.map(({ body }) => body.status))).toEqual(new Set(['approved']));
    await other.stop();
  });

  test('answers at once where it was decided before, with 404 where there is none', async () => {
    const approval = await ask('decided before');
    await decide(approval, 'rejected');
    const startedMs = performance.now();
    expect((await wait(approval.id, 60)).body.status).toBe('rejected');
    expect((await wait('apr_x', 60)).status).toBe(404);
    expect(performance.now() - startedMs).toBeLessThan(500);
  });

  test('answers with the pending one when the time is up', async () => {
    const { id } = await ask('nobody decides');
    const startedMs = performance.now();
    const { status, body } = await wait(id, 1);
    expect([status, body.status]).toEqual([200, 'pending']);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(990);
    expect((await wait(id, 0)).body.status).toBe('pending');
  });

  test('is told of an expiry, too', async () => {
    const { body } = await app.call<WireApproval>(app.one.keys.asking, 'POST', '/v1/approvals', {
      title: 'short',
      timeout_seconds: 1,
    });
    expect((await wait(body.id, 30)).body.status).toBe('expired');
  });
});

test('whoever goes away leaves nothing behind that listens', async () => {
  await until(
    async () => listeners,
    (count) => count === 0,
  );
  const { id } = await ask('left');
  const leave = new AbortController();
  const headers = { authorization: `Bearer ${reader().secret}` };
  const waits = Array.from({ length: 20 }, () =>
    fetch(`${app.url}/v1/approvals/${id}/wait?timeout=120`, { headers, signal: leave.signal }).catch(() => undefined),
  );
  const held = await app.call<WireExecution>(app.one.keys.asking, 'POST', `/v1/agents/${things.agent}/execute`, {
    input: 'x',
  });
  const streams = await Promise.all([
    ...Array.from({ length: 10 }, () => openStream(app, reader(), '/v1/events')),
    openStream(app, reader(), `/v1/executions/${held.body.id}/events`),
  ]);
  await until(
    async () => listeners,
    (count) => count >= 30,
  );
  // Some while something is being written to them.
  await Promise.all([ask('one'), ask('two'), ...streams.map(async (stream) => stream.close())]);
  leave.abort();
  await Promise.all([...waits, ...streams.map(({ ended }) => ended)]);
  await until(
    async () => listeners,
    (count) => count === 0,
    5000,
  );
  expect(listeners).toBe(0);
});
