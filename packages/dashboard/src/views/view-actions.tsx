/** Saving what is looked at under a name; of a saved view: keeping a change, another name, an end to it. */
import type { WireView } from '@countersign/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Bookmark, Check, Pencil, Trash2, X } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { call } from '../api.ts';
import { newIdempotencyKey } from '../idempotency.ts';
import type { InboxSearch } from '../search.ts';
import { announce } from '../ui/announce.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { TextInput } from '../ui/field.tsx';
import { errorLine } from '../ui/states.tsx';
import { filterOf, isChanged, searchOfView } from './view-search.ts';

type NameProps = {
  readonly value: string;
  readonly busy: boolean;
  readonly onSave: (name: string) => void;
  readonly onLeave: () => void;
};

const NameForm = ({ value, busy, onSave, onLeave }: NameProps): ReactNode => {
  const [name, setName] = useState(value);
  const save = (): void => {
    if (name.trim() !== '') onSave(name.trim());
  };
  return (
    <form
      className="flex flex-1 items-center gap-1"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <TextInput
        aria-label="Name of the view"
        placeholder="Name of the view"
        autoFocus
        maxLength={60}
        value={name}
        onChange={(event) => setName(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onLeave();
        }}
      />
      <Button
        type="submit"
        size="small"
        look="ink"
        busy={busy}
        blockedBecause={name.trim() === '' ? 'Give it a name' : null}
      >
        <Check size={13} aria-hidden="true" /> Save
      </Button>
      <IconButton label="Leave the name" icon={<X size={14} aria-hidden="true" />} onClick={onLeave} />
    </form>
  );
};

type ActionsProps = { readonly search: InboxSearch; readonly view: WireView | undefined };

export const ViewActions = ({ search, view }: ActionsProps): ReactNode => {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [naming, setNaming] = useState<'new' | 'rename' | null>(null);
  const key = useRef(newIdempotencyKey());
  const change = useMutation({
    mutationFn: (act: () => Promise<WireView | undefined>) => act(),
    onSuccess: async (saved) => {
      key.current = newIdempotencyKey();
      setNaming(null);
      await client.invalidateQueries({ queryKey: ['views'] });
      const { view: _gone, ...rest } = search;
      void navigate({ to: '.', replace: true, search: saved === undefined ? rest : searchOfView(saved) });
      announce(saved === undefined ? 'The view is deleted' : `Saved as ${saved.name}`);
    },
  });
  const create = (name: string): void =>
    change.mutate(() =>
      call('createView', { body: { name, filter: filterOf(search) } }, { idempotencyKey: key.current }),
    );
  const update = (id: string, body: Partial<Pick<WireView, 'name' | 'filter'>>): void =>
    change.mutate(() => call('updateView', { id, body }));
  return (
    <div className="contents">
      {naming !== null && (
        <NameForm
          value={naming === 'rename' ? (view?.name ?? '') : ''}
          busy={change.isPending}
          onSave={(name) => (naming === 'rename' && view !== undefined ? update(view.id, { name }) : create(name))}
          onLeave={() => {
            change.reset();
            setNaming(null);
          }}
        />
      )}
      {naming === null && view !== undefined && isChanged(view, search) && (
        <Button size="small" busy={change.isPending} onClick={() => update(view.id, { filter: filterOf(search) })}>
          <Check size={13} aria-hidden="true" /> Save to {view.name}
        </Button>
      )}
      {naming === null && (view === undefined || isChanged(view, search)) && (
        <Button size="small" look="ghost" onClick={() => setNaming('new')}>
          <Bookmark size={13} aria-hidden="true" /> Save as a view
        </Button>
      )}
      {naming === null && view !== undefined && (
        <>
          <Button size="small" look="ghost" onClick={() => setNaming('rename')}>
            <Pencil size={13} aria-hidden="true" /> Rename
          </Button>
          <Button
            size="small"
            look="ghost"
            busy={change.isPending}
            onClick={() =>
              change.mutate(async () => {
                await call('deleteView', { id: view.id });
                return undefined;
              })
            }
          >
            <Trash2 size={13} aria-hidden="true" /> Delete
          </Button>
        </>
      )}
      {change.isError && (
        <p role="alert" className="w-full text-label font-medium text-no">
          {errorLine(change.error)}
        </p>
      )}
    </div>
  );
};
