import { useQuery } from '@tanstack/react-query';
import { ArrowRight, Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { PlainText } from '../approvals/value-text.tsx';
import { useServerNow } from '../live/clock.ts';
import { formatExact } from '../live/time.ts';
import { useCan, useSession } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, SelectInput, TextInput } from '../ui/field.tsx';
import { Empty, Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { delegationsQuery, membersQuery } from './queries.ts';
import { useChange } from './use-change.ts';

/** `datetime-local` writes a moment of this machine's zone without naming it. */
const instantOf = (local: string): string => new Date(local).toISOString();
const localOf = (ms: number): string =>
  new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const WEEK_MS = 7 * 86_400_000;

const AwayDialog = ({ onClose }: { readonly onClose: () => void }): ReactNode => {
  const { person, roles } = useSession();
  const now = useServerNow();
  const members = useQuery(membersQuery).data ?? [];
  const mayForOthers = roles.includes('owner') || roles.includes('admin');
  const [from, setFrom] = useState<string>(person.id);
  const [to, setTo] = useState('');
  const [starts, setStarts] = useState('');
  const [ends, setEnds] = useState(() => localOf(now + WEEK_MS));
  const [reason, setReason] = useState('');
  const save = useChange(
    (_: undefined, key) =>
      call(
        'createDelegation',
        {
          body: {
            to,
            ends_at: instantOf(ends),
            ...(from === person.id ? {} : { from }),
            ...(starts === '' ? {} : { starts_at: instantOf(starts) }),
            ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
          },
        },
        { idempotencyKey: key },
      ),
    onClose,
  );
  return (
    <Modal
      open
      onClose={onClose}
      title="Out of office"
      description="Somebody else may vote in the place of whoever is away. Every such vote says for whom it was."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="ink"
            busy={save.isPending}
            blockedBecause={to === '' ? 'Choose who stands in' : ends === '' ? 'Say until when' : null}
            onClick={() => save.mutate(undefined)}
          >
            Save
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3.5">
        {mayForOthers && (
          <Field label="Who is away">
            {(wiring) => (
              <SelectInput {...wiring} value={from} onChange={(event) => setFrom(event.target.value)}>
                {members.map((member) => (
                  <option key={member.id} value={member.id}>
                    {member.name}
                  </option>
                ))}
              </SelectInput>
            )}
          </Field>
        )}
        <Field label="Who stands in">
          {(wiring) => (
            <SelectInput {...wiring} value={to} onChange={(event) => setTo(event.target.value)}>
              <option value="">choose…</option>
              {members
                .filter((member) => member.id !== from && member.roles.includes('approver'))
                .map((member) => (
                  <option key={member.id} value={member.id}>
                    {member.name}
                  </option>
                ))}
            </SelectInput>
          )}
        </Field>
        <div className="grid gap-3.5 phone:grid-cols-2">
          <Field label="From" hint="Empty: from now on.">
            {(wiring) => (
              <TextInput
                {...wiring}
                type="datetime-local"
                value={starts}
                onChange={(event) => setStarts(event.target.value)}
              />
            )}
          </Field>
          <Field label="Until" hint={zone}>
            {(wiring) => (
              <TextInput
                {...wiring}
                type="datetime-local"
                value={ends}
                onChange={(event) => setEnds(event.target.value)}
              />
            )}
          </Field>
        </div>
        <Field label="Why" hint="May be empty.">
          {(wiring) => (
            <TextInput {...wiring} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
          )}
        </Field>
        {save.isError && <Notice tone="no" alert title={`Not saved. ${errorLine(save.error)}`} />}
      </div>
    </Modal>
  );
};

export const Delegations = (): ReactNode => {
  const mayDecide = useCan('approvals:decide');
  const now = useServerNow();
  const { data, error, refetch } = useQuery(delegationsQuery);
  const [open, setOpen] = useState(false);
  const end = useChange((id: string) => call('deleteDelegation', { id }));
  const add = mayDecide ? (
    <Button className="self-start" onClick={() => setOpen(true)}>
      <Plus size={14} aria-hidden="true" /> Out of office
    </Button>
  ) : null;
  if (data === undefined)
    return error === null ? <Skeleton rows={2} /> : <Failure error={error} onRetry={() => void refetch()} />;
  return (
    <>
      {end.isError && <Notice tone="no" alert title={`Not ended. ${errorLine(end.error)}`} />}
      {data.length === 0 ? (
        <Empty title="Nobody is away" {...(add === null ? {} : { action: add })}>
          While somebody is away, another can vote in their place.
        </Empty>
      ) : (
        <>
          {add}
          <ul className="card divide-y">
            {data.map((delegation) => (
              <li key={delegation.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3.5 py-2.5">
                <span className="flex min-w-0 flex-1 basis-60 flex-wrap items-center gap-x-2">
                  <span className="font-medium">
                    <PlainText text={delegation.from.name} />
                  </span>
                  <ArrowRight size={14} aria-label="is replaced by" className="text-fg-3" />
                  <span className="font-medium">
                    <PlainText text={delegation.to.name} />
                  </span>
                  {delegation.reason !== null && (
                    <span className="text-fg-2">
                      “<PlainText text={delegation.reason} />”
                    </span>
                  )}
                </span>
                <span className="text-label text-fg-2">
                  {Date.parse(delegation.starts_at) > now && <>from {formatExact(delegation.starts_at)} </>}until{' '}
                  {formatExact(delegation.ends_at)}
                </span>
                {mayDecide && (
                  <Button
                    size="small"
                    aria-label={`End the absence of ${delegation.from.name}`}
                    busy={end.isPending}
                    onClick={() => end.mutate(delegation.id)}
                  >
                    End
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      {open && <AwayDialog onClose={() => setOpen(false)} />}
    </>
  );
};
