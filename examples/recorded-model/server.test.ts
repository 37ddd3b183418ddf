import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Listening } from './listen.ts';
import { AT_THE_END, startRecordedModel } from './server.ts';
import { parseRuns } from './transcript.ts';

const LINE = JSON.stringify({
  run_id: 'task 1/é',
  messages: [
    { role: 'user', content: 'Grüße 👋' },
    {
      role: 'assistant',
      content: 'Looking…',
      tool_calls: [{ id: 'x', type: 'function', function: { name: 'look', arguments: '{ "at" : [1,2] }' } }],
    },
    { role: 'tool', tool_call_id: 'x', content: 'seen' },
    {
      role: 'assistant',
      content: 'A text that is long enough to come in several pieces 👋, as a real model sends it.',
    },
  ],
});

let server: Listening | undefined;
let child: ChildProcess | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
  child?.kill('SIGKILL');
  child = undefined;
});

const start = async (): Promise<string> => {
  server = await startRecordedModel({ runs: parseRuns(LINE) });
  return server.url;
};
const ask = (url: string, body: unknown) =>
  fetch(`${url}/v1/chat/completions`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });

const FIRST = { model: 'recorded', messages: [{ role: 'user', content: 'Grüße 👋' }] };
const SECOND = {
  model: 'recorded',
  messages: [
    ...FIRST.messages,
    { role: 'assistant', content: null, tool_calls: [] },
    { role: 'tool', content: 'edited' },
  ],
};

describe('the recorded model', () => {
  it('answers with the recorded message, its arguments as they were written', async () => {
    const answer = await (await ask(await start(), FIRST)).json();
    expect(answer).toMatchObject({
      object: 'chat.completion',
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: 'Looking…',
            tool_calls: [
              {
                id: 'call_task:201:2f:c3a9_0_0',
                type: 'function',
                function: { name: 'look', arguments: '{ "at" : [1,2] }' },
              },
            ],
          },
        },
      ],
      usage: { prompt_tokens: 2, completion_tokens: 7, total_tokens: 9 },
    });
  });

  it('answers the same request the same way, from another process too', async () => {
    const url = await start();
    const once = await (await ask(url, SECOND)).text();
    expect(await (await ask(url, SECOND)).text()).toBe(once);

    const folder = await mkdtemp(join(tmpdir(), 'recorded-model-'));
    await writeFile(join(folder, 'runs.jsonl'), LINE);
    const program = join(import.meta.dirname, 'server.ts');
    const started = spawn(process.execPath, [program, '--runs', join(folder, 'runs.jsonl')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child = started;
    const other = await new Promise<string>((resolve) => {
      started.stdout.on('data', (data: Buffer) => {
        const found = /http:\/\/[\d.:]+/.exec(data.toString());
        if (found) resolve(found[0]);
      });
    });
    expect(await (await ask(other, SECOND)).text()).toBe(once);
    await rm(folder, { recursive: true });
  });

  it('streams the same answer in pieces', async () => {
    const url = await start();
    const [tools, text] = await Promise.all(
      [FIRST, SECOND].map(async (request) => {
        const response = await ask(url, { ...request, stream: true, stream_options: { include_usage: true } });
        expect(response.headers.get('content-type')).toBe('text/event-stream');
        const lines = (await response.text()).split('\n\n').filter((line) => line !== '');
        expect(lines.pop()).toBe('data: [DONE]');
        return lines.map((line) => JSON.parse(line.slice('data: '.length)) as Chunk);
      }),
    );
    const deltas = tools?.flatMap(({ choices }) => choices.map(({ delta }) => delta)) ?? [];
    expect(deltas.flatMap((delta) => delta.tool_calls?.map((call) => call.function.arguments) ?? []).join('')).toBe(
      '{ "at" : [1,2] }',
    );
    expect(text?.flatMap(({ choices }) => choices.map(({ delta }) => delta.content ?? '')).join('')).toContain(
      'pieces 👋, as',
    );
    expect(text?.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 21 } });
    expect(tools?.at(-2)).toMatchObject({ choices: [{ finish_reason: 'tool_calls' }] });
  });

  it('says a short text where the recording ends', async () => {
    const messages = [...SECOND.messages, { role: 'assistant', content: 'A text' }];
    const answer = (await (await ask(await start(), { model: 'recorded', messages })).json()) as { choices: unknown[] };
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: AT_THE_END } });
  });

  it('lists its models', async () => {
    const list = (await (await fetch(`${await start()}/v1/models`)).json()) as { data: { id: string }[] };
    expect(list.data.map(({ id }) => id)).toEqual(['recorded', 'recorded/task 1/é']);
  });

  it('refuses what it can not read, and what was not recorded', async () => {
    const url = await start();
    expect((await ask(url, '{"model":')).status).toBe(400);
    expect((await ask(url, { messages: [] })).status).toBe(400);
    expect((await ask(url, { model: 'recorded', messages: [{ role: 'user', content: 'never said' }] })).status).toBe(
      404,
    );
    expect((await fetch(`${url}/v1/embeddings`, { method: 'POST', body: '{}' })).status).toBe(404);
  });
});

type Chunk = {
  choices: {
    delta: { content?: string | null; tool_calls?: { function: { arguments: string } }[] };
    finish_reason: string | null;
  }[];
};
