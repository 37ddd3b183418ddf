/** What a policy would have done with calls of the past, or with recorded ones. */
import type { WireBacktested } from '@countersign/contract';
import {
  type Json,
  type JsonObject,
  type Outcome,
  type PolicyRequest,
  type RiskClass,
  riskOf,
} from '@countersign/core';
import { applyPolicies } from '@countersign/engine';
import { type LivePolicy, type Scope, pastAnswers, readClock, toolsByName } from '@countersign/store';

const PAST_MAX = 10_000;
const SHOWN_MAX = 200;
const DAY_SECONDS = 86_400;

type Call = {
  readonly request: PolicyRequest;
  readonly at: string | null;
  /** What became of it: `proceed`, `block`, or the outcome of its approval. */
  readonly before: string | null;
  readonly approvalId: string | null;
};

export type BacktestInput = {
  readonly within_days: number;
  readonly transcripts?:
    | readonly {
        readonly tool: string;
        readonly arguments: Record<string, unknown>;
        readonly agent_name?: string | undefined;
        readonly expected?: boolean | undefined;
      }[]
    | undefined;
};

const recorded = async (scope: Scope, transcripts: NonNullable<BacktestInput['transcripts']>): Promise<Call[]> => {
  const tools = await toolsByName(scope, [...new Set(transcripts.map(({ tool }) => tool))]);
  const now = (await readClock(scope)).toISOString();
  return transcripts.map((call): Call => {
    const known = tools.find(({ name }) => name === call.tool);
    return {
      request: {
        tool: call.tool,
        arguments: call.arguments as JsonObject,
        risk: known ? riskOf(known.annotations) : 'irreversible',
        agent: { id: null, name: call.agent_name ?? null },
        caller: '',
        now,
      },
      at: null,
      before: call.expected === undefined ? null : call.expected ? 'approved' : 'rejected',
      approvalId: null,
    };
  });
};

const history = async (scope: Scope, days: number): Promise<Call[]> =>
  (await pastAnswers(scope, days * DAY_SECONDS, PAST_MAX)).map((row) => ({
    request: {
      tool: row.tool,
      arguments: JSON.parse(row.arguments) as JsonObject,
      risk: row.risk as RiskClass,
      agent: { id: row.agent_id, name: row.agent_name },
      caller: row.caller,
      now: row.at.toISOString(),
    },
    at: row.at.toISOString(),
    before: row.decision ?? row.outcome,
    approvalId: row.approval_id,
  }));

const lets = (outcome: Outcome | null): boolean => outcome === 'allow' || outcome === 'audit';
const stops = (outcome: Outcome | null): boolean => outcome === 'block' || outcome === 'deny';

const departs = (before: string | null, outcome: Outcome | null): boolean => {
  if (before === null || outcome === null || outcome === 'mode') return false;
  if (before === 'proceed') return !lets(outcome);
  if (before === 'block') return !stops(outcome);
  return lets(outcome) || stops(outcome);
};

export const backtest = async (
  scope: Scope,
  policies: readonly LivePolicy[],
  input: BacktestInput,
): Promise<WireBacktested> => {
  const calls = input.transcripts ? await recorded(scope, input.transcripts) : await history(scope, input.within_days);
  const result: WireBacktested = {
    calls: calls.length,
    held: 0,
    allowed: 0,
    blocked: 0,
    undecided: 0,
    rejections_let_through: [],
    changed: [],
    by_rule: [],
  };
  const rules = new Map<string, { rule: string | null; outcome: string; calls: number }>();
  for (const call of calls) {
    const { verdict } = await applyPolicies(scope, policies, call.request);
    const { outcome, rule } = verdict;
    if (outcome === 'hold') result.held += 1;
    else if (lets(outcome)) result.allowed += 1;
    else if (stops(outcome)) result.blocked += 1;
    else result.undecided += 1;
    const shown = {
      tool: call.request.tool,
      arguments: call.request.arguments as Json,
      at: call.at,
      before: call.before,
      outcome: outcome ?? 'mode',
      rule,
      approval_id: call.approvalId,
    };
    if (call.before === 'rejected' && lets(outcome)) result.rejections_let_through.push(shown);
    else if (departs(call.before, outcome) && result.changed.length < SHOWN_MAX) result.changed.push(shown);
    const key = `${outcome ?? 'mode'} ${rule ?? ''}`;
    const counted = rules.get(key) ?? { rule, outcome: outcome ?? 'mode', calls: 0 };
    counted.calls += 1;
    rules.set(key, counted);
  }
  result.by_rule = [...rules.values()].toSorted((a, b) => b.calls - a.calls);
  return result;
};
