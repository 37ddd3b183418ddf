import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.ts';
import { combine } from '../gate/combine.ts';
import { type HistoryFigures, type PolicyRequest, evaluatePolicy, historyAsked, matchesGlob } from './evaluate.ts';
import { DEFAULT_POLICY, type Policy, PolicySchema, riskOf } from './policy.ts';

const policy = (...rules: object[]): Policy =>
  PolicySchema.parse({ rules: rules.map((rule, index) => ({ name: `r${index}`, ...rule })) });
const call = (args: JsonObject = {}, over: Partial<PolicyRequest> = {}): PolicyRequest => ({
  tool: 'pay',
  arguments: args,
  risk: 'external',
  agent: { id: 'agt_1', name: 'Clerk' },
  caller: 'key_1',
  now: '2026-11-21T10:00:00Z',
  ...over,
});
const none: HistoryFigures = () => ({ calls: 0, sum: 0 });
const outcome = (rules: Policy, request = call(), history = none) => evaluatePolicy(rules, request, history).outcome;

describe('a pattern with stars', () => {
  it('matches what a regular expression with .* for each star matches', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '$', '\n', '\\'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '$', '\\'), maxLength: 6 });
    fc.assert(
      fc.property(pattern, text, (glob, candidate) => {
        const source = glob
          .split('*')
          .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
          .join('[^]*');
        expect(matchesGlob(glob, candidate)).toBe(new RegExp(`^${source}$`).test(candidate));
      }),
      { numRuns: 10_000 },
    );
  });
  it('takes no longer for patterns that are made to take long', () => {
    const startMs = performance.now();
    expect(matchesGlob(`${'*a'.repeat(90)}b`, 'a'.repeat(50_000))).toBe(false);
    expect(performance.now() - startMs).toBeLessThan(500);
  });
});

describe('a rule', () => {
  it('matches by tool, risk, agent name or id, and caller, all of what it names', () => {
    const all = policy({
      tools: ['pa*', 'x'],
      risk: ['external', 'irreversible'],
      agents: ['Cl*'],
      callers: ['key_*'],
      outcome: 'block',
    });
    expect(outcome(all)).toBe('block');
    expect(outcome(policy({ agents: ['agt_1'], outcome: 'block' }))).toBe('block');
    for (const over of [
      { tool: 'read' },
      { risk: 'reversible' },
      { agent: { id: 'agt_2', name: null } },
      { caller: 'usr_1' },
    ] as const)
      expect(outcome(all, call({}, over)), JSON.stringify(over)).toBeNull();
    expect(
      outcome(policy({ agents: ['*'], outcome: 'block' }), call({}, { agent: { id: null, name: null } })),
    ).toBeNull();
  });
  it('asks a condition over the request and the moment', () => {
    const large = policy({ when: 'request.arguments.amount > 1000', outcome: 'hold' });
    expect([outcome(large, call({ amount: 1001 })), outcome(large, call({ amount: 1000 }))]).toEqual(['hold', null]);
    expect(outcome(policy({ when: 'now >= "2026-11-21T09:00:00Z"', outcome: 'block' }))).toBe('block');
    expect(
      outcome(
        policy({
          when: 'request.tool == "pay" && request.agent.name.startsWith("Cl") && request.caller == "key_1"',
          outcome: 'block',
        }),
      ),
    ).toBe('block');
  });
  it('asks about the past, with other calls than this one', () => {
    const many = policy({ history: { within_seconds: 60, more_than_calls: 3 }, outcome: 'hold' });
    expect([3, 4].map((calls) => outcome(many, call(), () => ({ calls, sum: 0 })))).toEqual([null, 'hold']);
    const much = policy({ history: { within_seconds: 60, sum_of: 'amount', more_than_sum: 10 }, outcome: 'hold' });
    expect([10, 10.5].map((sum) => outcome(much, call(), () => ({ calls: 1, sum })))).toEqual([null, 'hold']);
  });
});

describe('several rules', () => {
  it('are decided by the first that matches', () => {
    expect(outcome(policy({ tools: ['x'], outcome: 'block' }, { outcome: 'allow' }, { outcome: 'hold' }))).toBe(
      'allow',
    );
    expect(outcome(policy({ outcome: 'audit' }, { outcome: 'block' }))).toBe('audit');
    expect(outcome(policy({ outcome: 'mode', hold: { priority: 'high' } }, { outcome: 'block' }))).toBe('mode');
    expect(outcome(policy())).toBeNull();
  });
  it('are overridden by a deny, wherever it stands', () => {
    const others = ['allow', 'audit', 'hold', 'block', 'mode'].map((each): object => ({ outcome: each }));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...others), { maxLength: 6 }), fc.nat(6), (list, place) => {
        const verdict = evaluatePolicy(
          policy(...list.toSpliced(place, 0, { outcome: 'deny', reason: 'never' })),
          call(),
          none,
        );
        expect(verdict).toMatchObject({ outcome: 'deny', reason: 'never' });
      }),
    );
  });
  it('say of each whether it matched, and why', () => {
    const verdict = evaluatePolicy(
      policy({ tools: ['x'], outcome: 'block' }, { when: 'request.arguments.n > 1', outcome: 'allow' }),
      call({ n: 2 }),
      none,
    );
    expect(verdict.trace).toEqual([
      { rule: 'r0', matched: false, why: 'the tool is pay' },
      { rule: 'r1', matched: true, why: 'its condition is true' },
    ]);
    expect(verdict).toMatchObject({ rule: 'r1', reason: 'the rule "r1" matched: its condition is true' });
  });
});

describe('a condition that can not be told, such as about an argument that is missing,', () => {
  const broken = 'request.arguments.missing > 1';
  it.each([
    ['allow', 'hold'],
    ['audit', 'hold'],
    ['hold', 'hold'],
    ['block', 'block'],
    ['deny', 'deny'],
  ])('turns %s into %s', (given, expected) => {
    const verdict = evaluatePolicy(policy({ when: broken, outcome: given }), call(), none);
    expect(verdict.outcome).toBe(expected);
    expect(verdict.trace[0]?.why).toMatch(/^its condition /);
  });
  it('of a deny holds what an earlier rule would have let through', () => {
    expect(outcome(policy({ outcome: 'allow' }, { when: broken, outcome: 'deny' }))).toBe('hold');
    expect(outcome(policy({ outcome: 'mode' }, { when: broken, outcome: 'deny' }))).toBe('hold');
    expect(outcome(policy({ outcome: 'block' }, { when: broken, outcome: 'deny' }))).toBe('block');
    expect(outcome(policy({ outcome: 'allow' }, { when: broken, outcome: 'deny' }), call({ missing: 0 }))).toBe(
      'allow',
    );
  });
  it('is one of the wrong type, or that is neither true nor false, too', () => {
    expect(outcome(policy({ when: 'request.arguments.n > 1', outcome: 'allow' }), call({ n: 'many' }))).toBe('hold');
    expect(outcome(policy({ when: 'request.arguments.n', outcome: 'allow' }), call({ n: 1 }))).toBe('hold');
    expect(
      outcome(policy({ when: 'has(request.arguments.n) && request.arguments.n > 1', outcome: 'allow' })),
    ).toBeNull();
  });
});

describe('a policy as written', () => {
  it.each([
    [{ name: 'a', outcome: 'allow', when: 'request.(' }],
    [{ name: 'a', outcome: 'maybe' }],
    [{ name: 'a', outcome: 'allow', hold: {} }],
    [{ name: 'a', outcome: 'hold', hold: { on_timeout: 'park' } }],
    [{ name: 'a', outcome: 'hold', hold: { on_timeout: 'escalate', timeout_seconds: 5 } }],
    [{ name: 'a', outcome: 'hold', hold: { stages: [{ approvers: '0 of x' }] } }],
    [{ name: 'a', outcome: 'hold', hold: { stages: [{ approvers: 'x', approvers_expression: 'group("x")' }] } }],
    [{ name: 'a', outcome: 'hold', history: { within_seconds: 5 } }],
    [{ name: 'a', outcome: 'hold', tool: ['x'] }],
  ])('is refused where it makes no sense: %j', (rule) => {
    expect(PolicySchema.safeParse({ rules: [rule] }).success).toBe(false);
  });
  it('names each rule once', () => {
    expect(
      PolicySchema.safeParse({
        rules: [
          { name: 'a', outcome: 'allow' },
          { name: 'a', outcome: 'block' },
        ],
      }).success,
    ).toBe(false);
  });
});

describe('the past', () => {
  it('is asked about only where the answer hangs on it, and the answer is the same', () => {
    const rule = fc.record(
      {
        tools: fc.constantFrom(['pay'], ['other']),
        when: fc.constantFrom('true', 'request.arguments.amount > 5', 'request.arguments.gone > 5'),
        history: fc.constantFrom(
          { within_seconds: 60, more_than_calls: 3 },
          { within_seconds: 60, sum_of: 'amount', more_than_sum: 50 },
        ),
        outcome: fc.constantFrom('allow', 'audit', 'hold', 'block', 'deny', 'mode'),
      },
      { requiredKeys: ['outcome'] },
    );
    const modes = fc
      .constantFrom('proceed', 'hold', 'block')
      .map((answer) => ({ outcome: answer, reason: 'the mode' }));
    const figures = fc.record({ calls: fc.nat(6), sum: fc.nat(100) });
    let skipped = 0;
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 4 }),
        modes,
        figures,
        fc.boolean(),
        (rules, mode, past, relaxed) => {
          const all = policy(...rules);
          const request = call({ amount: 7 });
          const asked = historyAsked(all, request, mode.outcome === 'hold');
          skipped += all.rules.filter(({ history }) => history && !asked.includes(history)).length;
          const whole = evaluatePolicy(all, request, () => past);
          const part = evaluatePolicy(all, request, (condition) =>
            asked.includes(condition) ? past : none(condition),
          );
          const answer = (verdict: typeof whole) => combine(mode, verdict, relaxed);
          expect(answer(part)).toEqual(answer(whole));
          if (answer(whole).outcome === 'hold') expect(part).toMatchObject({ rule: whole.rule, hold: whole.hold });
        },
      ),
    );
    expect(skipped).toBeGreaterThan(20);
  });
});

describe('out of the box', () => {
  it('reading goes ahead, and a runaway agent comes to the top without changing the mode', () => {
    expect(outcome(DEFAULT_POLICY, call({}, { risk: 'read_only' }))).toBe('allow');
    expect(outcome(DEFAULT_POLICY)).toBeNull();
    expect(evaluatePolicy(DEFAULT_POLICY, call(), () => ({ calls: 31, sum: 0 }))).toMatchObject({
      outcome: 'mode',
      hold: { priority: 'high' },
    });
  });
  it('what can not be undone weighs most', () => {
    const risk = (read_only: boolean, destructive: boolean, open_world: boolean) =>
      riskOf({ read_only, destructive, open_world });
    expect([
      risk(true, true, true),
      risk(false, true, true),
      risk(false, true, false),
      risk(false, false, true),
      risk(false, false, false),
    ]).toEqual(['read_only', 'irreversible', 'irreversible', 'external', 'reversible']);
  });
});
