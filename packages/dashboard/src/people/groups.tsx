import type { WireGroup } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { call } from '../api.ts';
import { PeoplePicker } from '../review/people-picker.tsx';
import { useCan } from '../session.ts';
import { Button } from '../ui/button.tsx';
import { Modal } from '../ui/dialog.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Empty, Failure, Notice, Skeleton, errorLine } from '../ui/states.tsx';
import { groupsQuery, useNames } from './queries.ts';
import { useChange } from './use-change.ts';

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;

const GroupDialog = ({
  group,
  onClose,
}: {
  readonly group: WireGroup | null;
  readonly onClose: () => void;
}): ReactNode => {
  const [name, setName] = useState(group?.name ?? '');
  const [people, setPeople] = useState<ReadonlySet<string>>(new Set(group?.members));
  const save = useChange(async (_: undefined, key) => {
    const body = { name, members: [...people] };
    if (group === null) await call('createGroup', { body }, { idempotencyKey: key });
    else await call('updateGroup', { id: group.id, body });
  }, onClose);
  const remove = useChange(async (id: string) => call('deleteGroup', { id }), onClose);
  const error = save.error ?? remove.error;
  const fault =
    name === '' || NAME.test(name) ? undefined : 'Letters, digits, “_”, “.” and “-”, at most 64: policies name it';
  return (
    <Modal
      open
      onClose={onClose}
      title={group === null ? 'New group' : `Group ${group.name}`}
      footer={
        <>
          {group !== null && (
            <Button look="reject" className="mr-auto" busy={remove.isPending} onClick={() => remove.mutate(group.id)}>
              Delete the group
            </Button>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="ink"
            busy={save.isPending}
            blockedBecause={name === '' ? 'Give it a name' : (fault ?? null)}
            onClick={() => save.mutate(undefined)}
          >
            Save
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="Name" hint="As rules write it: “2 of finance”." error={fault}>
          {(wiring) => (
            <TextInput
              {...wiring}
              className="font-mono"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <PeoplePicker
          withGroups={false}
          chosen={{ people, groups: new Set() }}
          onChange={(chosen) => setPeople(chosen.people)}
        />
        {error !== null && <Notice tone="no" alert title={`Not done. ${errorLine(error)}`} />}
      </div>
    </Modal>
  );
};

export const Groups = (): ReactNode => {
  const mayWrite = useCan('groups:write');
  const nameOf = useNames();
  const { data, error, refetch } = useQuery(groupsQuery);
  const [open, setOpen] = useState<WireGroup | 'new' | null>(null);
  const create = mayWrite ? (
    <Button className="self-start" onClick={() => setOpen('new')}>
      <Plus size={14} aria-hidden="true" /> New group
    </Button>
  ) : null;
  if (data === undefined)
    return error === null ? <Skeleton rows={3} /> : <Failure error={error} onRetry={() => void refetch()} />;
  return (
    <>
      {data.length === 0 ? (
        <Empty title="No group yet" {...(create === null ? {} : { action: create })}>
          Rules ask groups: “2 of finance”.
        </Empty>
      ) : (
        <>
          {create}
          <ul className="card divide-y">
            {data.map((group) => (
              <li key={group.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-3.5 py-2.5">
                <span className="min-w-0 flex-1 basis-52">
                  <span className="font-mono text-[13px] font-medium">{group.name}</span>
                  <span className="block text-label text-fg-2">
                    {group.members.length === 0 ? 'nobody is in it' : group.members.map(nameOf).join(', ')}
                  </span>
                </span>
                {mayWrite && (
                  <Button size="small" aria-label={`Change the group ${group.name}`} onClick={() => setOpen(group)}>
                    Change
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      {open !== null && <GroupDialog group={open === 'new' ? null : open} onClose={() => setOpen(null)} />}
    </>
  );
};
