import { clsx } from 'clsx';
import type { ReactNode } from 'react';

/** The product's sign. */
export const Mark = ({ large = false }: { readonly large?: boolean }): ReactNode => (
  <svg viewBox="0 0 32 32" aria-hidden="true" className={clsx('shrink-0 text-bg', large ? 'size-11' : 'size-6.5')}>
    <rect width="32" height="32" rx="7" className="fill-fg" />
    <path
      d="M16 6l8 3v6.5c0 5-3.4 8.6-8 10.5-4.6-1.9-8-5.5-8-10.5V9z"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinejoin="round"
    />
    <path
      d="M12.3 15.8l2.7 2.7 5-5.3"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  </svg>
);
