/** The keys of the editor; those of the canvas itself are with the canvas. */
import { useHotkey } from '../../keys/hotkeys.ts';

type EditorKeys = {
  /** Off while a dialog is open, whose fields have an undo of their own. */
  readonly isOn: boolean;
  readonly onUndo: (() => void) | null;
  readonly onRedo: (() => void) | null;
  readonly onAdd: () => void;
  readonly onConnect: (() => void) | null;
  readonly onDuplicate: (() => void) | null;
  readonly onTidy: () => void;
  readonly onPublish: () => void;
  readonly onRun: () => void;
};

const group = 'Editor';

export const useEditorKeys = (keys: EditorKeys): void => {
  const { isOn } = keys;
  const nothing = (): void => undefined;
  const on = (keysOf: readonly string[], label: string, run: (() => void) | null, inFields = false) =>
    isOn ? ({ keys: keysOf, label, group, run: run ?? nothing, inFields, once: false } as const) : null;
  useHotkey(on(['mod+z'], 'Undo', keys.onUndo, true));
  useHotkey(on(['mod+shift+z', 'mod+y'], 'Redo', keys.onRedo, true));
  useHotkey(on(['a'], 'Add a node', keys.onAdd));
  useHotkey(on(['c'], 'Connect the chosen node', keys.onConnect));
  useHotkey(on(['mod+d'], 'Duplicate the chosen node', keys.onDuplicate));
  useHotkey(on(['l'], 'Lay the graph out', keys.onTidy));
  useHotkey(on(['mod+Enter'], 'Publish', keys.onPublish, true));
  useHotkey(on(['r'], 'Run', keys.onRun));
};
