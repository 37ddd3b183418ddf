import { clsx } from 'clsx';
import { CircleAlert, Info, RotateCw } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { ApiProblem, Unreachable } from '../api.ts';
import { Button } from './button.tsx';

/** Nothing under 150 ms, then the layout that is to come. */
const useLate = (): boolean => {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return late;
};

export const Skeleton = ({
  rows = 6,
  className = 'h-13',
}: {
  readonly rows?: number;
  readonly className?: string;
}): ReactNode => {
  const late = useLate();
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-2">
      {late &&
        Array.from({ length: rows }, (_, index) => (
          <div key={index} className={clsx('rounded-md bg-hover', className)} />
        ))}
    </div>
  );
};

type EmptyProps = { readonly title: string; readonly children?: ReactNode; readonly action?: ReactNode };

/** What would be here, why it is empty, and the one next step. */
export const Empty = ({ title, children, action }: EmptyProps): ReactNode => (
  <div className="flex flex-col items-center gap-1 px-6 py-14 text-center">
    <p className="text-section font-semibold">{title}</p>
    {children !== undefined && <div className="max-w-100 text-fg-2">{children}</div>}
    {action !== undefined && <div className="mt-4">{action}</div>}
  </div>
);

/** The page is of an earlier build, whose files the server no longer has. */
const isOldBuild = (error: unknown): boolean => error instanceof TypeError && /module/.test(error.message);

const wordsFor = (error: unknown): { readonly title: string; readonly detail: string } => {
  if (error instanceof Unreachable)
    return {
      title: 'The server could not be reached',
      detail: 'Nothing was changed. It is tried again when you are online.',
    };
  if (isOldBuild(error))
    return { title: 'There is a new version', detail: 'Reload the page to go on. Nothing was lost.' };
  if (!(error instanceof ApiProblem))
    return {
      title: 'Something went wrong in this page',
      detail: error instanceof Error ? error.message : String(error),
    };
  if (error.status === 404)
    return { title: 'Gone, or not yours', detail: 'There is nothing at this address that you can see.' };
  if (error.status === 403) return { title: 'You may not see this', detail: error.message };
  return { title: error.problem.title, detail: error.message };
};

type FailureProps = { readonly error: unknown; readonly onRetry?: () => void; readonly heading?: boolean };

/** An error where it happened, in words, with its request id and a way on. */
export const Failure = ({ error, onRetry, heading = false }: FailureProps): ReactNode => {
  const { title, detail } = wordsFor(error);
  const Title = heading ? 'h1' : 'p';
  return (
    <div role="alert" className="flex flex-col items-center gap-1 px-6 py-14 text-center">
      <CircleAlert size={22} aria-hidden="true" className="mb-1 text-no" />
      <Title className="text-section font-semibold">{title}</Title>
      <p className="max-w-110 text-fg-2">{detail}</p>
      {error instanceof ApiProblem && error.requestId !== null && (
        <p className="font-mono text-meta text-fg-3">request {error.requestId}</p>
      )}
      {onRetry !== undefined && (
        <Button className="mt-4" onClick={isOldBuild(error) ? () => location.reload() : onRetry}>
          <RotateCw size={14} aria-hidden="true" /> {isOldBuild(error) ? 'Reload' : 'Try again'}
        </Button>
      )}
    </div>
  );
};

type NoticeProps = {
  readonly tone: 'ok' | 'no' | 'wait' | 'off';
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly alert?: boolean;
};

const NOTICE: Readonly<Record<NoticeProps['tone'], string>> = {
  ok: 'border-ok-line bg-ok-tint',
  no: 'border-no-line bg-no-tint',
  wait: 'border-wait-line bg-wait-tint',
  off: 'border-off-line bg-off-tint',
};

/** A block that states a fact about what is on screen. */
export const Notice = ({ tone, title, children, alert = false }: NoticeProps): ReactNode => (
  <div
    role={alert ? 'alert' : undefined}
    className={clsx('flex gap-2.5 rounded-lg border px-3.5 py-2.5', NOTICE[tone])}
  >
    {tone === 'no' ? (
      <CircleAlert size={16} aria-hidden="true" className="mt-0.5 shrink-0 text-no" />
    ) : (
      <Info size={16} aria-hidden="true" className="mt-0.5 shrink-0" />
    )}
    <div className="min-w-0 flex-1">
      <p className="font-semibold">{title}</p>
      {children !== undefined && <div className="text-fg-2">{children}</div>}
    </div>
  </div>
);

/** What to say of an error in one line, beside the control that caused it. */
export const errorLine = (error: unknown): string => {
  const { title, detail } = wordsFor(error);
  return detail === '' ? title : detail;
};
