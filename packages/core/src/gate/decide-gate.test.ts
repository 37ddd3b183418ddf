import { describe, expect, it } from 'vitest';
import {
  type GateSettings,
  type GateTool,
  type GateVerdict,
  type HitlMode,
  gateOutput,
  gateToolCall,
} from './decide-gate.ts';

type Listed = 'on no list' | 'allowed' | 'blocked' | 'on both lists';
type Nature = 'writes' | 'only reads' | 'only reads, and such are held' | 'always asks' | 'only reads, but always asks';
type Outcome = GateVerdict['outcome'];

const row = (outcome: Outcome): Record<Nature, Outcome> => ({
  writes: outcome,
  'only reads': outcome,
  'only reads, and such are held': outcome,
  'always asks': outcome,
  'only reads, but always asks': outcome,
});
const everywhere = (outcome: Outcome): Record<Listed, Record<Nature, Outcome>> => ({
  'on no list': row(outcome),
  allowed: row(outcome),
  blocked: row(outcome),
  'on both lists': row(outcome),
});

/** product.md, "Gates and modes": every mode, list and kind of tool; a missing cell does not compile. */
const TABLE: Record<HitlMode, Record<Listed, Record<Nature, Outcome>>> = {
  disabled: everywhere('proceed'),
  audit: everywhere('proceed'),
  blocking: everywhere('hold'),
  confirm_tools: {
    'on no list': { ...row('hold'), 'only reads': 'proceed' },
    allowed: { ...row('proceed'), 'always asks': 'hold', 'only reads, but always asks': 'hold' },
    blocked: row('block'),
    'on both lists': row('block'),
  },
};

const settings = (mode: HitlMode, listed: Listed, nature: Nature): GateSettings => ({
  mode,
  allowedTools: listed === 'allowed' || listed === 'on both lists' ? ['other', 'refund'] : ['other'],
  blockedTools: listed === 'blocked' || listed === 'on both lists' ? ['refund'] : [],
  holdReadOnly: nature === 'only reads, and such are held',
  approvalRequired: false,
});
const tool = (nature: Nature): GateTool => ({
  name: 'refund',
  readOnly: nature.startsWith('only reads'),
  approval: nature.includes('always asks') ? 'always' : 'default',
});

const cells = Object.entries(TABLE).flatMap(([mode, byList]) =>
  Object.entries(byList).flatMap(([listed, byNature]) =>
    Object.entries(byNature).map(([nature, outcome]) => [mode, listed, nature, outcome] as const),
  ),
) as [HitlMode, Listed, Nature, Outcome][];

describe('before a tool call', () => {
  it.each(cells)('in %s, a tool %s that %s: %4$s', (mode, listed, nature, outcome) => {
    const verdict = gateToolCall(settings(mode, listed, nature), tool(nature));
    expect(verdict.outcome).toBe(outcome);
    expect(verdict.reason).not.toBe('');
  });
  it('covers every cell', () => {
    expect(cells).toHaveLength(4 * 4 * 5);
  });
});

const OUTPUT: Record<HitlMode, Record<'no call was held' | 'a call was held', Outcome>> = {
  disabled: { 'no call was held': 'proceed', 'a call was held': 'proceed' },
  audit: { 'no call was held': 'proceed', 'a call was held': 'proceed' },
  confirm_tools: { 'no call was held': 'proceed', 'a call was held': 'proceed' },
  blocking: { 'no call was held': 'hold', 'a call was held': 'proceed' },
};
const outputs = Object.entries(OUTPUT).flatMap(([mode, byHeld]) =>
  Object.entries(byHeld).map(([held, outcome]) => [mode, held, outcome] as const),
) as [HitlMode, string, Outcome][];

describe('before an output', () => {
  it.each(outputs)('in %s, where %s: %s', (mode, held, outcome) => {
    expect(gateOutput(settings(mode, 'on no list', 'writes'), held === 'a call was held').outcome).toBe(outcome);
  });
  it.each(outputs)('in %s, where %s: held if the version requires approval', (mode, held) => {
    const required = { ...settings(mode, 'on no list', 'writes'), approvalRequired: true };
    expect(gateOutput(required, held === 'a call was held').outcome).toBe('hold');
  });
});
