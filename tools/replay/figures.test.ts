import type { WireExecution, WireStep } from '@countersign/contract';
import { describe, expect, it } from 'vitest';
import { parseRuns } from '../../examples/recorded-model/transcript.ts';
import type { LedgerLine } from '../../examples/tool-server/ledger.ts';
import { type Played, judge } from './figures.ts';
import type { DecideMode } from './options.ts';
import type { Decided } from './reviewer.ts';

const CANCEL = { reservation_id: 'ABC' };

const [run] = parseRuns(
  JSON.stringify({
    run_id: 'r',
    expected_actions: [{ name: 'cancel_reservation', kwargs: CANCEL }],
    messages: [
      { role: 'user', content: 'Cancel it' },
      {
        role: 'assistant',
        tool_calls: [{ id: 'x', function: { name: 'get_reservation_details', arguments: JSON.stringify(CANCEL) } }],
      },
      { role: 'tool', tool_call_id: 'x', content: 'found' },
      {
        role: 'assistant',
        tool_calls: [{ id: 'x', function: { name: 'cancel_reservation', arguments: JSON.stringify(CANCEL) } }],
      },
      { role: 'tool', tool_call_id: 'x', content: 'cancelled' },
      { role: 'assistant', content: 'Done' },
    ],
  }),
);
if (!run) throw new Error('no run');

const step = (over: Partial<WireStep>): WireStep => ({
  id: 'stp_1',
  position: 1,
  node: null,
  turn: 1,
  kind: 'tool_call',
  status: 'completed',
  attempt: 1,
  tool: null,
  call_id: null,
  original_arguments: null,
  arguments: CANCEL,
  result: null,
  is_error: false,
  gate: null,
  tokens: null,
  error: null,
  created_at: '',
  started_at: null,
  finished_at: null,
  approval_id: null,
  ...over,
});
const read = step({
  tool: 'get_reservation_details',
  call_id: 'call_r_0_0',
  result: 'found',
  gate: { outcome: 'proceed', reason: '' },
});
const write = step({
  tool: 'cancel_reservation',
  call_id: 'call_r_1_0',
  result: 'cancelled',
  gate: { outcome: 'hold', reason: '' },
  approval_id: 'apr_1',
});
const line = (over: Partial<LedgerLine>): LedgerLine => ({
  what: 'executed',
  key: 'k1',
  tool: 'cancel_reservation',
  arguments: CANCEL,
  call: 'call_r_1_0',
  execution: 'exe_1',
  conversation: 'cnv_1',
  receivedAtMs: 1012,
  result: 'cancelled',
  ...over,
});
const readLine = line({ key: 'k0', tool: 'get_reservation_details', call: 'call_r_0_0', result: 'found' });
const approved: Decided = {
  approvalId: 'apr_1',
  executionId: 'exe_1',
  tool: 'cancel_reservation',
  arguments: CANCEL,
  outcome: 'approved',
  atMs: 1000,
};

const played = (
  over: { steps?: WireStep[]; decided?: Decided[]; ledger?: LedgerLine[]; status?: string; decide?: DecideMode } = {},
): Played => ({
  decide: over.decide ?? 'approve-all',
  runs: [
    {
      run,
      messages: [
        {
          executionId: 'exe_1',
          execution: { id: 'exe_1', status: over.status ?? 'completed', error: null } as WireExecution,
          steps: over.steps ?? [read, write],
          problem: null,
        },
      ],
    },
  ],
  decided: over.decided ?? [approved],
  ledger: over.ledger ?? [readLine, line({})],
  kills: 0,
  seconds: 1.234,
});

describe('the figures of a replay', () => {
  it('count what was held, what went ahead and what was executed, with no promise broken', () => {
    expect(judge(played())).toEqual({
      broken: [],
      figures: {
        runs: 1,
        tool_calls: 2,
        held: 1,
        proceeded_without_asking: 1,
        write_calls_executed: 1,
        write_calls_expected_and_executed: 1,
        write_calls_unexpected_and_executed: 0,
        rejected: 0,
        duplicates_in_ledger: 0,
        lost: 0,
        kills: 0,
        seconds: 1.2,
        median_decision_to_tool_call_ms: 12,
        p99_decision_to_tool_call_ms: 12,
      },
    });
  });

  it('count a rejected call as rejected and not as lost', () => {
    const rejected = { ...approved, outcome: 'rejected' };
    const { figures, broken } = judge(
      played({
        decide: 'reject-all',
        decided: [rejected],
        ledger: [readLine],
        steps: [read, { ...write, status: 'rejected', result: null }],
      }),
    );
    expect(broken).toEqual([]);
    expect(figures).toMatchObject({
      held: 1,
      rejected: 1,
      lost: 0,
      write_calls_executed: 0,
      median_decision_to_tool_call_ms: null,
    });
  });

  it('count each repeat of a key as nothing, and each further execution as a duplicate', () => {
    expect(judge(played({ ledger: [readLine, line({}), line({ what: 'repeat' })] })).figures.duplicates_in_ledger).toBe(
      0,
    );
    const twice = judge(played({ ledger: [readLine, line({}), line({ key: 'k2' })] }));
    expect(twice.figures.duplicates_in_ledger).toBe(1);
    expect(twice.broken).toContain('calls were executed twice: 1');
  });

  it.each<[string, Parameters<typeof played>[0], string]>([
    ['an approved call that was never executed', { ledger: [readLine] }, 'an approved call was not executed'],
    ['an execution that failed', { status: 'failed' }, 'a message was not played to its end'],
    [
      'a write that was not held',
      { steps: [read, { ...write, gate: { outcome: 'proceed', reason: '' }, approval_id: null }], decided: [] },
      'a write went ahead without asking',
    ],
    ['a read that was held', { steps: [{ ...read, approval_id: 'apr_2' }, write] }, 'a read was held'],
    [
      'a write that nobody approved',
      { decided: [{ ...approved, outcome: 'rejected' }] },
      'a write was executed without an approval',
    ],
    [
      'other arguments than were approved',
      { ledger: [readLine, line({ arguments: { reservation_id: 'XYZ' } })] },
      'something else was executed than was approved',
    ],
    [
      'a result that the model did not get',
      { steps: [read, { ...write, result: '' }] },
      'a result did not reach the step',
    ],
    [
      'a key of another call',
      { ledger: [readLine, line({}), line({ what: 'conflict' })] },
      'a key came with two different calls',
    ],
    [
      'a recorded call that never came',
      { steps: [read], decided: [], ledger: [readLine] },
      'a recorded call was never reached',
    ],
    [
      'a decision on a call that no step shows',
      { decided: [approved, { ...approved, approvalId: 'apr_9' }] },
      'lost: 1',
    ],
    ['a write in reject-all', { decide: 'reject-all' }, 'reject-all executed a write'],
    [
      'an unexpected write in expected',
      { decide: 'expected', ledger: [readLine, line({}), line({ call: 'call_r_9_0' })] },
      'an unexpected write was executed',
    ],
  ])('name %s', (_, over, promise) => {
    expect(judge(played(over)).broken.some((broken) => broken.startsWith(promise))).toBe(true);
  });
});
