import { permissionsOf, scopesConflict } from '@countersign/core';
import { expect, test } from 'vitest';
import { presetsFor } from './key-presets.ts';

const ofRoles = (...roles: Parameters<typeof permissionsOf>[0]) => presetsFor([...permissionsOf(roles)]);

test('every preset is a key that the server makes', () => {
  const all = ofRoles('owner', 'builder', 'approver');
  expect(all.map(({ value }) => value)).toEqual(['gate', 'run', 'decide', 'read', 'audit', 'directory']);
  for (const { scopes } of all) expect(scopesConflict(scopes)).toBe(false);
});

test('nobody is offered what they can not give', () => {
  expect(ofRoles('builder').map(({ value }) => value)).toEqual(['gate', 'run', 'read']);
  for (const { scopes } of ofRoles('builder'))
    expect(scopes.filter((scope) => !permissionsOf(['builder']).has(scope))).toEqual([]);
});
