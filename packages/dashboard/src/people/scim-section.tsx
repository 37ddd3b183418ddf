import type { WireSettings } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import { Plus, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { useCan } from '../session.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { Check, TextInput } from '../ui/field.tsx';
import { Section } from '../ui/page.tsx';
import type { DirectoryRoles, GroupRoles } from './directory-roles.ts';

type ProvisionedRole = WireSettings['scim']['default_roles'][number];

/** Nobody becomes an owner by a directory. */
const PROVISIONED = ['admin', 'builder', 'approver', 'auditor', 'viewer'] as const satisfies readonly ProvisionedRole[];

type RoleChecksProps = {
  readonly legend: string;
  readonly roles: readonly ProvisionedRole[];
  readonly onChange: (roles: ProvisionedRole[]) => void;
};

const RoleChecks = ({ legend, roles, onChange }: RoleChecksProps): ReactNode => (
  <fieldset>
    <legend className="sr-only">{legend}</legend>
    <div className="flex flex-wrap gap-x-4 gap-y-1">
      {PROVISIONED.map((role) => (
        <Check
          key={role}
          label={role}
          checked={roles.includes(role)}
          onChange={(event) =>
            onChange(PROVISIONED.filter((one) => (one === role ? event.target.checked : roles.includes(one))))
          }
        />
      ))}
    </div>
  </fieldset>
);

type ScimSectionProps = { readonly value: DirectoryRoles; readonly onChange: (value: DirectoryRoles) => void };

/** Where a directory provisions to, and which roles those whom it brings have. */
export const ScimSection = ({ value, onChange }: ScimSectionProps): ReactNode => {
  const mayProvision = useCan('scim:write');
  const base = `${location.origin}/scim/v2`;
  const setGroup = (index: number, group: GroupRoles): void =>
    onChange({ ...value, groups: value.groups.map((one, place) => (place === index ? group : one)) });
  return (
    <Section title="Directory (SCIM)">
      <p className="text-fg-2">
        Okta, Entra ID and others keep members and groups at this address, with an API key as the token.{' '}
        {mayProvision ? (
          <>
            Make one under{' '}
            <Link to="/settings/keys" className="underline">
              API keys
            </Link>
            , for “Directory (SCIM)”.
          </>
        ) : (
          'An owner makes one with the scope scim:write.'
        )}
      </p>
      <div className="flex items-center gap-2 rounded-md border border-line-2 bg-sunken px-3 py-2">
        <code className="min-w-0 flex-1 text-[13px] break-all select-all">{base}</code>
        <CopyButton text={base} label="Copy the SCIM address" />
      </div>
      <p className="mt-1 text-label font-medium text-fg-2">Everybody whom it brings is</p>
      <RoleChecks
        legend="Roles of everybody"
        roles={value.everybody}
        onChange={(everybody) => onChange({ ...value, everybody })}
      />
      {value.groups.length > 0 && (
        <>
          <p className="mt-1 text-label font-medium text-fg-2">Whoever is in one of these groups is also</p>
          <ul className="card divide-y">
            {value.groups.map((group, index) => (
              <li key={index} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-3 py-2.5">
                <TextInput
                  className="min-w-0 flex-1 basis-52"
                  aria-label={`Group ${index + 1}, as the directory calls it`}
                  placeholder="Finance Approvers"
                  maxLength={200}
                  value={group.name}
                  onChange={(event) => setGroup(index, { ...group, name: event.target.value })}
                />
                <RoleChecks
                  legend={`Roles of group ${index + 1}`}
                  roles={group.roles}
                  onChange={(roles) => setGroup(index, { ...group, roles })}
                />
                <IconButton
                  label={`Remove group ${index + 1}`}
                  icon={<Trash2 size={14} aria-hidden="true" />}
                  onClick={() => onChange({ ...value, groups: value.groups.filter((_, place) => place !== index) })}
                />
              </li>
            ))}
          </ul>
        </>
      )}
      <Button
        size="small"
        className="self-start"
        onClick={() => onChange({ ...value, groups: [...value.groups, { name: '', roles: ['approver'] }] })}
      >
        <Plus size={13} aria-hidden="true" /> Roles for a group
      </Button>
    </Section>
  );
};
