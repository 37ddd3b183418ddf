import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestJson } from '../digest.ts';
import type { JsonObject } from '../json.ts';
import { actionOf } from './approval.ts';
import { type ViewedContent, viewOf } from './view.ts';

type Content = Parameters<typeof actionOf>[0];

const name = fc.string({ minLength: 1, maxLength: 12 });
const version = fc.nat(1000);
const json = fc.jsonValue({ maxDepth: 3 }).map((value) => value as JsonObject);
const reference = fc.record({ id: name, version, rule: name });

const content = fc.record({
  approvalId: name,
  workspaceId: name,
  kind: fc.constantFrom('tool_call', 'output', 'action', 'question'),
  title: name,
  tool: fc.option(fc.record({ name, id: fc.option(name), version: fc.option(version) })),
  arguments: fc.option(fc.dictionary(name, json)),
  output: json,
  agent: fc.option(fc.record({ id: fc.option(name), versionId: fc.option(name), name })),
  executionId: fc.option(name),
  checkpoint: name,
  risk: fc.option(fc.constantFrom('read_only', 'reversible', 'irreversible', 'external')),
  requesters: fc.array(name, { maxLength: 3 }),
  policy: fc.option(reference),
  policies: fc.array(fc.record({ id: name, version }), { maxLength: 3 }),
  question: fc.option(fc.dictionary(name, json)),
  expiresAt: fc.option(name),
  nonce: name,
}) as fc.Arbitrary<Content>;

const MEMBERS: readonly (keyof Content)[] = [
  'approvalId',
  'workspaceId',
  'kind',
  'title',
  'tool',
  'arguments',
  'output',
  'agent',
  'executionId',
  'checkpoint',
  'risk',
  'requesters',
  'policy',
  'policies',
  'question',
  'expiresAt',
  'nonce',
];
const same = (a: unknown, b: unknown): boolean =>
  digestJson({ a: a as JsonObject }) === digestJson({ a: b as JsonObject });

describe('T4: the digest', () => {
  test.each(MEMBERS)('changes with %s, whatever all else is', (member) => {
    fc.assert(
      fc.property(content, content, (one, other) => {
        fc.pre(!same(one[member] ?? null, other[member] ?? null));
        const changed = { ...one, [member]: other[member] };
        expect(digestJson(actionOf(changed))).not.toBe(digestJson(actionOf(one)));
      }),
    );
  });
  test('changes with the version of the tool, of the agent and of the policy alone', () => {
    fc.assert(
      fc.property(content, reference, version, name, (one, policy, number, text) => {
        const base: Content = {
          ...one,
          tool: { name: 'pay', id: 'tool_1', version: number },
          agent: { id: 'agt_1', versionId: text, name: 'Ada' },
          policy,
        };
        const digest = digestJson(actionOf(base));
        for (const changed of [
          { tool: { name: 'pay', id: 'tool_1', version: number + 1 } },
          { agent: { id: 'agt_1', versionId: `${text}x`, name: 'Ada' } },
          { policy: { ...policy, version: policy.version + 1 } },
          { policy: { ...policy, rule: `${policy.rule}x` } },
        ])
          expect(digestJson(actionOf({ ...base, ...changed }))).not.toBe(digest);
      }),
    );
  });
});

const VIEWED: ViewedContent = {
  id: 'apr_1',
  kind: 'tool_call',
  title: 'Pay',
  checkpoint: 'pay',
  agent: { id: 'agt_1', version: 3, name: 'Ada' },
  execution_id: null,
  requested_by: { kind: 'key', id: 'key_1', name: 'payments' },
  risk: 'irreversible',
  digest: 'sha256:1',
  action: { arguments: { amount: '1.00' } },
  arguments_schema: null,
  departures: null,
  original: null,
  input: 'Pay it',
  gate_reason: 'it is held',
  explanation: null,
  impact: { if_approved: 'It is paid' },
  evidence: [{ label: 'Invoice', content: 'INV-1' }],
  metadata: { order: 'A17' },
  response_schema: null,
};

describe('T10: the view model', () => {
  test('is the same for the same content, whatever else its reader is told', () => {
    const more = { ...VIEWED, votes: [1], expires_at: 'later', can: {}, server_time: 'now' };
    expect(digestJson(viewOf(more))).toBe(digestJson(viewOf(VIEWED)));
  });
  test.each(Object.keys(VIEWED) as (keyof ViewedContent)[])('changes with %s', (member) => {
    const changed = { ...VIEWED, [member]: { kind: 'other', id: 'other', name: 'other', arguments: {}, output: 1 } };
    const departure = { plan: 'apr_2', line: 1, argument: null, allowed: null, asked: null, text: 'used up' };
    const lists = { ...VIEWED, evidence: [], departures: [departure] };
    const value = member === 'evidence' || member === 'departures' ? { ...VIEWED, [member]: lists[member] } : changed;
    expect(digestJson(viewOf(value as ViewedContent))).not.toBe(digestJson(viewOf(VIEWED)));
  });
});
