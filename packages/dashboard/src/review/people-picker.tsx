/** Check boxes for people and groups, with a filter where there are many. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { groupsQuery, membersQuery } from '../people/queries.ts';
import { Check, TextInput } from '../ui/field.tsx';
import { Failure, Skeleton } from '../ui/states.tsx';

export type Chosen = { readonly people: ReadonlySet<string>; readonly groups: ReadonlySet<string> };
export const NOBODY: Chosen = { people: new Set(), groups: new Set() };

const toggled = (set: ReadonlySet<string>, value: string): ReadonlySet<string> => {
  const next = new Set(set);
  if (!next.delete(value)) next.add(value);
  return next;
};

const FILTER_FROM = 8;

type PickerProps = {
  readonly chosen: Chosen;
  readonly onChange: (chosen: Chosen) => void;
  readonly withGroups?: boolean;
  readonly onlyDeciders?: boolean;
};

export const PeoplePicker = ({ chosen, onChange, withGroups = true, onlyDeciders = false }: PickerProps): ReactNode => {
  const members = useQuery(membersQuery);
  const groups = useQuery({ ...groupsQuery, enabled: withGroups });
  const [words, setWords] = useState('');
  if (members.data === undefined)
    return members.error === null ? <Skeleton rows={4} className="h-7" /> : <Failure error={members.error} />;
  const fits = (text: string): boolean => text.toLowerCase().includes(words.trim().toLowerCase());
  const people = members.data.filter(
    (member) => (!onlyDeciders || member.roles.includes('approver')) && fits(`${member.name} ${member.email}`),
  );
  const shownGroups = (groups.data ?? []).filter((group) => fits(group.name));
  return (
    <div className="flex flex-col gap-3">
      {members.data.length + (groups.data?.length ?? 0) > FILTER_FROM && (
        <TextInput
          type="search"
          aria-label="Filter people and groups"
          placeholder="Filter by name"
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
      )}
      {withGroups && shownGroups.length > 0 && (
        <fieldset className="flex flex-col gap-1">
          <legend className="mb-1 text-label font-medium text-fg-2">Groups</legend>
          {shownGroups.map((group) => (
            <Check
              key={group.id}
              label={group.name}
              hint={`${group.members.length} ${group.members.length === 1 ? 'person' : 'people'}`}
              checked={chosen.groups.has(group.name)}
              onChange={() => onChange({ ...chosen, groups: toggled(chosen.groups, group.name) })}
            />
          ))}
        </fieldset>
      )}
      <fieldset className="flex flex-col gap-1">
        <legend className="mb-1 text-label font-medium text-fg-2">People</legend>
        {people.map((member) => (
          <Check
            key={member.id}
            label={member.name}
            hint={member.roles.join(', ')}
            checked={chosen.people.has(member.id)}
            onChange={() => onChange({ ...chosen, people: toggled(chosen.people, member.id) })}
          />
        ))}
        {people.length === 0 && <p className="text-fg-3">Nobody fits.</p>}
      </fieldset>
    </div>
  );
};
