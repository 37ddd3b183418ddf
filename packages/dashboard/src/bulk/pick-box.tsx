import { clsx } from 'clsx';
import type { ReactNode } from 'react';

type PickBoxProps = {
  readonly id: string;
  readonly title: string;
  readonly selected: boolean;
  readonly selecting: boolean;
  readonly onSelect: (id: string) => void;
};

/** Chooses a row. It lies over the priority and shows itself on hover and while rows are chosen; X or a long press does the same. */
export const PickBox = ({ id, title, selected, selecting, onSelect }: PickBoxProps): ReactNode => (
  <label
    className={clsx(
      'absolute -inset-x-2 -inset-y-1.5 z-10 flex items-center justify-center',
      !selecting && 'opacity-0 focus-within:opacity-100 hover:opacity-100 pointer-coarse:pointer-events-none',
    )}
  >
    <span className="flex size-6 items-center justify-center rounded-sm bg-surface">
      <input
        type="checkbox"
        tabIndex={-1}
        checked={selected}
        onChange={() => onSelect(id)}
        aria-label={`Select ${title}`}
        className="size-4 accent-fg pointer-coarse:size-5"
      />
    </span>
  </label>
);
