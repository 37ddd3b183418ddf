/** What changed between two definitions, as people think of it: nodes that came, went and changed, field by field. */
import { type Json, type JsonDifference, diffJson } from '@countersign/core';
import type { Draft, DraftNode } from './draft.ts';

export type NodeChange = { readonly node: DraftNode; readonly fields: readonly JsonDifference[] };
export type Difference = {
  readonly added: readonly DraftNode[];
  readonly removed: readonly DraftNode[];
  readonly changed: readonly NodeChange[];
  /** Of the workflow itself: input schema, variables, what a failure does. */
  readonly settings: readonly JsonDifference[];
  /** Nodes that only stand elsewhere on the canvas. */
  readonly moved: number;
};

/** As JSON: what is undefined is not there. */
const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

const without = (value: object, ...names: readonly string[]): Json =>
  plain(Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name))));

export const differenceOf = (before: Draft, after: Draft): Difference => {
  const old = new Map(before.nodes.map((node) => [node.id, node]));
  const ids = new Set(after.nodes.map(({ id }) => id));
  const kept = after.nodes.flatMap((node) => {
    const was = old.get(node.id);
    return was === undefined ? [] : [{ node, was }];
  });
  const changed = kept.flatMap(({ node, was }) => {
    const fields = diffJson(without(was, 'position'), without(node, 'position'));
    return fields.length === 0 ? [] : [{ node, fields }];
  });
  return {
    added: after.nodes.filter(({ id }) => !old.has(id)),
    removed: before.nodes.filter(({ id }) => !ids.has(id)),
    changed,
    settings: diffJson(without(before, 'nodes'), without(after, 'nodes')),
    moved: kept.filter(
      ({ node, was }) => diffJson(plain(was['position'] ?? null), plain(node['position'] ?? null)).length > 0,
    ).length,
  };
};

export const isSame = (difference: Difference): boolean =>
  difference.added.length + difference.removed.length + difference.changed.length + difference.settings.length === 0;

/** Of a change to the whole, in a few words: `2 nodes added, 1 changed`. */
export const differenceWords = (difference: Difference): string => {
  const parts = [
    [difference.added.length, 'added'],
    [difference.removed.length, 'removed'],
    [difference.changed.length, 'changed'],
  ] as const;
  const words = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  if (difference.settings.length > 0) words.push('settings changed');
  return words.length === 0 ? 'nothing changed' : words.join(', ');
};
