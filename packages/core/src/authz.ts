/** Who may do what: the permissions of roles (people) and the families of scopes (API keys). One table, used everywhere. */

export const PERMISSIONS = [
  'approvals:read',
  'approvals:decide',
  'approvals:comment',
  'approvals:create',
  'gate:call',
  'receipts:consume',
  'receipts:revoke',
  'executions:read',
  'executions:run',
  'agents:read',
  'agents:write',
  'tools:read',
  'tools:write',
  'workflows:read',
  'workflows:write',
  'triggers:read',
  'triggers:write',
  'keys:read',
  'keys:write',
  'keys:manage',
  'events:read',
  'members:read',
  'members:invite',
  'members:write',
  'groups:write',
  'policies:read',
  'policies:write',
  'channels:read',
  'channels:write',
  'scim:write',
  'workspaces:create',
  'audit:read',
  'audit:write',
] as const;

export type Permission = (typeof PERMISSIONS)[number];

export const ROLES = ['owner', 'admin', 'builder', 'approver', 'auditor', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

const READ: readonly Permission[] = [
  'approvals:read',
  'executions:read',
  'agents:read',
  'tools:read',
  'workflows:read',
  'triggers:read',
  'events:read',
  'members:read',
  'policies:read',
];
const BUILD: readonly Permission[] = ['agents:write', 'tools:write', 'workflows:write'];
const ASK: readonly Permission[] = [
  'approvals:create',
  'gate:call',
  'receipts:consume',
  'executions:run',
  'triggers:write',
];
const KEYS: readonly Permission[] = ['keys:read', 'keys:write'];
const ADMINISTER: readonly Permission[] = [
  'keys:manage',
  'members:invite',
  'groups:write',
  'policies:write',
  'channels:read',
  'channels:write',
];
const OWN: readonly Permission[] = [
  'members:write',
  'scim:write',
  'workspaces:create',
  'receipts:revoke',
  'audit:read',
  'audit:write',
];

/**
 * The table of trust.md, section 4. An owner or admin does not decide unless also an approver: running the workspace and
 * signing are different duties. A builder makes keys and has power over their own only, and drafts a policy by trying its
 * text out (evaluate, back-test); an admin invites, and changes nobody's roles: they could make themselves an owner.
 */
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: READ,
  auditor: [...READ, 'keys:read', 'channels:read', 'audit:read'],
  approver: [...READ, 'approvals:comment', 'approvals:decide'],
  builder: [...READ, 'approvals:comment', ...BUILD, ...ASK, ...KEYS],
  admin: [...READ, 'approvals:comment', ...BUILD, ...KEYS, ...ADMINISTER],
  owner: [...READ, 'approvals:comment', ...BUILD, ...KEYS, ...ADMINISTER, ...OWN],
};

export const permissionsOf = (roles: readonly Role[]): ReadonlySet<Permission> =>
  new Set(roles.flatMap((role) => ROLE_PERMISSIONS[role]));

/** Scopes that ask for or configure work. None of them may stand beside `approvals:decide` on one key. */
export const ASKING_SCOPES: readonly Permission[] = [...ASK, ...BUILD, 'keys:write', 'keys:manage'];

/** Scopes that change the rules: a program that asks must not loosen what holds it, nor one that decides. */
export const GOVERNING_SCOPES: readonly Permission[] = [
  'members:invite',
  'members:write',
  'groups:write',
  'policies:write',
  'channels:write',
  'scim:write',
  'workspaces:create',
  'receipts:revoke',
];

const FAMILIES: readonly (readonly Permission[])[] = [['approvals:decide'], ASKING_SCOPES, GOVERNING_SCOPES];

/** A program that could both ask and decide would sign for itself (trust.md, B2): a key has scopes of one family only. */
export const scopesConflict = (scopes: readonly Permission[]): boolean =>
  FAMILIES.filter((family) => scopes.some((scope) => family.includes(scope))).length > 1;
