/** A conversation's stream: what comes while it is said, where a reader goes on, and what must not come. */
import { ConversationEvent } from '../../../contract/src/schemas/conversations.ts';
import { applyEvent, EMPTY_CONVERSATION, type ConversationView } from '@countersign/sdk';
import type { WireConversation, WireConversationEvent } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ModelAnswer,
  type ModelScript,
  type TestApp,
  type TestStream,
  defineAgent,
  openStream,
  startModel,
  startTestServer,
  startTool,
  until,
} from '../testing/index.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());

let number = 0;
type Stream = TestStream<WireConversationEvent>;
const viewOf = (stream: Stream): ConversationView => stream.events.reduce(applyEvent, EMPTY_CONVERSATION);
const saidIn = (stream: Stream): string[] => viewOf(stream).messages.map(({ role, content }) => `${role}: ${content}`);
const textsIn = (stream: Stream): string[] =>
  Object.values(viewOf(stream).turns).flatMap(({ texts }) => texts.map(({ text }) => text));
const reaches = (stream: Stream, isWanted: (view: ConversationView) => boolean): Promise<ConversationView> =>
  until(async () => viewOf(stream), isWanted);
const hasStatus =
  (status: string) =>
  (view: ConversationView): boolean =>
    Object.values(view.turns).at(-1)?.status === status;

/** Pieces that the test hands out one by one. */
const speaker = () => {
  const waiting: string[] = [];
  let isOver = false;
  let wake: () => void = () => undefined;
  async function* pieces(): AsyncGenerator<string> {
    for (;;) {
      for (let piece = waiting.shift(); piece !== undefined; piece = waiting.shift()) yield piece;
      if (isOver) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return {
    pieces: pieces(),
    say: (piece: string) => {
      waiting.push(piece);
      wake();
    },
    end: () => {
      isOver = true;
      wake();
    },
  };
};

const converse = async (
  script: ModelScript,
  config: Readonly<Record<string, unknown>> = {},
  tools: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {},
) => {
  const { asking, reading } = app.one.keys;
  const [model, tool] = await Promise.all([startModel(script), startTool()]);
  const defined = Object.fromEntries(
    Object.entries(tools).map(([name, rest]) => [name, { ...rest, http: { url: `${tool.url}/${name}` } }]),
  );
  const agent = await defineAgent(app, asking, model, defined, config);
  const { body } = await app.call<WireConversation>(asking, 'POST', '/v1/conversations', { agent_id: agent.id });
  const path = `/v1/conversations/${body.id}`;
  return {
    id: body.id,
    path,
    agentId: agent.id,
    get: async () => (await app.call<WireConversation>(reading, 'GET', path)).body,
    say: async (content: string) => {
      const posted = await app.call<{ execution: { id: string }; message: { id: string } }>(
        asking,
        'POST',
        `${path}/messages`,
        { content },
      );
      expect(posted.status, posted.text).toBe(201);
      return posted.body;
    },
    watch: (headers: Record<string, string> = {}, query = '') =>
      openStream<WireConversationEvent>(app, reading, `${path}/messages/stream${query}`, headers),
  };
};

describe('an answer', () => {
  test('comes word by word while it is said, and stands as a message in the end', async () => {
    const { pieces, say, end } = speaker();
    const chat = await converse([{ pieces }]);
    const stream = await chat.watch();
    await chat.say('Good morning');
    for (const piece of ['Good ', 'morn', 'ing to ', 'you ']) say(piece);
    await reaches(stream, () => textsIn(stream)[0] === 'Good morning to you ');
    expect(saidIn(stream)).toEqual(['user: Good morning']);
    say('too.');
    end();
    await reaches(stream, hasStatus('completed'));
    await until(
      async () => saidIn(stream),
      (said) => said.length === 2,
    );
    stream.close();
    expect(saidIn(stream)).toEqual(['user: Good morning', 'assistant: Good morning to you too.']);
    const texts = stream.events.filter(({ type }) => type === 'text');
    expect(texts.length).toBeGreaterThan(1);
    for (const event of stream.events) expect(ConversationEvent.parse(event)).toEqual(event);
  });

  test('is taken up where the reader left off, with nothing twice', async () => {
    const { pieces, say, end } = speaker();
    const chat = await converse([{ pieces }]);
    await chat.say('Hello');
    const first = await chat.watch();
    say('One two three ');
    await reaches(first, () => textsIn(first)[0] === 'One two three ');
    const lastEventId = first.lastId();
    first.close();
    const second = await chat.watch({ 'last-event-id': lastEventId });
    say('four five ');
    await until(
      async () => second.events.filter(({ type }) => type === 'text'),
      (events) => events.length > 0,
    );
    expect(second.events.filter(({ type }) => type === 'text')).toMatchObject([{ offset: 14, text: 'four five ' }]);
    expect(second.events.filter(({ type }) => type === 'message')).toEqual([]);
    end();
    await reaches(second, hasStatus('completed'));
    // Put together, both connections give what one would have given.
    const whole = [...first.events, ...second.events].reduce(applyEvent, EMPTY_CONVERSATION);
    expect(Object.values(whole.turns)[0]?.texts.map(({ text }) => text)).toEqual(['One two three four five ']);
    second.close();
  });

  test('T46: shows no secret, not even while it is still being said', async () => {
    const { pieces, say, end } = speaker();
    const chat = await converse([{ pieces }]);
    const stream = await chat.watch();
    await chat.say('Tell me');
    for (const piece of ['The key is AK', 'IAIOSFODNN7', 'EXAMPLE', ' and that ', 'is all. ']) {
      say(piece);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    await reaches(stream, () => (textsIn(stream)[0] ?? '').includes('is all.'));
    end();
    await reaches(stream, hasStatus('completed'));
    stream.close();
    expect(stream.text()).toContain('[redacted: ');
    expect(stream.text()).not.toMatch(/AKIA/);
  });

  test('that a gate may hold is not shown before the gate has let it out', async () => {
    const { pieces, say, end } = speaker();
    const chat = await converse([{ pieces }], { approval_required: true, checkpoint_name: 'word' });
    const stream = await chat.watch();
    await chat.say('Hello');
    say('The draft ');
    end();
    const view = await reaches(stream, hasStatus('awaiting_approval'));
    expect(textsIn(stream)).toEqual([]);
    const [id = ''] = Object.values(view.turns)[0]?.approvals ?? [];
    const { body } = await app.call<{ digest: string }>(app.one.keys.deciding, 'GET', `/v1/approvals/${id}`);
    const decided = await app.call(app.one.keys.deciding, 'POST', `/v1/approvals/${id}/decide`, {
      decision: 'approved',
      digest: body.digest,
      output: 'The final word',
    });
    expect(decided.status, decided.text).toBe(200);
    await reaches(stream, hasStatus('completed'));
    expect(saidIn(stream)).toEqual(['user: Hello', 'assistant: The final word']);
    expect(textsIn(stream)).toEqual([]);
    stream.close();
  });
});

test('a held call shows with its approval, and the turn goes on where it stopped', async () => {
  const name = `refund_${(number += 1)}`;
  const script: ModelAnswer[] = [
    { text: 'I refund it.', calls: [{ tool: name, arguments: { amount: 5 } }] },
    { text: 'It is refunded.' },
  ];
  const chat = await converse(script, {}, { [name]: {} });
  const stream = await chat.watch();
  await chat.say('Refund me');
  const held = await reaches(stream, hasStatus('awaiting_approval'));
  const turn = Object.values(held.turns)[0];
  expect(turn?.texts.map(({ text }) => text)).toEqual(['I refund it.']);
  expect(turn?.steps.map(({ kind, status }) => [kind, status])).toEqual([
    ['model_turn', 'completed'],
    ['tool_call', 'awaiting_approval'],
  ]);
  const [id = ''] = turn?.approvals ?? [];
  expect(held.approvals[id]).toMatchObject({ status: 'pending', tool: name });
  const { body } = await app.call<{ digest: string }>(app.one.keys.deciding, 'GET', `/v1/approvals/${id}`);
  await app.call(app.one.keys.deciding, 'POST', `/v1/approvals/${id}/decide`, {
    decision: 'approved',
    digest: body.digest,
  });
  const done = await reaches(stream, hasStatus('completed'));
  stream.close();
  expect(done.approvals[id]).toMatchObject({ status: 'approved' });
  expect(Object.values(done.turns)[0]?.steps.map(({ kind, status }) => [kind, status])).toEqual([
    ['model_turn', 'completed'],
    ['tool_call', 'completed'],
    ['model_turn', 'completed'],
  ]);
  expect(saidIn(stream)).toEqual(['user: Refund me', 'assistant: It is refunded.']);
});

test('saying something and following the answer is one request, which ends with the answer', async () => {
  const chat = await converse([{ text: 'First.' }, { text: 'Second.' }]);
  await chat.say('One');
  await until(chat.get, ({ active_execution_id: active }) => active === null);
  const post = () =>
    app.call(
      app.one.keys.asking,
      'POST',
      `${chat.path}/messages/stream`,
      { content: 'Two' },
      { 'idempotency-key': 'the same' },
    );
  const answer = await post();
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  const messages = [...answer.text.matchAll(/"content":"([^"]*)"/g)].map(([, content]) => content);
  expect(messages).toEqual(['Two', 'Second.']);
  // The same again shows the same answer, and asks no model.
  const again = await post();
  expect([...again.text.matchAll(/"content":"([^"]*)"/g)].map(([, content]) => content)).toEqual(['Two', 'Second.']);
  const late = await chat.watch({}, '?until=idle');
  await late.ended;
  expect(saidIn(late)).toEqual(['user: One', 'assistant: First.', 'user: Two', 'assistant: Second.']);
});

test('a place that is none of the stream’s is refused', async () => {
  const chat = await converse([{ text: 'Hi.' }]);
  for (const [headers, query] of [
    [{ 'last-event-id': 'evt_nothing' }, ''],
    [{}, `?after=msg_${'0'.repeat(27)}`],
  ] as const) {
    const stream = await chat.watch(headers, query);
    expect(stream.status).toBe(400);
  }
});

describe('a conversation', () => {
  test('is named after its first message, found by what was said in it, and counts what it used', async () => {
    const price = { input_per_million: 1000, output_per_million: 2000, currency: 'EUR' };
    const chat = await converse([{ text: 'The xylophone is in stock.' }], { price });
    await chat.say('  Do you   have\nxylophones? '.padEnd(200, 'o '));
    const done = await until(chat.get, ({ active_execution_id: active }) => active === null);
    expect(done.title).toMatch(/^Do you have xylophones\?.*…$/);
    expect(done.tokens.input).toBeGreaterThan(0);
    expect(done.tokens.output).toBeGreaterThan(0);
    expect(done.cost).toEqual({ amount: (done.tokens.input + 2 * done.tokens.output) / 1000, currency: 'EUR' });
    const { reading } = app.one.keys;
    const found = async (q: string) =>
      (await app.call<{ data: WireConversation[] }>(reading, 'GET', `/v1/conversations?q=${encodeURIComponent(q)}`))
        .body.data;
    expect((await found('XYLOPHONE is')).map(({ id }) => id)).toEqual([chat.id]);
    expect((await found('do YOU have')).map(({ id }) => id)).toEqual([chat.id]);
    expect(await found('%')).toEqual([]);
  });

  test('can be renamed, and archived once nothing is at work in it: nothing more is said then', async () => {
    const { asking, reading } = app.one.keys;
    const { pieces, end } = speaker();
    const chat = await converse([{ pieces }]);
    await app.call(asking, 'PATCH', chat.path, { title: 'Lamps' });
    expect((await chat.get()).title).toBe('Lamps');
    await chat.say('Hello');
    expect((await app.call<{ code: string }>(asking, 'DELETE', chat.path)).body.code).toBe('conversation_busy');
    end();
    await until(chat.get, ({ active_execution_id: active }) => active === null);
    expect((await app.call(asking, 'DELETE', chat.path)).status).toBe(204);
    const listed = async (query: string) =>
      (
        await app.call<{ data: WireConversation[] }>(
          reading,
          'GET',
          `/v1/conversations?agent_id=${chat.agentId}${query}`,
        )
      ).body.data.length;
    expect([await listed(''), await listed('&archived=true')]).toEqual([0, 1]);
    const refused = await app.call<{ code: string }>(asking, 'POST', `${chat.path}/messages`, { content: 'More' });
    expect([refused.status, refused.body.code]).toEqual([409, 'conversation_archived']);
    expect((await chat.get()).archived_at).not.toBeNull();
  });
});
