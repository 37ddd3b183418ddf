import { expect, test } from 'vitest';
import { NEW_CONFIG, accessOf, changesWhoIsAsked, verdictFor, withAccess } from './modes.ts';

const tool = (readOnly: boolean) => ({
  name: 'refund',
  approval: 'default' as const,
  annotations: { read_only: readOnly, destructive: true, idempotent: false, open_world: true },
});

test('a tool’s access goes round: none, asks, alone, blocked', () => {
  let config = NEW_CONFIG;
  for (const access of ['asks', 'alone', 'blocked', 'none'] as const) {
    config = withAccess(config, 'refund', access);
    expect(accessOf(config, 'refund')).toBe(access);
  }
  expect(config).toEqual(NEW_CONFIG);
});

test('the verdict shown is what the gate would say', () => {
  const asks = withAccess(NEW_CONFIG, 'refund', 'asks');
  expect(verdictFor(asks, tool(false)).outcome).toBe('hold');
  expect(verdictFor(asks, tool(true)).outcome).toBe('proceed');
  expect(verdictFor({ ...asks, hitl_mode: 'audit' }, tool(false)).outcome).toBe('proceed');
  expect(verdictFor(withAccess(asks, 'refund', 'blocked'), tool(false)).outcome).toBe('block');
});

test('a comparison knows which differences change who is asked', () => {
  expect(['/hitl_mode', '/hitl_config/allowed_tools/0', '/tools/2', '/checkpoint_name'].every(changesWhoIsAsked)).toBe(
    true,
  );
  expect(['/instructions', '/model', '/toolsmith'].some(changesWhoIsAsked)).toBe(false);
});
