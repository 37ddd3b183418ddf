import { expect, test } from 'vitest';
import { directoryFault, directoryRolesOf, scimOf } from './directory-roles.ts';

test('rows come from the setting and become it again', () => {
  const scim = { default_roles: ['viewer' as const], roles_by_group: { 'Finance Approvers': ['approver' as const] } };
  expect(scimOf(directoryRolesOf(scim))).toEqual(scim);
});

test('what the server would refuse, or silently lose, is said before', () => {
  const row = { name: 'Finance', roles: ['approver' as const] };
  expect(directoryFault({ everybody: ['viewer'], groups: [row] })).toBeUndefined();
  expect(directoryFault({ everybody: [], groups: [] })).toMatch(/needs a role/);
  expect(directoryFault({ everybody: ['viewer'], groups: [{ ...row, name: ' ' }] })).toMatch(/no name/);
  expect(directoryFault({ everybody: ['viewer'], groups: [{ ...row, roles: [] }] })).toMatch(/gives no role/);
  expect(directoryFault({ everybody: ['viewer'], groups: [row, { ...row, name: 'Finance ' }] })).toMatch(/twice/);
});
