import type { WireApprovalSummary } from '@countersign/contract';
import { useCallback, useMemo, useState } from 'react';

export type Selection = {
  readonly selected: ReadonlySet<string>;
  readonly toggle: (id: string) => void;
  readonly clear: () => void;
};

const NONE: ReadonlySet<string> = new Set();

/** The rows chosen to be decided together. One that is no longer in the list is no longer chosen. */
export const useSelection = (pages: { readonly items: readonly WireApprovalSummary[] } | undefined): Selection => {
  const items = pages?.items;
  const [chosen, setChosen] = useState(NONE);
  const selected = useMemo(() => {
    if (chosen.size === 0 || items === undefined) return chosen;
    const there = new Set(items.map((item) => item.id));
    return new Set([...chosen].filter((id) => there.has(id)));
  }, [chosen, items]);
  const toggle = useCallback((id: string) => {
    setChosen((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const clear = useCallback(() => setChosen(NONE), []);
  return { selected, toggle, clear };
};
