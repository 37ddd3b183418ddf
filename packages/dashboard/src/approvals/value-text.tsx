import { type TextMark, markText } from '@countersign/core';
import { Eye, EyeOff } from 'lucide-react';
import { type ReactNode, memo, use, useState } from 'react';
import { type Redaction, RedactionsContext, piecesOf } from '../review/redactions.ts';
import { SeenContext } from '../review/seen.ts';
import { type Fold, foldAt } from './fold.ts';

const number = new Intl.NumberFormat();

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
      return (
        <Chip title={mark.name}>
          {brief ? mark.code : `${mark.code} ${mark.name}`}
          {mark.count > 1 && ` ×${number.format(mark.count)}`}
        </Chip>
      );
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
    case 'host':
      return <Chip title="This host as the network spells it">{mark.ascii}</Chip>;
  }
};

const Marked = ({ text, brief }: Required<PlainTextProps>): ReactNode =>
  markText(text).map((mark, index) => <Mark key={index} mark={mark} brief={brief} />);

const roleWords = (roles: readonly string[]): string =>
  roles.length === 0 ? 'shown to nobody' : `shown to ${roles.join(', ')}`;

/** What was taken out before it was stored: by which rule, who is shown it, and for them what it is. */
const Redacted = ({ redaction, brief }: { readonly redaction: Redaction; readonly brief: boolean }): ReactNode => {
  const { rule, visible_to: roles, value } = redaction;
  const who = roleWords(roles);
  return (
    <>
      {value !== undefined && (
        <Marked text={typeof value === 'string' ? value : JSON.stringify(value, null, 2)} brief={brief} />
      )}
      <span
        title={`Taken out by the rule “${rule}” before it was stored; ${who}`}
        className="mx-1 inline-flex items-center gap-1 rounded-sm border border-line-2 bg-sunken px-1.5 align-baseline font-sans text-meta leading-4 font-medium text-fg-2 select-none"
      >
        {value === undefined ? (
          <EyeOff size={11} aria-hidden="true" className="shrink-0" />
        ) : (
          <Eye size={11} aria-hidden="true" className="shrink-0" />
        )}
        {value === undefined ? `hidden by the rule ${rule}` : `rule ${rule}`}
        {!brief && ` · ${who}`}
      </span>
    </>
  );
};

type PlainTextProps = {
  readonly text: string;
  /** Marks without words, where a line is all there is. */
  readonly brief?: boolean;
};

/** A text as it is: never Markdown, never HTML, with everything that hides in it made visible. */
export const PlainText = memo(({ text, brief = false }: PlainTextProps): ReactNode => (
  <bdi>
    {piecesOf(text, use(RedactionsContext)).map((piece, place) =>
      typeof piece === 'string' ? (
        <Marked key={place} text={piece} brief={brief} />
      ) : (
        <Redacted key={place} redaction={piece} brief={brief} />
      ),
    )}
  </bdi>
));
PlainText.displayName = 'PlainText';

type ValueProps = {
  readonly text: string;
  readonly fold?: (text: string) => Fold | null;
  /** The texts that are seen once this one is open; itself, unless it was put together from others. */
  readonly covers?: readonly string[];
};

/** A string value in full: long ones fold after 40 lines with a count, and are never cut. */
export const ValueText = ({ text, fold: foldOf = foldAt, covers }: ValueProps): ReactNode => {
  const [open, setOpen] = useState(false);
  const seen = use(SeenContext);
  const fold = foldOf(text);
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
          data-fold=""
          onClick={() => {
            if (!open) seen?.(covers ?? [text]);
            setOpen(!open);
          }}
          className="mt-1 block min-h-6 rounded-sm text-left font-sans text-label font-medium text-accent underline underline-offset-2 pointer-coarse:min-h-11"
        >
          {open
            ? 'Fold'
            : `Show ${number.format(fold.restLines)} more ${fold.restLines === 1 ? 'line' : 'lines'} (${number.format(text.length)} characters in all)`}
        </button>
      )}
    </>
  );
};
