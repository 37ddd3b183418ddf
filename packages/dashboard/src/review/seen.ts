/** Which folded texts of a request its reader has opened: of what is high or critical, all must have been (trust.md, T25). */
import type { WireApproval } from '@countersign/contract';
import { type Json, isArray, isObject } from '@countersign/core';
import { createContext, useCallback, useEffect, useMemo, useState } from 'react';
import { claimFold, foldAt } from '../approvals/fold.ts';

/** Says that texts were opened; `null` where nobody asks. */
export const SeenContext = createContext<((texts: readonly string[]) => void) | null>(null);

const stringsIn = (value: Json): string[] => {
  if (typeof value === 'string') return [value];
  if (isArray(value)) return value.flatMap(stringsIn);
  return isObject(value) ? Object.values(value).flatMap(stringsIn) : [];
};

/** The texts in a value that fold where it is shown value by value. */
export const longStringsIn = (value: Json): string[] => stringsIn(value).filter((text) => foldAt(text) !== null);

/** A value that is shown as one text: a text as itself, anything else as JSON. */
export const asText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

type Content = Pick<WireApproval, 'kind' | 'arguments' | 'output'>;

/** The folded texts of what would run or go out. */
export const foldedContent = ({ kind, arguments: args, output }: Content): readonly string[] => {
  if (kind === 'output') return foldAt(asText(output)) === null ? [] : [asText(output)];
  return [...new Set(longStringsIn(args ?? {}))];
};

type Shown = Pick<WireApproval, 'kind' | 'arguments' | 'output' | 'input' | 'explanation' | 'evidence' | 'metadata'>;

/** The texts of a request that its view folds at first. */
export const foldedTexts = (approval: Shown): readonly string[] => {
  const whole = [
    ...(approval.input === null ? [] : [asText(approval.input)]),
    ...approval.evidence.map(({ content }) => content),
  ].filter((text) => foldAt(text) !== null);
  const said = approval.explanation !== null && claimFold(approval.explanation) !== null ? [approval.explanation] : [];
  return [...new Set([...foldedContent(approval), ...whole, ...longStringsIn(approval.metadata), ...said])];
};

const NOTHING: ReadonlySet<string> = new Set();

export type Seen = {
  readonly see: (texts: readonly string[]) => void;
  readonly opened: ReadonlySet<string>;
};

/** @param of what is looked at; of anything else nothing was opened yet */
export const useSeen = (of: string): Seen => {
  const [opened, setOpened] = useState(NOTHING);
  useEffect(() => setOpened(NOTHING), [of]);
  const see = useCallback((texts: readonly string[]) => {
    setOpened((before) => (texts.every((text) => before.has(text)) ? before : new Set([...before, ...texts])));
  }, []);
  return useMemo(() => ({ see, opened }), [see, opened]);
};

export const foldsWords = (left: number, before = 'before you can approve'): string | null =>
  left === 0 ? null : `${left} folded ${left === 1 ? 'text' : 'texts'} to open ${before}`;
