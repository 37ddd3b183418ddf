/** Status and risk: a shape of its own, a word, and a colour, so that none of the three is needed alone. */
import type { WireApproval, WireExecution, WireStep } from '@countersign/contract';
import { clsx } from 'clsx';
import type { ReactNode } from 'react';

export type Priority = WireApproval['priority'];
type Tone = 'ok' | 'no' | 'wait' | 'off' | 'esc';
type Shape =
  | 'clock'
  | 'check'
  | 'pencil'
  | 'square'
  | 'dashed'
  | 'barred'
  | 'play'
  | 'dots'
  | 'hexagon'
  | 'blocked'
  | 'pause';

const SHAPES: Readonly<Record<Shape, ReactNode>> = {
  clock: (
    <g fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round">
      <circle cx="8" cy="8" r="6.25" />
      <path d="M8 4.75V8l2.2 1.6" />
    </g>
  ),
  check: (
    <g>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path
        d="M4.9 8.2l2.1 2.1 4.1-4.5"
        fill="none"
        stroke="var(--glyph-ink)"
        strokeWidth="1.7"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </g>
  ),
  pencil: (
    <g>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path
        d="M5 11l.5-2.2 4.3-4.3 1.7 1.7-4.3 4.3z"
        fill="none"
        stroke="var(--glyph-ink)"
        strokeWidth="1.3"
        strokeLinejoin="round"
      />
    </g>
  ),
  square: (
    <g>
      <rect x="1.5" y="1.5" width="13" height="13" rx="2" fill="currentColor" />
      <path d="M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4" stroke="var(--glyph-ink)" strokeWidth="1.7" strokeLinecap="round" />
    </g>
  ),
  dashed: (
    <circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" strokeWidth="1.5" strokeDasharray="2.6 2.3" />
  ),
  barred: (
    <g fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round">
      <circle cx="8" cy="8" r="6.25" />
      <path d="M3.7 12.3l8.6-8.6" />
    </g>
  ),
  play: (
    <g>
      <circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M6.6 5.3l4.2 2.7-4.2 2.7z" fill="currentColor" />
    </g>
  ),
  dots: (
    <g fill="currentColor">
      <circle cx="3.5" cy="8" r="1.4" />
      <circle cx="8" cy="8" r="1.4" />
      <circle cx="12.5" cy="8" r="1.4" />
    </g>
  ),
  hexagon: (
    <g>
      <path d="M5 1.5h6L14.5 8 11 14.5H5L1.5 8z" fill="currentColor" />
      <path d="M8 4.5v4M8 11v.1" stroke="var(--glyph-ink)" strokeWidth="1.7" strokeLinecap="round" />
    </g>
  ),
  blocked: (
    <g>
      <path d="M5 1.5h6L14.5 8 11 14.5H5L1.5 8z" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M4.8 8h6.4" stroke="currentColor" strokeWidth="1.7" strokeLinecap="round" />
    </g>
  ),
  pause: (
    <g fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round">
      <circle cx="8" cy="8" r="6.25" />
      <path d="M6.3 5.8v4.4M9.7 5.8v4.4" />
    </g>
  ),
};

export type StatusName = WireApproval['status'] | WireExecution['status'] | WireStep['status'] | 'edited';

const STATUS: Readonly<Record<StatusName, { readonly word: string; readonly shape: Shape; readonly tone: Tone }>> = {
  pending: { word: 'Pending', shape: 'clock', tone: 'wait' },
  approved: { word: 'Approved', shape: 'check', tone: 'ok' },
  edited: { word: 'Approved with edits', shape: 'pencil', tone: 'ok' },
  rejected: { word: 'Rejected', shape: 'square', tone: 'no' },
  expired: { word: 'Expired', shape: 'dashed', tone: 'off' },
  cancelled: { word: 'Cancelled', shape: 'barred', tone: 'off' },
  queued: { word: 'Queued', shape: 'dots', tone: 'off' },
  ready: { word: 'Ready', shape: 'dots', tone: 'off' },
  running: { word: 'Running', shape: 'play', tone: 'esc' },
  awaiting_approval: { word: 'Awaiting approval', shape: 'clock', tone: 'wait' },
  waiting: { word: 'Waiting', shape: 'pause', tone: 'off' },
  completed: { word: 'Completed', shape: 'check', tone: 'ok' },
  failed: { word: 'Failed', shape: 'hexagon', tone: 'no' },
  refused: { word: 'Refused', shape: 'blocked', tone: 'no' },
};

const TONE_TEXT: Readonly<Record<Tone, string>> = {
  ok: 'text-ok',
  no: 'text-no',
  wait: 'text-wait',
  off: 'text-off',
  esc: 'text-esc',
};
const TONE_PILL: Readonly<Record<Tone, string>> = {
  ok: 'bg-ok-tint border-ok-line text-ok',
  no: 'bg-no-tint border-no-line text-no',
  wait: 'bg-wait-tint border-wait-line text-wait',
  off: 'bg-off-tint border-off-line text-off',
  esc: 'bg-esc-tint border-esc-line text-esc',
};

const Glyph = ({ shape }: { readonly shape: Shape }): ReactNode => (
  <svg width="14" height="14" viewBox="0 0 16 16" aria-hidden="true" className="shrink-0 [--glyph-ink:var(--surface)]">
    {SHAPES[shape]}
  </svg>
);

export const statusWord = (status: StatusName): string => STATUS[status].word;

/** The status that a person would name: an approval whose arguments were changed is "approved with edits". */
export const approvalStatus = (approval: Pick<WireApproval, 'status' | 'decision'>): StatusName =>
  approval.status === 'approved' && (approval.decision?.edits.length ?? 0) > 0 ? 'edited' : approval.status;

export const StatusPill = ({ status }: { readonly status: StatusName }): ReactNode => {
  const { word, shape, tone } = STATUS[status];
  return (
    <span
      className={clsx(
        'inline-flex h-5.5 items-center gap-1.5 rounded-full border px-2 text-label font-medium whitespace-nowrap',
        TONE_PILL[tone],
      )}
    >
      <Glyph shape={shape} />
      {word}
    </span>
  );
};

export const StatusMark = ({
  status,
  wordless = false,
}: {
  readonly status: StatusName;
  readonly wordless?: boolean;
}): ReactNode => {
  const { word, shape, tone } = STATUS[status];
  return (
    <span
      className={clsx('inline-flex items-center gap-1.5 text-label font-medium whitespace-nowrap', TONE_TEXT[tone])}
    >
      <Glyph shape={shape} />
      <span className={clsx(wordless && 'sr-only')}>{word}</span>
    </span>
  );
};

const PRIORITY: Readonly<Record<Priority, { readonly word: string; readonly bars: number; readonly look: string }>> = {
  low: { word: 'Low', bars: 1, look: 'text-fg-3' },
  medium: { word: 'Medium', bars: 2, look: 'text-fg-2' },
  high: { word: 'High', bars: 3, look: 'text-wait' },
  critical: { word: 'Critical', bars: 0, look: 'text-no' },
};

export const priorityWord = (priority: Priority): string => PRIORITY[priority].word;

export const PriorityMark = ({
  priority,
  wordless = false,
}: {
  readonly priority: Priority;
  readonly wordless?: boolean;
}): ReactNode => {
  const { word, bars, look } = PRIORITY[priority];
  return (
    <span className={clsx('inline-flex items-center gap-1.5 text-label font-semibold whitespace-nowrap', look)}>
      <svg width="15" height="15" viewBox="0 0 16 16" aria-hidden="true" fill="currentColor" className="shrink-0">
        {priority === 'critical' ? (
          <>
            <path d="M8 1.3L15.3 14.3H.7z" strokeLinejoin="round" stroke="currentColor" />
            <path d="M8 6v4M8 12v.1" stroke="var(--surface)" strokeWidth="1.6" strokeLinecap="round" />
          </>
        ) : (
          [0, 1, 2].map((bar) => (
            <rect
              key={bar}
              x={2 + bar * 4.5}
              y={10 - bar * 3.5}
              width="3.4"
              height={4 + bar * 3.5}
              rx="0.8"
              opacity={bar < bars ? 1 : 0.28}
            />
          ))
        )}
      </svg>
      <span className={clsx(wordless && 'sr-only')}>{word}</span>
    </span>
  );
};
