/** Scopes of API keys as sentences, and which of them exclude each other. */
import { ASKING_SCOPES, GOVERNING_SCOPES, PERMISSIONS, type Permission } from '@countersign/core';

export const SCOPE_SENTENCES: Readonly<Record<Permission, string>> = {
  'approvals:read': 'see requests and decisions',
  'approvals:decide': 'approve and reject requests',
  'approvals:comment': 'comment on requests',
  'approvals:create': 'ask for approvals',
  'gate:call': 'ask the gate whether a call may go ahead',
  'receipts:revoke': 'revoke approvals that were not used yet; people only',
  'receipts:consume': 'take approved calls for execution',
  'executions:read': 'see executions and their steps',
  'executions:run': 'run agents, cancel and retry executions',
  'agents:read': 'see agents and their versions',
  'agents:write': 'change agents and make new versions',
  'tools:read': 'see tools',
  'tools:write': 'change tools and secrets',
  'workflows:read': 'see workflows and their versions',
  'workflows:write': 'change workflows and make new versions',
  'triggers:read': 'see schedules, incoming webhooks and voice lines',
  'triggers:write': 'make, change and pause schedules, incoming webhooks and voice lines',
  'keys:read': 'see API keys',
  'keys:write': 'create API keys; change and revoke own ones',
  'keys:manage': 'change and revoke anybody’s API keys',
  'events:read': 'follow everything that happens',
  'members:read': 'see members, groups and calendars',
  'members:invite': 'invite people',
  'members:write': 'change roles, remove members, change settings',
  'groups:write': 'change groups and calendars',
  'policies:read': 'see policies and try calls against them',
  'policies:write': 'change policies',
  'channels:read': 'see channels and what was delivered',
  'channels:write': 'change where people and programs are told',
  'workspaces:create': 'create workspaces',
  'scim:write': 'provision members and groups (SCIM)',
  'audit:read': 'read, search, prove and export the audit log',
  'audit:write': 'erase payloads in the audit log',
};

export const SCOPE_GROUPS: readonly {
  readonly title: string;
  readonly hint: string;
  readonly scopes: readonly Permission[];
}[] = [
  {
    title: 'Read and comment',
    hint: 'Goes with anything.',
    scopes: PERMISSIONS.filter((scope) => scope.endsWith(':read') || scope === 'approvals:comment'),
  },
  {
    title: 'Ask and configure',
    hint: 'For programs and agents. A key that asks can not decide.',
    scopes: ASKING_SCOPES,
  },
  {
    title: 'Govern',
    hint: 'For a program that keeps people and policies. Such a key can neither ask nor decide.',
    // For people only: in a key it does nothing.
    scopes: [...GOVERNING_SCOPES, 'audit:write'],
  },
  {
    title: 'Decide',
    hint: 'For a program that passes on a person’s decisions. A key that decides can not ask.',
    scopes: ['approvals:decide'],
  },
];

const FAMILIES: readonly { readonly scopes: readonly Permission[]; readonly does: string; readonly not: string }[] = [
  { scopes: ['approvals:decide'], does: 'decides', not: 'decide' },
  { scopes: ASKING_SCOPES, does: 'asks or configures', not: 'ask or configure' },
  { scopes: GOVERNING_SCOPES, does: 'changes the rules', not: 'change the rules' },
];

/** Why a scope can't be added to those chosen; `null` if it can. */
export const whyNot = (scope: Permission, chosen: ReadonlySet<Permission>): string | null => {
  const own = FAMILIES.find(({ scopes }) => scopes.includes(scope));
  const other = FAMILIES.find((family) => family !== own && family.scopes.some((one) => chosen.has(one)));
  return own === undefined || other === undefined ? null : `a key that ${other.does} can not ${own.not}`;
};
