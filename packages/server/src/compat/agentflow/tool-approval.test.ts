import { expect, test } from 'vitest';
import type { WireAgentConfig } from '@countersign/contract';
import { type KnownTool, verdictOf, withToolApproval } from './tool-approval.ts';

const TOOLS: readonly KnownTool[] = [
  { name: 'search', readOnly: true, approval: 'default' },
  { name: 'mail', readOnly: false, approval: 'default' },
  { name: 'wipe', readOnly: false, approval: 'default' },
  { name: 'pay', readOnly: false, approval: 'always' },
];

const config = (
  mode: WireAgentConfig['hitl_mode'],
  lists: Partial<WireAgentConfig['hitl_config']> = {},
): WireAgentConfig => ({
  provider: 'openai',
  model: 'm',
  instructions: '',
  tools: TOOLS.map(({ name }) => name),
  max_turns: 30,
  hitl_mode: mode,
  hitl_config: {
    allowed_tools: [],
    blocked_tools: [],
    hold_read_only: false,
    allow_policy_relaxation: false,
    allow_plans: false,
    timeout_minutes: null,
    ...lists,
  },
  approval_required: false,
});

const outcomes = (of: WireAgentConfig): string[] => TOOLS.map((tool) => verdictOf(of, tool));

test('one tool changes, and every other does what it did', () => {
  for (const mode of ['disabled', 'audit', 'confirm_tools'] as const)
    for (const lists of [{}, { allowed_tools: ['mail'] }, { blocked_tools: ['wipe'] }])
      for (const [index, tool] of TOOLS.entries())
        for (const enabled of [true, false]) {
          const before = config(mode, lists);
          const after = withToolApproval(before, TOOLS, tool.name, { enabled, timeoutSeconds: null });
          if (typeof after === 'string') {
            expect([tool.approval, enabled]).toEqual(['always', false]);
            continue;
          }
          const wanted = outcomes(before).map((own, at) => (at === index ? (enabled ? 'hold' : 'proceed') : own));
          // A tool that always asks does so as soon as anything does.
          expect(outcomes(after ?? before).slice(0, 3)).toEqual(wanted.slice(0, 3));
        }
});

test('what is so already changes nothing; a time to decide does', () => {
  const before = config('confirm_tools');
  expect(withToolApproval(before, TOOLS, 'mail', { enabled: true, timeoutSeconds: null })).toBeNull();
  expect(withToolApproval(before, TOOLS, 'mail', { enabled: true, timeoutSeconds: 300 })).toMatchObject({
    hitl_config: { timeout_minutes: 5, allowed_tools: [] },
  });
});

test('what can not be is said', () => {
  expect(withToolApproval(config('blocking'), TOOLS, 'mail', { enabled: false, timeoutSeconds: null })).toContain(
    'blocking',
  );
  expect(withToolApproval(config('confirm_tools'), TOOLS, 'none', { enabled: true, timeoutSeconds: null })).toContain(
    'tool',
  );
});
