/** Answers that come as streams: heard while they are said, and in the end the very turn that a whole answer gives. */
import { describe, expect, it } from 'vitest';
import { guardedFetch, LOCAL, startServer, type TestServer } from '../outbound/testing.ts';
import { callModel } from './call-model.ts';
import type { ModelProvider, ModelTurn } from './model.ts';
import { WIRES, type Said } from './wire-formats.testing.ts';
import { STREAMS, STREAM_ERRORS } from './wire-streams.testing.ts';

const PROVIDERS: ModelProvider[] = ['openai_compatible', 'openai', 'anthropic', 'google'];
const SAID: Said = {
  text: 'I look at the order, ünd at the policy 👋.',
  calls: [
    { id: 'call_1', name: 'lookup_order', argumentsText: '{"order_id":"A-1"}' },
    { id: 'call_2', name: 'lookup_order', argumentsText: '{"order_id":"Ä-2"}' },
  ],
};
const LOOKUP = { name: 'lookup_order', description: 'Finds an order.', parameters: { type: 'object' } };

const wantsStream = (path: string, body: string): boolean =>
  path.includes('streamGenerateContent') || (JSON.parse(body) as { stream?: boolean }).stream === true;

/** Answers whole or as a stream, as it is asked. */
const startProvider = (provider: ModelProvider, said: Said): Promise<TestServer> =>
  startServer((request, response) => {
    if (!wantsStream(request.path, request.body)) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(WIRES[provider].answer(said)));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of STREAMS[provider](said)) response.write(piece);
    response.end();
  });

const ask = (provider: ModelProvider, url: string, onText?: (piece: string) => void, model = WIRES[provider].model) =>
  callModel({
    config: { provider, model, baseUrl: `${url}/v1` },
    apiKey: 'sk-test-0123456789',
    instructions: 'You help.',
    messages: [{ role: 'user', content: 'Where is order A-1?' }],
    tools: [LOOKUP],
    fetch: guardedFetch(LOCAL).withLimits({ timeoutSeconds: 5 }),
    ...(onText ? { onText } : {}),
  });

const turnOf = async (outcome: ReturnType<typeof callModel>): Promise<ModelTurn> => {
  const settled = await outcome;
  if (settled.ok) return settled.turn;
  throw new Error(settled.failure.message);
};

describe.each(PROVIDERS)('a stream of %s', (provider) => {
  const wire = WIRES[provider];

  it('gives text and calls as the whole answer would', async () => {
    const server = await startProvider(provider, SAID);
    const heard: string[] = [];
    const streamed = await turnOf(ask(provider, server.url, (piece) => heard.push(piece)));
    const whole = await turnOf(ask(provider, server.url));
    const comparable = ({ toolCalls, text, usage, finishReason, modelId }: ModelTurn) => ({
      toolCalls: toolCalls.map((call) => ({ ...call, id: wire.keepsIds ? call.id : '' })),
      text,
      usage,
      finishReason,
      modelId,
    });
    expect(comparable(streamed)).toEqual(comparable(whole));
    expect(heard.join('')).toBe(SAID.text);
    expect(heard.length).toBeGreaterThan(3);
    expect(server.seen.requests).toHaveLength(2);
  });

  it('is heard before it has ended', async () => {
    let heard = '';
    let onHeard: () => void = () => undefined;
    const first = new Promise<void>((resolve) => {
      onHeard = resolve;
    });
    const server = await startServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const all = STREAMS[provider]({ text: SAID.text, calls: [] });
      const half = Math.ceil(all.length / 2);
      for (const piece of all.slice(0, half)) response.write(piece);
      void first.then(() => {
        for (const piece of all.slice(half)) response.write(piece);
        response.end();
      });
    });
    const turn = await turnOf(
      ask(provider, server.url, (piece) => {
        heard += piece;
        onHeard();
      }),
    );
    expect([turn.text, heard]).toEqual([SAID.text, SAID.text]);
  });

  it('that breaks off leaves no answer, and may be asked again', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const all = STREAMS[provider](SAID);
      for (const piece of all.slice(0, 4)) response.write(piece);
      response.end();
    });
    const outcome = await ask(provider, server.url, () => undefined);
    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'retryable', code: 'invalid_response' } });
  });

  it('whose connection is lost may be asked again', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(STREAMS[provider](SAID).slice(0, 4).join(''), () => response.destroy());
    });
    const outcome = await ask(provider, server.url, () => undefined);
    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'retryable', code: 'connection_failed' } });
  });

  it('in which the provider gives up says so in its words', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const piece of STREAMS[provider](SAID).slice(0, 4)) response.write(piece);
      response.write(STREAM_ERRORS[provider]);
      response.end();
    });
    const outcome = await ask(provider, server.url, () => undefined);
    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'retryable' } });
    expect(outcome.ok ? '' : outcome.failure.message).toContain('overloaded');
  });

  it('that does not come, but the whole answer instead, is taken and not asked for twice', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(wire.answer(SAID)));
    });
    const heard: string[] = [];
    const turn = await turnOf(ask(provider, server.url, (piece) => heard.push(piece)));
    expect([turn.text, turn.toolCalls.length, heard]).toEqual([SAID.text, 2, []]);
    expect(server.seen.requests).toHaveLength(1);
  });

  it('that refuses the key fails for good', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify(wire.error('bad key')));
    });
    expect(await ask(provider, server.url, () => undefined)).toMatchObject({
      ok: false,
      failure: { kind: 'permanent', code: 'authentication_failed' },
    });
  });
});

it.each(['openai', 'anthropic', 'google'] as const)(
  'what %s wants to see again comes with the stream too',
  async (provider) => {
    const server = await startProvider(provider, {
      ...SAID,
      calls: SAID.calls.slice(0, 1),
      signature: 'c2lnbmF0dXJl',
    });
    const { reasoningModel } = WIRES[provider];
    const streamed = await turnOf(ask(provider, server.url, () => undefined, reasoningModel));
    const whole = await turnOf(ask(provider, server.url, undefined, reasoningModel));
    expect(JSON.stringify(streamed.providerState)).toContain('c2lnbmF0dXJl');
    expect(streamed.providerState?.parts.map(({ type }) => type)).toEqual(
      whole.providerState?.parts.map(({ type }) => type),
    );
  },
);
