import type { WireApprovalSummary } from '@countersign/contract';
import { useCallback, useMemo, useState } from 'react';

export type Selection = {
  /** The chosen rows, in the order of the list. */
  readonly chosen: readonly WireApprovalSummary[];
  readonly selected: ReadonlySet<string>;
  /** Rows are being chosen, by touch or by key. */
  readonly selecting: boolean;
  readonly toggle: (id: string) => void;
  readonly add: (...ids: readonly string[]) => void;
  readonly begin: () => void;
  /** Chooses nothing any more. */
  readonly clear: () => void;
};

const NONE: ReadonlySet<string> = new Set();

/** The rows chosen to be decided together. One that is no longer in the list is no longer chosen. */
export const useSelection = (pages: { readonly items: readonly WireApprovalSummary[] } | undefined): Selection => {
  const items = pages?.items;
  const [ids, setIds] = useState(NONE);
  const [begun, setBegun] = useState(false);
  const chosen = useMemo(() => (ids.size === 0 ? [] : (items ?? []).filter(({ id }) => ids.has(id))), [ids, items]);
  const selected = useMemo(() => (chosen.length === 0 ? NONE : new Set(chosen.map(({ id }) => id))), [chosen]);
  const toggle = useCallback((id: string) => {
    setIds((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const add = useCallback((...more: readonly string[]) => setIds((before) => new Set([...before, ...more])), []);
  const begin = useCallback(() => setBegun(true), []);
  const clear = useCallback(() => {
    setIds(NONE);
    setBegun(false);
  }, []);
  return { chosen, selected, selecting: begun || selected.size > 0, toggle, add, begin, clear };
};
