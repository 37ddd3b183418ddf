import { type JsonObject, digestJson } from '@countersign/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, createClient } from './client.ts';
import { ConnectionError, TimeoutError } from './errors.ts';
import {
  AlreadyConsumedError,
  BlockedError,
  CancelledError,
  DigestError,
  ExpiredError,
  GateError,
  RejectedError,
} from './gate-errors.ts';
import { gate } from './gate.ts';
import { gated } from './gated.ts';
import { type ApprovalServer, problem, startApprovalServer } from './testing/approval-server.ts';
import { type Received, sendJson } from './testing/http-server.ts';

let server: ApprovalServer;
let client: Client;

beforeEach(async () => {
  server = await startApprovalServer();
  client = createClient({ baseUrl: server.url, apiKey: 'csk_test' });
});
afterEach(() => server.stop());

/** As people write their types: an interface has no index signature. */
interface Refund {
  order: string;
  cents: number;
}
const call = { tool: 'refund', arguments: { order: 'A17', cents: 4000 } };

const to =
  (path: string) =>
  ({ url }: Received): boolean =>
    url === path;
const sentTo = (path: string): Received[] => server.received.filter(to(path));
const consumed = (): number => sentTo('/v1/receipts/consume').length;
const isWaitedFor = async (): Promise<void> =>
  expect.poll(() => server.received.some(({ url }) => url.includes('/wait')), { timeout: 10_000 }).toBe(true);

describe('without a person', () => {
  test('a call that may go ahead goes ahead with its own arguments', async () => {
    server.rules.set('refund', 'proceed');
    expect(await gate(client, call)).toEqual({ arguments: call.arguments, approval: null });
    expect(server.received).toHaveLength(1);
  });

  test('a blocked call says why', async () => {
    server.rules.set('refund', 'block');
    const refused = gate(client, call);
    await expect(refused).rejects.toThrow(BlockedError);
    await expect(refused).rejects.toMatchObject({ reason: 'the rules say block', approval: null });
  });

  test('the same call that was rejected lately is rejected with that reason', async () => {
    const { status, body } = problem('already_rejected', { decision: { outcome: 'rejected', reason: 'too much' } });
    server.once(to('/v1/gate'), (_, response) => sendJson(response, status, body));
    await expect(gate(client, call)).rejects.toMatchObject({ name: 'RejectedError', reason: 'too much' });
  });

  test('arguments that are no JSON are refused before anything is asked', async () => {
    for (const bad of [{ at: new Date() }, { n: NaN }, { list: [undefined] }, { many: 1n }])
      await expect(gate(client, { tool: 'refund', arguments: bad })).rejects.toThrow(TypeError);
    expect(server.received).toEqual([]);
  });
});

describe('a held call', () => {
  test('goes ahead once it is approved, and its receipt is consumed', async () => {
    const passing = gate(client, call);
    const { id } = await server.asked();
    server.decide(id, 'approved');
    const passed = await passing;
    expect(passed.arguments).toEqual(call.arguments);
    expect(passed.approval).toMatchObject({ id, status: 'approved' });
    expect(server.approval(id)?.consumed_at).toEqual(expect.any(String));
  });

  test('goes ahead with what the reviewer made of it', async () => {
    const passing = gate(client, call);
    server.decide((await server.asked()).id, 'approved', { arguments: { order: 'A17', cents: 3500 } });
    const { arguments: refund, approval } = await passing;
    expect(refund.cents).toBe(3500);
    expect(approval?.decision?.edits).toEqual([{ pointer: '/cents', before: 4000, after: 3500 }]);
  });

  test('is not made when it is rejected, expired or withdrawn, and the error says which', async () => {
    const rejected = gate(client, call);
    server.decide((await server.asked()).id, 'rejected', { reason: 'Ask the customer first' });
    await expect(rejected).rejects.toThrow(RejectedError);
    await expect(rejected).rejects.toMatchObject({
      reason: 'Ask the customer first',
      approval: { status: 'rejected' },
    });

    const expired = gate(client, call);
    server.expire((await server.asked()).id);
    await expect(expired).rejects.toThrow(ExpiredError);

    const cancelled = gate(client, call);
    await client.approvals.cancel((await server.asked()).id, { reason: 'Wrong order' });
    await expect(cancelled).rejects.toThrow(CancelledError);
    await expect(cancelled).rejects.toThrow(GateError);
    expect(consumed()).toBe(0);
  });

  test('survives a restart of the server before, and a lost answer to its consumption', async () => {
    const passing = gate(client, call);
    const { id } = await server.asked();
    await server.stop();
    server.once(to('/v1/receipts/consume'), () => 'reset');
    server.decide(id, 'approved');
    await server.start();
    expect(await passing).toMatchObject({ approval: { id } });
    const attempts = sentTo('/v1/receipts/consume');
    expect(attempts).toHaveLength(2);
    expect(new Set(attempts.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });
});

describe('what was changed on the way', () => {
  type Change = Parameters<ApprovalServer['tamper']>[1];

  /** With the digest that goes with it: whoever changes the one can change the other. */
  const withAction =
    (change: (action: JsonObject) => JsonObject): Change =>
    (approval) => {
      const action = change(approval.action);
      return { ...approval, action, digest: digestJson(action) };
    };
  const args = { order: 'A17', cents: 999_999 };

  const cases: [string, Change][] = [
    [
      'the digest is not that of the action',
      (approval) => ({ ...approval, action: { ...approval.action, title: 'Harmless' } }),
    ],
    ['the action belongs to another approval', withAction((action) => ({ ...action, approval: 'apr_other' }))],
    [
      'the action is of another tool',
      withAction((action) => ({ ...action, tool: { name: 'wire_transfer', id: null, version: null } })),
    ],
    ['the action is of another tool', withAction((action) => ({ ...action, tool: null }))],
    [
      'the arguments are not those that were asked for',
      (approval) => ({
        ...withAction((action) => ({ ...action, arguments: args }))(approval),
        arguments: args,
      }),
    ],
    [
      'the arguments are not those of the action',
      (approval) => ({
        ...approval,
        arguments: args,
        decision: approval.decision && {
          ...approval.decision,
          edits: [{ pointer: '/cents', before: 4000, after: 999_999 }],
        },
      }),
    ],
    ['the arguments are not those of the action', (approval) => ({ ...approval, arguments: null })],
  ];

  test.each(cases)('is not let through: %s', async (message, change) => {
    const passing = gate(client, call);
    const { id } = await server.asked();
    server.decide(id, 'approved');
    server.tamper(id, change); // In one go with the decision, so before the waiting request is answered.
    const error: unknown = await passing.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DigestError);
    expect(String(error)).toContain(message);
    expect(consumed()).toBe(0);
  });

  test('another call than the approved one, taken for execution, is not let through', async () => {
    server.once(to('/v1/receipts/consume'), ({ body }, response) => {
      const { approval_id, digest } = JSON.parse(body) as Record<string, string>;
      sendJson(response, 200, {
        approval_id,
        digest,
        arguments: args,
        output: null,
        consumed_at: new Date().toISOString(),
      });
    });
    const passing = gate(client, call);
    server.decide((await server.asked()).id, 'approved');
    await expect(passing).rejects.toThrow('another call was taken for execution');
  });

  test('another approval, whole and rightly approved, is not let through either', async () => {
    const other = gate(client, { tool: 'refund', arguments: { order: 'Z9', cents: 1 } });
    const first = await server.asked();
    server.decide(first.id, 'approved');
    await other;
    const answer = server.approval(first.id);
    const passing = gate(client, call);
    const { id } = await server.asked();
    server.once(
      ({ url }) => url.includes('/wait'),
      (__, response) => sendJson(response, 200, answer),
    );
    server.decide(id, 'approved');
    server.tamper(id, (approval) => ({ ...approval, action: answer?.action ?? {}, digest: answer?.digest ?? '' }));
    await expect(passing).rejects.toThrow(DigestError);
    expect(consumed()).toBe(1);
  });
});

describe('a caller that leaves', () => {
  test('withdraws what it asked for', async () => {
    const controller = new AbortController();
    const passing = gate(client, call, { signal: controller.signal });
    const { id } = await server.asked();
    await isWaitedFor();
    controller.abort(new Error('the user closed the tab'));
    await expect(passing).rejects.toThrow('the user closed the tab');
    expect(server.approval(id)).toMatchObject({
      status: 'cancelled',
      decision: { reason: 'The caller stopped waiting.' },
    });
  });

  test('withdraws it although it left before it knew of it', async () => {
    const controller = new AbortController();
    server.once(to('/v1/gate'), () => {
      controller.abort(new Error('leave'));
      return 'reset'; // So that the question has to be sent again, after the caller left.
    });
    await expect(gate(client, call, { signal: controller.signal })).rejects.toThrow('leave');
    const cancelled = server.received.find(({ url }) => url.endsWith('/cancel'));
    expect(server.approval(cancelled?.url.split('/')[3] ?? '')).toMatchObject({ status: 'cancelled' });
  });

  test('withdraws it when its own time is up', async () => {
    await expect(gate(client, call, { timeoutSeconds: 0.3 })).rejects.toThrow(TimeoutError);
    expect(server.received.at(-1)?.url).toMatch(/\/cancel$/);
  });

  test('leaves it pending where a later one is to go on', async () => {
    const options = { key: 'refund-A17', leavePending: true };
    await expect(gate(client, call, { ...options, timeoutSeconds: 0.3 })).rejects.toThrow(TimeoutError);
    const { id } = await server.asked();
    const passing = gate(client, call, options);
    server.decide(id, 'approved');
    expect(await passing).toMatchObject({ approval: { id } });
  });

  test('is not held up by a server that is away', async () => {
    const controller = new AbortController();
    const passing = gate(client, call, { signal: controller.signal });
    await server.asked();
    await isWaitedFor();
    await server.stop();
    controller.abort(new Error('leave'));
    await expect(passing).rejects.toThrow('leave');
    await server.start();
  });

  test('who never came asks nothing', async () => {
    await expect(gate(client, call, { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    expect(server.received).toEqual([]);
  });
});

describe('a program that was restarted', () => {
  const restarted = (): Client => createClient({ baseUrl: server.url, apiKey: 'csk_test', retries: 0 });

  test('finds its approval again by its key, and goes on waiting', async () => {
    const first = new AbortController();
    const dead = gate(client, call, { key: 'refund-A17', signal: first.signal, leavePending: true });
    const { id } = await server.asked();
    await isWaitedFor();
    first.abort(new Error('killed'));
    await expect(dead).rejects.toThrow('killed');
    server.decide(id, 'approved');
    expect(await gate(restarted(), call, { key: 'refund-A17' })).toMatchObject({ approval: { id } });
  });

  test('asks anew with another key', async () => {
    const first = gate(client, call, { key: 'one' });
    server.decide((await server.asked()).id, 'approved');
    const second = gate(client, call, { key: 'two' });
    server.decide((await server.asked()).id, 'rejected');
    const outcomes = await Promise.allSettled([first, second]);
    expect(outcomes).toMatchObject([
      { status: 'fulfilled' },
      { status: 'rejected', reason: { name: 'RejectedError' } },
    ]);
  });

  test('does not act a second time on what an earlier life of it took', async () => {
    const first = gate(client, call, { key: 'refund-A17' });
    const { id } = await server.asked();
    server.decide(id, 'approved');
    await first;
    const second = gate(restarted(), call, { key: 'refund-A17' });
    await expect(second).rejects.toThrow(AlreadyConsumedError);
    await expect(second).rejects.toMatchObject({ approval: { id, consumed_at: expect.any(String) } });
  });

  test('gets its arguments again where doing it twice does no harm', async () => {
    const options = { key: 'refund-A17', isRepeatable: true };
    const first = gate(client, call, options);
    server.decide((await server.asked()).id, 'approved', { arguments: { order: 'A17', cents: 1 } });
    expect(await first).toMatchObject({ arguments: { cents: 1 } });
    expect(await gate(restarted(), call, options)).toMatchObject({ arguments: { cents: 1 } });
  });

  test('may not ask for something else under the same key', async () => {
    server.rules.set('refund', 'proceed');
    await gate(client, call, { key: 'refund-A17' });
    const other = gate(client, { ...call, arguments: { order: 'A17', cents: 9 } }, { key: 'refund-A17' });
    await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused' });
  });

  test('hears of a server that is away, rather than waiting for it to be asked', async () => {
    await server.stop();
    await expect(gate(restarted(), call)).rejects.toThrow(ConnectionError);
    await server.start();
  });
});

describe('a gated function', () => {
  test('runs on the approved arguments, with the approval', async () => {
    const ran: unknown[] = [];
    const refund = gated(client, { tool: 'refund', priority: 'high' }, async ({ order, cents }: Refund, approval) => {
      ran.push([order, cents, approval?.id]);
      return `${cents} back`;
    });
    const running = refund(call.arguments);
    const { id } = await server.asked();
    expect(ran).toEqual([]);
    server.decide(id, 'approved', { arguments: { order: 'A17', cents: 10 } });
    expect(await running).toBe('10 back');
    expect(ran).toEqual([['A17', 10, id]]);
    expect(JSON.parse(sentTo('/v1/gate')[0]?.body ?? '')).toEqual({
      tool: 'refund',
      priority: 'high',
      arguments: call.arguments,
    });
  });

  test('does not run without leave', async () => {
    let runs = 0;
    const refund = gated(
      client,
      ({ order }: Refund) => ({ tool: 'refund', title: `Refund ${order}` }),
      () => (runs += 1),
    );
    const running = refund(call.arguments);
    const { id } = await server.asked();
    server.decide(id, 'rejected');
    await expect(running).rejects.toThrow(RejectedError);
    expect(runs).toBe(0);
    expect(sentTo('/v1/gate')[0]?.body).toContain('"title":"Refund A17"');
  });
});
