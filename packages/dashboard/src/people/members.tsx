import type { WireMember } from '@countersign/contract';
import { ROLES, type Role } from '@countersign/core';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { useCan, useSession } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Check, Field, TextInput } from '../ui/field.tsx';
import { Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { LeaveDialog } from './leave-dialog.tsx';
import { MemberAccess } from './member-access.tsx';
import { membersQuery } from './queries.ts';
import { useChange } from './use-change.ts';

const HINTS: Readonly<Record<Role, string>> = {
  owner: 'Runs the workspace. Does not decide unless also an approver.',
  admin: 'Manages people, policies, agents and keys.',
  builder: 'Builds agents and tools, and runs them.',
  approver: 'Approves and rejects requests.',
  auditor: 'Sees everything, and API keys.',
  viewer: 'Sees requests, decisions and executions.',
};

const RolePicker = ({
  roles,
  onChange,
}: {
  readonly roles: ReadonlySet<Role>;
  readonly onChange: (roles: ReadonlySet<Role>) => void;
}): ReactNode => (
  <fieldset className="flex flex-col gap-1.5">
    <legend className="mb-1 text-label font-medium text-fg-2">Roles</legend>
    {ROLES.map((role) => (
      <Check
        key={role}
        label={role}
        hint={HINTS[role]}
        checked={roles.has(role)}
        onChange={() => {
          const next = new Set(roles);
          if (!next.delete(role)) next.add(role);
          onChange(next);
        }}
      />
    ))}
  </fieldset>
);

const MemberDialog = ({
  member,
  onClose,
}: {
  readonly member: WireMember | null;
  readonly onClose: () => void;
}): ReactNode => {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [roles, setRoles] = useState<ReadonlySet<Role>>(new Set(member?.roles ?? ['approver']));
  const save = useChange(async (_: undefined, key) => {
    if (member === null)
      await call(
        'createMember',
        { body: { name: name.trim(), email: email.trim(), roles: [...roles] } },
        { idempotencyKey: key },
      );
    else await call('updateMember', { id: member.id, body: { roles: [...roles] } });
  }, onClose);
  const blocked =
    roles.size === 0
      ? 'Choose a role'
      : member === null && (name.trim() === '' || email.trim() === '')
        ? 'Give a name and an address'
        : null;
  return (
    <Modal
      open
      onClose={onClose}
      title={member === null ? 'Add a person' : `Roles of ${member.name}`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="ink" busy={save.isPending} blockedBecause={blocked} onClick={() => save.mutate(undefined)}>
            {member === null ? 'Add' : 'Save'}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {member === null && (
          <>
            <Field label="Name">
              {(wiring) => (
                <TextInput {...wiring} maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
              )}
            </Field>
            <Field label="E-mail">
              {(wiring) => (
                <TextInput
                  {...wiring}
                  type="email"
                  maxLength={200}
                  value={email}
                  onChange={(event) => setEmail(event.target.value)}
                />
              )}
            </Field>
          </>
        )}
        <RolePicker roles={roles} onChange={setRoles} />
        {save.isError && <Notice tone="no" alert title={`Not saved. ${errorLine(save.error)}`} />}
      </div>
    </Modal>
  );
};

export const Members = (): ReactNode => {
  const mayWrite = useCan('members:write');
  const mayInvite = useCan('members:invite');
  const me = useSession().person.id;
  const { data, error, refetch } = useQuery(membersQuery);
  const [open, setOpen] = useState<WireMember | 'new' | null>(null);
  const [leaving, setLeaving] = useState<WireMember | null>(null);
  if (data === undefined)
    return error === null ? <Skeleton rows={3} /> : <Failure error={error} onRetry={() => void refetch()} />;
  return (
    <>
      {mayWrite && (
        <Button className="self-start" onClick={() => setOpen('new')}>
          <Plus size={14} aria-hidden="true" /> Add a person
        </Button>
      )}
      <ul className="card divide-y">
        {data.map((member) => (
          <li key={member.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3.5 py-2.5">
            <span className="min-w-0 flex-1 basis-52">
              <span className="font-medium">
                <PlainText text={member.name} />
              </span>
              {member.id === me && <span className="text-label text-fg-3"> · you</span>}
              <span className="block text-label text-fg-2 [overflow-wrap:anywhere]">{member.email}</span>
            </span>
            <span className="flex flex-wrap gap-1">
              {member.roles.map((role) => (
                <span
                  key={role}
                  className={
                    role === 'approver'
                      ? 'rounded-full border border-ok-line bg-ok-tint px-2 text-label font-medium text-ok'
                      : 'rounded-full border px-2 text-label text-fg-2'
                  }
                >
                  {role}
                </span>
              ))}
            </span>
            <span className="w-full text-label text-fg-2 phone:w-44 phone:text-right">
              {member.groups.length === 0 ? 'no group' : member.groups.join(', ')}
            </span>
            {mayInvite && member.id !== me && <MemberAccess member={member} />}
            {mayWrite && (
              <Button size="small" aria-label={`Change the roles of ${member.name}`} onClick={() => setOpen(member)}>
                Roles
              </Button>
            )}
            {member.status === 'deactivated' && <span className="text-label font-medium text-off">deactivated</span>}
            {mayWrite && (
              <Button
                size="small"
                aria-label={`Leave of ${member.name}: deactivate or remove`}
                onClick={() => setLeaving(member)}
              >
                Leave
              </Button>
            )}
          </li>
        ))}
      </ul>
      {open !== null && <MemberDialog member={open === 'new' ? null : open} onClose={() => setOpen(null)} />}
      {leaving !== null && <LeaveDialog member={leaving} onClose={() => setLeaving(null)} />}
    </>
  );
};
