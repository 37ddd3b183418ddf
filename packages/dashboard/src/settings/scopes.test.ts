import { ASKING_SCOPES, PERMISSIONS, scopesConflict } from '@countersign/core';
import { expect, test } from 'vitest';
import { SCOPE_GROUPS, whyNot } from './scopes.ts';

test('every scope is in exactly one group', () => {
  expect(SCOPE_GROUPS.flatMap((group) => group.scopes).toSorted()).toEqual([...PERMISSIONS].toSorted());
});

test('the form refuses exactly what the server refuses', () => {
  for (const first of PERMISSIONS)
    for (const second of PERMISSIONS)
      expect(whyNot(second, new Set([first])) !== null).toBe(first !== second && scopesConflict([first, second]));
  expect(ASKING_SCOPES.length).toBeGreaterThan(0);
});
