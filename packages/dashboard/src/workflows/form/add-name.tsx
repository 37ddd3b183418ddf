import { Plus } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { TextInput } from '../../ui/field.tsx';

type AddNameProps = {
  /** Of the list that it adds to. */
  readonly label: string;
  readonly what: 'Name' | 'Field';
  readonly placeholder: string;
  readonly isTaken: (name: string) => boolean;
  readonly onAdd: (name: string) => void;
};

/** Adds an entry under a new name, without spaces; by Enter too, which does not send the form around it. */
export const AddName = ({ label, what, placeholder, isTaken, onAdd }: AddNameProps): ReactNode => {
  const [name, setName] = useState('');
  const isFree = /^\S+$/.test(name) && !isTaken(name);
  const add = (): void => {
    if (!isFree) return;
    onAdd(name);
    setName('');
  };
  return (
    <div className="flex gap-1.5">
      <TextInput
        aria-label={`${what} to add to ${label}`}
        placeholder={placeholder}
        className="font-mono"
        value={name}
        onChange={(event) => setName(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          add();
        }}
      />
      <Button aria-label={`Add to ${label}`} blockedBecause={isFree ? null : 'Write a new name first'} onClick={add}>
        <Plus size={13} aria-hidden="true" /> Add
      </Button>
    </div>
  );
};
