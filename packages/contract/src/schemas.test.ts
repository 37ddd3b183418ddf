import { ID_PREFIXES, makeId } from '@countersign/core';
import { describe, expect, test } from 'vitest';
import { EVENT_TYPES } from './events.ts';
import { AgentConfigInput, CreateAgent } from './schemas/agents.ts';
import { ApprovalFilter, AskApproval, Decide, GateCall, WaitQuery } from './schemas/approvals.ts';
import { id } from './schemas/common.ts';
import { CreateMcpServer, CreateTool, UpdateTool } from './schemas/tools.ts';

const fails = (result: {
  success: boolean;
  error?: { issues: { path: PropertyKey[] }[] } | undefined;
}): string[] | undefined => result.error?.issues.map(({ path }) => path.join('/'));

describe('asking', () => {
  test('is about a tool call, an output, or something described in words', () => {
    expect(AskApproval.parse({ tool: 'refund' })).toEqual({
      tool: 'refund',
      priority: 'medium',
      evidence: [],
      metadata: {},
    });
    expect(AskApproval.safeParse({ title: 'Send the letter', output: { text: 'Dear Ada' } }).success).toBe(true);
    expect(fails(AskApproval.safeParse({}))).toEqual(['title']);
    expect(fails(AskApproval.safeParse({ output: 'Dear Ada' }))).toEqual(['title']);
    expect(fails(AskApproval.safeParse({ tool: 'refund', output: 'Dear Ada' }))).toEqual(['output']);
  });

  test('takes any JSON as arguments, and nothing but an object', () => {
    const args = { a: [1, null, { b: 'ü' }], c: true };
    expect(GateCall.parse({ tool: 'x', arguments: args }).arguments).toEqual(args);
    for (const bad of [[], 'text', null, { f: () => 1 }, { n: NaN }])
      expect(GateCall.safeParse({ tool: 'x', arguments: bad }).success).toBe(false);
  });

  test('cannot say that it is approved already', () => {
    for (const forged of ['status', 'decision', 'approved', 'requested_by', 'workspace_id', 'digest'])
      expect(GateCall.safeParse({ tool: 'x', [forged]: 'approved' }).success).toBe(false);
  });
});

describe('deciding', () => {
  test('is a yes or a no; without a digest the shape is right, and the server answers 428', () => {
    expect(Decide.safeParse({ decision: 'approved' }).success).toBe(true);
    for (const decision of ['expired', 'cancelled', 'pending', '', true])
      expect(Decide.safeParse({ decision }).success).toBe(false);
  });

  test('is not done in another’s name', () => {
    for (const forged of ['by', 'decided_by', 'approver', 'assurance'])
      expect(Decide.safeParse({ decision: 'approved', [forged]: 'usr_1' }).success).toBe(false);
  });
});

test('queries are read from text', () => {
  expect(WaitQuery.parse({})).toEqual({ timeout: 60 });
  expect(WaitQuery.parse({ timeout: '120' })).toEqual({ timeout: 120 });
  expect(WaitQuery.safeParse({ timeout: '121' }).success).toBe(false);
  expect(ApprovalFilter.parse({ waiting_longer_than: '30', status: 'completed' })).toMatchObject({
    waiting_longer_than: 30,
    status: 'completed',
  });
});

describe('an agent’s config', () => {
  const config = { provider: 'openai', model: 'm' } as const;

  test('confirms tools unless told otherwise', () => {
    expect(AgentConfigInput.parse(config)).toMatchObject({
      hitl_mode: 'confirm_tools',
      hitl_config: { allowed_tools: [], blocked_tools: [], hold_read_only: false, timeout_minutes: null },
      approval_required: false,
    });
  });

  test('may name approval_required and checkpoint_name inside hitl_config, and outside wins', () => {
    const inside = {
      ...config,
      hitl_config: { approval_required: true, checkpoint_name: 'inside', allowed_tools: ['a'] },
    };
    expect(AgentConfigInput.parse(inside)).toMatchObject({
      approval_required: true,
      checkpoint_name: 'inside',
      hitl_config: { allowed_tools: ['a'] },
    });
    expect(AgentConfigInput.parse({ ...inside, checkpoint_name: 'outside', approval_required: false })).toMatchObject({
      approval_required: false,
      checkpoint_name: 'outside',
    });
    expect(inside.hitl_config).toHaveProperty('approval_required'); // What was given is left as it is.
  });

  test.each([
    null,
    'text',
    [],
    { ...config, hitl_config: null },
    { ...config, hitl_config: { unknown: 1 } },
    { ...config, api_key: 'sk' },
  ])('is refused: %j', (bad) => expect(CreateAgent.safeParse({ name: 'A', config: bad }).success).toBe(false));
});

describe('a tool', () => {
  const tool = { name: 'refund', http: { url: 'https://pay.example.com/{id}' } };

  test('is dangerous unless told otherwise', () => {
    expect(CreateTool.parse(tool)).toMatchObject({
      annotations: { read_only: false, destructive: true, idempotent: false, open_world: true },
      approval: 'default',
      http: { method: 'POST', idempotency_header: 'Idempotency-Key' },
    });
  });

  test('keeps what an update leaves out', () => {
    expect(UpdateTool.parse({ approval: 'always' })).toEqual({ approval: 'always' });
    expect(UpdateTool.parse({})).toEqual({});
  });

  test('of an MCP server comes over the transport it names', () => {
    expect(CreateMcpServer.safeParse({ name: 'm', transport: 'http', url: 'https://mcp.example.com' }).success).toBe(
      true,
    );
    expect(CreateMcpServer.safeParse({ name: 'm', transport: 'http', command: 'mcp' }).success).toBe(false);
    expect(CreateMcpServer.safeParse({ name: 'm', transport: 'stdio', command: 'mcp', args: ['-v'] }).success).toBe(
      true,
    );
    expect(CreateMcpServer.safeParse({ name: 'm', transport: 'http', url: 'file:///etc/passwd' }).success).toBe(false);
  });
});

test('an id is of its kind', () => {
  const made = makeId('approval', Date.parse('2026-11-21T00:00:00Z'), new Uint8Array(16).fill(7));
  expect(id('approval').parse(made)).toBe(made);
  for (const kind of Object.keys(ID_PREFIXES) as (keyof typeof ID_PREFIXES)[])
    if (kind !== 'approval') expect(id(kind).safeParse(made).success, kind).toBe(false);
  for (const bad of [`${made}0`, made.slice(0, -1), made.toUpperCase(), '', `${made}\n`])
    expect(id('approval').safeParse(bad).success).toBe(false);
});

test('events are named by what they happened to, and what happened', () => {
  for (const type of EVENT_TYPES) expect(type).toMatch(/^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$/);
  expect(new Set(EVENT_TYPES).size).toBe(EVENT_TYPES.length);
});
