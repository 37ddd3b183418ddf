import { type ReactNode, memo, useState } from 'react';
import { type TextMark, markText } from './text-marks.ts';

const Chip = ({ children, title }: { readonly children: ReactNode; readonly title: string }): ReactNode => (
  <span
    title={title}
    className="mx-px inline-block rounded-sm border border-no-line bg-no-tint px-1 align-baseline font-mono text-meta leading-4 font-semibold text-no select-none"
  >
    {children}
  </span>
);

const Mark = ({ mark, brief }: { readonly mark: TextMark; readonly brief: boolean }): ReactNode => {
  switch (mark.kind) {
    case 'plain':
      return mark.text;
    case 'hidden':
      return <Chip title={mark.name}>{brief ? mark.code : `${mark.code} ${mark.name}`}</Chip>;
    case 'mixed':
      return (
        <span
          title={mark.why}
          className="rounded-sm bg-no-tint text-no underline decoration-wavy decoration-from-font underline-offset-3"
        >
          {mark.text}
          {!brief && <Chip title={mark.why}>{mark.why}</Chip>}
        </span>
      );
  }
};

type PlainTextProps = {
  readonly text: string;
  /** Marks without words, where a line is all there is. */
  readonly brief?: boolean;
};

/** A text as it is: never Markdown, never HTML, with everything that hides in it made visible. */
export const PlainText = memo(({ text, brief = false }: PlainTextProps): ReactNode => (
  <bdi>
    {markText(text).map((mark, index) => (
      <Mark key={index} mark={mark} brief={brief} />
    ))}
  </bdi>
));
PlainText.displayName = 'PlainText';

const FOLD_LINES = 40;
/** A line for folding: a text without line feeds wraps at about this many characters. */
const LINE_LENGTH = 90;

/** Where the fold is: after 40 lines as they would wrap. `null` where everything fits. */
export const foldAt = (text: string): { readonly end: number; readonly restLines: number } | null => {
  let lines = 0;
  let end = 0;
  let start = 0;
  while (start <= text.length) {
    const stop = text.indexOf('\n', start);
    const lineEnd = stop === -1 ? text.length : stop;
    const wraps = Math.max(1, Math.ceil((lineEnd - start) / LINE_LENGTH));
    if (lines + wraps > FOLD_LINES && end === 0) end = Math.min(lineEnd, start + (FOLD_LINES - lines) * LINE_LENGTH);
    lines += wraps;
    if (stop === -1) break;
    start = stop + 1;
  }
  return lines <= FOLD_LINES + 4 ? null : { end: Math.max(1, end), restLines: lines - FOLD_LINES };
};

const number = new Intl.NumberFormat();

/** A string value in full: long ones fold after 40 lines with a count, and are never cut. */
export const ValueText = ({ text }: { readonly text: string }): ReactNode => {
  const [open, setOpen] = useState(false);
  const fold = foldAt(text);
  if (text === '') return <span className="font-sans text-fg-3">empty text</span>;
  const shown = fold === null || open ? text : text.slice(0, fold.end);
  return (
    <>
      <span className="whitespace-pre-wrap [overflow-wrap:anywhere]">
        <PlainText text={shown} />
      </span>
      {fold !== null && (
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="mt-1 block min-h-6 rounded-sm font-sans text-label font-medium text-accent underline underline-offset-2"
        >
          {open
            ? 'Fold'
            : `Show ${number.format(fold.restLines)} more lines (${number.format(text.length)} characters in all)`}
        </button>
      )}
    </>
  );
};
