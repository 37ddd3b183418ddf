/** The setting `scim` as rows that can be edited one by one, and back. */
import type { WireSettings } from '@countersign/contract';

type Scim = WireSettings['scim'];

export type GroupRoles = { readonly name: string; readonly roles: Scim['default_roles'] };
export type DirectoryRoles = { readonly everybody: Scim['default_roles']; readonly groups: readonly GroupRoles[] };

export const directoryRolesOf = (scim: Scim): DirectoryRoles => ({
  everybody: scim.default_roles,
  groups: Object.entries(scim.roles_by_group).map(([name, roles]) => ({ name, roles })),
});

export const scimOf = ({ everybody, groups }: DirectoryRoles): Scim => ({
  default_roles: everybody,
  roles_by_group: Object.fromEntries(groups.map(({ name, roles }) => [name.trim(), roles])),
});

/** Why it can't be saved yet. */
export const directoryFault = ({ everybody, groups }: DirectoryRoles): string | undefined => {
  if (everybody.length === 0) return 'Whom the directory brings needs a role';
  if (groups.some(({ name }) => name.trim() === '')) return 'A group of the directory has no name';
  if (groups.some(({ roles }) => roles.length === 0)) return 'A group of the directory gives no role';
  const names = new Set(groups.map(({ name }) => name.trim()));
  return names.size < groups.length ? 'A group of the directory is there twice' : undefined;
};
