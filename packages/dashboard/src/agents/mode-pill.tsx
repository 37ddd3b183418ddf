import type { HitlMode } from '@countersign/core';
import { clsx } from 'clsx';
import type { ReactNode } from 'react';

const LOOK: Readonly<Record<HitlMode, string>> = {
  blocking: 'border-ok-line bg-ok-tint text-ok',
  confirm_tools: 'border-ok-line bg-ok-tint text-ok',
  audit: 'border-wait-line bg-wait-tint text-wait',
  disabled: 'border-off-line bg-off-tint text-off',
};

export const ModePill = ({ mode }: { readonly mode: HitlMode }): ReactNode => (
  <span
    className={clsx(
      'inline-flex h-5.5 items-center rounded-full border px-2 font-mono text-meta font-medium',
      LOOK[mode],
    )}
  >
    {mode}
  </span>
);
