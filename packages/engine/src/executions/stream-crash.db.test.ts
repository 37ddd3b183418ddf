/**
 * A process is killed while a model speaks, or while a turn is held: whoever watches the conversation, from whichever
 * process, sees it whole in the end. What had been said and not recorded is replaced, and stands nowhere twice.
 */
import type { WireConversation, WireConversationEvent } from '@countersign/contract';
import { type ConversationView, EMPTY_CONVERSATION, applyEvent } from '@countersign/sdk';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  type ModelScript,
  type TestApp,
  type TestStream,
  openStream,
  startTestServer,
} from '../../../server/src/testing/index.ts';
import { killAll, startProcess } from '../testing/processes.ts';
import { APPROVE, setScene, until } from '../testing/scene.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestServer({ role: 'api' });
});
afterAll(() => app.stop());
afterEach(killAll);

const TAKEOVER_MS = 10_000;
type Stream = TestStream<WireConversationEvent>;
const viewOf = (...streams: Stream[]): ConversationView =>
  streams.flatMap(({ events }) => events).reduce(applyEvent, EMPTY_CONVERSATION);
const textsOf = (view: ConversationView): string[] =>
  Object.values(view.turns).flatMap(({ texts }) => texts.map(({ text }) => text));
const messagesOf = (view: ConversationView): string[] =>
  view.messages.map(({ role, content }) => `${role}: ${content}`);
const isOver = (view: ConversationView): boolean => view.messages.at(-1)?.role === 'assistant';

/** Says this and never ends. */
async function* halfOf(text: string): AsyncGenerator<string> {
  yield text;
  await new Promise(() => undefined);
}

const converse = async (script: ModelScript, tools: Readonly<Record<string, object>> = {}) => {
  const { asking, reading } = app.one.keys;
  const scene = await setScene(app, script, tools as never);
  const { body } = await app.call<WireConversation>(asking, 'POST', '/v1/conversations', { agent_id: scene.agentId });
  const path = `/v1/conversations/${body.id}/messages`;
  return {
    scene,
    say: async (content: string): Promise<string> => {
      const posted = await app.call<{ execution: { id: string } }>(asking, 'POST', path, { content });
      expect(posted.status, posted.text).toBe(201);
      return posted.body.execution.id;
    },
    watch: (url = app.url, lastEventId?: string): Promise<Stream> =>
      openStream<WireConversationEvent>(
        { url },
        reading,
        `${path}/stream`,
        lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
      ),
  };
};

test('what a process that was killed had said is replaced by what another says, and not doubled', async () => {
  const { say, watch } = await converse((_, turn) =>
    turn === 0 ? { pieces: halfOf('Half an answer that ') } : { text: 'The whole answer.' },
  );
  const first = await startProcess(app.database.url);
  const stream = await watch();
  await say('Hello');
  await until(
    async () => textsOf(viewOf(stream)),
    ([text]) => text === 'Half an answer that ',
  );
  await Promise.all([first.kill(), startProcess(app.database.url)]);
  const view = await until(async () => viewOf(stream), isOver, TAKEOVER_MS);
  stream.close();
  expect(textsOf(view)).toEqual(['The whole answer.']);
  expect(messagesOf(view)).toEqual(['user: Hello', 'assistant: The whole answer.']);
  const texts = stream.events.flatMap((event) => (event.type === 'text' ? [event] : []));
  expect(texts.find(({ attempt }) => attempt === 2)).toMatchObject({ offset: 0 });
});

test('the stream’s own server is killed in the middle: the reader goes on at another, where it was', async () => {
  let goOn: () => void = () => undefined;
  const more = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  async function* pieces(): AsyncGenerator<string> {
    yield 'One two ';
    await more;
    yield 'three.';
  }
  const { say, watch } = await converse(() => ({ pieces: pieces() }));
  await startProcess(app.database.url);
  const [one, two] = await Promise.all([startProcess(app.database.url, 'all'), startProcess(app.database.url, 'all')]);
  const before = await watch(one.url);
  await say('Count');
  await until(
    async () => textsOf(viewOf(before)),
    ([text]) => text === 'One two ',
  );
  await one.kill();
  await before.ended;
  const after = await watch(two.url, before.lastId());
  goOn();
  const view = await until(async () => viewOf(before, after), isOver, TAKEOVER_MS);
  after.close();
  expect(textsOf(view)).toEqual(['One two three.']);
  expect(messagesOf(view)).toEqual(['user: Count', 'assistant: One two three.']);
});

test('everything is killed while a turn is held: decided days later, it goes on there, and the reader sees it', async () => {
  const { scene, say, watch } = await converse(
    [{ text: 'I refund it.', calls: [{ tool: 'refund_held', arguments: { amount: 5 } }] }, { text: 'Refunded.' }],
    { refund_held: {} },
  );
  const first = await startProcess(app.database.url);
  const before = await watch();
  const run = scene.run(await say('Refund me'));
  await run.reaches('awaiting_approval');
  await until(
    async () => viewOf(before),
    (view) => Object.values(view.turns)[0]?.status === 'awaiting_approval',
  );
  before.close();
  await first.kill();
  await app.sql("update execution set created_at = created_at - interval '3 days' where id = $1", [run.id]);
  const [approval] = await run.held();
  if (!approval) throw new Error('nobody was asked');
  await run.decide(approval, APPROVE);
  const after = await watch(app.url, before.lastId());
  await startProcess(app.database.url);
  const view = await until(async () => viewOf(before, after), isOver, TAKEOVER_MS);
  after.close();
  expect(messagesOf(view)).toEqual(['user: Refund me', 'assistant: Refunded.']);
  expect(textsOf(view)).toEqual(['I refund it.', 'Refunded.']);
  expect(scene.tool.ledger).toHaveLength(1);
});
