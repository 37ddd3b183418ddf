import type { ReactNode } from 'react';
import { CopyButton } from '../ui/copy.tsx';
import { Notice } from '../ui/states.tsx';

/** A key's secret, on screen this once. */
export const KeySecret = ({ secret }: { readonly secret: string }): ReactNode => (
  <div className="flex flex-col gap-3">
    <Notice tone="wait" title="This is shown once">
      Copy it now and keep it where your program reads its secrets. It can't be seen again.
    </Notice>
    <div className="flex items-center gap-2 rounded-md border border-line-2 bg-sunken px-3 py-2">
      <code className="min-w-0 flex-1 text-[13px] break-all select-all">{secret}</code>
      <CopyButton text={secret} label="Copy the key" />
    </div>
  </div>
);
