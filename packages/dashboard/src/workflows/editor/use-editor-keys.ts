/** The keys of the editor; those of the canvas itself are with the canvas. */
import { useHotkey } from '../../keys/hotkeys.ts';

type EditorKeys = {
  /** Off while a dialog is open, whose fields have an undo of their own. */
  readonly isOn: boolean;
  readonly mayWrite: boolean;
  readonly onUndo: (() => void) | null;
  readonly onRedo: (() => void) | null;
  readonly onAdd: () => void;
  readonly onConnect: (() => void) | null;
  readonly onDuplicate: (() => void) | null;
  readonly onTidy: () => void;
  readonly onFind: () => void;
  readonly onMark: () => void;
  readonly onAll: () => void;
  readonly onPublish: () => void;
  readonly onRun: () => void;
};

const group = 'Editor';

export const useEditorKeys = (keys: EditorKeys): void => {
  const { isOn, mayWrite } = keys;
  const nothing = (): void => undefined;
  const on = (keysOf: readonly string[], label: string, run: (() => void) | null, inFields = false) =>
    isOn && mayWrite ? ({ keys: keysOf, label, group, run: run ?? nothing, inFields, once: false } as const) : null;
  const ofBrowser = (keysOf: readonly string[], label: string) =>
    isOn && mayWrite ? ({ keys: keysOf, label, group, run: null } as const) : null;
  useHotkey(on(['mod+z'], 'Undo', keys.onUndo, true));
  useHotkey(on(['mod+shift+z', 'mod+y'], 'Redo', keys.onRedo, true));
  useHotkey(on(['a'], 'Add a node', keys.onAdd));
  useHotkey(on(['c'], 'Connect the chosen node', keys.onConnect));
  useHotkey(on(['mod+d'], 'Duplicate the chosen node', keys.onDuplicate));
  useHotkey(on(['l'], 'Lay the graph out', keys.onTidy));
  useHotkey(isOn ? { keys: ['/'], label: 'Find a node', group, run: keys.onFind } : null);
  useHotkey(on(['x'], 'Add the node to the chosen ones, or take it out', keys.onMark));
  useHotkey(on(['mod+a'], 'Choose all nodes', keys.onAll));
  useHotkey(ofBrowser(['mod+c'], 'Copy the chosen nodes'));
  useHotkey(ofBrowser(['mod+x'], 'Cut the chosen nodes'));
  useHotkey(ofBrowser(['mod+v'], 'Paste nodes'));
  useHotkey(on(['mod+Enter'], 'Publish', keys.onPublish, true));
  useHotkey(on(['r'], 'Run', keys.onRun));
};
