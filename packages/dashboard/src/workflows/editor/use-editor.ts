/** The draft of one workflow: its history, what it began from, and its copy in this browser. */
import type { WireWorkflow, WireWorkflowVersion } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type Difference, differenceOf, isSame } from '../graph/difference.ts';
import { BLANK, type Draft } from '../graph/draft.ts';
import { beginHistory, record, redo, undo } from '../graph/history.ts';
import { workflowVersionQuery } from '../queries.ts';
import { dropStored, readStored, storeDraft } from './stored-draft.ts';

const STORE_MS = 250;

export const draftOf = (version: Pick<WireWorkflowVersion, 'definition'>): Draft =>
  // As JSON: the types of the wire allow absent members.
  JSON.parse(JSON.stringify(version.definition)) as Draft;

export type Editor = {
  readonly draft: Draft;
  /** The version that the work began from; 0 for none. */
  readonly basedOn: number;
  readonly change: (next: Draft, of?: string) => void;
  readonly undo: (() => void) | null;
  readonly redo: (() => void) | null;
  /** What differs from the version that it began from; null until that is known. */
  readonly difference: Difference | null;
  readonly hasChanges: boolean;
  /** Somebody published another version meanwhile. */
  readonly outdatedBy: WireWorkflowVersion | null;
  /** Takes a version up and drops the work on the draft. */
  readonly adopt: (version: Pick<WireWorkflowVersion, 'version' | 'definition'>) => void;
  /** Keeps the work, as a change of this version. */
  readonly rebase: (version: number) => void;
};

export const useEditor = (workflow: WireWorkflow): Editor => {
  const { id, current_version: current } = workflow;
  const [stored] = useState(() => readStored(id));
  const [basedOn, setBasedOn] = useState(stored?.basedOn ?? current?.version ?? 0);
  const [history, setHistory] = useState(() =>
    beginHistory(stored?.draft ?? (current === null ? BLANK : draftOf(current))),
  );
  const draft = history.present;

  const isCurrentBase = (current?.version ?? 0) === basedOn;
  const older = useQuery({ ...workflowVersionQuery(id, basedOn), enabled: !isCurrentBase && basedOn > 0 }).data;
  const base = useMemo((): Draft | null => {
    if (basedOn === 0) return BLANK;
    const version = isCurrentBase ? current : older;
    return version === undefined || version === null ? null : draftOf(version);
  }, [basedOn, isCurrentBase, current, older]);
  const difference = useMemo(() => (base === null ? null : differenceOf(base, draft)), [base, draft]);
  const hasChanges = difference !== null && (!isSame(difference) || difference.moved > 0);

  const kept = useRef({ hasChanges, basedOn, draft });
  kept.current = { hasChanges, basedOn, draft };
  useEffect(() => {
    const save = (): void => {
      if (kept.current.hasChanges) storeDraft(id, kept.current);
      else dropStored(id);
    };
    // Before the base is known, nothing can be told to be unchanged.
    if (base === null) return undefined;
    const timer = setTimeout(save, STORE_MS);
    addEventListener('pagehide', save);
    return () => {
      clearTimeout(timer);
      removeEventListener('pagehide', save);
    };
  }, [id, base, draft, hasChanges]);
  // Leaving for another page of the dashboard must not lose the last letters either.
  useEffect(
    () => () => {
      if (kept.current.hasChanges) storeDraft(id, kept.current);
    },
    [id],
  );

  const adopt = useCallback(
    (version: Pick<WireWorkflowVersion, 'version' | 'definition'>) => {
      const next = draftOf(version);
      kept.current = { hasChanges: false, basedOn: version.version, draft: next };
      dropStored(id);
      setBasedOn(version.version);
      setHistory(beginHistory(next));
    },
    [id],
  );
  // Nothing of one's own is lost: then what was published is simply taken up.
  const outdated = current !== null && !isCurrentBase ? current : null;
  useEffect(() => {
    if (outdated !== null && difference !== null && !hasChanges) adopt(outdated);
  }, [outdated, difference, hasChanges, adopt]);

  const change = useCallback(
    (next: Draft, of?: string) => setHistory((before) => record(before, next, of ?? null, Date.now())),
    [],
  );
  return {
    draft,
    basedOn,
    change,
    undo: history.past.length === 0 ? null : () => setHistory(undo),
    redo: history.future.length === 0 ? null : () => setHistory(redo),
    difference,
    hasChanges,
    outdatedBy: hasChanges ? outdated : null,
    adopt,
    rebase: setBasedOn,
  };
};
