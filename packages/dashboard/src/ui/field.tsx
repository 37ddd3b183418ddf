import { clsx } from 'clsx';
import { type ComponentProps, type ReactNode, useId } from 'react';

type Wiring = { readonly id: string; readonly 'aria-describedby'?: string; readonly 'aria-invalid'?: true };

type FieldProps = {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly required?: boolean;
  readonly className?: string;
  readonly children: (wiring: Wiring) => ReactNode;
};

/** Label, control, hint and error, tied together for assistive technology. */
export const Field = ({ label, hint, error, required = false, className, children }: FieldProps): ReactNode => {
  const id = useId();
  const notes = [hint === undefined ? '' : `${id}-hint`, error === undefined ? '' : `${id}-error`]
    .filter((note) => note !== '')
    .join(' ');
  return (
    <div className={clsx('flex flex-col gap-1', className)}>
      <label htmlFor={id} className="text-label font-medium text-fg-2">
        {label}
        {required && <span className="font-normal text-fg-3"> · needed</span>}
      </label>
      {children({
        id,
        ...(notes === '' ? {} : { 'aria-describedby': notes }),
        ...(error === undefined ? {} : { 'aria-invalid': true }),
      })}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-label text-fg-3">
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p id={`${id}-error`} className="text-label font-medium text-no">
          {error}
        </p>
      )}
    </div>
  );
};

export const TextInput = ({ className, ...rest }: ComponentProps<'input'>): ReactNode => (
  <input type="text" autoComplete="off" spellCheck={false} {...rest} className={clsx('field h-8', className)} />
);

export const TextArea = ({ className, ...rest }: ComponentProps<'textarea'>): ReactNode => (
  <textarea rows={4} spellCheck={false} {...rest} className={clsx('field min-h-16 resize-y', className)} />
);

export const SelectInput = ({ className, ...rest }: ComponentProps<'select'>): ReactNode => (
  <select {...rest} className={clsx('field h-8 pr-7', className)} />
);

type CheckProps = Omit<ComponentProps<'input'>, 'type'> & { readonly label: ReactNode; readonly hint?: ReactNode };

export const Check = ({ label, hint, className, ...rest }: CheckProps): ReactNode => (
  <label
    className={clsx('flex min-h-6 items-start gap-2.5 pointer-coarse:min-h-11 pointer-coarse:items-center', className)}
  >
    <input type="checkbox" {...rest} className="mt-0.5 size-4 shrink-0 accent-fg pointer-coarse:size-5" />
    <span>
      {label}
      {hint !== undefined && <span className="block text-label text-fg-3">{hint}</span>}
    </span>
  </label>
);

type CardChoice<T extends string> = {
  readonly value: T;
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly aside?: ReactNode;
};

type RadioCardsProps<T extends string> = {
  readonly legend: string;
  readonly name: string;
  readonly value: T;
  readonly options: readonly CardChoice<T>[];
  readonly onChange: (value: T) => void;
  readonly columns?: boolean;
};

export const RadioCards = <T extends string>({
  legend,
  name,
  value,
  options,
  onChange,
  columns = false,
}: RadioCardsProps<T>): ReactNode => (
  <fieldset>
    <legend className="mb-1.5 text-label font-medium text-fg-2">{legend}</legend>
    <div className={clsx('grid gap-2', columns && 'phone:grid-cols-2')}>
      {options.map((option) => (
        <label
          key={option.value}
          className={clsx(
            'flex items-start gap-2.5 rounded-md border px-3 py-2',
            option.value === value ? 'border-fg bg-hover' : 'border-line bg-surface hover:bg-hover',
          )}
        >
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
            className="mt-1 size-3.5 shrink-0 accent-fg"
          />
          <span className="min-w-0 flex-1">
            <span className="flex flex-wrap items-baseline justify-between gap-x-2">
              <span className="font-medium">{option.label}</span>
              {option.aside !== undefined && <span className="font-mono text-meta text-fg-2">{option.aside}</span>}
            </span>
            {option.hint !== undefined && <span className="mt-0.5 block text-label text-fg-2">{option.hint}</span>}
          </span>
        </label>
      ))}
    </div>
  </fieldset>
);
