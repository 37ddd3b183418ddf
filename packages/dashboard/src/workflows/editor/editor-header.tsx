import type { WireWorkflow } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import { ChevronLeft, Ellipsis, Network, Play, Redo2, Search, Undo2 } from 'lucide-react';
import { type ReactNode, Suspense, lazy, useState } from 'react';
import { BACK_CLASS } from '../../agents/agent-page.tsx';
import { PlainText } from '../../approvals/value-text.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import type { Editor } from './use-editor.ts';
import type { EditorAction } from './more-items.tsx';

const MoreItems = lazy(async () => ({ default: (await import('./more-items.tsx')).MoreItems }));

type HeaderProps = {
  readonly workflow: WireWorkflow;
  readonly editor: Editor;
  readonly problemCount: number;
  readonly isChecked: boolean;
  readonly mayWrite: boolean;
  readonly mayRun: boolean;
  readonly onFind: () => void;
  readonly onTidy: () => void;
  readonly onRun: () => void;
  readonly onPublish: () => void;
  readonly onAction: (action: EditorAction) => void;
};

const stateWords = (workflow: WireWorkflow, { basedOn, hasChanges }: Editor): string => {
  if (workflow.archived_at !== null) return 'archived';
  if (basedOn === 0) return 'not published yet';
  return hasChanges ? `draft, changed since v${basedOn}` : `published, v${basedOn}`;
};

const publishBlocked = ({ editor, problemCount, isChecked }: HeaderProps): string | null => {
  if (!isChecked) return 'It is still being checked';
  if (problemCount > 0)
    return `${problemCount} ${problemCount === 1 ? 'problem has' : 'problems have'} to be mended first`;
  if (editor.basedOn > 0 && !editor.hasChanges) return 'Nothing changed since it was published';
  return null;
};

export const EditorHeader = (props: HeaderProps): ReactNode => {
  const { workflow, editor, mayWrite, mayRun } = props;
  const [wanted, setWanted] = useState(false);
  const trigger = (
    <button
      type="button"
      aria-label="More"
      aria-haspopup="menu"
      className="inline-flex size-8 items-center justify-center rounded-md text-fg-2 hover:bg-hover pointer-coarse:size-11"
      onClick={() => setWanted(true)}
    >
      <Ellipsis size={16} aria-hidden="true" />
    </button>
  );
  return (
    <header className="flex flex-wrap items-center gap-x-2 gap-y-1.5 border-b bg-surface px-3 py-2">
      <Link to="/workflows" aria-label="All workflows" className={`${BACK_CLASS} ml-0!`}>
        <ChevronLeft size={18} aria-hidden="true" />
      </Link>
      <div className="min-w-0 flex-1 basis-40">
        <h1 className="truncate leading-5 font-semibold">
          <PlainText brief text={workflow.name} />
        </h1>
        <p className="text-label text-fg-2" data-draft-state>
          {stateWords(workflow, editor)}
        </p>
      </div>
      <div className="flex items-center gap-1">
        {mayWrite && (
          <>
            <IconButton
              label="Undo"
              shortcut="mod+z"
              icon={<Undo2 size={16} aria-hidden="true" />}
              aria-disabled={editor.undo === null}
              className="aria-disabled:opacity-40"
              onClick={() => editor.undo?.()}
            />
            <IconButton
              label="Redo"
              shortcut="mod+shift+z"
              icon={<Redo2 size={16} aria-hidden="true" />}
              aria-disabled={editor.redo === null}
              className="aria-disabled:opacity-40"
              onClick={() => editor.redo?.()}
            />
            <IconButton
              label="Lay the graph out"
              shortcut="l"
              icon={<Network size={16} aria-hidden="true" />}
              onClick={props.onTidy}
            />
          </>
        )}
        <IconButton
          label="Find a node"
          shortcut="/"
          icon={<Search size={16} aria-hidden="true" />}
          onClick={props.onFind}
        />
        {wanted ? (
          <Suspense fallback={trigger}>
            <MoreItems trigger={trigger} mayWrite={mayWrite} hasChanges={editor.hasChanges} onChoose={props.onAction} />
          </Suspense>
        ) : (
          trigger
        )}
      </div>
      {mayRun && (
        <Button onClick={props.onRun}>
          <Play size={14} aria-hidden="true" /> Run
        </Button>
      )}
      {mayWrite && (
        <Button look="ink" blockedBecause={publishBlocked(props)} onClick={props.onPublish}>
          Publish
        </Button>
      )}
    </header>
  );
};
