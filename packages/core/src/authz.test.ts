import { describe, expect, it } from 'vitest';
import {
  ASKING_SCOPES,
  GOVERNING_SCOPES,
  PERMISSIONS,
  type Permission,
  ROLES,
  ROLE_PERMISSIONS,
  permissionsOf,
  scopesConflict,
} from './authz.ts';

/** What each permission is to a key that may decide: harmless, or a way to sign for itself. A missing one does not compile. */
const BESIDE_DECIDING: Record<Permission, 'harmless' | 'forbidden'> = {
  'approvals:read': 'harmless',
  'approvals:decide': 'harmless',
  'executions:read': 'harmless',
  'agents:read': 'harmless',
  'tools:read': 'harmless',
  'workflows:read': 'harmless',
  'triggers:read': 'harmless',
  'keys:read': 'harmless',
  'events:read': 'harmless',
  'approvals:create': 'forbidden',
  'gate:call': 'forbidden',
  'receipts:consume': 'forbidden',
  'receipts:revoke': 'forbidden',
  'executions:run': 'forbidden',
  'agents:write': 'forbidden',
  'tools:write': 'forbidden',
  'workflows:write': 'forbidden',
  'triggers:write': 'forbidden',
  'keys:write': 'forbidden',
  'keys:manage': 'forbidden',
  'approvals:comment': 'harmless',
  'members:read': 'harmless',
  'members:write': 'forbidden',
  'members:invite': 'forbidden',
  'groups:write': 'forbidden',
  'scim:write': 'forbidden',
  'workspaces:create': 'forbidden',
  'policies:read': 'harmless',
  'policies:write': 'forbidden',
  'channels:read': 'harmless',
  'channels:write': 'forbidden',
  'audit:read': 'harmless',
  // Its routes are for people: a key that holds it can not use it.
  'audit:write': 'harmless',
};

describe('a key’s scopes', () => {
  it.each(Object.entries(BESIDE_DECIDING) as [Permission, string][])(
    '%s beside approvals:decide is %s',
    (scope, fate) => {
      expect(scopesConflict(['approvals:decide', scope])).toBe(fate === 'forbidden');
      expect(scopesConflict(['approvals:read', scope])).toBe(false);
    },
  );
  it('may all stand together without approvals:decide', () => {
    expect(
      scopesConflict(PERMISSIONS.filter((scope) => scope !== 'approvals:decide' && !GOVERNING_SCOPES.includes(scope))),
    ).toBe(false);
    for (const scope of ASKING_SCOPES) expect(scopesConflict([scope, 'policies:write'])).toBe(true);
    expect(scopesConflict([...ASKING_SCOPES, 'approvals:decide'])).toBe(true);
  });
});

describe('roles', () => {
  it('let only approvers decide, and no approver ask or configure', () => {
    for (const role of ROLES) expect(ROLE_PERMISSIONS[role].includes('approvals:decide')).toBe(role === 'approver');
    expect(scopesConflict(ROLE_PERMISSIONS.approver)).toBe(false);
  });
  it('all read approvals, executions, agents, tools and events', () => {
    for (const role of ROLES)
      expect(ROLE_PERMISSIONS[role]).toEqual(
        expect.arrayContaining(['approvals:read', 'executions:read', 'agents:read', 'tools:read', 'events:read']),
      );
  });
  it('of one member add up, and none means nothing', () => {
    expect([...permissionsOf(['owner', 'approver'])].toSorted()).toEqual(
      [...new Set([...ROLE_PERMISSIONS.owner, ...ROLE_PERMISSIONS.approver])].toSorted(),
    );
    expect(permissionsOf([]).size).toBe(0);
  });
});
