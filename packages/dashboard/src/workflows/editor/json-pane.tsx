/** The same draft as text. What is typed here is drawn at once; what is drawn is written here at once. */
import type { WireWorkflowProblem } from '@countersign/contract';
import { parseStrict } from '@countersign/core';
import { type ReactNode, useState } from 'react';
import { SourceEditor } from '../../policies/source-editor.tsx';
import { type Draft, readDraft } from '../graph/draft.ts';
import type { Validation } from './use-validation.ts';

type JsonProps = {
  readonly draft: Draft;
  readonly validation: Validation;
  readonly readOnly: boolean;
  readonly onChange: (next: Draft, of?: string) => void;
};

type Typed = {
  readonly text: string;
  /** Null while it can't be read. */
  readonly made: Draft | null;
  readonly before: Draft;
};

const write = (draft: Draft): string => JSON.stringify(draft, null, 2);

/** The line on which a node's identifier stands. */
const lineOf = (text: string, { node }: WireWorkflowProblem): number | null => {
  const at = node === null ? -1 : text.indexOf(`"id": ${JSON.stringify(node)}`);
  return at === -1 ? null : text.slice(0, at).split('\n').length;
};

const read = (text: string): Draft | string => {
  const parsed = parseStrict(text);
  if (!parsed.ok) return `is not valid JSON: ${parsed.refusal.detail}`;
  return readDraft(parsed.value);
};

export const JsonPane = ({ draft, validation, readOnly, onChange }: JsonProps): ReactNode => {
  const [typed, setTyped] = useState<Typed | null>(null);
  // A change from elsewhere is written over what was typed.
  const isOwn = typed !== null && (typed.made ?? typed.before) === draft;
  const text = isOwn ? typed.text : write(draft);
  const unreadable = isOwn && typed.made === null ? read(text) : null;
  const problems =
    typeof unreadable === 'string'
      ? [{ pointer: '', detail: unreadable, line: null, column: null }]
      : validation.problems.map((problem) => ({
          pointer: problem.pointer,
          detail: problem.detail,
          line: lineOf(text, problem),
          column: 1,
        }));
  return (
    <div className="p-3">
      <SourceEditor
        label="Definition as JSON"
        value={text}
        readOnly={readOnly}
        checked={{
          problems,
          isCurrent: validation.isCurrent || typeof unreadable === 'string',
          error: validation.error,
        }}
        onChange={(next) => {
          const made = read(next);
          setTyped({ text: next, made: typeof made === 'string' ? null : made, before: draft });
          if (typeof made !== 'string') onChange(made, 'json');
        }}
      />
    </div>
  );
};
