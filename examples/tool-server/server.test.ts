import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ambiguousRuns } from '../recorded-model/find-next.ts';
import { startRecordedModel } from '../recorded-model/server.ts';
import { type Run, parseRuns, readRuns } from '../recorded-model/transcript.ts';
import { type LedgerReport, NO_RESULT, startToolServer } from './server.ts';

const AIRLINE = join(import.meta.dirname, '../../../shared/data/airline/runs.jsonl');

let folder: string;
let closers: (() => Promise<void>)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tool-server-'));
});
afterEach(async () => {
  for (const close of closers) await close();
  closers = [];
  await rm(folder, { recursive: true });
});

const startTools = async (runs: readonly Run[]) => {
  const tools = await startToolServer({ runs, ledgerFile: join(folder, 'ledger.jsonl') });
  closers.push(tools.close);
  return tools;
};

const call = (id: string, name: string, args = '{}') => ({ id, type: 'function', function: { name, arguments: args } });
const OWN = parseRuns(
  JSON.stringify({
    run_id: 'own',
    messages: [
      { role: 'user', content: 'Refund me' },
      { role: 'assistant', content: null, tool_calls: [call('x', 'look'), call('x', 'refund', '{"amount": 5}')] },
      { role: 'tool', tool_call_id: 'x', content: '' },
      { role: 'tool', tool_call_id: 'x', content: 'Error: no such card' },
      { role: 'assistant', content: null, tool_calls: [call('y', 'refund', '{"amount": 6}')] },
    ],
  }),
);

describe('the tool server', () => {
  const post = (url: string, tool: string, callId: string, key: string, body = '{}') =>
    fetch(`${url}/tools/${tool}`, {
      method: 'POST',
      headers: { 'idempotency-key': key, 'x-countersign-call': callId, 'x-countersign-execution': 'exe_1' },
      body,
    });

  it('answers with the recorded result of the call, errors and empty ones too, also where it was edited', async () => {
    const { url } = await startTools(OWN);
    expect(await (await post(url, 'look', 'call_own_0_0', 'stp_1')).text()).toBe('');
    expect(await (await post(url, 'refund', 'call_own_0_1', 'stp_2', '{"amount":4}')).text()).toBe(
      'Error: no such card',
    );
    expect(await (await post(url, 'refund', 'call_own_1_0', 'stp_3')).text()).toBe(NO_RESULT);
  });

  it('reports every call with its key, and repeats apart', async () => {
    const { url } = await startTools(OWN);
    await post(url, 'refund', 'call_own_0_1', 'stp_2', '{"amount":5}');
    await post(url, 'refund', 'call_own_0_1', 'stp_2', '{"amount":5}');
    const report = (await (await fetch(`${url}/ledger`)).json()) as LedgerReport;
    expect(report.duplicates).toBe(0);
    expect(report.lines).toMatchObject([
      {
        what: 'executed',
        key: 'stp_2',
        tool: 'refund',
        arguments: { amount: 5 },
        call: 'call_own_0_1',
        execution: 'exe_1',
      },
      { what: 'repeat', key: 'stp_2' },
    ]);
  });

  it('does nothing for a call that was not recorded, or not of this tool', async () => {
    const { url, ledger } = await startTools(OWN);
    expect((await post(url, 'refund', 'call_own_0_0', 'k')).status).toBe(404);
    expect((await post(url, 'refund', 'call_other_0_0', 'k')).status).toBe(404);
    expect((await post(url, 'refund', 'call_own_0_1', 'k', 'not JSON')).status).toBe(400);
    expect((await fetch(`${url}/tools/refund`)).status).toBe(404);
    expect(ledger.lines()).toEqual([]);
  });
});

type Wire = { role: string; content: string | null; tool_call_id?: string; tool_calls?: ReturnType<typeof call>[] };

/** A miniature agent: plays a run's user messages against both servers and returns what it met, in order. */
const playRun = async (run: Run, model: string, modelUrl: string, toolsUrl: string): Promise<string[]> => {
  const met: string[] = [];
  const history: Wire[] = [{ role: 'system', content: run.system }];
  for (const turn of run.turns) {
    history.push({ role: 'user', content: turn.user });
    for (;;) {
      const response = await fetch(`${modelUrl}/v1/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({ model, messages: history }),
      });
      const { choices } = (await response.json()) as { choices: { message: Wire }[] };
      const message = choices[0]?.message;
      if (!message) throw new Error('no message');
      history.push(message);
      if (!message.tool_calls) break;
      for (const { id, function: called } of message.tool_calls) {
        const result = await fetch(`${toolsUrl}/tools/${called.name}`, {
          method: 'POST',
          headers: { 'idempotency-key': `key-${id}`, 'x-countersign-call': id, 'x-countersign-execution': run.runId },
          body: called.arguments,
        });
        expect(result.status).toBe(200);
        const content = await result.text();
        met.push(`${called.name} ${called.arguments} → ${content}`);
        history.push({ role: 'tool', content, tool_call_id: id });
      }
    }
    met.push(`${turn.user} → ${history.at(-1)?.content}`);
  }
  return met;
};

describe('whole runs', () => {
  it.skipIf(!existsSync(AIRLINE))(
    'of the airline (skipped where ../shared/data/airline is absent) come out word by word as they were recorded',
    { timeout: 60_000 },
    async () => {
      const runs = await readRuns(AIRLINE);
      const model = await startRecordedModel({ runs });
      closers.push(model.close);
      const tools = await startTools(runs);
      const alike = ambiguousRuns(runs);

      for (const run of runs) {
        const modelName = alike.has(run.runId) ? `recorded/${run.runId}` : 'recorded';
        const met = await playRun(run, modelName, model.url, tools.url);
        for (const recorded of (run.line['messages'] as Wire[]).filter(({ role }) => role === 'assistant')) {
          const text = recorded.tool_calls
            ? recorded.tool_calls.map((made) => `${made.function.name} ${made.function.arguments} → `)
            : [`→ ${recorded.content}`];
          for (const expected of text) expect(met.some((line) => line.includes(expected))).toBe(true);
        }
        const results = (run.line['messages'] as Wire[]).filter(({ role }) => role === 'tool');
        const metResults = met.filter((line) => /^\w+ \{/.test(line));
        expect(metResults.map((line, index) => line.endsWith(`→ ${results[index]?.content}`))).toEqual(
          results.map(() => true),
        );
      }
      const recordedCalls = runs.flatMap((run) =>
        (run.line['messages'] as Wire[]).flatMap((message) => message.tool_calls ?? []),
      );
      expect(tools.ledger.lines().length).toBe(recordedCalls.length);
    },
  );
});
