/** What is unusual about a value, said beside the value; and, where the request is critical, the point to confirm. */
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { PlainText } from '../approvals/value-text.tsx';
import { FLAG_KINDS, type Flag, isStrong } from './flag-kinds.ts';

/** The points that are confirmed, by the flag's place; `null` where nothing has to be. */
export type Points = { readonly confirmed: ReadonlySet<number>; readonly toggle: (index: number) => void } | null;

const STATEMENT = {
  changed: 'I checked that this change is meant',
  unusual: 'I checked that this value is right',
  new_value: 'I know where this value comes from',
  mutable_reference: 'I know what this stands for, and that it may change',
} as const;

const SEVERITY = ['', 'slightly', '', 'strongly'] as const;

export const FlagNote = ({
  flag,
  index,
  points,
}: {
  readonly flag: Flag;
  readonly index: number;
  readonly points: Points;
}): ReactNode => {
  const { word, icon: Icon, look } = FLAG_KINDS[flag.kind];
  const how = SEVERITY[flag.severity] ?? '';
  const strong = isStrong(flag);
  return (
    <div className="mt-1 flex flex-col items-start gap-1.5 font-sans">
      <p className="flex items-baseline gap-1.5 text-label leading-4">
        <Icon size={13} aria-hidden="true" className={clsx('shrink-0 translate-y-0.5', strong ? 'text-no' : look)} />
        <span>
          <span className={clsx('font-semibold', strong ? 'text-no' : look)}>
            {how === '' ? word : `${word}, ${how}`}
          </span>{' '}
          <span className="text-fg-2">
            <PlainText text={flag.text} />
          </span>
        </span>
      </p>
      {points !== null && (
        <label className="inline-flex min-h-8.5 items-center gap-2.5 rounded-md border border-line-2 bg-surface px-2.5 font-medium pointer-coarse:min-h-11">
          <input
            type="checkbox"
            data-point={index}
            checked={points.confirmed.has(index)}
            onChange={() => points.toggle(index)}
            className="size-4 accent-fg pointer-coarse:size-5"
          />
          {STATEMENT[flag.kind]}
        </label>
      )}
    </div>
  );
};
