/** What has to be confirmed before a critical request can be approved: one point for each thing that is unusual about it. */
import type { WireApproval } from '@countersign/contract';
import { type Json, isObject } from '@countersign/core';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useHotkey } from '../keys/hotkeys.ts';
import { blankFor, propertiesOf, widgetFor } from '../schema-form/schema.ts';
import type { Points } from './flag-note.tsx';

const NONE: ReadonlySet<number> = new Set();

export const usePoints = (approval: WireApproval): { readonly points: Points; readonly pointsLeft: number } => {
  const needed =
    approval.status === 'pending' &&
    approval.priority === 'critical' &&
    approval.flags.length > 0 &&
    approval.can.approve.ok;
  const [confirmed, setConfirmed] = useState(NONE);
  // Of other content nothing is confirmed yet.
  useEffect(() => setConfirmed(NONE), [approval.id, approval.digest]);
  const toggle = useCallback((index: number) => {
    setConfirmed((before) => {
      const next = new Set(before);
      if (!next.delete(index)) next.add(index);
      return next;
    });
  }, []);
  const count = approval.flags.length;
  useHotkey(
    needed
      ? {
          keys: ['c'],
          label: 'Next point to confirm',
          group: 'Decision',
          run: () => document.querySelector<HTMLElement>('[data-point]:not(:checked)')?.focus(),
        }
      : null,
  );
  const points = useMemo(() => (needed ? { confirmed, toggle } : null), [needed, confirmed, toggle]);
  return { points, pointsLeft: needed ? count - confirmed.size : 0 };
};

export const pointsWords = (left: number): string | null =>
  left === 0 ? null : `${left} ${left === 1 ? 'point' : 'points'} to confirm before you can approve`;

/**
 * Where the answer to a question starts: what its form needs, empty. Choices are left out, since one that is filled in
 * beforehand would be an answer that nobody gave.
 */
export const blankAnswer = (approval: WireApproval): Json | undefined => {
  if (approval.kind !== 'question') return undefined;
  const schema = approval.response_schema ?? {};
  const blank = blankFor(schema);
  if (!isObject(blank)) return blank;
  const properties = propertiesOf(schema);
  return Object.fromEntries(
    Object.entries(blank).filter(
      ([name]) => !['choice', 'boolean'].includes(widgetFor(properties[name] ?? {}, undefined)),
    ),
  );
};
