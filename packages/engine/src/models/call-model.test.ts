import { describe, expect, it } from 'vitest';
import { guardedFetch, LOCAL, startServer, type SeenRequest, type TestServer } from '../outbound/testing.ts';
import { callModel, type ModelCall } from './call-model.ts';
import type { ModelMessage, ModelProvider, ModelTurn } from './model.ts';
import { WIRES, type Said } from './wire-formats.testing.ts';

const LOOKUP = {
  name: 'lookup_order',
  description: 'Finds an order.',
  parameters: {
    type: 'object',
    properties: { order_id: { type: 'string' } },
    required: ['order_id'],
    additionalProperties: false,
  },
};

const PROVIDERS: ModelProvider[] = ['openai_compatible', 'openai', 'anthropic', 'google'];

const startProvider = (provider: ModelProvider, said: Said): Promise<TestServer> =>
  startServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(WIRES[provider].answer(said)));
  });

const ask = (provider: ModelProvider, url: string, overrides: Partial<ModelCall> = {}) =>
  callModel({
    config: { provider, model: WIRES[provider].model, baseUrl: `${url}/v1` },
    apiKey: 'sk-test-0123456789',
    instructions: 'You help.',
    messages: [{ role: 'user', content: 'Where is order A-1?' }],
    tools: [LOOKUP],
    fetch: guardedFetch(LOCAL).withLimits({ timeoutSeconds: 5 }),
    ...overrides,
  });

const turnOf = async (outcome: ReturnType<typeof callModel>): Promise<ModelTurn> => {
  const settled = await outcome;
  if (settled.ok) return settled.turn;
  throw new Error(settled.failure.message);
};

const bodyOf = (request: SeenRequest | undefined) => JSON.parse(request?.body ?? 'null') as Record<string, unknown>;

describe.each(PROVIDERS)('%s', (provider) => {
  const wire = WIRES[provider];

  it('gives text, usage and the model that answered', async () => {
    const server = await startProvider(provider, { text: 'It is on its way.', calls: [] });
    const turn = await turnOf(ask(provider, server.url, { tools: [] }));
    expect(turn).toMatchObject({
      text: 'It is on its way.',
      toolCalls: [],
      usage: { inputTokens: 11, outputTokens: 7 },
      finishReason: 'stop',
    });
    // Gemini's adapter does not report the exact version.
    expect(turn.modelId).toBe(provider === 'google' ? wire.model : `${wire.model}-2026`);
    expect(server.seen.requests).toHaveLength(1);
  });

  it('is told instructions, message, tools and settings, with the key in its header', async () => {
    const server = await startProvider(provider, { text: 'Yes.', calls: [] });
    const config = { provider, model: wire.model, baseUrl: `${server.url}/v1`, temperature: 0.3, maxOutputTokens: 99 };
    await turnOf(ask(provider, server.url, { config }));
    const [request] = server.seen.requests;
    expect(request?.path).toBe(wire.path);
    expect(request?.headers[wire.keyHeader]).toContain('sk-test-0123456789');
    for (const part of ['You help.', 'Where is order A-1?', 'lookup_order', 'Finds an order.', 'order_id', '0.3', '99'])
      expect(request?.body).toContain(part);
  });

  it('gives several tool calls of one turn, each as it was written', async () => {
    const calls = [
      { id: 'call_1', name: 'lookup_order', argumentsText: '{"order_id":"A-1"}' },
      { id: 'call_2', name: 'lookup_order', argumentsText: '{"order_id":"Ä-2"}' },
    ];
    const server = await startProvider(provider, { text: 'I look.', calls });
    const turn = await turnOf(ask(provider, server.url));
    expect(turn.text).toBe('I look.');
    expect(turn.finishReason).toBe('tool-calls');
    expect(turn.toolCalls).toEqual(calls.map((call) => ({ ...call, id: expect.any(String) as string })));
    expect(new Set(turn.toolCalls.map(({ id }) => id)).size).toBe(2);
    if (wire.keepsIds) expect(turn.toolCalls.map(({ id }) => id)).toEqual(['call_1', 'call_2']);
  });

  it('may call a tool that does not exist, or with arguments that do not fit: both are handed on', async () => {
    const calls = [
      { id: 'call_1', name: 'no_such_tool', argumentsText: '{"a":[1,{"b":null}]}' },
      { id: 'call_2', name: 'lookup_order', argumentsText: '{"order_id":5,"extra":true}' },
    ];
    const server = await startProvider(provider, { text: '', calls });
    const turn = await turnOf(ask(provider, server.url));
    expect(turn.toolCalls.map(({ name, argumentsText }) => [name, argumentsText])).toEqual([
      ['no_such_tool', '{"a":[1,{"b":null}]}'],
      ['lookup_order', '{"order_id":5,"extra":true}'],
    ]);
  });

  it('gets a whole conversation back, with calls and results in its own format', async () => {
    const server = await startProvider(provider, { text: 'Done.', calls: [] });
    const messages: ModelMessage[] = [
      { role: 'user', content: 'Where is A-1?' },
      {
        role: 'assistant',
        content: '',
        toolCalls: [
          { id: 'call_1', name: 'lookup_order', argumentsText: '{ "order_id": "A-1" }' },
          { id: 'call_2', name: 'lookup_order', argumentsText: '{"order_id":' },
          { id: 'call_3', name: 'lookup_order', argumentsText: '' },
        ],
      },
      { role: 'tool', callId: 'call_1', name: 'lookup_order', content: 'shipped', isError: false },
      { role: 'tool', callId: 'call_2', name: 'lookup_order', content: 'not JSON', isError: true },
      { role: 'tool', callId: 'call_3', name: 'lookup_order', content: 'order_id is required', isError: true },
      { role: 'assistant', content: 'It was shipped.', toolCalls: [] },
      { role: 'assistant', content: '', toolCalls: [] },
      { role: 'user', content: 'Thanks.' },
    ];
    await turnOf(ask(provider, server.url, { messages }));
    expect(wire.conversation(bodyOf(server.seen.requests[0]))).toEqual([
      'user: Where is A-1?',
      // The formats that carry text get the model's own text, others the same value.
      `call: ${wire.carriesText ? '{ "order_id": "A-1" }' : '{"order_id":"A-1"}'}`,
      'call: {"invalid_arguments":"{\\"order_id\\":"}',
      'call: {}',
      'result: shipped',
      'result: not JSON',
      'result: order_id is required',
      'assistant: It was shipped.',
      'user: Thanks.',
    ]);
  });

  it('that refuses the key fails for good, with its own words and without the key', async () => {
    const server = await startServer((_, response) => {
      response
        .writeHead(401, { 'content-type': 'application/json' })
        .end(JSON.stringify(wire.error('bad key sk-test-0123456789')));
    });
    const outcome = await ask(provider, server.url);
    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'permanent', code: 'authentication_failed' } });
    const message = outcome.ok ? '' : outcome.failure.message;
    expect(message).toBe(`${provider} ${wire.model} answered 401: bad key [API key]`);
  });

  it('that asks for patience is retryable after the time it names, and was asked once', async () => {
    const server = await startServer((_, response) => {
      response
        .writeHead(429, { 'content-type': 'application/json', 'retry-after': '17' })
        .end(JSON.stringify(wire.error('slow down')));
    });
    expect(await ask(provider, server.url)).toMatchObject({
      ok: false,
      failure: {
        kind: 'retryable',
        code: 'rate_limited',
        retryAfterSeconds: 17,
        message: expect.stringContaining('slow down') as string,
      },
    });
    expect(server.seen.requests).toHaveLength(1);
  });

  it.each([
    [500, 'retryable', 'provider_unavailable'],
    [529, 'retryable', 'provider_unavailable'],
    [400, 'permanent', 'request_refused'],
    [404, 'permanent', 'model_not_found'],
    [302, 'permanent', 'request_refused'],
  ])('that answers %d is %s', async (status, kind, code) => {
    const server = await startServer((_, response) =>
      response.writeHead(status, { location: '/' }).end('<h1>Not well</h1>'),
    );
    const outcome = await ask(provider, server.url);
    expect(outcome).toMatchObject({ ok: false, failure: { kind, code } });
    expect(outcome.ok ? '' : outcome.failure.message).toContain(`answered ${status}: <h1>Not well</h1>`);
  });

  it.each([
    ['<html>gateway</html>', 'text/html'],
    ['{"choices', 'application/json'],
    ['{"unexpected":true}', 'application/json'],
    ['', 'application/json'],
  ])('that answers garbage (%s) is retryable', async (body, type) => {
    const server = await startServer((_, response) => response.writeHead(200, { 'content-type': type }).end(body));
    const outcome = await ask(provider, server.url);
    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'retryable', code: 'invalid_response' } });
  });

  it('that hangs fails at the deadline', async () => {
    const server = await startServer(() => undefined);
    const fetch = guardedFetch(LOCAL).withLimits({ timeoutSeconds: 0.2 });
    expect(await ask(provider, server.url, { fetch })).toMatchObject({
      ok: false,
      failure: { kind: 'retryable', code: 'timeout' },
    });
  });

  it('that breaks off in the middle is retryable', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"id":', () => response.destroy());
    });
    expect(await ask(provider, server.url)).toMatchObject({
      ok: false,
      failure: { kind: 'retryable', code: 'connection_failed' },
    });
  });

  it('that is not there is a clear, retryable failure', async () => {
    const server = await startServer(() => undefined);
    server.close();
    const outcome = await ask(provider, server.url);
    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'retryable', code: 'connection_failed' } });
    expect(outcome.ok ? '' : outcome.failure.message).toContain(
      `${provider} ${wire.model} could not be called: connect ECONNREFUSED`,
    );
  });

  it('at a private address is refused for good, and not contacted', async () => {
    const server = await startProvider(provider, { text: 'secret', calls: [] });
    expect(await ask(provider, server.url, { fetch: guardedFetch() })).toMatchObject({
      ok: false,
      failure: { kind: 'permanent', code: 'address_denied' },
    });
    expect(server.seen.connections).toBe(0);
  });

  it('stops when it is cancelled', async () => {
    const controller = new AbortController();
    const server = await startServer(() => controller.abort());
    expect(await ask(provider, server.url, { signal: controller.signal })).toMatchObject({
      ok: false,
      failure: { kind: 'permanent', code: 'cancelled' },
    });
  });
});

describe('arguments of the OpenAI formats', () => {
  it.each(['openai_compatible', 'openai'] as const)(
    'are the exact text of the model, also when it is no JSON (%s)',
    async (provider) => {
      const texts = [
        '{ "order_id" :\n"A-1" }',
        '{"order_id": "A-1"',
        'order A-1, please',
        '',
        '{"a":1,"a":2}',
        '{"n":1.0,"big":12345678901234567890}',
      ];
      const calls = texts.map((argumentsText, at) => ({ id: `call_${at}`, name: 'lookup_order', argumentsText }));
      const server = await startProvider(provider, { text: '', calls });
      const turn = await turnOf(ask(provider, server.url));
      expect(turn.toolCalls.map(({ argumentsText }) => argumentsText)).toEqual(texts);
    },
  );
});

describe('what a provider wants to see again', () => {
  it.each(['openai', 'anthropic', 'google'] as const)('survives JSON and goes back to %s', async (provider) => {
    const wire = WIRES[provider];
    const said: Said = {
      text: 'I look.',
      calls: [{ id: 'call_1', name: 'lookup_order', argumentsText: '{"order_id":"A-1"}' }],
      signature: 'c2lnbmF0dXJl',
    };
    const server = await startProvider(provider, said);
    const config = { provider, model: wire.reasoningModel, baseUrl: `${server.url}/v1` };
    const turn = await turnOf(ask(provider, server.url, { config }));
    expect(turn.providerState).toBeDefined();
    const [call] = turn.toolCalls;
    const messages: ModelMessage[] = [
      { role: 'user', content: 'Where is A-1?' },
      {
        role: 'assistant',
        content: turn.text,
        toolCalls: turn.toolCalls,
        ...(turn.providerState ? { providerState: turn.providerState } : {}),
      },
      { role: 'tool', callId: call?.id ?? '', name: 'lookup_order', content: 'shipped', isError: false },
    ];
    const persisted = JSON.parse(JSON.stringify(messages)) as ModelMessage[];
    expect(persisted).toEqual(messages);
    await turnOf(ask(provider, server.url, { config, messages: persisted }));
    expect(wire.signatures(bodyOf(server.seen.requests[1]))).toEqual(['c2lnbmF0dXJl']);

    // Another model, or an output that a reviewer has edited, has no use for it.
    const other = { provider, model: `${wire.reasoningModel}-other`, baseUrl: `${server.url}/v1` };
    await turnOf(ask(provider, server.url, { messages: persisted, config: other }));
    const edited = persisted.map((message) =>
      message.role === 'assistant' ? { ...message, content: 'Edited.' } : message,
    );
    await turnOf(ask(provider, server.url, { config, messages: edited }));
    expect(server.seen.requests[2]?.body).not.toContain('c2lnbmF0dXJl');
    expect(server.seen.requests[3]?.body).not.toContain('c2lnbmF0dXJl');
    expect(server.seen.requests[3]?.body).toContain('Edited.');
  });

  it('that a setting is not supported is said in the turn', async () => {
    const server = await startProvider('openai', { text: 'Yes.', calls: [] });
    const config = { provider: 'openai' as const, model: 'gpt-5', baseUrl: `${server.url}/v1`, temperature: 0.3 };
    const turn = await turnOf(ask('openai', server.url, { config }));
    expect(turn.warnings.join()).toContain('temperature');
  });

  it('does not depend on anything stored at OpenAI', async () => {
    const server = await startProvider('openai', { text: 'Yes.', calls: [] });
    await turnOf(ask('openai', server.url));
    expect(bodyOf(server.seen.requests[0])['store']).toBe(false);
  });
});

describe('credentials', () => {
  it.each(['openai', 'anthropic', 'google'] as const)(
    'are never taken from the environment of the server (%s)',
    async (provider) => {
      const names = ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'];
      for (const name of names) process.env[name] = 'operator-key';
      try {
        const server = await startProvider(provider, { text: 'Yes.', calls: [] });
        expect(await ask(provider, server.url, { apiKey: undefined })).toMatchObject({
          ok: false,
          failure: { kind: 'permanent', code: 'api_key_missing' },
        });
        expect(server.seen.requests).toEqual([]);
      } finally {
        for (const name of names) delete process.env[name];
      }
    },
  );

  it('are not needed by an OpenAI-compatible server, whose address is', async () => {
    const server = await startProvider('openai_compatible', { text: 'Yes.', calls: [] });
    expect((await turnOf(ask('openai_compatible', server.url, { apiKey: undefined }))).text).toBe('Yes.');
    expect(server.seen.requests[0]?.headers.authorization).toBeUndefined();
    expect(
      await ask('openai_compatible', server.url, { config: { provider: 'openai_compatible', model: 'm' } }),
    ).toMatchObject({
      ok: false,
      failure: { code: 'base_url_missing' },
    });
  });
});
