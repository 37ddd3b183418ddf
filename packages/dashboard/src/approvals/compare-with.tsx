import type { ReactNode } from 'react';
import { Pick } from './filters.tsx';

type CompareWithProps = {
  readonly versions: readonly { readonly version: number; readonly message: string }[];
  /** The version that is looked at. */
  readonly number: number;
  readonly compare: number | undefined;
  readonly onChange: (compare: number | undefined) => void;
};

/** Chooses another version to compare with, where there is one. */
export const CompareWith = ({ versions, number, compare, onChange }: CompareWithProps): ReactNode =>
  versions.length > 1 && (
    <div className="max-w-70">
      <Pick
        label="Compare with"
        none="Compare with…"
        value={compare === undefined ? undefined : String(compare)}
        options={versions
          .filter(({ version }) => version !== number)
          .map(({ version, message }) => ({
            value: String(version),
            label: `v${version}${message === '' ? '' : `: ${message.slice(0, 40)}`}`,
          }))}
        onChange={(value) => onChange(value === undefined ? undefined : Number(value))}
      />
    </div>
  );
