/** What an execution does next, from its rows alone. docs/spec/execution.md numbers the invariants (E1 …). */
import { type GateSettings, gateOutput } from '../gate/decide-gate.ts';

export type StepKind = 'model_turn' | 'tool_call' | 'output';

export type StepStatus =
  | 'ready'
  | 'running'
  /** For an agent that it called. */
  | 'waiting'
  | 'awaiting_approval'
  | 'completed'
  | 'failed'
  | 'refused'
  | 'rejected'
  | 'expired'
  | 'cancelled';

export type ExecutionStatus =
  | 'queued'
  | 'running'
  | 'awaiting_approval'
  | 'waiting'
  | 'completed'
  | 'failed'
  | 'rejected'
  | 'cancelled'
  | 'expired';

export const ENDED_STATUSES: readonly ExecutionStatus[] = ['completed', 'failed', 'rejected', 'cancelled', 'expired'];

export const hasEnded = (status: ExecutionStatus): boolean => ENDED_STATUSES.includes(status);

export type StepFacts = {
  readonly id: string;
  readonly position: number;
  readonly turn: number;
  readonly kind: StepKind;
  readonly status: StepStatus;
  readonly attempt: number;
  /** Whether the gate held it, however it was decided. */
  readonly wasHeld: boolean;
};

export type ExecutionFacts = {
  readonly steps: readonly StepFacts[];
  readonly turns: number;
  readonly turnsMax: number;
  readonly gate: GateSettings;
};

export type NextAction =
  | { readonly type: 'call_model'; readonly turn: number; readonly step: StepFacts | null }
  | { readonly type: 'call_tool'; readonly step: StepFacts }
  /** Its process died between start and result: what happened is not known (E4). */
  | { readonly type: 'settle_unknown'; readonly step: StepFacts }
  | { readonly type: 'await_approval' }
  /** Only agents that it called are at work. */
  | { readonly type: 'await_agents' }
  | { readonly type: 'hold_output'; readonly reason: string; readonly turn: number }
  | { readonly type: 'complete' }
  | { readonly type: 'fail'; readonly code: 'too_many_turns'; readonly message: string };

/**
 * Order of precedence: calls that may go ahead run in the model's order, even while others wait for a decision; then
 * pending approvals are waited for; then the model is told all results at once; an answer without calls is the output.
 */
export const nextAction = (facts: ExecutionFacts): NextAction => {
  const open = facts.steps.find((step) => step.status === 'running' || step.status === 'ready');
  if (open) {
    if (open.kind === 'model_turn') return { type: 'call_model', turn: open.turn, step: open };
    if (open.status === 'running') return { type: 'settle_unknown', step: open };
    return { type: 'call_tool', step: open };
  }
  if (facts.steps.some((step) => step.status === 'awaiting_approval')) return { type: 'await_approval' };
  if (facts.steps.some((step) => step.status === 'waiting')) return { type: 'await_agents' };
  const last = facts.steps.at(-1);
  if (last?.kind === 'output') return { type: 'complete' };
  // A turn that never came to an end (its execution had failed and is tried again) is no answer.
  if (!last || last.kind === 'tool_call' || last.status !== 'completed') {
    if (facts.turns >= facts.turnsMax)
      return {
        type: 'fail',
        code: 'too_many_turns',
        message: `The agent used all of its ${facts.turnsMax} model turns without an answer.`,
      };
    return { type: 'call_model', turn: facts.turns + 1, step: null };
  }
  const verdict = gateOutput(
    facts.gate,
    facts.steps.some((step) => step.kind === 'tool_call' && step.wasHeld),
  );
  return verdict.outcome === 'hold'
    ? { type: 'hold_output', reason: verdict.reason, turn: last.turn }
    : { type: 'complete' };
};
