import {
  type Json,
  type JsonObject,
  type Surroundings,
  type WorkflowInput,
  render,
  validateWorkflow,
} from '@countersign/core';
import { describe, expect, test } from 'vitest';
import { compileTemplate, nodeIdsOf } from './compile.ts';
import { type Domain, NewStep, type Step, type Template } from './template.ts';

const SHOP = '0190a5b2-7c00-7000-8000-000000000001';
const DOMAINS = new Map<string, Domain>([
  [
    SHOP,
    {
      protocol_type: 'https',
      domain: 'shop.example',
      rate_limit_enabled: false,
      concurrency_control_enabled: false,
      max_concurrent_jobs: 0,
      max_requests_per_second: 0,
    },
  ],
]);

const step = (identifier: string, index: number, more: Partial<NewStep> = {}): Step => ({
  ...NewStep.parse({
    index,
    webhook_name: `Webhook ${identifier}`,
    method: 'POST',
    path: `/${identifier}`,
    domain_uuid: SHOP,
    human_approval_required: false,
    step_identifier: identifier,
    ...more,
  }),
  tool: `shop.${identifier}`,
  inserted_at: '2026-03-06T12:00:00.000Z',
});

const template = (steps: Step[], runtype: Template['runtype'] = 'fifo_sequential'): Template => ({
  kind: 'workflow',
  runtype,
  steps,
});

const compile = (given: Template): WorkflowInput => {
  const compiled = compileTemplate(given, DOMAINS);
  if (!compiled.ok) throw new Error(compiled.refusal);
  return compiled.value;
};

/** What is wrong with what came out, as saving it would say. */
const problemsOf = (given: Template): string[] => {
  const around: Surroundings = {
    agents: new Map(),
    workflows: new Map(),
    callers: new Set(),
    tools: new Map(given.steps.map(({ tool }) => [tool, { type: 'object' }])),
    secrets: new Set(['STRIPE_KEY']),
    calendars: new Set(),
    approvers: [],
    schemaProblem: () => null,
  };
  return validateWorkflow(compile(given) as unknown as Json, around).problems.map(
    ({ code, node, detail }) => `${code} ${node}: ${detail}`,
  );
};

/** The edges, as `from -success-> to`. */
const edgesOf = (given: Template): string[] =>
  compile(given).nodes.flatMap((node) =>
    (['on_success', 'on_fail', 'on_true', 'on_false', 'branches'] as const).flatMap((edge) => {
      const to = (node as Record<string, unknown>)[edge];
      if (to === undefined) return [];
      return (Array.isArray(to) ? to : [to]).map((one) => `${node.id} ${edge} ${String(one)}`);
    }),
  );

describe('the order of steps', () => {
  test('follows their numbers where they name no other', () => {
    const given = template([step('ship', 1), step('charge', 0)]);
    expect(problemsOf(given)).toEqual([]);
    expect(edgesOf(given)).toEqual(['start on_success charge', 'charge on_success ship', 'ship on_success done']);
  });

  test('follows what they name, and passes by what only a failure leads to', () => {
    const given = template([
      step('charge', 0, { on_fail_next_step_identifier: 'apologise' }),
      step('apologise', 1),
      step('ship', 2, { on_success_next_step_identifier: '' }),
    ]);
    expect(problemsOf(given)).toEqual([]);
    expect(edgesOf(given)).toEqual([
      'start on_success charge',
      'charge on_success ship',
      'charge on_fail apologise',
      'apologise on_success done',
      'ship on_success done',
    ]);
  });

  test('ends at a step that is not there yet, and leaves out what nothing leads to', () => {
    const given = template([
      step('charge', 0, { on_success_next_step_identifier: 'ship', on_fail_next_step_identifier: 'apologise' }),
      step('lonely', 1),
    ]);
    expect(problemsOf(given)).toEqual([]);
    expect(edgesOf(given)).toEqual(['start on_success charge', 'charge on_success done']);
  });

  test('runs all steps that follow none at once', () => {
    const given = template([step('mail', 0), step('sms', 1), step('log', 2)], 'concurrently');
    const chained = template(
      [step('mail', 0, { on_success_next_step_identifier: 'log' }), step('sms', 1), step('log', 2)],
      'concurrently',
    );
    expect([...problemsOf(given), ...problemsOf(chained)]).toEqual([]);
    expect(edgesOf(chained)).toEqual([
      'start on_success all_steps',
      'all_steps branches mail',
      'all_steps branches sms',
      'all_met on_success done',
      'mail on_success log',
      'sms on_success all_met',
      'log on_success all_met',
    ]);
  });

  test('goes in no circle', () => {
    const ring = [
      step('a', 0, { on_success_next_step_identifier: 'b' }),
      step('b', 1, { on_success_next_step_identifier: 'a' }),
    ];
    expect(compileTemplate(template(ring), DOMAINS)).toEqual({
      ok: false,
      refusal: 'b leads back to a: steps go in no circles',
    });
    expect(compileTemplate(template(ring, 'concurrently'), DOMAINS)).toMatchObject({ ok: false });
  });
});

test('identifiers that are no words become words, each its own', () => {
  const steps = ['charge-card', 'charge card', '2nd', 'start', 'done'].map((name, index) => step(name, index));
  expect([...nodeIdsOf(steps).values()]).toEqual(['charge_card', 'charge_card_2', 's2nd', 'start_2', 'done_2']);
  expect(problemsOf(template(steps))).toEqual([]);
});

const nodeOf = (given: Template, id: string): JsonObject =>
  compile(given).nodes.find((node) => node.id === id) as unknown as JsonObject;

test('a step is a call of a tool, held where a person has to approve it', () => {
  const given = template([
    step('charge', 0, {
      human_approval_required: true,
      delay_to_next_step: 3,
      max_retries: 2,
      retry_delay: 7,
      retry_backoff_mode: 'exponential',
      request_timeout_in_milliseconds: 2500,
    }),
    step('ship', 1, { max_retries: 0 }),
  ]);
  expect(problemsOf(given)).toEqual([]);
  expect(nodeOf(given, 'charge')).toMatchObject({
    tool: 'shop.charge',
    checkpoint: 'charge',
    hitl_mode: 'blocking',
    delay_to_next_step: 3,
    retry: { count: 2, backoff: 'exponential', delay_seconds: 7 },
    timeout_seconds: 2.5,
  });
  expect(nodeOf(given, 'ship')).not.toHaveProperty('hitl_mode');
  expect(nodeOf(given, 'ship')).not.toHaveProperty('retry');
});

const STATE = {
  input: { amount: 1500, note: 'vip', tags: ['a', 'b'] },
  vars: {},
  steps: { charge_card: { output: { id: 'ch_1' } } },
  execution: { id: 'exe' },
};

test('variables are of the start, of the step before, of a named step, or secrets', () => {
  const given = template([
    step('charge-card', 0, {
      request_body_json: { amount: '{{ initial.amount }}', auth: 'Bearer {{ #stripe-key }}', note: 'for {{ note }}' },
    }),
    step('ship', 1, {
      path: '/charges/{{ step.response.id }}/ship',
      query_params_json: { of: '{{ charge-card.response.id }}', why: 'a b&c', fast: true },
      request_body_json: { all: [{ amount: '{{ initial.amount }}' }] },
    }),
  ]);
  expect(problemsOf(given)).toEqual([]);
  const filled = (id: string): unknown => render(nodeOf(given, id)['arguments'] as Json, STATE);
  expect(filled('charge_card')).toEqual({
    ok: true,
    value: { amount: 1500, auth: 'Bearer {{secrets.STRIPE_KEY}}', note: 'for vip' },
  });
  expect(filled('ship')).toEqual({ ok: true, value: { url_1: 'ch_1', url_2: 'ch_1', all: [{ amount: 1500 }] } });
});

test.each([
  ['a step that is not there', { path: '/{{ nowhere.response.id }}' }],
  ['a step before the first', { path: '/{{ step.response.id }}' }],
  ['an expression', { path: '/{{ 1 + 1 }}' }],
  ['a header from outside', { headers_json: { 'x-a': '{{ initial.a }}' } }],
  ['a body that is not sent', { method: 'GET' as const, request_body_json: { a: 1 } }],
  ['a domain that is not there', { domain_uuid: '0190a5b2-7c00-7000-8000-000000000009' }],
])('%s is refused, with the step’s name', (_, more) => {
  expect(compileTemplate(template([step('charge', 0, more)]), DOMAINS)).toMatchObject({
    ok: false,
    refusal: expect.stringMatching(/^charge: /),
  });
});

describe('a condition', () => {
  const isMet = (operator: string, field: string, value: Json): Json => {
    const condition = { operator, field, value } as NewStep['execution_condition'];
    const given = template([step('charge', 0, { execution_condition: condition }), step('ship', 1)]);
    expect(problemsOf(given)).toEqual([]);
    expect(edgesOf(given)).toEqual(
      expect.arrayContaining(['if_charge on_true charge', 'if_charge on_false ship', 'charge on_success ship']),
    );
    const filled = render(`{{ ${nodeOf(given, 'if_charge')['when'] as string} }}`, STATE);
    if (!filled.ok) throw new Error(filled.refusal.detail);
    return filled.value;
  };

  test.each([
    ['gt', 'initial.amount', 1000, true],
    ['gt', '{{ initial.amount }}', '1000', true],
    ['lte', 'amount', '1499.5', false],
    ['gte', 'amount', 1500, true],
    ['lt', 'note', 'zzz', true],
    ['eq', 'amount', '1500', true],
    ['eq', 'amount', 1500, true],
    ['ne', 'note', 'vip', false],
    ['in', 'note', 'basic, vip', true],
    ['in', 'amount', [1, 2], false],
    ['contains', 'note', 'ip', true],
    ['contains', 'tags', 'b', true],
    ['contains', 'tags', 'c', false],
  ])('%s: %s and %s', (operator, field, value, wanted) => {
    expect(isMet(operator, field, value as Json)).toBe(wanted);
  });
});
