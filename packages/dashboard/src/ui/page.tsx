import { clsx } from 'clsx';
import type { ReactNode } from 'react';

type PageProps = {
  readonly title: ReactNode;
  readonly above?: ReactNode;
  readonly below?: ReactNode;
  readonly actions?: ReactNode;
  readonly narrow?: boolean;
  readonly children: ReactNode;
};

/** The frame of every page that is not the inbox: a title, what can be done, and the content. */
export const Page = ({ title, above, below, actions, narrow = false, children }: PageProps): ReactNode => (
  <div className="h-full overflow-y-auto">
    <div
      className={clsx(
        'mx-auto flex w-full flex-col gap-5 px-4 pt-4 pb-16 phone:px-6 phone:pt-5 wide:px-10',
        narrow ? 'max-w-210' : 'max-w-290',
      )}
    >
      <header className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-60">
          {above}
          <h1 className="text-page font-semibold">{title}</h1>
          {below}
        </div>
        {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  </div>
);

type SectionProps = {
  readonly title: ReactNode;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
};

export const Section = ({ title, aside, children, className }: SectionProps): ReactNode => (
  <section className={clsx('flex flex-col gap-2', className)}>
    <div className="flex min-h-7 flex-wrap items-center justify-between gap-x-3 gap-y-1">
      <h2 className="text-body font-semibold">{title}</h2>
      {aside !== undefined && <div className="flex items-center gap-2 text-label text-fg-3">{aside}</div>}
    </div>
    {children}
  </section>
);
