/** The ways to look at a draft, one of them at a time. */
import { clsx } from 'clsx';
import type { ReactNode } from 'react';

export type Side = 'settings' | 'json' | 'outline';
export type View = 'graph' | Side;

export const VIEW_WORDS: Readonly<Record<View, string>> = {
  graph: 'Graph',
  outline: 'Outline',
  settings: 'Settings',
  json: 'JSON',
};

type TabsProps<T extends View> = {
  readonly views: readonly T[];
  readonly value: T;
  readonly onChange: (view: T) => void;
};

export const ViewTabs = <T extends View>({ views, value, onChange }: TabsProps<T>): ReactNode => (
  <div role="group" aria-label="View" className="flex gap-1 border-b bg-surface px-2 py-1.5">
    {views.map((view) => (
      <button
        key={view}
        type="button"
        aria-pressed={view === value}
        data-pressed={view === value || undefined}
        onClick={() => onChange(view)}
        className={clsx(
          'h-7 flex-1 rounded-md px-2 text-label font-medium pointer-coarse:h-11',
          view === value ? 'bg-selected text-fg' : 'text-fg-2 hover:bg-hover',
        )}
      >
        {VIEW_WORDS[view]}
      </button>
    ))}
  </div>
);
