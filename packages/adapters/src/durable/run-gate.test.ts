import { describe, expect, test } from 'vitest';
import { type Engine, type Gate, type Seen, runGate } from './run-gate.ts';

const WAITING: Seen = { state: 'waiting', approvalId: 'apr_1', title: 'Refund A17' };

/** An engine of which only the record is kept: run again with it, a run goes on where it was. */
const engineOf = (record: Map<string, unknown>, park: Engine['park'] = async () => null) => {
  const told: string[] = [];
  const engine: Engine = {
    step: async <T>(name: string, work: () => Promise<T>) => {
      if (!record.has(name)) record.set(name, await work());
      return record.get(name) as T;
    },
    park,
    isCancellation: (error) => error instanceof Error && error.message === 'cancelled',
    atLast: async (name, work) => {
      told.push(name);
      await work();
    },
  };
  return { engine, told };
};

const gateOf = (seen: Seen[]) => {
  const done: string[] = [];
  const gate: Gate<string> = {
    id: 'refund',
    look: async (approvalId) => {
      done.push(`look ${approvalId}`);
      return seen.shift() ?? WAITING;
    },
    make: async () => {
      done.push('make');
      return { isMade: true, result: 'done', note: null, approvalId: 'apr_1' };
    },
    withdraw: async (approvalId) => {
      done.push(`withdraw ${approvalId}`);
    },
  };
  return { gate, done };
};

describe('a run at the gate', () => {
  test('asks once, looks at that approval each time it is woken, and acts once', async () => {
    const seconds: number[] = [];
    const record = new Map<string, unknown>();
    const { engine } = engineOf(record, async (_, given) => seconds.push(given));
    const { gate, done } = gateOf([WAITING, WAITING, WAITING, { state: 'free' }]);
    expect(await runGate(engine, gate)).toMatchObject({ isMade: true, result: 'done' });
    expect(done).toEqual(['look null', 'look apr_1', 'look apr_1', 'look apr_1', 'make']);
    expect(seconds).toEqual([5, 20, 80]);
    // Run again with its record, as after a crash, it does nothing anew.
    const again = gateOf([]);
    expect(await runGate(engine, again.gate)).toMatchObject({ isMade: true });
    expect(again.done).toEqual([]);
  });

  test('looks less and less often, and at last once a day', async () => {
    const seconds: number[] = [];
    const { engine } = engineOf(new Map(), async (_, given) => seconds.push(given));
    const { gate } = gateOf([...Array.from({ length: 12 }, () => WAITING), { state: 'free' }]);
    await runGate(engine, gate);
    expect(seconds.slice(-3)).toEqual([86_400, 86_400, 86_400]);
  });

  test('does not act on what was refused, and says why', async () => {
    const { engine } = engineOf(new Map());
    const { gate, done } = gateOf([WAITING, { state: 'refused', message: 'Rejected by a reviewer: no.' }]);
    expect(await runGate(engine, gate)).toEqual({ isMade: false, message: 'Rejected by a reviewer: no.' });
    expect(done).not.toContain('make');
  });

  test('withdraws where it is cancelled, and not where parking fails otherwise', async () => {
    for (const [message, withdrawn] of [
      ['cancelled', ['withdraw apr_1']],
      ['the engine is away', []],
    ] as const) {
      const { engine } = engineOf(new Map(), () => Promise.reject(new Error(message)));
      const { gate, done } = gateOf([WAITING]);
      await expect(runGate(engine, gate)).rejects.toThrow(message);
      expect(done.filter((each) => each.startsWith('withdraw'))).toEqual(withdrawn);
    }
  });
});
