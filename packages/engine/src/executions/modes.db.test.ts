/** product.md, "Gates and modes", over the real server: every mode with every kind of call, and the output. */
import type { HitlMode } from '@countersign/core';
import { describe, expect, test } from 'vitest';
import { APPROVE, REJECT, setScene, useApp } from '../testing/scene.ts';

const app = useApp();
let number = 0;
/** Names of tools are the workspace's: each test takes its own. */
const fresh = (name: string): string => `${name}_${(number += 1)}`;

type Fate = 'runs' | 'is held' | 'is refused';
const CALLS: Record<
  HitlMode,
  Record<'a writing tool' | 'an allowed tool' | 'a blocked tool' | 'a reading tool' | 'a tool that always asks', Fate>
> = {
  disabled: {
    'a writing tool': 'runs',
    'an allowed tool': 'runs',
    'a blocked tool': 'runs',
    'a reading tool': 'runs',
    'a tool that always asks': 'runs',
  },
  audit: {
    'a writing tool': 'runs',
    'an allowed tool': 'runs',
    'a blocked tool': 'runs',
    'a reading tool': 'runs',
    'a tool that always asks': 'runs',
  },
  confirm_tools: {
    'a writing tool': 'is held',
    'an allowed tool': 'runs',
    'a blocked tool': 'is refused',
    'a reading tool': 'runs',
    'a tool that always asks': 'is held',
  },
  blocking: {
    'a writing tool': 'is held',
    'an allowed tool': 'is held',
    'a blocked tool': 'is held',
    'a reading tool': 'is held',
    'a tool that always asks': 'is held',
  },
};

describe.each(Object.entries(CALLS) as [HitlMode, Record<string, Fate>][])('in %s', (mode, row) => {
  test.each(Object.entries(row))('the call of %s %s', async (kind, fate) => {
    const name = fresh('act');
    const scene = await setScene(
      app(),
      [{ calls: [{ tool: name, arguments: { amount: 5 } }] }, { text: 'Done.' }],
      {
        [name]: {
          annotations: { read_only: kind === 'a reading tool' },
          approval: kind === 'a tool that always asks' ? 'always' : 'default',
        },
      },
      {
        hitl_mode: mode,
        hitl_config: {
          allowed_tools: kind === 'an allowed tool' || kind === 'a tool that always asks' ? [name] : [],
          blocked_tools: kind === 'a blocked tool' ? [name] : [],
        },
      },
    );
    const run = await scene.start();
    if (fate === 'is held') {
      await run.reaches('awaiting_approval');
      expect(scene.tool.ledger).toHaveLength(0);
      const [approval] = await run.held();
      expect(approval).toMatchObject({ kind: 'tool_call', tool: name, arguments: { amount: 5 } });
      if (approval) await run.decide(approval, APPROVE);
    }
    // In `blocking` the call was held, so that the output is not held again; elsewhere no output is held.
    expect(await run.reaches('completed', 'failed', 'awaiting_approval')).toMatchObject({
      status: 'completed',
      output: 'Done.',
    });
    expect(scene.tool.ledger).toHaveLength(fate === 'is refused' ? 0 : 1);
    expect((await run.calls())[0]).toMatchObject({
      status: fate === 'is refused' ? 'refused' : 'completed',
      gate: { outcome: { runs: 'proceed', 'is held': 'hold', 'is refused': 'block' }[fate] },
    });
  });

  test(`its output ${mode === 'blocking' ? 'is held, as no call was' : 'goes out'}`, async () => {
    const scene = await setScene(app(), [{ text: 'Hello.' }], {}, { hitl_mode: mode });
    const run = await scene.start();
    if (mode === 'blocking') {
      await run.reaches('awaiting_approval');
      const [approval] = await run.held();
      expect(approval).toMatchObject({ kind: 'output', output: 'Hello.' });
      if (approval) await run.decide(approval, APPROVE);
    }
    expect(await run.reaches('completed')).toMatchObject({ output: 'Hello.' });
  });

  test('its output is held if the version requires approval', async () => {
    const scene = await setScene(
      app(),
      [{ text: 'Hello.' }],
      {},
      { hitl_mode: mode, approval_required: true, checkpoint_name: 'final_word' },
    );
    const run = await scene.start();
    await run.reaches('awaiting_approval');
    expect((await run.held())[0]).toMatchObject({ kind: 'output', checkpoint: 'final_word' });
  });

  test(`what it did is ${mode === 'disabled' ? 'not ' : ''}in the audit log with arguments and result`, async () => {
    const name = fresh('read');
    const scene = await setScene(
      app(),
      [{ calls: [{ tool: name, arguments: { amount: 7 } }] }, { text: 'Done.' }],
      { [name]: { annotations: { read_only: true } } },
      { hitl_mode: mode },
    );
    const run = await scene.start();
    if (mode === 'blocking') {
      await run.reaches('awaiting_approval');
      const [approval] = await run.held();
      if (approval) await run.decide(approval, APPROVE);
    }
    await run.reaches('completed');
    const rows = await app().sql<{ detail: unknown }>(
      `select detail from event where subject = $1 and type = 'step.finished'`,
      [run.id],
    );
    expect(rows).toEqual([
      { detail: mode === 'disabled' ? null : { arguments: { amount: 7 }, result: `${name} done` } },
    ]);
  });
});

test('a rule with the outcome audit puts call and result in the audit log, also where the mode records nothing', async () => {
  const name = fresh('watched');
  const rules = [{ name: 'watch', tools: [name], outcome: 'audit' }];
  const made = await app().call(app().one.people.owner, 'POST', '/v1/policies', {
    name,
    source: JSON.stringify({ rules }),
  });
  expect(made.status).toBe(201);
  const scene = await setScene(
    app(),
    [{ calls: [{ tool: name, arguments: { amount: 7 } }] }, { text: 'Done.' }],
    { [name]: {} },
    { hitl_mode: 'disabled' },
  );
  const run = await scene.start();
  await run.reaches('completed');
  const read = (subject: string) =>
    app().sql<{ type: string; data: { tool: string }; detail: unknown }>(
      `select type, data, detail from event where subject = $1 and detail is not null and data ->> 'tool' = $2 order by position`,
      [subject, name],
    );
  const rows = await read(run.id);
  expect(rows.map(({ type, detail }) => [type, detail])).toEqual([
    ['gate.audited', { arguments: { amount: 7 }, rule: expect.stringContaining('watch') }],
    ['step.finished', { arguments: { amount: 7 }, result: `${name} done` }],
  ]);

  // The mode still decides whether it goes ahead: what is held is in the record as an approval.
  const held = await setScene(
    app(),
    [{ calls: [{ tool: name, arguments: { amount: 8 } }] }, { text: 'Done.' }],
    {},
    { hitl_mode: 'blocking', tools: [name] },
  );
  const other = await held.start();
  await other.reaches('awaiting_approval');
  expect(await read(other.id)).toEqual([]);

  // A program outside: no mode holds it.
  const { asking } = app().one.keys;
  await app().call(asking, 'POST', '/v1/gate', { tool: name, arguments: { amount: 9 } });
  expect(await read(asking.id)).toMatchObject([{ type: 'gate.audited', detail: { arguments: { amount: 9 } } }]);
});

describe('a held output', () => {
  const held = async (config: object = {}) => {
    const scene = await setScene(
      app(),
      [{ text: 'Dear customer' }],
      {},
      { approval_required: true, checkpoint_name: 'final_word', ...config },
    );
    const run = await scene.start();
    await run.reaches('awaiting_approval');
    const [approval] = await run.held();
    if (!approval) throw new Error('nothing is held');
    return { run, approval };
  };
  test('goes out as edited', async () => {
    const { run, approval } = await held();
    await run.decide(approval, { ...APPROVE, output: 'Dear Ada' });
    expect(await run.reaches('completed')).toMatchObject({ output: 'Dear Ada', error: null });
  });
  test('is discarded when it is rejected, and the execution says why', async () => {
    const { run, approval } = await held();
    await run.decide(approval, { ...REJECT, reason: 'Too rude' });
    expect(await run.reaches('rejected')).toMatchObject({
      output: null,
      error: { code: 'output_rejected', message: 'Too rude' },
    });
  });
  test('ends the execution as expired when nobody decides in time', async () => {
    const { run } = await held({ hitl_config: { timeout_minutes: 1 / 60 } });
    expect(await run.reaches('expired')).toMatchObject({ output: null, error: { code: 'output_expired' } });
  });
});
