import type { WireInvitation } from '@countersign/contract';
import { ROLES, type Role } from '@countersign/core';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Check, Field, TextInput } from '../ui/field.tsx';
import { Empty, Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { groupsQuery, invitationsQuery } from './queries.ts';
import { useChange } from './use-change.ts';

/** The link, shown this once: whoever invites gives it on. */
const LinkDialog = ({ url, onClose }: { readonly url: string; readonly onClose: () => void }): ReactNode => (
  <Modal
    open
    onClose={onClose}
    title="Give this link on"
    footer={
      <Button look="ink" onClick={onClose}>
        Done
      </Button>
    }
  >
    <div className="flex flex-col gap-3">
      <p className="text-fg-2">It works once, and is shown only now. Send it to the person it is for.</p>
      <div className="flex items-center gap-2.5 rounded-md border border-line-2 bg-sunken px-3 py-2.5">
        <code className="min-w-0 flex-1 text-[13px] break-all">{url}</code>
        <CopyButton text={url} label="Copy the link" />
      </div>
    </div>
  </Modal>
);

const InviteDialog = ({
  onClose,
  onLink,
}: {
  readonly onClose: () => void;
  readonly onLink: (url: string) => void;
}): ReactNode => {
  const mayMakeOwners = useCan('members:write');
  const groups = useQuery(groupsQuery).data ?? [];
  const [email, setEmail] = useState('');
  const [roles, setRoles] = useState<ReadonlySet<Role>>(new Set(['approver']));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const send = useChange(async (_: undefined, key) => {
    const body = { email: email.trim(), roles: [...roles], groups: [...chosen] };
    onLink((await call('createInvitation', { body }, { idempotencyKey: key })).url);
  }, onClose);
  const toggle = <T,>(set: ReadonlySet<T>, item: T): ReadonlySet<T> => {
    const next = new Set(set);
    if (!next.delete(item)) next.add(item);
    return next;
  };
  const blocked = email.trim() === '' ? 'Give an address' : roles.size === 0 ? 'Choose a role' : null;
  return (
    <Modal
      open
      onClose={onClose}
      title="Invite somebody"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="ink" busy={send.isPending} blockedBecause={blocked} onClick={() => send.mutate(undefined)}>
            Make the link
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
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
        <fieldset className="flex flex-col gap-1.5">
          <legend className="mb-1 text-label font-medium text-fg-2">Roles</legend>
          {ROLES.filter((role) => mayMakeOwners || role !== 'owner').map((role) => (
            <Check key={role} label={role} checked={roles.has(role)} onChange={() => setRoles(toggle(roles, role))} />
          ))}
        </fieldset>
        {groups.length > 0 && (
          <fieldset className="flex flex-col gap-1.5">
            <legend className="mb-1 text-label font-medium text-fg-2">Groups</legend>
            {groups.map((group) => (
              <Check
                key={group.id}
                label={group.name}
                checked={chosen.has(group.id)}
                onChange={() => setChosen(toggle(chosen, group.id))}
              />
            ))}
          </fieldset>
        )}
        {send.isError && <Notice tone="no" alert title={`Not invited. ${errorLine(send.error)}`} />}
      </div>
    </Modal>
  );
};

const Row = ({
  invitation,
  onLink,
}: {
  readonly invitation: WireInvitation;
  readonly onLink: (url: string) => void;
}): ReactNode => {
  const mayInvite = useCan('members:invite');
  const { id, email } = invitation;
  const resend = useChange(async (_: undefined, key) => {
    onLink((await call('resendInvitation', { id, body: {} }, { idempotencyKey: key })).url);
  });
  const revoke = useChange(async (): Promise<unknown> => call('revokeInvitation', { id }));
  const isOpen = invitation.status === 'open' || invitation.status === 'expired';
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3.5 py-2.5">
      <span className="min-w-0 flex-1 basis-52">
        <span className="font-medium [overflow-wrap:anywhere]">{email}</span>
        <span className="block text-label text-fg-2">
          {invitation.roles.join(', ')} · invited by <PlainText text={invitation.invited_by.name} />
        </span>
      </span>
      <span className="text-label text-fg-2">{invitation.status}</span>
      {mayInvite && isOpen && (
        <span className="flex gap-2">
          <Button
            size="small"
            busy={resend.isPending}
            aria-label={`New link for ${email}`}
            onClick={() => resend.mutate(undefined)}
          >
            New link
          </Button>
          <Button
            size="small"
            busy={revoke.isPending}
            aria-label={`Withdraw the invitation of ${email}`}
            onClick={() => revoke.mutate(undefined)}
          >
            Withdraw
          </Button>
        </span>
      )}
    </li>
  );
};

export const Invitations = (): ReactNode => {
  const mayInvite = useCan('members:invite');
  const { data, error, refetch } = useQuery(invitationsQuery);
  const [isOpen, setOpen] = useState(false);
  const [url, setUrl] = useState<string | null>(null);
  if (data === undefined)
    return error === null ? <Skeleton rows={3} /> : <Failure error={error} onRetry={() => void refetch()} />;
  const invite = mayInvite ? (
    <Button className="self-start" onClick={() => setOpen(true)}>
      <Plus size={14} aria-hidden="true" /> Invite somebody
    </Button>
  ) : null;
  return (
    <>
      {data.length === 0 ? (
        <Empty title="Nobody was invited yet" {...(invite === null ? {} : { action: invite })}>
          An invitation is a link that works once.
        </Empty>
      ) : (
        <>
          {invite}
          <ul className="card divide-y">
            {data.map((invitation) => (
              <Row key={invitation.id} invitation={invitation} onLink={setUrl} />
            ))}
          </ul>
        </>
      )}
      {isOpen && <InviteDialog onClose={() => setOpen(false)} onLink={setUrl} />}
      {url !== null && <LinkDialog url={url} onClose={() => setUrl(null)} />}
    </>
  );
};
