/** Copy, cut and paste of nodes, by the browser's own keys and menus: so it works between workflows, tabs and files. */
import { useEffect, useRef } from 'react';
import { copyNodes, nodesInText, pasteNodes, textOfNodes } from '../graph/clipboard.ts';
import type { Draft } from '../graph/draft.ts';

type Clipboard = {
  readonly isOn: boolean;
  readonly mayWrite: boolean;
  readonly draft: Draft;
  readonly chosen: ReadonlySet<string>;
  readonly onPasted: (draft: Draft, ids: readonly string[]) => void;
  readonly onCopied: (count: number) => void;
  readonly onCut: () => void;
};

/** Text that somebody has marked, or a field that has the focus, is what such a key means. */
const isAboutText = (): boolean => {
  const at = document.activeElement;
  return (
    at?.matches('input, textarea, select, [contenteditable=true]') === true || getSelection()?.isCollapsed === false
  );
};

export const useClipboard = (clipboard: Clipboard): void => {
  const latest = useRef(clipboard);
  latest.current = clipboard;
  useEffect(() => {
    const onCopy = (event: ClipboardEvent): void => {
      const { isOn, draft, chosen, onCopied, onCut, mayWrite } = latest.current;
      if (!isOn || chosen.size === 0 || isAboutText()) return;
      event.preventDefault();
      event.clipboardData?.setData('text/plain', textOfNodes(copyNodes(draft, chosen)));
      if (event.type === 'cut' && mayWrite) onCut();
      else onCopied(chosen.size);
    };
    const onPaste = (event: ClipboardEvent): void => {
      const { isOn, mayWrite, draft, onPasted } = latest.current;
      if (!isOn || !mayWrite || isAboutText()) return;
      const nodes = nodesInText(event.clipboardData?.getData('text/plain') ?? '');
      if (nodes === null) return;
      event.preventDefault();
      const pasted = pasteNodes(draft, nodes);
      if (pasted.ids.length > 0) onPasted(pasted.draft, pasted.ids);
    };
    document.addEventListener('copy', onCopy);
    document.addEventListener('cut', onCopy);
    document.addEventListener('paste', onPaste);
    return () => {
      document.removeEventListener('copy', onCopy);
      document.removeEventListener('cut', onCopy);
      document.removeEventListener('paste', onPaste);
    };
  }, []);
};
