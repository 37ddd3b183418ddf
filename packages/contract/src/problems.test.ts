import type { ApprovalRefusal } from '@countersign/core';
import { expect, test } from 'vitest';
import { PROBLEMS, type ProblemCode } from './problems.ts';

test('every problem has a code in snake_case, an error’s status, and a title of its own', () => {
  const titles = Object.values(PROBLEMS).map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
  for (const [code, { status, title }] of Object.entries(PROBLEMS)) {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(status, code).toBeGreaterThanOrEqual(400);
    expect(status, code).toBeLessThan(600);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
  }
});

test('whatever core refuses has a problem, of its name wherever it is not about a field', () => {
  // Does not compile if core learns to refuse something that has no problem, and fails if one is missing here.
  const refusals: Record<ApprovalRefusal['type'], ProblemCode> = {
    already_decided: 'already_decided',
    decision_held: 'decision_held',
    nothing_to_recall: 'nothing_to_recall',
    approval_expired: 'approval_expired',
    digest_required: 'digest_required',
    digest_stale: 'digest_stale',
    self_approval: 'self_approval',
    not_approved: 'not_approved',
    already_consumed: 'already_consumed',
    not_eligible: 'not_eligible',
    claimed: 'claimed',
    no_further_level: 'no_further_level',
    nobody_can_meet: 'nobody_can_meet',
    receipt_revoked: 'receipt_revoked',
    view_stale: 'digest_stale', // Told as the same: what was seen is not what is.
    assurance_too_low: 'step_up_required', // Or `signature_required`, by what is demanded.
    reason_required: 'invalid', // A field that is missing, named in `errors`.
    key_not_enough: 'key_not_enough',
  };
  for (const code of Object.values(refusals)) expect(PROBLEMS).toHaveProperty(code);
  expect(Object.entries(refusals).filter(([type, code]) => type !== code)).toEqual([
    ['view_stale', 'digest_stale'],
    ['assurance_too_low', 'step_up_required'],
    ['reason_required', 'invalid'],
  ]);
});

test('who comes second gets 409, who names no digest 428', () => {
  expect(PROBLEMS.already_decided.status).toBe(409);
  expect(PROBLEMS.already_consumed.status).toBe(409);
  expect(PROBLEMS.digest_required.status).toBe(428);
});
