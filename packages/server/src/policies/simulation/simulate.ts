/** What a policy would have done with recorded calls. Pure: no server, no database. */
import {
  type HistoryCondition,
  type JsonObject,
  type Outcome,
  type Policy,
  type RiskClass,
  argumentAt,
  evaluatePolicy,
} from '@countersign/core';
import type { RiskOf } from './risks.ts';
import type { RecordedCall, Transcripts } from './transcripts.ts';

/** What would happen; `left_to_mode`: no rule decides, the agent's HITL mode does. */
export type Fate = 'let_through' | 'held' | 'blocked' | 'left_to_mode';
const FATES: readonly Fate[] = ['let_through', 'held', 'blocked', 'left_to_mode'];

export type SimulatedCall = {
  readonly line: number;
  readonly run: string;
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly risk: RiskClass;
  readonly expected: boolean | null;
  readonly outcome: Outcome;
  readonly rule: string | null;
  readonly reason: string;
};

export type Figures = { calls: number; expected: number; not_expected: number };

/** As `--json` prints it. */
export type Simulation = {
  readonly runs: number;
  readonly calls: number;
  readonly by_fate: Record<Fate, Figures>;
  /** Calls that were wrong to make, and that this policy would have let through: look at these first. */
  readonly not_expected_let_through: readonly SimulatedCall[];
  /** Calls that were right, and that this policy would have refused without asking anybody. */
  readonly expected_blocked: readonly SimulatedCall[];
  readonly by_rule: readonly { readonly rule: string | null; readonly outcome: Outcome; readonly calls: number }[];
  /** Rules that decided nothing: what they are for is not in the recordings, or an earlier rule is in their way. */
  readonly rules_without_calls: readonly string[];
  readonly unreadable: Transcripts['unreadable'];
};

const FATE_OF: Readonly<Record<Outcome, Fate>> = {
  allow: 'let_through',
  audit: 'let_through',
  hold: 'held',
  block: 'blocked',
  deny: 'blocked',
  mode: 'left_to_mode',
};

/** @param nowMs when calls happen whose recording does not say when */
export const simulate = (policy: Policy, transcripts: Transcripts, riskOf: RiskOf, nowMs: number): Simulation => {
  const earlier = recentCalls();
  const fates = Object.fromEntries(FATES.map((fate) => [fate, { calls: 0, expected: 0, not_expected: 0 }])) as Record<
    Fate,
    Figures
  >;
  const rules = new Map<string, { rule: string | null; outcome: Outcome; calls: number }>();
  const letThrough: SimulatedCall[] = [];
  const blocked: SimulatedCall[] = [];
  for (const call of inOrder(transcripts.calls)) {
    const risk = riskOf(call.tool);
    const verdict = evaluatePolicy(
      policy,
      {
        tool: call.tool,
        arguments: call.arguments,
        risk,
        agent: { id: null, name: call.agentName },
        caller: '',
        now: call.at ?? new Date(nowMs).toISOString(),
      },
      (condition) => earlier.figures(call, condition),
    );
    const outcome = verdict.outcome ?? 'mode';
    const fate = FATE_OF[outcome];
    if (fate !== 'blocked') earlier.add(call);
    // Nobody lists every look a good agent takes: a call that only reads counts as neither expected nor not.
    const expected = call.expected === false && risk === 'read_only' ? null : call.expected;
    const { line, run, tool } = call;
    const simulated = {
      line,
      run,
      tool,
      arguments: call.arguments,
      risk,
      expected,
      outcome,
      rule: verdict.rule,
      reason: verdict.reason,
    };
    fates[fate].calls += 1;
    if (expected !== null) fates[fate][expected ? 'expected' : 'not_expected'] += 1;
    if (fate === 'let_through' && expected === false) letThrough.push(simulated);
    if (fate === 'blocked' && expected === true) blocked.push(simulated);
    const counted = rules.get(`${outcome} ${verdict.rule}`) ?? { rule: verdict.rule, outcome, calls: 0 };
    counted.calls += 1;
    rules.set(`${outcome} ${verdict.rule}`, counted);
  }
  const used = new Set([...rules.values()].map(({ rule }) => rule));
  return {
    runs: transcripts.runs,
    calls: transcripts.calls.length,
    by_fate: fates,
    not_expected_let_through: letThrough,
    expected_blocked: blocked,
    by_rule: [...rules.values()].toSorted((a, b) => b.calls - a.calls),
    rules_without_calls: policy.rules.map(({ name }) => name).filter((name) => !used.has(name)),
    unreadable: transcripts.unreadable,
  };
};

/** As recorded; calls that say when they happened, by that, so that "lately" means what it says. */
const inOrder = (calls: readonly RecordedCall[]): readonly RecordedCall[] =>
  calls.every(({ at }) => at !== null)
    ? calls.toSorted((a, b) => Date.parse(a.at ?? '') - Date.parse(b.at ?? ''))
    : calls;

type Made = { readonly call: RecordedCall; readonly atMs: number | null };

const momentOf = ({ at }: RecordedCall): number | null => (at === null ? null : Date.parse(at));

/**
 * What happened lately, as the product counts it: calls of the tool that were not blocked, of the same agent where one is
 * named. Where the recording says nothing of time, the calls of one run count as made within any time, and those of others
 * not at all.
 */
const recentCalls = () => {
  const made = new Map<string, Made[]>();
  return {
    add: (call: RecordedCall): void => {
      const entry = { call, atMs: momentOf(call) };
      const known = made.get(call.tool);
      if (known) known.push(entry);
      else made.set(call.tool, [entry]);
    },
    figures: (call: RecordedCall, condition: HistoryCondition): { calls: number; sum: number } => {
      const nowMs = momentOf(call);
      const lately = (made.get(call.tool) ?? []).filter(
        (past) =>
          (call.agentName === null || past.call.agentName === call.agentName) &&
          (past.atMs !== null && nowMs !== null
            ? past.atMs > nowMs - condition.within_seconds * 1000
            : past.call.run === call.run),
      );
      const path = condition.sum_of;
      const amounts = path === undefined ? [] : lately.map((past) => argumentAt(past.call.arguments, path));
      return {
        calls: lately.length,
        sum: amounts.reduce<number>((sum, amount) => sum + (typeof amount === 'number' ? amount : 0), 0),
      };
    },
  };
};
