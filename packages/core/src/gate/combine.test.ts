import { expect, it } from 'vitest';
import { OUTCOMES } from '../policy/policy.ts';
import { combine } from './combine.ts';

type Mode = 'proceed' | 'hold' | 'block';
type Row = Record<Mode, Mode>;
const unchanged: Row = { proceed: 'proceed', hold: 'hold', block: 'block' };
const blocked: Row = { proceed: 'block', hold: 'block', block: 'block' };
const held: Row = { proceed: 'hold', hold: 'hold', block: 'block' };
const free: Row = { proceed: 'proceed', hold: 'proceed', block: 'proceed' };

/** Every answer of the policies against every answer of the mode. A missing cell does not compile. */
const STRICT: Record<(typeof OUTCOMES)[number] | 'none', Row> = {
  allow: unchanged,
  audit: unchanged,
  hold: held,
  block: blocked,
  deny: blocked,
  mode: unchanged,
  none: unchanged,
};
const RELAXED: typeof STRICT = { ...STRICT, allow: free, audit: free };

const cells = [...OUTCOMES, 'none' as const].flatMap((policy) =>
  (['proceed', 'hold', 'block'] as const).flatMap((mode) =>
    [false, true].map((isRelaxed) => [policy, mode, isRelaxed] as const),
  ),
);

it.each(cells)('%s of the policies on %s of the mode (relaxation allowed: %s)', (policy, mode, isRelaxed) => {
  const verdict = combine(
    { outcome: mode, reason: 'the mode' },
    { outcome: policy === 'none' ? null : policy, rule: null, reason: 'the policy', hold: null, trace: [] },
    isRelaxed,
  );
  expect(verdict.outcome).toBe((isRelaxed ? RELAXED : STRICT)[policy][mode]);
  if (verdict.outcome !== mode) expect(verdict.reason).toBe('the policy');
});
