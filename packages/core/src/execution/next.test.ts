import { describe, expect, it } from 'vitest';
import type { GateSettings, HitlMode } from '../gate/decide-gate.ts';
import {
  ENDED_STATUSES,
  type ExecutionStatus,
  type NextAction,
  type StepFacts,
  type StepKind,
  type StepStatus,
  hasEnded,
  nextAction,
} from './next.ts';

const gate = (mode: HitlMode, approvalRequired = false): GateSettings => ({
  mode,
  allowedTools: [],
  blockedTools: [],
  holdReadOnly: false,
  approvalRequired,
});
const step = (position: number, kind: StepKind, status: StepStatus, over: Partial<StepFacts> = {}): StepFacts => ({
  id: `stp_${position}`,
  position,
  turn: 1,
  kind,
  status,
  attempt: 1,
  wasHeld: false,
  ...over,
});
const next = (steps: StepFacts[], over: Partial<Parameters<typeof nextAction>[0]> = {}): NextAction =>
  nextAction({ steps, turns: 1, turnsMax: 3, gate: gate('confirm_tools'), ...over });
const model = step(0, 'model_turn', 'completed');

/** What follows when this is the last step of the rows, and everything before it is done. */
const AFTER: Record<StepKind, Record<StepStatus, NextAction['type']>> = {
  model_turn: {
    ready: 'call_model',
    running: 'call_model',
    waiting: 'await_agents',
    awaiting_approval: 'await_approval',
    completed: 'complete',
    failed: 'call_model',
    refused: 'call_model',
    rejected: 'call_model',
    expired: 'call_model',
    cancelled: 'call_model',
  },
  tool_call: {
    ready: 'call_tool',
    running: 'settle_unknown',
    waiting: 'await_agents',
    awaiting_approval: 'await_approval',
    completed: 'call_model',
    failed: 'call_model',
    refused: 'call_model',
    rejected: 'call_model',
    expired: 'call_model',
    cancelled: 'call_model',
  },
  output: {
    ready: 'call_tool',
    running: 'settle_unknown',
    waiting: 'await_agents',
    awaiting_approval: 'await_approval',
    completed: 'complete',
    failed: 'complete',
    refused: 'complete',
    rejected: 'complete',
    expired: 'complete',
    cancelled: 'complete',
  },
};
const cells = Object.entries(AFTER).flatMap(([kind, row]) =>
  Object.entries(row).map(([status, type]) => [kind, status, type] as const),
) as [StepKind, StepStatus, NextAction['type']][];

describe('the next action', () => {
  it('is to ask the model, where nothing was done yet', () => {
    expect(next([], { turns: 0 })).toEqual({ type: 'call_model', turn: 1, step: null });
  });
  it.each(cells)('after a %s that is %s is %s', (kind, status, type) => {
    const steps = kind === 'model_turn' ? [step(0, kind, status)] : [model, step(1, kind, status)];
    expect(next(steps).type).toBe(type);
  });
  it('asks the model again under the same turn and step after a crash or a failed attempt', () => {
    const open = step(0, 'model_turn', 'running', { attempt: 2 });
    expect(next([open])).toEqual({ type: 'call_model', turn: 1, step: open });
  });
  it('carries calls out in the model’s order, even while others wait', () => {
    const steps = [
      model,
      step(1, 'tool_call', 'awaiting_approval'),
      step(2, 'tool_call', 'ready'),
      step(3, 'tool_call', 'ready'),
    ];
    expect(next(steps)).toMatchObject({ type: 'call_tool', step: { id: 'stp_2' } });
  });
  it('settles what is unknown before it begins anything later', () => {
    expect(next([model, step(1, 'tool_call', 'running'), step(2, 'tool_call', 'ready')]).type).toBe('settle_unknown');
  });
  it('tells the model nothing before every call of the turn is settled', () => {
    const steps = [
      model,
      step(1, 'tool_call', 'completed'),
      step(2, 'tool_call', 'rejected'),
      step(3, 'tool_call', 'awaiting_approval'),
    ];
    expect(next(steps).type).toBe('await_approval');
    expect(next(steps.slice(0, 3))).toEqual({ type: 'call_model', turn: 2, step: null });
  });
  it('fails when all turns are used and there is still no answer', () => {
    expect(next([model, step(1, 'tool_call', 'completed')], { turns: 3 })).toMatchObject({
      type: 'fail',
      code: 'too_many_turns',
    });
    expect(next([model], { turns: 3 }).type).toBe('complete');
  });
  it('holds the output in blocking only if no call was held, and whenever approval is required', () => {
    const answer = step(2, 'model_turn', 'completed', { turn: 2 });
    const call = (wasHeld: boolean): StepFacts => step(1, 'tool_call', 'completed', { wasHeld });
    expect(next([model, call(true), answer], { gate: gate('blocking') }).type).toBe('complete');
    expect(next([model, call(false), answer], { gate: gate('blocking') })).toMatchObject({
      type: 'hold_output',
      turn: 2,
    });
    expect(next([model, call(true), answer], { gate: gate('disabled', true) })).toMatchObject({
      type: 'hold_output',
      turn: 2,
    });
  });
  it('completes after the held output was let out, and does not hold it again', () => {
    expect(next([model, step(1, 'output', 'completed')], { gate: gate('blocking', true) }).type).toBe('complete');
  });
});

it('knows which statuses are final', () => {
  const final: Record<ExecutionStatus, boolean> = {
    queued: false,
    running: false,
    awaiting_approval: false,
    waiting: false,
    completed: true,
    failed: true,
    rejected: true,
    cancelled: true,
    expired: true,
  };
  for (const [status, ended] of Object.entries(final)) expect(hasEnded(status as ExecutionStatus)).toBe(ended);
  expect(ENDED_STATUSES).toHaveLength(5);
});
