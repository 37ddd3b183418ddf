import { describe, expect, it } from 'vitest';
import type { Json } from '../../json.ts';
import type { WorkflowInput } from '../schema.ts';
import type { WorkflowProblemCode } from './problems.ts';
import type { Surroundings } from './surroundings.ts';
import { validateWorkflow } from './validate.ts';

const AROUND: Surroundings = {
  agents: new Map([['helper', [1, 2]]]),
  workflows: new Map([
    ['other', [1]],
    ['me', [1]],
  ]),
  callers: new Set(['me']),
  tools: new Map([
    [
      'pay',
      {
        type: 'object',
        properties: { amount: { type: 'number' }, key: { type: 'string' } },
        required: ['amount'],
        additionalProperties: false,
      },
    ],
  ]),
  secrets: new Set(['KEY']),
  calendars: new Set(['berlin']),
  approvers: [{ personId: 'usr_1', roles: ['approver'], groups: ['finance'] }],
  schemaProblem: (schema) => (schema['type'] === 'nonsense' ? '/type: is none' : null),
};

type Node = WorkflowInput['nodes'][number];
const START: Node = { id: 'begin', type: 'start', on_success: 'a' };
const END: Node = { id: 'done', type: 'end' };

const INPUT_SCHEMA = {
  type: 'object',
  properties: {
    amount: { type: 'number' },
    name: { type: 'string' },
    tags: { type: 'array', items: { type: 'string' } },
    order: { type: 'object', properties: { id: { type: 'string' } } },
  },
};

const check = (nodes: readonly unknown[], more: object = { input_schema: INPUT_SCHEMA }) =>
  validateWorkflow({ ...more, nodes } as unknown as Json, AROUND).problems;
/** What is wrong, as `code node pointer`. */
const problems = (nodes: readonly unknown[], more?: object): string[] =>
  check(nodes, more).map(({ code, node, pointer }) => `${code} ${node} ${pointer}`);

const whenIs = (when: string): string[] =>
  check([START, { id: 'a', type: 'condition', when, on_true: 'done', on_false: 'done' }, END]).map(
    ({ code, detail }) => `${code}: ${detail}`,
  );

describe('the graph', () => {
  it('is good with every node type in it', () => {
    expect(
      check(
        [
          { ...START, on_success: 'agent' },
          {
            id: 'agent',
            type: 'agent',
            agent_id: 'helper',
            input: 'Do {{ input.name }}',
            on_success: 'tool',
            on_fail: 'bad',
          },
          {
            id: 'tool',
            type: 'tool',
            tool: 'pay',
            arguments: { amount: '{{ input.amount }}', key: 'Bearer {{ secrets.KEY }}' },
            on_success: 'ask',
          },
          {
            id: 'ask',
            type: 'approval',
            title: 'Pay {{ input.amount }}?',
            when: 'input.amount > 10 && size(input.tags) > 0',
            hold: {
              stages: [{ approvers: '1 of finance' }],
              timeout_seconds: 60,
              calendar: 'berlin',
              remind_after: [0.5],
            },
            on_success: 'if',
          },
          { id: 'if', type: 'condition', when: 'steps.ask.output.approved', on_true: 'which', on_false: 'bad' },
          { id: 'which', type: 'switch', cases: [{ when: 'input.name == "x"', next: 'set' }], otherwise: 'set' },
          { id: 'set', type: 'transform', set: { n: '{{ vars.n + 1 }}' }, on_success: 'both' },
          { id: 'both', type: 'parallel', branches: ['wait', 'each', 'met'] },
          { id: 'wait', type: 'wait_event', event: 'paid', match: 'event.id == input.order.id', on_success: 'met' },
          { id: 'each', type: 'loop', items: 'input.tags', body: 'sub', on_success: 'pause' },
          {
            id: 'sub',
            type: 'workflow',
            workflow_id: 'other',
            input: { tag: '{{ item }}', at: '{{ item_index }}' },
            on_success: 'each',
          },
          { id: 'pause', type: 'delay', seconds: 'input.amount * 2', on_success: 'met' },
          { id: 'met', type: 'join', mode: 'count', count: 2, on_success: 'tell' },
          { id: 'tell', type: 'notify', text: 'Met: {{ steps.met.output }}', on_success: 'done' },
          { id: 'bad', type: 'end', outcome: 'failed' },
          END,
        ],
        { input_schema: INPUT_SCHEMA, variables: { n: 0 } },
      ),
    ).toEqual([]);
  });
  it('has one start', () => {
    expect(problems([END])).toEqual(['no_start null /nodes']);
    expect(
      problems([{ ...START, on_success: 'done' }, { id: 'again', type: 'start', on_success: 'done' }, END]),
    ).toEqual(['many_starts again /nodes/1', 'unreachable again /nodes/1']);
  });
  it('says at every node what follows, and only nodes that are there', () => {
    expect(problems([START, { id: 'a', type: 'notify', text: 'x' }])).toEqual(['missing_edge a /nodes/1/on_success']);
    expect(problems([START, { id: 'a', type: 'notify', text: 'x', on_success: 'nowhere' }])).toEqual([
      'unknown_node a /nodes/1/on_success',
    ]);
    expect(problems([START, { id: 'a', type: 'switch', cases: [{ when: 'true' }], otherwise: 'done' }, END])).toEqual([
      'missing_edge a /nodes/1/cases/0/next',
    ]);
    expect(problems([START, { id: 'a', type: 'notify', text: 'x', on_success: 'begin' }])).toContain(
      'leads_to_start a /nodes/1/on_success',
    );
  });
  it('reaches every node, names each once, and goes in no circles', () => {
    const alone = { id: 'alone', type: 'notify', text: 'x', on_success: 'done' };
    expect(problems([{ ...START, on_success: 'done' }, alone, END])).toEqual(['unreachable alone /nodes/1']);
    expect(problems([{ ...START, on_success: 'done' }, END, END])).toContain('duplicate_id done /nodes/2/id');
    const circle = [
      { id: 'a', type: 'notify', text: 'x', on_success: 'b' },
      { id: 'b', type: 'condition', when: 'true', on_true: 'a', on_false: 'done' },
    ];
    expect(problems([START, ...circle, END])).toEqual(['cycle b /nodes/2/on_true']);
  });
  it('goes in no circle through a parallel and its join', () => {
    const fork = [
      { id: 'a', type: 'parallel', branches: ['b'] },
      { id: 'b', type: 'notify', text: 'x', on_success: 'met' },
      { id: 'met', type: 'join', on_success: 'again' },
      { id: 'again', type: 'condition', when: 'true', on_true: 'a', on_false: 'done' },
    ];
    expect(problems([START, ...fork, END])).toEqual(['cycle again /nodes/4/on_true']);
  });
  it('leads branches to one join, and into none from outside', () => {
    const parallel = { id: 'a', type: 'parallel', branches: ['b', 'c'] };
    const b = { id: 'b', type: 'notify', text: 'x', on_success: 'met' };
    const c = { id: 'c', type: 'notify', text: 'x', on_success: 'met' };
    const met = { id: 'met', type: 'join', on_success: 'done' };
    expect(problems([START, parallel, b, c, met, END])).toEqual([]);
    expect(problems([START, parallel, b, { ...c, on_success: 'met2' }, met, { ...met, id: 'met2' }, END])).toContain(
      'no_join a /nodes/1/branches',
    );
    expect(problems([START, parallel, b, { ...c, on_success: 'done' }, met, END])).toEqual([
      'leaves_region c /nodes/3/on_success',
    ]);
    expect(problems([START, parallel, b, { ...c, on_success: 'inner' }, met, END, { ...END, id: 'inner' }])).toEqual([
      'end_inside inner /nodes/6',
    ]);
    expect(problems([START, { ...parallel, on_fail: 'b' }, b, c, met, END])).toContain(
      'leaves_region a /nodes/1/branches/0',
    );
    expect(problems([{ ...START, on_success: 'met' }, met, END])).toEqual([
      'leaves_region begin /nodes/0/on_success',
      'join_without_parallel met /nodes/1',
      'unreachable done /nodes/2',
    ]);
    expect(problems([START, parallel, b, c, { ...met, mode: 'count', count: 3 }, END])).toEqual([
      'join_count met /nodes/4/count',
    ]);
    expect(problems([START, parallel, b, c, { ...met, mode: 'count' }, END])).toEqual([
      'join_count met /nodes/4/count',
    ]);
  });
  it('leads a loop’s body back to the loop', () => {
    const loop = { id: 'a', type: 'loop', items: 'input.tags', body: 'b', on_success: 'done' };
    expect(problems([START, loop, { id: 'b', type: 'notify', text: '{{ item }}', on_success: 'a' }, END])).toEqual([]);
    expect(problems([START, loop, { id: 'b', type: 'notify', text: 'x', on_success: 'done' }, END])).toEqual(
      expect.arrayContaining(['loop_without_return a /nodes/1/body']),
    );
  });
  it('names what the schema refuses at its node', () => {
    expect(problems([START, { id: 'a', type: 'delay', seconds: -1, on_success: 'done' }, END])).toEqual([
      'schema a /nodes/1/seconds',
    ]);
    expect(problems([{ id: 'begin', type: 'start', on_sucess: 'done' }])).toEqual(['schema begin /nodes/0']);
    expect(problems([START, { id: 'a', type: 'delay', on_success: 'done' }, END])).toEqual([
      'delay_setting a /nodes/1',
    ]);
  });
});

describe('an expression', () => {
  it.each([
    ['input.amount > 100'],
    ['input.amount + 1 > 2 * 3.5'],
    ['input.tags.exists(t, t.startsWith("x")) || input.tags.filter(t, t == "y").size() > 0'],
    ['input.tags.map(t, size(t))[0] > 3'],
    ['has(input.order.id) ? input.order.id == "1" : false'],
    ['"x" in input.tags'],
    ['input.name in ["a", "b"]'],
    ['execution.id != ""'],
    ['input["amount"] == 1'],
    ['timestamp("2026-01-01T00:00:00Z") + duration("1h") > timestamp("2026-01-01T00:30:00Z")'],
  ])('%s is good', (when) => expect(whenIs(when)).toEqual([]));

  it.each<[string, WorkflowProblemCode, string]>([
    ['input.amonut > 100', 'unknown_member', '.amonut is not a member; there are amount, name, tags, order'],
    ['input.order.nr == "1"', 'unknown_member', '.nr is not a member; there are id'],
    ['amount > 100', 'unknown_identifier', 'there is nothing named amount (there are input, vars, execution, steps)'],
    ['input.name > 100', 'type_mismatch', '> does not take string and number'],
    ['input.amount == "1"', 'type_mismatch', 'compares a number with a string, which are never equal'],
    ['input.tags + 1 == 2', 'type_mismatch', '+ does not take list of string and number'],
    ['input.amount', 'type_mismatch', 'gives a number, and must give true or false'],
    ['input.amount.x', 'type_mismatch', '.x: a number has no members'],
    ['sqrt(input.amount) > 1', 'unknown_function', 'there is no function sqrt'],
    ['input.name.size() > "a"', 'type_mismatch', '> does not take number and string'],
    ['input.tags.all(t, t > 1)', 'type_mismatch', '> does not take string and number'],
    ['input.tags["a"] == "b"', 'type_mismatch', 'a list is indexed with a number, not a string'],
    ['input.amount >', 'expression_syntax', ''],
    ['steps.done.output == 1', 'step_not_before', 'the step done can not have run when a does'],
    ['steps.nobody.output == 1', 'unknown_member', '.nobody is not a member; there are begin'],
    ['secrets.KEY == "x"', 'secret_misplaced', ''],
  ])('%s is %s', (when, code, detail) => {
    const [first = ''] = whenIs(when);
    expect(first.split(': ')[0]).toBe(code);
    expect(first).toContain(detail);
  });

  it('sees what ran in its own region and around it, and the items of its loops', () => {
    const nodes = (text: string) => [
      { ...START, on_success: 'before' },
      { id: 'before', type: 'transform', output: { x: 1 }, on_success: 'each' },
      { id: 'each', type: 'loop', items: 'input.tags', as: 'tag', body: 'inside', on_success: 'after' },
      { id: 'inside', type: 'notify', text, on_success: 'each' },
      { id: 'after', type: 'notify', text: '{{ steps.inside.output }}', on_success: 'done' },
      END,
    ];
    expect(problems(nodes('{{ tag }} {{ tag_index + 1 }} {{ steps.before.output.x }}'))).toEqual([
      'step_not_before after /nodes/4/text',
    ]);
    expect(problems(nodes('{{ item }}'))[0]).toBe('unknown_identifier inside /nodes/3/text');
    expect(problems(nodes('{{ steps.before.output.y }}'))[0]).toBe('unknown_member inside /nodes/3/text');
    expect(problems(nodes('{{ tag'))[0]).toBe('template_syntax inside /nodes/3/text');
  });
});

describe('what a workflow names', () => {
  const one = (node: object) => problems([START, { id: 'a', on_success: 'done', ...node }, END]);
  it('must be there', () => {
    expect(one({ type: 'agent', agent_id: 'nobody', input: '' })).toEqual(['unknown_agent a /nodes/1/agent_id']);
    expect(one({ type: 'agent', agent_id: 'helper', version: 3, input: '' })).toEqual([
      'unknown_version a /nodes/1/version',
    ]);
    expect(one({ type: 'workflow', workflow_id: 'nobody', input: '' })).toEqual([
      'unknown_workflow a /nodes/1/workflow_id',
    ]);
    expect(one({ type: 'workflow', workflow_id: 'me', input: '' })).toEqual(['workflow_cycle a /nodes/1/workflow_id']);
    expect(one({ type: 'tool', tool: 'nothing' })).toEqual(['unknown_tool a /nodes/1/tool']);
    expect(one({ type: 'tool', tool: 'pay' })).toEqual(['argument_missing a /nodes/1/arguments']);
    expect(one({ type: 'tool', tool: 'pay', arguments: { amount: 1, much: 2 } })).toEqual([
      'argument_unknown a /nodes/1/arguments/much',
    ]);
    expect(one({ type: 'transform', set: { x: 1 } })).toEqual(['unknown_variable a /nodes/1/set/x']);
  });
  it('puts secrets into tool arguments only, alone or with fixed words', () => {
    const args = (key: string) => one({ type: 'tool', tool: 'pay', arguments: { amount: 1, key } });
    expect(args('{{ secrets.KEY }}')).toEqual([]);
    expect(args('{{ secrets.NONE }}')).toEqual(['unknown_secret a /nodes/1/arguments/key']);
    expect(args('{{ secrets.KEY }} {{ input.name }}')).toEqual(['secret_misplaced a /nodes/1/arguments/key']);
    expect(args('{{ "x" + secrets.KEY }}')).toEqual(['secret_misplaced a /nodes/1/arguments/key']);
    expect(one({ type: 'notify', text: '{{ secrets.KEY }}' })).toEqual(['secret_misplaced a /nodes/1/text']);
  });
  it('can be approved by people who are there, in settings that fit each other', () => {
    const hold = (settings: object, more: object = {}) =>
      one({ type: 'approval', title: 'x', hold: settings, ...more });
    expect(hold({ stages: [{ approvers: '2 of finance' }] })).toEqual([
      'approval_unmeetable a /nodes/1/hold/stages/0/approvers',
    ]);
    expect(hold({ stages: [{ approvers: 'nobody_here' }] })).toEqual([
      'approval_unmeetable a /nodes/1/hold/stages/0/approvers',
    ]);
    expect(hold({ stages: [{ approvers: 'anyone' }, { approvers: 'finance' }], distinct_people: true })).toEqual([
      'approval_unmeetable a /nodes/1/hold/stages',
    ]);
    expect(hold({ calendar: 'nowhere' })).toEqual(['unknown_calendar a /nodes/1/hold/calendar']);
    expect(hold({ on_timeout: 'escalate', timeout_seconds: 60 })).toEqual([
      'approval_timeout a /nodes/1/hold/escalate_to',
    ]);
    expect(hold({ on_timeout: 'park' })).toEqual(['approval_timeout a /nodes/1/hold/timeout_seconds']);
    expect(hold({ on_timeout: 'approve', timeout_seconds: 60 })).toEqual([
      'approval_timeout a /nodes/1/hold/on_timeout',
    ]);
    expect(hold({ on_timeout: 'approve', timeout_seconds: 60 }, { risk: 'reversible' })).toEqual([]);
    expect(hold({}, { form: { type: 'nonsense' } })).toEqual(['form a /nodes/1/form']);
  });
});

it('checks a graph of a thousand branches in well under a second', () => {
  const branches = Array.from({ length: 1000 }, (_, index) => `b${index}`);
  const nodes = [
    START,
    { id: 'a', type: 'parallel', branches },
    ...branches.map((id) => ({ id, type: 'notify', text: '{{ input.name }}', on_success: 'met' })),
    { id: 'met', type: 'join', on_success: 'done' },
    END,
  ];
  const before = performance.now();
  expect(problems(nodes)).toEqual([]);
  expect(performance.now() - before).toBeLessThan(1000);
});
