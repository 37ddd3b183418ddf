/** The client against the product in a process of its own: what the other tests try without a database, for real. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askHuman } from './ask-human.ts';
import { type Client, createClient } from './client.ts';
import { TimeoutError } from './errors.ts';
import { AlreadyConsumedError, RejectedError } from './gate-errors.ts';
import { gate } from './gate.ts';
import { type RealServer, startRealServer } from './testing/real-server.ts';

let server: RealServer;
let agent: Client;
let reviewer: Client;

beforeAll(async () => {
  server = await startRealServer();
  agent = createClient({ baseUrl: server.url, apiKey: server.agent_key, retries: 10 });
  reviewer = createClient({ baseUrl: server.url, apiKey: server.reviewer_key, retries: 10 });
});
afterAll(() => server.stop());

type Pay = { to: string; cents: number };

let count = 0;
/** A call like no other: what was rejected once is rejected again without asking. */
const payment = (): { tool: string; arguments: Pay } => ({
  tool: 'pay',
  arguments: { to: `acct-${(count += 1)}`, cents: 4000 },
});

const askedFor = async ({ to }: Pay): Promise<{ id: string; digest: string }> => {
  const pending = async (): Promise<string | undefined> => {
    for await (const { id } of reviewer.approvals.iterate({ status: 'pending', tool: 'pay' })) {
      const approval = await reviewer.approvals.get(id);
      if (approval.arguments?.['to'] === to) return id;
    }
    return undefined;
  };
  await expect.poll(pending, { timeout: 20_000 }).toBeDefined();
  return reviewer.approvals.get((await pending()) ?? '');
};

describe('gate', () => {
  test('approved: goes ahead, once', async () => {
    const call = payment();
    const passing = gate(agent, call, { key: call.arguments.to });
    const { id, digest } = await askedFor(call.arguments);
    await reviewer.approvals.decide(id, { decision: 'approved', digest });
    const passed = await passing;
    expect(passed.arguments).toEqual(call.arguments);
    expect(passed.approval).toMatchObject({ id, status: 'approved' });
    expect((await agent.approvals.get(id)).consumed_at).toEqual(expect.any(String));
    await expect(gate(agent, call, { key: call.arguments.to })).rejects.toThrow(AlreadyConsumedError);
  });

  test('edited: goes ahead with what the reviewer made of it', async () => {
    const call = payment();
    const passing = gate(agent, call, { key: call.arguments.to, isRepeatable: true });
    const { id, digest } = await askedFor(call.arguments);
    await reviewer.approvals.decide(id, {
      decision: 'approved',
      digest,
      arguments: { ...call.arguments, cents: 3500 },
    });
    const { arguments: pay, approval } = await passing;
    expect(pay).toEqual({ ...call.arguments, cents: 3500 });
    expect(approval?.decision?.edits).toEqual([{ pointer: '/cents', before: 4000, after: 3500 }]);
    expect((await gate(agent, call, { key: call.arguments.to, isRepeatable: true })).arguments).toEqual(pay);
  });

  test('rejected: says why, and the same call is not asked for again', async () => {
    const call = payment();
    const passing = gate(agent, call);
    const { id, digest } = await askedFor(call.arguments);
    // oxlint-disable-next-line vitest/valid-expect -- awaited after the decision
    const rejected = expect(passing).rejects.toMatchObject({
      name: 'RejectedError',
      reason: 'Not this one',
      approval: { id },
    });
    await reviewer.approvals.decide(id, { decision: 'rejected', digest, reason: 'Not this one' });
    await rejected;
    const again = gate(agent, call);
    await expect(again).rejects.toThrow(RejectedError);
    await expect(again).rejects.toMatchObject({ reason: 'Not this one' });
  });

  test('expired: the approval’s own time is kept by the server', async () => {
    await expect(gate(agent, { ...payment(), timeout_seconds: 1 })).rejects.toMatchObject({ name: 'ExpiredError' });
  });

  test('aborted: withdraws', async () => {
    const call = payment();
    const controller = new AbortController();
    const passing = gate(agent, call, { signal: controller.signal });
    const { id } = await askedFor(call.arguments);
    controller.abort(new Error('gone'));
    await expect(passing).rejects.toThrow('gone');
    expect(await agent.approvals.get(id)).toMatchObject({ status: 'cancelled' });
  });

  test('out of time: withdraws, or leaves it for a later one with the same key', async () => {
    const call = payment();
    const options = { key: call.arguments.to, timeoutSeconds: 0.5 };
    await expect(gate(agent, call, { ...options, leavePending: true })).rejects.toThrow(TimeoutError);
    const { id } = await askedFor(call.arguments);
    await expect(gate(agent, call, options)).rejects.toThrow(TimeoutError);
    expect(await agent.approvals.get(id)).toMatchObject({ status: 'cancelled' });
  });
});

describe('askHuman', () => {
  const question = {
    type: 'object',
    properties: { city: { enum: ['Bonn', 'Ulm'] } },
    required: ['city'],
    additionalProperties: false,
  } as const;
  const pending = async (title: string): Promise<{ id: string; digest: string }> => {
    const find = async () => (await reviewer.approvals.list({ status: 'pending', q: title })).data[0];
    await expect.poll(find, { timeout: 20_000 }).toBeDefined();
    return reviewer.approvals.get((await find())?.id ?? '');
  };

  test('answered: gives what fits the form, and the server takes nothing else', async () => {
    const answering = askHuman(agent, { title: 'Which city for A17?', question });
    const { id, digest } = await pending('Which city for A17?');
    const answer = (response?: Record<string, string | number>) =>
      reviewer.approvals.decide(id, { decision: 'approved', digest, response });
    for (const wrong of [undefined, {}, { city: 'Rome' }, { city: 'Ulm', more: 1 }])
      await expect(answer(wrong)).rejects.toMatchObject({ code: 'invalid' });
    await answer({ city: 'Ulm' });
    expect((await answering).response).toEqual({ city: 'Ulm' });
  });

  test('declined, or left alone', async () => {
    const declined = askHuman(agent, { title: 'Which city for A18?', question });
    const { id, digest } = await pending('Which city for A18?');
    const [outcome] = await Promise.allSettled([
      declined,
      reviewer.approvals.decide(id, { decision: 'rejected', digest, reason: 'None of both' }),
    ]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'RejectedError', reason: 'None of both' } });
    await expect(askHuman(agent, { title: 'Anyone?', question, timeout_seconds: 1 })).rejects.toMatchObject({
      name: 'ExpiredError',
    });
  });
});

test('a plan: what a reviewer approved goes ahead within its lines until it is used up, and anything else is asked about', async () => {
  const bounds = [
    { argument: 'to', one_of: ['ada', 'bob'] },
    { argument: 'cents', at_least: 1, at_most: 5000 },
  ];
  const asked = await agent.approvals.ask({
    plan: { purpose: 'Pay two people', lines: [{ tool: 'pay', bounds, uses_max: 2 }], valid_for_seconds: 600 },
  });
  expect(asked.plan?.lines[0]).toMatchObject({ tool: 'pay', uses_max: 2 });
  const call = (to: string, cents = 4000) => ({ tool: 'pay', arguments: { to, cents }, plan: asked.id });

  // Before it is approved it lets nothing through.
  const early = await agent.gate.call(call('early'));
  expect(early).toMatchObject({ outcome: 'hold' });
  await reviewer.approvals.decide(asked.id, { decision: 'approved', digest: asked.digest });

  expect(await gate(agent, call('ada'))).toEqual({ arguments: { to: 'ada', cents: 4000 }, approval: null });
  expect(await agent.gate.call(call('bob'))).toMatchObject({
    outcome: 'proceed',
    plan: { approval_id: asked.id, line: 1, use: 2 },
  });
  const over = await agent.gate.call(call('ada'));
  expect(over).toMatchObject({ outcome: 'hold', approval: { departures: [{ plan: asked.id }] } });
  const large = await agent.gate.call(call('bob', 6000));
  expect(large.approval?.departures?.length).toBeGreaterThan(0);
});

test('a reviewer claims, comments, decides in bulk, and sees what came of it', async () => {
  const asked = await agent.approvals.ask({ tool: 'pay', arguments: { to: 'bulk-1', cents: 1 } });
  const claimed = await reviewer.approvals.claim(asked.id);
  expect(claimed.claim?.name).toEqual(expect.any(String));
  expect((await reviewer.approvals.release(asked.id)).claim).toBeNull();
  await reviewer.approvals.comment(asked.id, { body: 'For what?', is_question: true });
  expect((await agent.approvals.comments(asked.id)).data).toMatchObject([{ body: 'For what?', is_question: true }]);
  expect((await reviewer.approvals.alike()).data.every(({ items }) => items.length > 0)).toBe(true);
  const items = [
    { id: asked.id, decision: 'approved' as const, digest: asked.digest },
    { id: 'apr_unknown', decision: 'rejected' as const },
  ];
  expect((await reviewer.approvals.bulkDecide({ items })).data).toMatchObject([
    { id: asked.id, ok: true, status: 'approved' },
    { ok: false, status: null },
  ]);
  expect((await reviewer.approvals.stats({ by: 'tool' })).data.map(({ key }) => key)).toContain('pay');
  expect((await reviewer.approvals.health()).last_24_hours.approved).toBeGreaterThan(0);
});

test('whoever comes second is told who decided', async () => {
  const approval = await agent.approvals.ask({ title: 'Delete the staging database' });
  const decide = () => reviewer.approvals.decide(approval.id, { decision: 'approved', digest: approval.digest });
  await decide();
  await expect(decide()).rejects.toMatchObject({
    status: 409,
    code: 'already_decided',
    facts: { decision: { outcome: 'approved' } },
  });
  expect(await agent.approvals.wait(approval.id)).toMatchObject({ status: 'approved' });
  expect((await agent.approvals.timeline(approval.id)).data.length).toBeGreaterThan(1);
  expect((await agent.approvals.summary()).decided_last_24_hours.approved).toBeGreaterThan(0);
});

test('a list is iterated over whole, page after page, each item once', async () => {
  const asked: string[] = [];
  for (let number = 0; number < 25; number += 1)
    asked.push((await agent.approvals.ask({ title: `Page ${number}`, checkpoint: 'pages' })).id);
  const listed: string[] = [];
  for await (const { id } of agent.approvals.iterate({ checkpoint: 'pages', limit: 7 })) listed.push(id);
  expect(listed).toEqual(asked.toReversed());
});

test('the events of an execution come from its first on, and end with it', async () => {
  const config = { provider: 'openai_compatible', base_url: 'https://model.invalid/v1', model: 'none' } as const;
  const { id: agentId } = await agent.agents.create({ name: 'Without a model', config });
  const { id } = await agent.agents.execute(agentId, { input: 'Hello' });
  const types: string[] = [];
  for await (const event of agent.executions.events(id)) {
    types.push(event.type);
    if (types.length === 1) await agent.executions.cancel(id);
  }
  expect(types[0]).toBe('execution.started');
  expect(types).toContain('execution.cancelled');
  expect((await agent.executions.get(id)).status).toBe('cancelled');
});

describe('over a kill -9 of the server', () => {
  test('waiting goes on, and the decision gets through', async () => {
    const call = payment();
    const passing = gate(agent, call);
    const { id, digest } = await askedFor(call.arguments);
    await server.kill();
    await server.start();
    await reviewer.approvals.decide(id, { decision: 'approved', digest });
    expect(await passing).toMatchObject({ arguments: call.arguments, approval: { id } });
  });

  test('the stream of events goes on where it was, without a gap and without a repeat', async () => {
    const events = agent.events.stream({ types: ['approval.requested'] });
    const marker = (title: string) => agent.approvals.ask({ title });
    const next = events.next(); // Opens the stream, which begins now: so ask until it is open.
    let isOpen = false;
    const opened = next.then(() => (isOpen = true));
    while (!isOpen) await Promise.race([marker('open?'), opened]);
    const after = await marker('before the kill');
    const seen: string[] = [];
    const until = async (subject: string): Promise<void> => {
      for (;;) {
        const { value } = await events.next();
        if (value) seen.push(value.subject);
        if (value?.subject === subject) return;
      }
    };
    await until(after.id);
    await server.kill();
    await server.start();
    const later = [await marker('after the kill, 1'), await marker('after the kill, 2')].map(({ id }) => id);
    await until(later[1] ?? '');
    expect(seen.slice(seen.indexOf(after.id) + 1)).toEqual(later);
    expect(new Set(seen).size).toBe(seen.length);
    await events.return();
  });
});
