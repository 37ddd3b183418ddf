/** What most keys are for, so that nobody has to read every scope. */
import { PERMISSIONS, type Permission } from '@countersign/core';

type KeyPreset = {
  readonly value: string;
  readonly label: string;
  readonly hint: string;
  readonly scopes: readonly Permission[];
};

const KEY_PRESETS: readonly KeyPreset[] = [
  {
    value: 'gate',
    label: 'Gate a program',
    hint: 'It asks before it acts, waits for the decision and takes it.',
    scopes: ['approvals:create', 'approvals:read', 'gate:call', 'receipts:consume'],
  },
  {
    value: 'run',
    label: 'Run agents',
    hint: 'It starts agents that stand here and follows what they do.',
    scopes: ['agents:read', 'approvals:read', 'events:read', 'executions:read', 'executions:run'],
  },
  {
    value: 'decide',
    label: 'Pass on decisions',
    hint: 'It decides for you: a chat bot, an inbox of your own.',
    scopes: ['approvals:comment', 'approvals:decide', 'approvals:read', 'events:read'],
  },
  {
    value: 'read',
    label: 'Only read',
    hint: 'Dashboards and reports. It changes nothing.',
    scopes: PERMISSIONS.filter((scope) => scope.endsWith(':read') && scope !== 'audit:read'),
  },
  {
    value: 'audit',
    label: 'Export the audit log',
    hint: 'It reads, proves and exports the log.',
    scopes: ['audit:read'],
  },
  {
    value: 'directory',
    label: 'Directory (SCIM)',
    hint: 'Okta, Entra ID and others provision members and groups.',
    scopes: ['scim:write'],
  },
];

/** Those that somebody can give: nobody hands out what they do not have. */
export const presetsFor = (permissions: readonly Permission[]): readonly KeyPreset[] =>
  KEY_PRESETS.map((preset) =>
    preset.value === 'read'
      ? { ...preset, scopes: preset.scopes.filter((scope) => permissions.includes(scope)) }
      : preset,
  ).filter((preset) => preset.scopes.every((scope) => permissions.includes(scope)));
