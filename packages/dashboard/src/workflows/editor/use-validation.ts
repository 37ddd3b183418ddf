/** What is wrong with the draft as it stands: the server says it, a moment after the last change. */
import type { WireWorkflowProblem } from '@countersign/contract';
import { type JsonObject, type Names, checkStructure, namesIn } from '@countersign/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { call } from '../../api.ts';
import { type Draft, type DraftNode, asWorkflow } from '../graph/draft.ts';
import { structureFaults } from '../graph/legal.ts';

const TYPING_MS = 250;

export type Validation = {
  readonly problems: readonly WireWorkflowProblem[];
  /** Whether they are of the draft as it is now. */
  readonly isCurrent: boolean;
  readonly error: unknown;
};

/** A place on the canvas is nothing that could be wrong, and moving a node asks for nothing. */
const withoutPlaces = (draft: Draft): JsonObject => ({
  ...draft,
  nodes: draft.nodes.map((node) => Object.fromEntries(Object.entries(node).filter(([name]) => name !== 'position'))),
});

export const useValidation = (workflowId: string, draft: Draft): Validation => {
  const text = useMemo(() => JSON.stringify(withoutPlaces(draft)), [draft]);
  const [asked, setAsked] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const check = useQuery({
    queryKey: ['workflow-check', workflowId, asked],
    queryFn: ({ signal }) =>
      call(
        'validateWorkflow',
        { body: { definition: JSON.parse(asked) as JsonObject, workflow_id: workflowId } },
        { signal },
      ),
    placeholderData: (before) => before,
    gcTime: 10_000,
  });
  const found = check.data?.problems;
  const problems = useMemo(() => {
    if (found === undefined) return [];
    // A setting that is still empty hides the shape from the server's check; the shape can be told here as well.
    if (!found.some(({ code }) => code === 'schema')) return found;
    return [...found, ...structureFaults(draft)];
  }, [found, draft]);
  return {
    problems,
    isCurrent: asked === text && check.data !== undefined && !check.isPlaceholderData,
    error: check.error,
  };
};

/** How many problems each node has. */
export const countByNode = (problems: readonly WireWorkflowProblem[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { node } of problems) if (node !== null) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
};

/** The problems of one node's settings, by JSON Pointer into the node. */
export const faultsOfNode = (
  problems: readonly WireWorkflowProblem[],
  draft: Draft,
  id: string,
): ReadonlyMap<string, string> => {
  const here = `/nodes/${draft.nodes.findIndex((node) => node.id === id)}`;
  return new Map(
    problems
      .filter(({ node }) => node === id)
      .map(({ pointer, detail }) => [pointer.startsWith(here) ? pointer.slice(here.length) : pointer, detail] as const)
      .toReversed(),
  );
};

export const faultsOfWhole = (problems: readonly WireWorkflowProblem[]): ReadonlyMap<string, string> =>
  new Map(problems.filter(({ node }) => node === null).map(({ pointer, detail }) => [pointer, detail] as const));

/** What the expressions of a node may name, for the completion. */
export const useNamesAt = (draft: Draft): ((node: DraftNode) => Names) =>
  useMemo(() => {
    const graph = checkStructure(asWorkflow(draft), () => undefined);
    const namesAt = graph === null ? null : namesIn(graph);
    return (node) => {
      const known = graph?.nodes.get(node.id);
      const names = namesAt === null || known === undefined ? new Map() : namesAt(known);
      return node.type === 'wait_event' ? new Map([...names, ['event', { kind: 'dyn' } as const]]) : names;
    };
  }, [draft]);
