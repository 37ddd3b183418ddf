/** The editor of one workflow: canvas, palette, settings, JSON and problems around one draft. */
import type { WireWorkflow, WireWorkflowProblem } from '@countersign/contract';
import type { NodeType } from '@countersign/core';
import { useNavigate } from '@tanstack/react-router';
import { clsx } from 'clsx';
import { Plus, X } from 'lucide-react';
import { type ReactNode, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useCan } from '../../session.ts';
import { announce } from '../../ui/announce.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Kbd } from '../../ui/kbd.tsx';
import { Modal } from '../../ui/dialog.tsx';
import { useMedia } from '../../ui/use-media.ts';
import { Canvas, type CanvasHandle, NOTHING_SELECTED, type Selection } from '../canvas/canvas.tsx';
import { LOOKS } from '../canvas/looks.ts';
import { BLANK, nameOf, nodeOf } from '../graph/draft.ts';
import { addNode, connect, disconnect, duplicateNode, moveNodes, removeNodes } from '../graph/edits.ts';
import { tidy } from '../graph/layout.ts';
import { whyNotConnect } from '../graph/legal.ts';
import { linesOf } from '../graph/ports.ts';
import { saveAsFile } from '../pages/save-as-file.ts';
import { addAfter } from './add-after.ts';
import { ConflictNotice } from './conflict-notice.tsx';
import { EditorHeader } from './editor-header.tsx';
import { FindDialog } from './find-dialog.tsx';
import { Inspector } from './inspector.tsx';
import { JsonPane } from './json-pane.tsx';
import type { EditorAction } from './more-items.tsx';
import { Outline } from './outline.tsx';
import { NodePalette } from './palette.tsx';
import { ProblemList } from './problem-list.tsx';
import { PublishDialog } from './publish-dialog.tsx';
import { RunDialog } from './run-dialog.tsx';
import { useClipboard } from './use-clipboard.ts';
import { useEditor } from './use-editor.ts';
import { type Side, VIEW_WORDS, type View, ViewTabs } from './view-tabs.tsx';
import { useEditorKeys } from './use-editor-keys.ts';
import { countByNode, useValidation } from './use-validation.ts';
import { ArchiveDialog, DiscardDialog, RenameDialog } from './workflow-dialogs.tsx';

const FIELDS = 'input, textarea, select';

type Open = 'publish' | 'run' | 'palette' | 'find' | 'rename' | 'discard' | 'archive' | null;

export const WorkflowEditor = ({ workflow }: { readonly workflow: WireWorkflow }): ReactNode => {
  const navigate = useNavigate();
  const mayWrite = useCan('workflows:write') && workflow.archived_at === null;
  const mayRun = useCan('executions:run') && workflow.archived_at === null;
  const narrow = useMedia('(max-width: 859.98px)');
  const editor = useEditor(workflow);
  const { draft, change } = editor;
  const validation = useValidation(workflow.id, draft);
  const [selection, setSelection] = useState<Selection>(NOTHING_SELECTED);
  const [side, setSide] = useState<Side>('settings');
  const [view, setView] = useState<View>('outline');
  const [open, setOpen] = useState<Open>(null);
  const canvas = useRef<CanvasHandle>(null);
  const panel = useRef<HTMLElement>(null);
  const close = (): void => setOpen(null);

  const [chosen = null] = selection.nodes.size === 1 ? selection.nodes : [];
  const node = chosen === null ? null : (nodeOf(draft, chosen) ?? null);
  const marks = useMemo(() => ({ faults: countByNode(validation.problems) }), [validation.problems]);
  const isValid = validation.isCurrent && validation.problems.length === 0;

  const chooseAll = (ids: readonly string[]): void => setSelection({ nodes: new Set(ids), line: null });
  const choose = (id: string): void => chooseAll([id]);
  /** The node with the focus joins the chosen ones, or leaves them. */
  const mark = (): void => {
    const id = document.activeElement?.closest<HTMLElement>('.react-flow__node')?.dataset['id'];
    if (id === undefined) return;
    const others = [...selection.nodes].filter((other) => other !== id);
    chooseAll(selection.nodes.has(id) ? others : [...others, id]);
    announce(`${selection.nodes.has(id) ? 'Not chosen' : 'Chosen'}: ${id}`);
  };
  /** To the first that is there: what is wrong, before whatever stands at the top. At once: the next key is for it already. */
  const intoPanel = (...selectors: readonly string[]): void => {
    flushSync(() => {
      setSide('settings');
      setView('settings');
    });
    const found = selectors.map((selector) => panel.current?.querySelector<HTMLElement>(selector) ?? null);
    found.find((element) => element !== null)?.focus();
  };
  const openNode = (id: string): void => {
    choose(id);
    intoPanel(FIELDS);
  };
  const backToCanvas = (id: string): void => {
    if (narrow) setView('graph');
    requestAnimationFrame(() => requestAnimationFrame(() => canvas.current?.focus(id)));
  };
  const put = ({ draft: next, id }: { readonly draft: typeof draft; readonly id: string }): void => {
    change(next);
    choose(id);
    close();
    const added = nodeOf(next, id);
    if (added !== undefined) announce(`${LOOKS[added.type].label} ${id} added`);
    backToCanvas(id);
  };
  const add = (type: NodeType): void => put(addAfter(draft, type, chosen));
  const remove = (): void => {
    if (selection.line !== null) {
      const line = linesOf(draft).find(({ from, port }) => `${from}${port.id}` === selection.line);
      if (line !== undefined) change(disconnect(draft, line.from, line.port.id));
      setSelection(NOTHING_SELECTED);
      return;
    }
    if (selection.nodes.size === 0) return;
    const before = linesOf(draft).find(({ from, to }) => selection.nodes.has(to) && !selection.nodes.has(from));
    change(removeNodes(draft, selection.nodes));
    announce(`${[...selection.nodes].join(', ')} deleted`);
    if (before === undefined) setSelection(NOTHING_SELECTED);
    else {
      choose(before.from);
      backToCanvas(before.from);
    }
  };
  const tidyUp = (): void => {
    change(moveNodes(draft, tidy(draft)));
    announce('Laid out');
    setTimeout(() => canvas.current?.fit(), 50);
  };
  const duplicate = (): void => {
    if (node === null) return;
    const place = node['position'] as { x: number; y: number } | undefined;
    put(duplicateNode(draft, node.id, { x: (place?.x ?? 0) + 40, y: (place?.y ?? 0) + 40 }));
  };
  const go = ({ node: id }: WireWorkflowProblem): void => {
    if (id === null || nodeOf(draft, id) === undefined) {
      setSelection(NOTHING_SELECTED);
      intoPanel('[aria-invalid=true]', FIELDS);
      return;
    }
    choose(id);
    canvas.current?.focus(id);
    intoPanel('[aria-invalid=true]', FIELDS);
  };
  const act = (action: EditorAction): void => {
    const { id } = workflow;
    if (action === 'versions') void navigate({ to: '/workflows/$id/versions', params: { id } });
    else if (action === 'executions') void navigate({ to: '/executions', search: { workflow: id } });
    else if (action === 'export') saveAsFile(workflow.name, draft);
    else setOpen(action);
  };
  useClipboard({
    isOn: open === null,
    mayWrite,
    draft,
    chosen: selection.nodes,
    onCopied: (count) => announce(`${count} ${count === 1 ? 'node' : 'nodes'} copied`),
    onCut: remove,
    onPasted: (next, ids) => {
      change(next);
      chooseAll(ids);
      announce(`${ids.join(', ')} pasted`);
      if (ids[0] !== undefined) backToCanvas(ids[0]);
    },
  });
  useEditorKeys({
    isOn: open === null,
    mayWrite,
    onUndo: editor.undo,
    onRedo: editor.redo,
    onAdd: () => {
      if (narrow) setOpen('palette');
      else document.querySelector<HTMLElement>('[data-palette] [tabindex="0"]')?.focus();
    },
    onConnect: node === null ? null : () => intoPanel('[data-leads]'),
    onDuplicate: node === null ? null : duplicate,
    onTidy: tidyUp,
    onFind: () => setOpen('find'),
    onMark: mark,
    onAll: () => chooseAll(draft.nodes.map(({ id }) => id)),
    onPublish: () => isValid && setOpen('publish'),
    onRun: () => setOpen('run'),
  });

  const graph = (
    <Canvas
      ref={canvas}
      label="Graph"
      draft={draft}
      marks={marks}
      selection={selection}
      onSelect={setSelection}
      onOpen={openNode}
      editing={
        mayWrite
          ? {
              onMove: (places) => change(moveNodes(draft, places), 'move'),
              onConnect: (from, port, to) => change(connect(draft, from, port, to)),
              whyNot: (from, port, to) => whyNotConnect(draft, from, port, to),
              onRefused: (why) => setRefused(why),
              onDelete: remove,
              onAddAt: (type, place) => put(addNode(draft, type, place)),
            }
          : undefined
      }
    />
  );
  const [refused, setRefused] = useState<string | null>(null);
  const shown: Side = narrow ? (view === 'graph' ? 'settings' : view) : side;
  const sidePanel = (
    <section
      ref={panel}
      aria-label={VIEW_WORDS[shown]}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || node === null || event.defaultPrevented) return;
        event.stopPropagation();
        // At once, where the canvas is there: the next key is for the node already.
        if (narrow) backToCanvas(node.id);
        else canvas.current?.focus(node.id);
      }}
      className={clsx(
        'flex min-h-0 flex-col bg-surface',
        narrow ? 'min-w-0 flex-1' : shown === 'json' ? 'w-125 shrink-0 border-l' : 'w-90 shrink-0 border-l',
      )}
    >
      {!narrow && <ViewTabs views={['settings', 'outline', 'json'] as const} value={side} onChange={setSide} />}
      <div className="min-h-0 flex-1 overflow-y-auto" tabIndex={-1}>
        {shown === 'settings' && selection.nodes.size > 1 && (
          <p className="border-b bg-sunken px-4 py-2 text-label text-fg-2">
            {selection.nodes.size} nodes are chosen: <Kbd keys="mod+c" className="inline-flex" /> copies them,{' '}
            <Kbd keys="Delete" className="inline-flex" /> takes them away.
          </p>
        )}
        {shown === 'settings' && (
          <Inspector
            key={node?.id ?? ''}
            draft={draft}
            node={node}
            problems={validation.problems}
            readOnly={!mayWrite}
            onChange={change}
            onRenamed={choose}
            onDuplicate={duplicate}
            onDelete={remove}
          />
        )}
        {shown === 'json' && <JsonPane draft={draft} validation={validation} readOnly={!mayWrite} onChange={change} />}
        {shown === 'outline' && (
          <Outline
            draft={draft}
            marks={marks}
            selected={chosen}
            onOpen={
              narrow
                ? openNode
                : (id) => {
                    choose(id);
                    canvas.current?.focus(id);
                  }
            }
          />
        )}
      </div>
    </section>
  );
  return (
    <div className="flex h-full flex-col">
      <EditorHeader
        workflow={workflow}
        editor={editor}
        problemCount={validation.problems.length}
        isChecked={validation.isCurrent}
        mayWrite={mayWrite}
        mayRun={mayRun}
        onFind={() => setOpen('find')}
        onTidy={tidyUp}
        onRun={() => setOpen('run')}
        onPublish={() => setOpen('publish')}
        onAction={act}
      />
      {editor.outdatedBy !== null && (
        <ConflictNotice
          version={editor.outdatedBy}
          basedOn={editor.basedOn}
          onKeep={() => editor.rebase(editor.outdatedBy?.version ?? editor.basedOn)}
          onTake={() => editor.outdatedBy !== null && editor.adopt(editor.outdatedBy)}
        />
      )}
      {narrow && <ViewTabs views={['outline', 'graph', 'settings', 'json'] as const} value={view} onChange={setView} />}
      <div className="flex min-h-0 flex-1">
        {!narrow && mayWrite && <NodePalette onAdd={add} />}
        {(!narrow || view === 'graph') && (
          <div className="relative min-w-0 flex-1">
            {graph}
            {refused !== null && (
              <div
                role="alert"
                className="absolute top-3 left-1/2 z-10 flex max-w-110 -translate-x-1/2 items-center gap-2 rounded-lg border border-no-line bg-no-tint py-1 pr-1 pl-3 shadow-float"
              >
                <span>Not connected: {refused}</span>
                <IconButton label="Close" icon={<X size={14} aria-hidden="true" />} onClick={() => setRefused(null)} />
              </div>
            )}
          </div>
        )}
        {(!narrow || view !== 'graph') && sidePanel}
      </div>
      {narrow && mayWrite && (
        <div className="border-t bg-surface p-2">
          <Button className="w-full" onClick={() => setOpen('palette')}>
            <Plus size={15} aria-hidden="true" /> Add a node{node === null ? '' : ` after ${nameOf(node)}`}
          </Button>
        </div>
      )}
      <ProblemList draft={draft} validation={validation} onGo={go} />
      <PublishDialog
        workflow={workflow}
        draft={draft}
        basedOn={editor.basedOn}
        difference={editor.difference}
        open={open === 'publish'}
        onClose={close}
        onPublished={editor.adopt}
      />
      {open === 'run' && (
        <RunDialog workflow={workflow} draft={draft} hasChanges={editor.hasChanges} isValid={isValid} onClose={close} />
      )}
      {open === 'palette' && (
        <Modal open onClose={close} title="Add a node">
          <NodePalette wide onAdd={add} />
        </Modal>
      )}
      {open === 'find' && (
        <FindDialog
          draft={draft}
          onClose={close}
          onGo={(id) => {
            choose(id);
            if (narrow) openNode(id);
            else requestAnimationFrame(() => requestAnimationFrame(() => canvas.current?.centre(id)));
          }}
        />
      )}
      {open === 'rename' && <RenameDialog workflow={workflow} onClose={close} />}
      {open === 'archive' && <ArchiveDialog workflow={workflow} onClose={close} />}
      {open === 'discard' && (
        <DiscardDialog
          basedOn={editor.basedOn}
          onClose={close}
          onDiscard={() => {
            close();
            setSelection(NOTHING_SELECTED);
            const { current_version: current } = workflow;
            editor.adopt(current ?? { version: 0, definition: BLANK as never });
          }}
        />
      )}
    </div>
  );
};
