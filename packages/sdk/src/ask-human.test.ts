import { digestJson } from '@countersign/core';
import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { askHuman } from './ask-human.ts';
import { type Client, createClient } from './client.ts';
import { TimeoutError } from './errors.ts';
import { CancelledError, DigestError, ExpiredError, GateError, RejectedError } from './gate-errors.ts';
import { type ApprovalServer, startApprovalServer } from './testing/approval-server.ts';

let server: ApprovalServer;
let client: Client;

beforeEach(async () => {
  server = await startApprovalServer();
  client = createClient({ baseUrl: server.url, apiKey: 'csk_test' });
});
afterEach(() => server.stop());

const question = {
  type: 'object',
  properties: {
    city: { enum: ['Bonn', 'Ulm'] },
    floors: { type: 'array', items: { type: 'integer' } },
    note: { type: 'string' },
  },
  required: ['city', 'floors'],
} as const;
const asking = { title: 'Where should it be sent?', question };
const answer = { city: 'Ulm', floors: [1, 2] };

describe('a question', () => {
  test('is answered by the response, in the type of its form, with who answered', async () => {
    const answering = askHuman(client, { ...asking, priority: 'high', metadata: { order: 'A17' } });
    const { id } = await server.asked();
    server.answer(id, answer);
    const { response, approval } = await answering;
    expect(response).toEqual(answer);
    expect(approval).toMatchObject({ id, kind: 'question', status: 'approved', decision: { by: { name: 'Robin' } } });
    expectTypeOf(response.city).toEqualTypeOf<'Bonn' | 'Ulm'>();
    expectTypeOf(response.floors).toEqualTypeOf<readonly number[]>();
    expectTypeOf(response.note).toEqualTypeOf<string | undefined>();
    expect(JSON.parse(server.received[0]?.body ?? '')).toEqual({
      ...asking,
      priority: 'high',
      metadata: { order: 'A17' },
    });
  });

  test('may have a form of one value, whose false and null are answers too', async () => {
    for (const [form, value] of [
      [{ type: 'boolean' }, false],
      [{ type: ['string', 'null'] }, null],
    ] as const) {
      const answering = askHuman(client, { title: 'Go on?', question: form });
      server.answer((await server.asked()).id, value);
      expect((await answering).response).toBe(value);
    }
    expectTypeOf(askHuman<{ type: 'boolean' }>)
      .returns.resolves.toHaveProperty('response')
      .toEqualTypeOf<boolean>();
  });

  test('that is declined, expired or withdrawn throws as a gate does', async () => {
    const declined = askHuman(client, asking);
    server.decide((await server.asked()).id, 'rejected', { reason: 'Ask the customer' });
    await expect(declined).rejects.toThrow(RejectedError);
    await expect(declined).rejects.toMatchObject({ reason: 'Ask the customer' });

    const expired = askHuman(client, asking);
    server.expire((await server.asked()).id);
    await expect(expired).rejects.toThrow(ExpiredError);

    const cancelled = askHuman(client, asking);
    await client.approvals.cancel((await server.asked()).id);
    await expect(cancelled).rejects.toThrow(CancelledError);
    await expect(cancelled).rejects.toThrow(GateError);
  });

  test('whose form is no JSON is not asked', async () => {
    await expect(askHuman(client, { title: 'Go on?', question: { const: new Date() } })).rejects.toThrow(TypeError);
    expect(server.received).toEqual([]);
  });
});

describe('a caller that leaves', () => {
  test('withdraws its question when its time is up', async () => {
    await expect(askHuman(client, asking, { timeoutSeconds: 0.3 })).rejects.toThrow(TimeoutError);
    expect(server.received.at(-1)?.url).toMatch(/\/cancel$/);
  });

  test('withdraws it when it is aborted', async () => {
    const controller = new AbortController();
    const answering = askHuman(client, asking, { signal: controller.signal });
    const { id } = await server.asked();
    controller.abort(new Error('the user closed the tab'));
    await expect(answering).rejects.toThrow('the user closed the tab');
    expect(server.approval(id)).toMatchObject({ status: 'cancelled' });
  });

  test('finds it again by its key, answered meanwhile', async () => {
    const options = { key: 'where-A17', leavePending: true };
    await expect(askHuman(client, asking, { ...options, timeoutSeconds: 0.3 })).rejects.toThrow(TimeoutError);
    server.answer((await server.asked()).id, answer);
    expect((await askHuman(client, asking, options)).response).toEqual(answer);
  });
});

describe('an answer that is not to this question', () => {
  const cases: [string, Parameters<ApprovalServer['tamper']>[1]][] = [
    [
      'the digest is not that of the action',
      (approval) => ({ ...approval, action: { ...approval.action, title: 'Harmless' } }),
    ],
    [
      'another question',
      (approval) => {
        const action = { ...approval.action, title: 'Delete everything?' };
        return { ...approval, action, digest: digestJson(action) };
      },
    ],
    [
      'belongs to another approval',
      (approval) => ({ ...approval, id: approval.id.replace(/.$/, (last) => (last === '0' ? '1' : '0')) }),
    ],
    ['another form', (approval) => ({ ...approval, response_schema: { type: 'boolean' } })],
    [
      'approved without an answer',
      (approval) => ({ ...approval, decision: approval.decision && { ...approval.decision, response: undefined } }),
    ],
  ];

  test.each(cases)('is not returned: %s', async (message, change) => {
    const answering = askHuman(client, asking);
    const { id } = await server.asked();
    server.answer(id, answer);
    server.tamper(id, change);
    const error: unknown = await answering.catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DigestError);
    expect(String(error)).toContain(message);
  });
});
