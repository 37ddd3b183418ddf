/** What the model knows of a conversation's earlier executions, and what happens while one is at work. */
import { expect, test } from 'vitest';
import {
  APPROVE,
  REJECT,
  type Run,
  type Scene,
  type WireMessage,
  gateway,
  setScene,
  until,
  useApp,
} from '../testing/scene.ts';

const app = useApp();
let number = 0;
const fresh = (name: string): string => `${name}_${(number += 1)}`;

type Told = { readonly role: string; readonly content: unknown; readonly tool_calls?: unknown };
const roles = (scene: Scene): string[] =>
  ((scene.model.requests.at(-1)?.messages ?? []) as Told[]).map(
    ({ role, content }) => `${role}: ${typeof content === 'string' ? content : ''}`,
  );

const converse = async (scene: Scene) => {
  const { asking } = app().one.keys;
  const { body } = await app().call<{ id: string }>(asking, 'POST', '/v1/conversations', { agent_id: scene.agentId });
  const path = `/v1/conversations/${body.id}/messages`;
  return {
    say: async (content: string): Promise<Run> => {
      const posted = await app().call<{ execution: { id: string } }>(asking, 'POST', path, { content });
      expect(posted.status, posted.text).toBe(201);
      return scene.run(posted.body.execution.id);
    },
    tryToSay: (content: string) =>
      app().call<{ code: string; execution_id: string }>(asking, 'POST', path, { content }),
    heard: async () =>
      (await app().call<{ data: WireMessage[] }>(asking, 'GET', path)).body.data.map(
        ({ role, content }) => `${role}: ${content}`,
      ),
  };
};

test('the model sees what was said and done before, with rejected, edited and refused calls as they were', async () => {
  const name = fresh('refund');
  const scene = await setScene(
    app(),
    [
      {
        calls: [
          { tool: name, arguments: { amount: 900 } },
          { tool: name, arguments: { amount: 50 } },
          { tool: 'ghost', arguments: {} },
        ],
      },
      { text: 'Refunded 45.' },
      { text: 'As I said.' },
    ],
    { [name]: {} },
  );
  const { say, heard } = await converse(scene);
  const first = await say('Refund me');
  await first.reaches('awaiting_approval');
  const [much, little] = await first.held();
  if (much) await first.decide(much, { ...REJECT, reason: 'too much' });
  if (little) await first.decide(little, { ...APPROVE, arguments: { amount: 45 } });
  await first.reaches('completed');
  await (await say('How much?')).reaches('completed');
  expect(roles(scene)).toEqual([
    'user: Refund me',
    'assistant: ',
    expect.stringMatching(/^tool: .*rejected.*too much/),
    expect.stringMatching(/^tool: .*changed the arguments.*"amount":50.*"amount":45.*\n.* done$/s),
    expect.stringMatching(/^tool: There is no tool named ghost/),
    'assistant: Refunded 45.',
    'user: How much?',
  ]);
  expect(await heard()).toEqual([
    'user: Refund me',
    'assistant: Refunded 45.',
    'user: How much?',
    'assistant: As I said.',
  ]);
});

test('the conversation goes on from the output as it went out: edited, and not at all where it was rejected', async () => {
  const scene = await setScene(
    app(),
    [{ text: 'Draft one' }, { text: 'Draft two' }, { text: 'Draft three' }],
    {},
    { approval_required: true, checkpoint_name: 'word' },
  );
  const { say, heard } = await converse(scene);
  const decide = async (run: Run, decision: Parameters<Run['decide']>[1]) => {
    await run.reaches('awaiting_approval');
    const [approval] = await run.held();
    if (approval) await run.decide(approval, decision);
  };
  const first = await say('One');
  await decide(first, { ...APPROVE, output: 'Final one' });
  await first.reaches('completed');
  const second = await say('Two');
  await decide(second, REJECT);
  await second.reaches('rejected');
  await (await say('Three')).reaches('awaiting_approval');
  expect(roles(scene)).toEqual(['user: One', 'assistant: Final one', 'user: Two', 'user: Three']);
  expect(await heard()).toEqual(['user: One', 'assistant: Final one', 'user: Two', 'user: Three']);
});

test('a message while one is at work is refused with the execution that works', async () => {
  const gate = gateway<{ text: string }>();
  const scene = await setScene(app(), () => gate.passed);
  const { say, tryToSay } = await converse(scene);
  const run = await say('One');
  const [second, third] = await Promise.all([tryToSay('Two'), tryToSay('Three')]);
  expect([second.status, second.body.code, third.status]).toEqual([409, 'conversation_busy', 409]);
  gate.open({ text: 'Answer' });
  await run.reaches('completed');
  expect((await tryToSay('Two')).status).toBe(201);
});

test('of messages that come at once, one is taken', async () => {
  const scene = await setScene(app(), [{ text: 'Answer' }]);
  const { tryToSay, heard } = await converse(scene);
  const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => tryToSay(`Message ${index}`)));
  const taken = answers.filter(({ status }) => status === 201).length;
  expect(taken).toBeGreaterThanOrEqual(1);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(8 - taken);
  expect((await heard()).filter((line) => line.startsWith('user'))).toHaveLength(taken);
});

test('a failed execution is not retried into a conversation that works on something newer', async () => {
  const gate = gateway<{ text: string }>();
  const scene = await setScene(app(), (_, turn) =>
    turn === 0 ? { status: 401 } : turn === 1 ? gate.passed : { text: 'Answer to one' },
  );
  const { say } = await converse(scene);
  const first = await say('One');
  await first.reaches('failed');
  const second = await say('Two');
  await until(
    async () => scene.model.requests.length,
    (count) => count === 2,
  );
  expect(await first.retry()).toBe(409);
  gate.open({ text: 'Answer to two' });
  await second.reaches('completed');
  // Afterwards it can be, and knows nothing of what came after it.
  expect(await first.retry()).toBe(200);
  await first.reaches('completed');
  expect(roles(scene)).toEqual(['user: One']);
});
