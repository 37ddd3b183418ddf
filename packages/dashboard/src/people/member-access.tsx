import type { WireMember } from '@countersign/contract';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { CopyButton } from '../ui/copy.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Notice, errorLine } from '../ui/states.tsx';

/** How a member gets in, and is put out: a one-time link, and the end of their sessions. */
const AccessDialog = ({
  member,
  onClose,
}: {
  readonly member: WireMember;
  readonly onClose: () => void;
}): ReactNode => {
  const link = useMutation({ mutationFn: () => call('createMemberSignInLink', { id: member.id }) });
  const end = useMutation({ mutationFn: () => call('endMemberSessions', { id: member.id }) });
  // Whoever holds a link acts as that person: only an owner makes one.
  const mayLink = useCan('members:write');
  const error = link.error ?? end.error;
  return (
    <Modal
      open
      onClose={onClose}
      title={`Access of ${member.name}`}
      description="The audit log says that it was you."
      footer={<Button onClick={onClose}>Done</Button>}
    >
      <div className="flex flex-col gap-5">
        <div className={mayLink ? 'flex flex-col items-start gap-2' : 'hidden'}>
          <p className="text-fg-2">
            A link signs {member.name} in once, within a day, and lets them set a password. It is no way around a second
            factor. Whoever holds it is that person: hand it over yourself.
          </p>
          {link.data === undefined ? (
            <Button busy={link.isPending} onClick={() => link.mutate()}>
              Make a sign-in link
            </Button>
          ) : (
            <div className="flex w-full items-center gap-2 rounded-md border border-line-2 bg-sunken px-3 py-2">
              <code className="min-w-0 flex-1 text-[13px] break-all select-all">{link.data.url}</code>
              <CopyButton text={link.data.url} label="Copy the link" />
            </div>
          )}
        </div>
        <div className="flex flex-col items-start gap-2">
          <p className="text-fg-2">Ends every session of theirs in this workspace, at once.</p>
          <Button
            look="reject"
            busy={end.isPending}
            blockedBecause={end.isSuccess ? 'Done' : null}
            onClick={() => end.mutate()}
          >
            {end.isSuccess ? 'All sessions have ended' : 'End all sessions'}
          </Button>
        </div>
        {error !== null && <Notice tone="no" alert title={`Not done. ${errorLine(error)}`} />}
      </div>
    </Modal>
  );
};

export const MemberAccess = ({ member }: { readonly member: WireMember }): ReactNode => {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="small" aria-label={`Access of ${member.name}`} onClick={() => setOpen(true)}>
        Access
      </Button>
      {open && <AccessDialog member={member} onClose={() => setOpen(false)} />}
    </>
  );
};
