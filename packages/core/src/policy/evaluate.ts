import { findMutable } from '../approval/mutable.ts';
import type { JsonObject } from '../json.ts';
import { type Bindings, evaluateCondition } from './expression.ts';
import type { HistoryCondition, HoldSettings, Outcome, Policy, PolicyRule, RiskClass } from './policy.ts';

/** What rules are matched against: facts that the system computed, never the caller's claims. */
export type PolicyRequest = {
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly risk: RiskClass;
  readonly agent: { readonly id: string | null; readonly name: string | null };
  /** Id of the key or person behind the call. */
  readonly caller: string;
  /** RFC 3339. */
  readonly now: string;
};

/** What happened lately with this tool: asked for each history condition beforehand, since rules do no I/O. */
export type HistoryFigures = (condition: HistoryCondition) => { readonly calls: number; readonly sum: number };

/** Why one rule did or did not match, for people. */
export type TraceEntry = { readonly rule: string; readonly matched: boolean; readonly why: string };

export type PolicyVerdict = {
  /** Null where no rule matched: then the mode alone decides. */
  readonly outcome: Outcome | null;
  readonly rule: string | null;
  readonly reason: string;
  readonly hold: HoldSettings | null;
  readonly trace: readonly TraceEntry[];
};

/** What expressions about a request can name. */
export const requestBindings = (request: PolicyRequest): Bindings => ({
  request: {
    tool: request.tool,
    arguments: request.arguments,
    mutable_references: findMutable(request.arguments).map(({ pointer }) => pointer),
    risk: request.risk,
    agent: request.agent,
    caller: request.caller,
  },
  now: request.now,
});

/**
 * The conditions about the past on which the verdict hangs: those of rules that match but for them. Last rules that leave
 * all to the mode say how a hold is held; where the mode holds nothing, nobody asks them.
 */
export const historyAsked = (policy: Policy, request: PolicyRequest, isHeldByMode: boolean): HistoryCondition[] => {
  const last = isHeldByMode ? policy.rules.length : policy.rules.findLastIndex(({ outcome }) => outcome !== 'mode') + 1;
  const asking = policy.rules.slice(0, last).filter(({ history }) => history);
  // Most calls meet no such rule: their arguments are not gone through for it.
  if (asking.length === 0) return [];
  const bindings = requestBindings(request);
  return asking.flatMap(({ history, ...rule }) =>
    history && judge(rule, request, bindings, NO_HISTORY).matched ? [history] : [],
  );
};
const NO_HISTORY: HistoryFigures = () => ({ calls: 0, sum: 0 });

/** A `deny` anywhere wins; otherwise the first rule that matches. A condition that can not be told holds (fails closed). */
export const evaluatePolicy = (policy: Policy, request: PolicyRequest, history: HistoryFigures): PolicyVerdict => {
  const bindings = requestBindings(request);
  const judged = policy.rules.map((rule) => ({ rule, ...judge(rule, request, bindings, history) }));
  const trace = judged.map(({ rule, matched, why }) => ({ rule: rule.name, matched, why }));
  const winner =
    judged.find(({ rule, matched, isBroken }) => matched && rule.outcome === 'deny' && !isBroken) ??
    judged.find(({ matched }) => matched);
  if (!winner) return { outcome: null, rule: null, reason: 'no rule matched', hold: null, trace };
  const { rule, why, isBroken } = winner;
  if (rule.outcome === 'allow' || rule.outcome === 'audit' || rule.outcome === 'mode') {
    // A deny that can not be told may have been meant for this very call: no laxer rule before it lets that through unseen.
    const untold =
      isBroken && rule.outcome !== 'mode' ? winner : judged.find((one) => one.isBroken && one.rule.outcome === 'deny');
    if (untold) {
      const reason = `the rule "${untold.rule.name}" could not be evaluated: ${untold.why}`;
      return { outcome: 'hold', rule: untold.rule.name, reason, hold: null, trace };
    }
  }
  return {
    outcome: rule.outcome,
    rule: rule.name,
    reason: rule.reason ?? `the rule "${rule.name}" matched: ${why}`,
    hold: rule.hold ?? null,
    trace,
  };
};

type Judged = { readonly matched: boolean; readonly why: string; readonly isBroken: boolean };

const judge = (rule: PolicyRule, request: PolicyRequest, bindings: Bindings, history: HistoryFigures): Judged => {
  const no = (why: string): Judged => ({ matched: false, why, isBroken: false });
  const because: string[] = [];
  if (rule.tools) {
    if (!rule.tools.some((pattern) => matchesGlob(pattern, request.tool))) return no(`the tool is ${request.tool}`);
    because.push(`the tool is ${request.tool}`);
  }
  if (rule.risk) {
    if (!rule.risk.includes(request.risk)) return no(`the risk is ${request.risk}`);
    because.push(`the risk is ${request.risk}`);
  }
  if (rule.agents) {
    const names = [request.agent.id, request.agent.name].filter((name) => name !== null);
    if (!rule.agents.some((pattern) => names.some((name) => matchesGlob(pattern, name))))
      return no('it is another agent');
    because.push(`the agent is ${request.agent.name ?? request.agent.id}`);
  }
  if (rule.callers) {
    if (!rule.callers.some((pattern) => matchesGlob(pattern, request.caller))) return no('it is another caller');
    because.push(`the caller is ${request.caller}`);
  }
  if (rule.when !== undefined) {
    const result = evaluateCondition(rule.when, bindings);
    // Fails closed: an allowing rule that can not be told becomes a hold, a stricter one counts as matched.
    if (!result.ok) return { matched: true, why: `its condition ${result.refusal}`, isBroken: true };
    if (!result.value) return no('its condition is false');
    because.push('its condition is true');
  }
  if (rule.history) {
    const figures = history(rule.history);
    const tooMany = rule.history.more_than_calls !== undefined && figures.calls > rule.history.more_than_calls;
    const tooMuch = rule.history.more_than_sum !== undefined && figures.sum > rule.history.more_than_sum;
    if (!tooMany && !tooMuch)
      return no(
        rule.history.more_than_sum === undefined
          ? `there were ${figures.calls} like it lately`
          : `it sums up to ${figures.sum} lately`,
      );
    because.push(tooMany ? `there were ${figures.calls} like it lately` : `it sums up to ${figures.sum} lately`);
  }
  return { matched: true, why: because.length > 0 ? because.join(', ') : 'it matches everything', isBroken: false };
};

/** `*` stands for any characters; all else for itself. */
export const matchesGlob = (pattern: string, text: string): boolean => {
  const parts = pattern.split('*');
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return pattern === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop() ?? '';
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
};
