import { clsx } from 'clsx';
import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { announce } from './announce.ts';
import { Tip } from './tooltip.tsx';

/** Copies to the clipboard. @returns whether it could: plain HTTP on another machine's address has no clipboard. */
const copyText = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
};

type CopyButtonProps = {
  readonly text: string;
  readonly label: string;
  readonly className?: string;
  readonly children?: ReactNode;
};

export const CopyButton = ({ text, label, className, children }: CopyButtonProps): ReactNode => {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <Tip text={copied ? 'Copied' : label}>
      <button
        type="button"
        aria-label={label}
        className={clsx(
          'inline-flex min-h-6 min-w-6 items-center justify-center gap-1.5 rounded-sm text-fg-3 hover:text-fg pointer-coarse:min-h-11 pointer-coarse:min-w-11',
          className,
        )}
        onClick={() => {
          void copyText(text).then((done) => {
            setCopied(done);
            announce(done ? 'Copied' : 'Copying is not possible over this connection');
          });
        }}
      >
        {children}
        {copied ? <Check size={14} aria-hidden="true" className="text-ok" /> : <Copy size={14} aria-hidden="true" />}
      </button>
    </Tip>
  );
};

/** An identifier shortened for reading, whole when copied and in its title. */
export const CopyId = ({ id }: { readonly id: string }): ReactNode => (
  <span className="inline-flex items-center gap-1">
    <span className="font-mono text-label text-fg-3" title={id}>
      {shortId(id)}
    </span>
    <CopyButton text={id} label={`Copy the id ${id}`} />
  </span>
);

/** The prefix and the last six characters: the end of a KSUID is random, its start is the time. */
export const shortId = (id: string): string =>
  id.length > 16 ? `${id.slice(0, id.indexOf('_') + 1)}…${id.slice(-6)}` : id;
