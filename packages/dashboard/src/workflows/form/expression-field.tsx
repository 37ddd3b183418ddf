/** A text with expressions: names are offered while one types, and what is wrong stands below. */
import { clsx } from 'clsx';
import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react';
import { type Completion, complete } from './completion.ts';
import { useFormScope } from './scope.ts';

type ExpressionProps = {
  readonly label: string;
  readonly value: string;
  /** The whole text is an expression; else parts of it between `{{` and `}}` are. */
  readonly isWhole: boolean;
  readonly takesSecrets?: boolean;
  readonly placeholder?: string;
  readonly id?: string | undefined;
  readonly describedBy?: string | undefined;
  readonly invalid?: boolean;
  readonly onChange: (value: string) => void;
};

export const ExpressionInput = ({
  label,
  value,
  isWhole,
  takesSecrets = false,
  placeholder,
  id,
  describedBy,
  invalid = false,
  onChange,
}: ExpressionProps): ReactNode => {
  const { names, secrets, readOnly } = useFormScope();
  const list = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const [completion, setCompletion] = useState<Completion | null>(null);
  const [active, setActive] = useState(0);

  const offer = (text: string, caret: number): void => {
    setCompletion(readOnly ? null : complete(text, caret, isWhole, names, takesSecrets ? secrets : null));
    setActive(0);
  };
  const take = (index: number): void => {
    const option = completion?.options[index];
    if (option === undefined || completion === null || area.current === null) return;
    const end = area.current.selectionStart;
    const next = value.slice(0, completion.from) + option.text + value.slice(end);
    const caret = completion.from + option.text.length;
    onChange(next);
    setCompletion(null);
    requestAnimationFrame(() => area.current?.setSelectionRange(caret, caret));
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key === ' ' && event.ctrlKey) {
      event.preventDefault();
      offer(value, event.currentTarget.selectionStart);
      return;
    }
    if (completion === null) return;
    const count = completion.options.length;
    if (event.key === 'ArrowDown') setActive((active + 1) % count);
    else if (event.key === 'ArrowUp') setActive((active + count - 1) % count);
    else if (event.key === 'Enter' || event.key === 'Tab') take(active);
    else if (event.key === 'Escape') setCompletion(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const isOpen = completion !== null;
  return (
    <div className="relative">
      <textarea
        ref={area}
        id={id}
        aria-label={id === undefined ? label : undefined}
        aria-haspopup="listbox"
        aria-controls={isOpen ? list : undefined}
        aria-autocomplete="list"
        aria-activedescendant={isOpen ? `${list}-${active}` : undefined}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        readOnly={readOnly}
        spellCheck={!isWhole}
        autoCapitalize="off"
        autoComplete="off"
        rows={Math.min(8, Math.max(1, value.split('\n').length, Math.ceil(value.length / 34)))}
        placeholder={placeholder}
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
          offer(event.target.value, event.target.selectionStart);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => setCompletion(null)}
        className="field min-h-8 resize-y font-mono text-[13px] leading-5"
      />
      {isOpen && (
        <ul
          id={list}
          role="listbox"
          aria-label={`What ${label} can name`}
          className="absolute inset-x-0 top-full z-30 mt-1 max-h-64 overflow-y-auto rounded-md border bg-surface py-1 shadow-float"
        >
          {completion.options.map((option, index) => (
            <li
              key={option.text}
              id={`${list}-${index}`}
              role="option"
              aria-selected={index === active}
              // The field keeps the focus.
              onMouseDown={(event) => {
                event.preventDefault();
                take(index);
              }}
              className={clsx(
                'flex min-h-7 cursor-default items-baseline justify-between gap-3 px-2.5 py-1 font-mono text-[13px] pointer-coarse:min-h-11',
                index === active && 'bg-selected',
              )}
            >
              <span>{option.text}</span>
              <span className="font-sans text-meta text-fg-3">{option.type}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
};
