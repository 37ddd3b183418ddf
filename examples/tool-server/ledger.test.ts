import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ToolCall, duplicatesIn, openLedger } from './ledger.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-'));
  file = join(folder, 'ledger.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

const refund = (over: Partial<ToolCall> = {}): ToolCall => ({
  key: 'stp_1',
  tool: 'refund',
  arguments: { amount: 5, to: 'ada' },
  call: 'call_r_0_0',
  execution: 'exe_1',
  conversation: 'cnv_1',
  receivedAtMs: 1,
  ...over,
});

describe('the ledger', () => {
  it('executes a key once and gives its first result again', async () => {
    const ledger = await openLedger(file);
    let executed = 0;
    const execute = () => `result ${(executed += 1)}`;
    const lines = await Promise.all([ledger.record(refund(), execute), ledger.record(refund(), execute)]);
    expect(lines.map(({ what, result }) => [what, result])).toEqual([
      ['executed', 'result 1'],
      ['repeat', 'result 1'],
    ]);
    expect(executed).toBe(1);
    await ledger.close();
  });

  it('knows after a restart what it did before, even if its last line was cut off', async () => {
    const before = await openLedger(file);
    await before.record(refund(), () => 'done — für immer');
    await before.close();
    await appendFile(file, '{"key":"stp_2","tool":"ref');

    const after = await openLedger(file);
    const again = await after.record(refund({ arguments: { to: 'ada', amount: 5 } }), () => 'done twice');
    const other = await after.record(refund({ key: 'stp_2' }), () => 'other');
    expect([again.result, other.result]).toEqual(['done — für immer', 'other']);
    await after.close();

    const last = await openLedger(file);
    expect(last.lines().map(({ what }) => what)).toEqual(['executed', 'repeat', 'executed']);
    await last.close();
  });

  it('refuses a key that comes with another call', async () => {
    const ledger = await openLedger(file);
    await ledger.record(refund(), () => 'done');
    const line = await ledger.record(refund({ arguments: { amount: 500, to: 'ada' } }), () => 'done');
    expect(line).toMatchObject({ what: 'conflict', result: null });
    await ledger.close();
  });

  it('counts a call that was carried out again under another key as a duplicate', async () => {
    const ledger = await openLedger(file);
    const record = (over: Partial<ToolCall>) => ledger.record(refund(over), () => 'done');
    await record({});
    await record({});
    await record({ key: 'stp_2', execution: 'exe_2' });
    await record({ key: null, call: null });
    await record({ key: null, call: null });
    expect(duplicatesIn(ledger.lines())).toBe(0);
    await record({ key: 'stp_3' });
    await record({ key: null });
    expect(duplicatesIn(ledger.lines())).toBe(2);
    await ledger.close();
  });
});
