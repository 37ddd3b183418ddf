import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { JsonObject } from '../json.ts';
import { type PlanState, departureWords, isWithin, matchPlan } from './match-plan.ts';
import { type Plan, type PlanBound, PlanSchema } from './plan.ts';
import { lineWords, planTitle } from './plan-words.ts';

const planOf = (...lines: object[]): Plan => PlanSchema.parse({ lines });
const stateOf = (plan: Plan, over: Partial<PlanState> = {}): PlanState => ({
  plan,
  endsAtMs: 1000,
  isRevoked: false,
  uses: plan.lines.map(() => 0),
  changedTools: [],
  ...over,
});
const REFUNDS = planOf({
  tool: 'refund',
  bounds: [
    { argument: 'amount', at_least: 1, at_most: 100 },
    { argument: 'customer', one_of: ['ada', 'bob'] },
    { argument: 'note', anything: true },
  ],
  uses_max: 2,
});
const refund = (args: JsonObject) => ({ tool: 'refund', arguments: args });
const departs = (
  plan: Plan,
  call: { tool: string; arguments: JsonObject },
  over: Partial<PlanState> = {},
): string[] => {
  const answer = matchPlan(stateOf(plan, over), call, 0);
  return answer.matches ? [] : answer.departures.map((departure) => departureWords(departure, plan, call).text);
};

describe('a call', () => {
  it('is within a line where each of its arguments is within its bound', () => {
    const call = refund({ amount: 100, customer: 'bob', note: 'broken' });
    expect(matchPlan(stateOf(REFUNDS), call, 0)).toEqual({ matches: true, line: 1 });
    expect(matchPlan(stateOf(REFUNDS), refund({ amount: 1, customer: 'ada' }), 0).matches).toBe(true);
  });
  test.each<[string, JsonObject, string[]]>([
    ['more than is allowed', { amount: 150, customer: 'ada' }, ['line 1 allows amount from 1 to 100, asked 150']],
    ['a number as text', { amount: '50', customer: 'ada' }, ['line 1 allows amount from 1 to 100, asked 50']],
    ['a missing argument', { amount: 5 }, ['line 1 allows customer one of ada, bob, asked nothing']],
    ['an argument more', { amount: 5, customer: 'ada', force: true }, ['line 1 allows no force, asked true']],
    ['another spelling of a name', { amount: 5, customer: 'ada', Note: 'x' }, ['line 1 allows no Note, asked x']],
  ])('departs by %s', (_, args, texts) => expect(departs(REFUNDS, refund(args))).toEqual(texts));
  it('departs where no line is about its tool, and says where each line about it differs', () => {
    expect(departs(REFUNDS, { tool: 'delete_account', arguments: {} })).toEqual([
      'no line of the plan is about this tool',
    ]);
    const two = planOf(
      { tool: 'pay', bounds: [{ argument: 'to', equals: 'a' }] },
      { tool: 'pay', bounds: [{ argument: 'to', like: 'b*' }] },
    );
    expect(departs(two, { tool: 'pay', arguments: { to: 'c' } })).toEqual([
      'line 1 allows to exactly a, asked c',
      'line 2 allows to like b*, asked c',
    ]);
  });
  it('departs from a line that is used up, a plan whose time is over, that was revoked, whose tool changed', () => {
    const call = refund({ amount: 1, customer: 'ada' });
    expect(departs(REFUNDS, call, { uses: [2] })).toEqual(['line 1 is used up: 2 times']);
    expect(departs(REFUNDS, call, { endsAtMs: 0 })).toEqual(['the time of the plan is over']);
    expect(departs(REFUNDS, call, { isRevoked: true })).toEqual(['the plan was revoked']);
    expect(departs(REFUNDS, call, { changedTools: ['refund'] })).toHaveLength(1);
  });
  it('uses the next line about its tool when the first is used up', () => {
    const plan = planOf({ tool: 'ping' }, { tool: 'ping', uses_max: 3 });
    expect(matchPlan(stateOf(plan, { uses: [1, 2] }), { tool: 'ping', arguments: {} }, 0)).toEqual({
      matches: true,
      line: 2,
    });
  });
});

describe('members', () => {
  const plan = planOf({
    tool: 'send',
    bounds: [
      { argument: 'to.name', equals: 'Ada' },
      { argument: 'to.mail', like: '*@example.com' },
    ],
  });
  it('are bound one by one, and what is beside them is not', () => {
    expect(departs(plan, { tool: 'send', arguments: { to: { name: 'Ada', mail: 'a@example.com' } } })).toEqual([]);
    expect(departs(plan, { tool: 'send', arguments: { to: { name: 'Ada', mail: 'a@example.com', cc: 'x' } } })).toEqual(
      ['line 1 allows no to.cc, asked x'],
    );
  });
  it('are not meant by a name that has a dot in it', () => {
    const call = { tool: 'send', arguments: { to: { name: 'Ada', mail: 'a@example.com' }, 'to.name': 'Eve' } };
    expect(departs(plan, call)).toEqual(['line 1 allows no to.name, asked Eve']);
  });
  it('of an object’s prototype are no arguments', () => {
    const bound = { argument: 'constructor.name', equals: 'Object' };
    expect(departs(planOf({ tool: 'x', bounds: [bound] }), { tool: 'x', arguments: {} })).toHaveLength(1);
  });
});

const argument = fc.constantFrom('a', 'b', 'c');
const value = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom('x', 'y'), fc.boolean(), fc.constant(null));
const bound = fc.oneof(
  fc.record({ argument, equals: value }),
  fc.record({ argument, one_of: fc.array(value, { minLength: 1, maxLength: 3 }) }),
  fc.record({ argument, at_most: fc.integer({ min: 0, max: 9 }) }),
  fc.record({ argument, anything: fc.constant(true as const) }),
) as fc.Arbitrary<PlanBound>;
const line = fc.record({
  tool: fc.constantFrom('t', 'u'),
  bounds: fc.uniqueArray(bound, { selector: (one) => one.argument, maxLength: 3 }),
  uses_max: fc.integer({ min: 1, max: 3 }),
});
const plans = fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => planOf(...lines));
const calls = fc.record({
  tool: fc.constantFrom('t', 'u', 'v'),
  arguments: fc.dictionary(argument, value, { maxKeys: 3 }),
});

describe('of any plan', () => {
  it('a call goes ahead only within a line about its tool, with every argument bound', () => {
    fc.assert(
      fc.property(plans, calls, (plan, call) => {
        const answer = matchPlan(stateOf(plan), call, 0);
        const fits = plan.lines.map(
          ({ tool, bounds }) =>
            tool === call.tool &&
            bounds.every((one) => isWithin(one, call.arguments[one.argument])) &&
            Object.keys(call.arguments).every((name) => bounds.some((one) => one.argument === name)),
        );
        expect(answer.matches ? answer.line - 1 : -1).toBe(fits.indexOf(true));
        if (!answer.matches) expect(answer.departures.length).toBeGreaterThan(0);
      }),
    );
  });
  it('no line is used more often than it says, whatever calls come in whatever order', () => {
    fc.assert(
      fc.property(plans, fc.array(calls, { maxLength: 30 }), (plan, asked) => {
        const uses = plan.lines.map(() => 0);
        for (const call of asked) {
          const answer = matchPlan(stateOf(plan, { uses }), call, 0);
          if (answer.matches) uses[answer.line - 1] = (uses[answer.line - 1] ?? 0) + 1;
        }
        for (const [index, { uses_max: most }] of plan.lines.entries()) expect(uses[index]).toBeLessThanOrEqual(most);
      }),
    );
  });
});

describe('a plan', () => {
  test.each<[string, object]>([
    ['without lines', { lines: [] }],
    ['with a bound of two kinds', { lines: [{ tool: 't', bounds: [{ argument: 'a', equals: 1, at_most: 2 }] }] }],
    ['with a bound of none', { lines: [{ tool: 't', bounds: [{ argument: 'a' }] }] }],
    ['with an empty range', { lines: [{ tool: 't', bounds: [{ argument: 'a', at_least: 3, at_most: 2 }] }] }],
    [
      'that binds an argument twice',
      {
        lines: [
          {
            tool: 't',
            bounds: [
              { argument: 'a', equals: 1 },
              { argument: 'a.b', equals: 1 },
            ],
          },
        ],
      },
    ],
    ['that is used never', { lines: [{ tool: 't', uses_max: 0 }] }],
  ])('%s is none', (_, plan) => expect(PlanSchema.safeParse(plan).success).toBe(false));
  it('says in words what it allows', () => {
    expect(REFUNDS.lines.map(lineWords)).toEqual([
      'refund with amount from 1 to 100, customer one of ada, bob, note anything, 2 times',
    ]);
    expect(planTitle(planOf({ tool: 'b' }, { tool: 'a' }, { tool: 'b' }))).toBe('Plan of calls: b, a');
  });
});
