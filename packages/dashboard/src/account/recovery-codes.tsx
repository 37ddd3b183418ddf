import type { ReactNode } from 'react';
import { CopyButton } from '../ui/copy.tsx';
import { Notice } from '../ui/states.tsx';

/** Shown this once. */
export const RecoveryCodes = ({ codes }: { readonly codes: readonly string[] }): ReactNode => (
  <div className="flex flex-col gap-3">
    <Notice tone="wait" title="Keep these codes where you can reach them without your phone">
      Each signs you in once in the place of a code of the app. They are shown this once.
    </Notice>
    <div className="flex items-start gap-2 rounded-md border border-line-2 bg-sunken px-3 py-2.5">
      <ul className="grid flex-1 gap-x-6 gap-y-1 font-mono text-[13px] phone:grid-cols-2">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <CopyButton text={codes.join('\n')} label="Copy the codes" />
    </div>
  </div>
);
