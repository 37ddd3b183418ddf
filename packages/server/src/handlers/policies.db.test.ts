/** Policies as people write them, and what they do at the gate. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WireApproval, WireGateAnswer } from '@countersign/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TestApp, type Who, startTestServer } from '../testing/index.ts';

let app: TestApp;
type Told = { code: string; detail: string; errors?: { pointer: string; detail: string }[] };
type Policy = {
  id: string;
  position: number;
  is_enabled: boolean;
  current_version: { version: number; source: string } | null;
};
type Problem = { pointer: string; detail: string; line: number | null; column: number | null };
beforeAll(async () => {
  app = await startTestServer();
});
afterAll(() => app.stop());
// Each test has only its own rules.
beforeEach(() => app.sql('update policy set is_enabled = false'));

const owner = (): Who => app.one.people.owner;
const must = async <T>(method: string, path: string, body?: unknown, who: Who = owner()): Promise<T> => {
  const answer = await app.call<T>(who, method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
};
let number = 0;
const policy = (rules: readonly object[]): Promise<Policy> => {
  number += 1;
  return must('POST', '/v1/policies', {
    name: `Policy ${number}`,
    source: JSON.stringify({ rules: rules.map((rule, index) => ({ name: `r${index}`, ...rule })) }),
  });
};
const gate = (tool: string, args: object = {}, more: object = {}): Promise<WireGateAnswer> =>
  must('POST', '/v1/gate', { tool, arguments: args, ...more }, app.one.keys.asking);
const decide = (approval: WireApproval, over: object = {}) =>
  app.call<WireApproval & Told>(app.one.people.approver, 'POST', `/v1/approvals/${approval.id}/decide`, {
    decision: 'approved',
    digest: approval.digest,
    ...over,
  });
const held = async (tool: string, args: object = {}): Promise<WireApproval> => {
  const { outcome, approval } = await gate(tool, args);
  if (!approval) throw new Error(`${tool}: ${outcome}`);
  return approval;
};

describe('what is written', () => {
  const check = (source: string) =>
    must<{ is_valid: boolean; problems: Problem[] }>('POST', '/v1/policies/check', { source });
  test('is checked with line and column', async () => {
    const { problems } = await check(
      'rules:\n  - name: a\n    outcome: maybe\n  - name: b\n    outcome: hold\n    when: "request.("\n',
    );
    expect(problems.map(({ pointer, line, column }) => [pointer, line, column])).toEqual([
      ['/rules/0/outcome', 3, 14],
      ['/rules/1/when', 6, 11],
    ]);
    expect((await check('rules:\n  - name: [unclosed\n')).problems[0]?.line).toBeGreaterThan(1);
    expect(await check('rules: []')).toEqual({ is_valid: true, problems: [] });
    expect(await check('{"rules": [{"name": "a", "outcome": "allow"}]}')).toEqual({ is_valid: true, problems: [] });
  });
  test('names people by expression only where there are some', async () => {
    const checked = await app.call<{ problems: { pointer: string; detail: string }[] }>(
      app.one.people.owner,
      'POST',
      '/v1/policies/check',
      {
        source: JSON.stringify({
          rules: [
            {
              name: 'a',
              outcome: 'hold',
              hold: {
                stages: [{ approvers_expression: 'request.risk == "external" ? group("nobody") : role("approver")' }],
              },
            },
          ],
        }),
      },
    );
    expect(checked.body.problems).toMatchObject([
      { pointer: '/rules/0/hold/stages/0', detail: 'names group nobody, in which there is no approver' },
    ]);
  });
  test('can not unfold into more than memory holds', async () => {
    const bomb = `a: &a [x]\n${Array.from({ length: 30 }, (_, n) => `b${n}: &b${n} [${Array.from({ length: 9 }, () => (n === 0 ? '*a' : `*b${n - 1}`)).join(', ')}]`).join('\n')}\n`;
    expect(
      (await app.call<{ is_valid: boolean }>(owner(), 'POST', '/v1/policies/check', { source: bomb })).body.is_valid,
    ).toBe(false);
  });
  test('is refused with its problems when saved, and by programs and strangers anyway', async () => {
    const refused = await app.call<Told>(owner(), 'POST', '/v1/policies', {
      name: 'bad',
      source: 'rules:\n  - name: a\n    outcome: maybe\n',
    });
    expect([refused.status, refused.body.errors?.[0]?.pointer]).toEqual([422, '/source/rules/0/outcome']);
    expect(refused.body.errors?.[0]?.detail).toContain('line 3');
    for (const who of [app.one.keys.asking, app.one.keys.deciding, app.one.people.approver, app.one.people.builder])
      expect((await app.call(who, 'POST', '/v1/policies', { name: 'mine', source: 'rules: []' })).status).toBe(403);
  });
});

describe('a policy', () => {
  test('has versions, of which the newest holds until another is promoted', async () => {
    const { id } = await policy([{ tools: ['ver'], outcome: 'block', reason: 'first' }]);
    expect(await gate('ver')).toMatchObject({ outcome: 'block', reason: 'first' });
    const source = JSON.stringify({ rules: [{ name: 'r0', tools: ['ver'], outcome: 'allow', reason: 'second' }] });
    expect((await must<Policy>('POST', `/v1/policies/${id}/versions`, { source })).current_version?.version).toBe(2);
    expect(await gate('ver')).toMatchObject({ outcome: 'proceed', reason: 'second' });
    await must('POST', `/v1/policies/${id}/promote`, { version: 1 });
    expect((await gate('ver')).outcome).toBe('block');
    expect((await app.call(owner(), 'POST', `/v1/policies/${id}/promote`, { version: 3 })).status).toBe(422);
    const { data } = await must<{ data: { version: number }[] }>('GET', `/v1/policies/${id}/versions`);
    expect(data.map(({ version }) => version).toSorted()).toEqual([1, 2]);
  });
  test('switched off or retired does nothing; several are read in their order', async () => {
    const first = await policy([{ tools: ['order'], outcome: 'block', reason: 'first' }]);
    const second = await policy([{ tools: ['order'], outcome: 'allow', reason: 'second' }]);
    expect((await gate('order')).reason).toBe('first');
    await must('PATCH', `/v1/policies/${second.id}`, { position: 0 });
    await must('PATCH', `/v1/policies/${first.id}`, { position: 9 });
    expect((await gate('order')).reason).toBe('second');
    await must('PATCH', `/v1/policies/${second.id}`, { is_enabled: false });
    expect((await gate('order')).reason).toBe('first');
    await must('DELETE', `/v1/policies/${first.id}`);
    expect((await gate('order')).outcome).toBe('hold');
  });
  test('is named with its version and rule on the approval and on the decision', async () => {
    const { id } = await policy([{ tools: ['named'], outcome: 'hold' }]);
    const approval = await held('named');
    expect(approval.policy).toMatchObject({ id, version: 1, rule: 'r0' });
    expect(approval.action['policy']).toEqual({ id, version: 1, rule: 'r0' });
    await decide(approval);
    const [event] = await app.sql<{ data: { policy: object } }>(
      `select data from event where subject = $1 and type = 'approval.decided'`,
      [approval.id],
    );
    expect(event?.data.policy).toEqual({ id, version: 1 });
  });
});

describe('deny', () => {
  test('wins over every mode, every other rule, and grants', async () => {
    await policy([
      { tools: ['over'], outcome: 'allow' },
      { tools: ['over'], when: 'request.arguments.to == "mars"', outcome: 'deny', reason: 'not to mars' },
    ]);
    await must(
      'POST',
      '/v1/tools',
      {
        name: 'over',
        http: { url: 'http://127.0.0.1:9000/x' },
        annotations: { destructive: false, open_world: false },
      },
      app.one.keys.asking,
    );
    await must('POST', '/v1/grants', { tool: 'over', uses_max: 100, expires_in_seconds: 600 }, app.one.people.approver);
    expect(await gate('over', { to: 'mars' })).toMatchObject({ outcome: 'block', reason: 'not to mars' });
    expect((await gate('over', { to: 'rome' })).outcome).toBe('proceed');
    expect(
      (await app.call<Told>(app.one.keys.asking, 'POST', '/v1/approvals', { tool: 'over', arguments: { to: 'mars' } }))
        .body.code,
    ).toBe('policy_blocked');
  });
});

describe('rules about the past', () => {
  test('count this tool’s calls, and sum up an argument', async () => {
    await policy([
      { tools: ['often'], history: { within_seconds: 600, more_than_calls: 2 }, outcome: 'block', reason: 'too often' },
      {
        tools: ['much'],
        history: { within_seconds: 600, sum_of: 'amount', more_than_sum: 100 },
        outcome: 'block',
        reason: 'too much',
      },
      { outcome: 'allow' },
    ]);
    const outcomes = async (tool: string, amounts: number[]): Promise<string[]> => {
      const list = [];
      for (const amount of amounts) list.push((await gate(tool, { amount })).outcome);
      return list;
    };
    expect(await outcomes('often', [1, 1, 1, 1])).toEqual(['proceed', 'proceed', 'proceed', 'block']);
    expect(await outcomes('much', [60, 60, 1, 1])).toEqual(['proceed', 'proceed', 'block', 'block']);
  });
});

describe('an edit', () => {
  test('into what a policy blocks is refused; elsewhere it can be approved', async () => {
    await policy([
      { tools: ['edit'], when: 'request.arguments.amount > 1000', outcome: 'block', reason: 'too much' },
      { tools: ['edit'], outcome: 'hold' },
    ]);
    const approval = await held('edit', { amount: 10 });
    const refused = await decide(approval, { arguments: { amount: 2000 } });
    expect([refused.status, refused.body.code]).toEqual([403, 'policy_blocked']);
    expect((await decide(approval, { arguments: { amount: 20 } })).body.status).toBe('approved');
  });
  test('into what another rule holds needs the approvers of that rule', async () => {
    const boss = app.one.keys.deciding.owner;
    await must('POST', '/v1/groups', { name: 'bosses', members: [boss.id] });
    const { id } = await policy([
      {
        tools: ['raise'],
        when: 'request.arguments.amount > 1000',
        outcome: 'hold',
        hold: { stages: [{ approvers: 'bosses and anyone' }] },
      },
      { tools: ['raise'], outcome: 'hold' },
    ]);
    const approval = await held('raise', { amount: 10 });
    const { body } = await decide(approval, { arguments: { amount: 2000 } });
    expect(body).toMatchObject({ status: 'pending', quorum: { missing: ['1 of bosses'] }, policy: { id, rule: 'r0' } });
    const signed = await app.call<WireApproval>(boss, 'POST', `/v1/approvals/${approval.id}/decide`, {
      decision: 'approved',
      digest: body.digest,
    });
    expect(signed.body).toMatchObject({ status: 'approved', arguments: { amount: 2000 }, policy: { rule: 'r0' } });
  });
});

test('T6: an edit does not escape the approvers that the same rule names for it', async () => {
  await must('POST', '/v1/groups', { name: 'treasury', members: [app.one.keys.deciding.owner.id] });
  await policy([
    {
      tools: ['payout'],
      outcome: 'hold',
      hold: {
        stages: [{ approvers_expression: 'request.arguments.amount > 1000 ? group("treasury") : "1 of anyone"' }],
      },
    },
  ]);
  const approval = await held('payout', { amount: 10 });
  const refused = await decide(approval, { arguments: { amount: 2000 } });
  expect([refused.status, refused.body.code]).toEqual([403, 'not_eligible']);
  const small = await held('payout', { amount: 10 });
  expect((await decide(small, { arguments: { amount: 20 } })).body.status).toBe('approved');
});

describe('asked beforehand', () => {
  test('evaluate says what would happen to one call, by which rule, and why', async () => {
    const { id } = await policy([
      { tools: ['x'], outcome: 'block' },
      { when: 'request.arguments.n > 1', outcome: 'hold', hold: { stages: [{ approvers: '2 of anyone' }] } },
    ]);
    const answer = await must<Record<string, unknown>>('POST', '/v1/policies/evaluate', {
      tool: 'y',
      arguments: { n: 2 },
    });
    expect(answer).toMatchObject({
      outcome: 'hold',
      rule: 'r1',
      policy: { id, version: 1 },
      requirement: [{ name: 'stage 1', approvers: '2 of anyone' }],
      trace: [
        { rule: 'r0', matched: false, why: 'the tool is y' },
        { rule: 'r1', matched: true, why: 'its condition is true' },
      ],
    });
    const tried = await must<Record<string, unknown>>('POST', '/v1/policies/evaluate', {
      tool: 'y',
      source: 'rules: [{name: a, outcome: deny}]',
    });
    expect(tried).toMatchObject({ outcome: 'deny', policy: null });
    const [count] = await app.sql<{ n: number }>(`select count(*)::int as n from gate_answer where tool = 'y'`);
    expect(count?.n).toBe(0);
  });
  test('a back-test shows first what people rejected and it would have let through', async () => {
    for (const decision of ['approved', 'rejected'])
      await decide(await held(`past_${decision}`, { n: 1 }), { decision });
    const source = 'rules: [{name: all, tools: [past_*], outcome: allow}]';
    const result = await must<Record<string, unknown> & { changed: { tool: string }[] }>(
      'POST',
      '/v1/policies/backtest',
      { source },
    );
    expect(result['rejections_let_through']).toMatchObject([
      { tool: 'past_rejected', before: 'rejected', outcome: 'allow', rule: 'all' },
    ]);
    expect(result.changed.filter(({ tool }) => tool === 'past_approved')).toHaveLength(1);
    expect(result['allowed']).toBe(2);
  });

  const runs = join(import.meta.dirname, '../../../../../shared/data/airline/runs.jsonl');
  test.skipIf(!existsSync(runs))('recorded calls of an airline’s agent can be tried', async () => {
    type Call = { name: string; arguments: object };
    const found = (value: unknown): Call[] => {
      if (Array.isArray(value)) return value.flatMap(found);
      if (typeof value !== 'object' || value === null) return [];
      const { name, arguments: args } = value as Record<string, unknown>;
      const given: unknown = typeof args === 'string' ? JSON.parse(args) : args;
      const call =
        typeof name === 'string' && typeof given === 'object' && given !== null ? [{ name, arguments: given }] : [];
      return [...call, ...Object.values(value).flatMap(found)];
    };
    const calls = readFileSync(runs, 'utf8')
      .trim()
      .split('\n')
      .flatMap((line) => found(JSON.parse(line)))
      .slice(0, 2000);
    expect(calls.length).toBeGreaterThan(20);
    const source = `rules: [{name: reads, tools: ["get_*", "search_*", "list_*"], outcome: allow}, {name: rest, outcome: hold}]`;
    const transcripts = calls.map(({ name, arguments: args }) => ({ tool: name, arguments: args }));
    const result = await must<{ calls: number; held: number; allowed: number }>('POST', '/v1/policies/backtest', {
      source,
      transcripts,
    });
    const reads = calls.filter(({ name }) => /^(get|search|list)_/.test(name)).length;
    expect(result).toMatchObject({ calls: calls.length, allowed: reads, held: calls.length - reads });
  });
});

test('programs add no people and no groups either', async () => {
  const { asking, deciding } = app.one.keys;
  for (const who of [asking, deciding]) {
    expect(
      (await app.call(who, 'POST', '/v1/members', { name: 'Me', email: 'me@test.example', roles: ['approver'] }))
        .status,
    ).toBe(403);
    expect((await app.call(who, 'POST', '/v1/groups', { name: 'mine' })).status).toBe(403);
    expect((await app.call(who, 'PUT', '/v1/settings', {})).status).toBe(403);
  }
});
