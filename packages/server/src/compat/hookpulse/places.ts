/** Where in a workflow something waits, as these clients know its steps. */
import type { Workflow } from '@countersign/core';
import { type Scope, type WaitingRow, getWorkflowVersion } from '@countersign/store';
import { nodeIdsOf } from './compile.ts';
import { templatesOf } from './kept.ts';

type Place = { readonly identifier: string; readonly index: number; readonly delaySeconds: number };

/** The steps of a workflow as these clients know them, by node: of their own template, or of what was made otherwise. */
export const placesOf = async (
  scope: Scope,
  workflowId: string,
  versionId: string,
): Promise<ReadonlyMap<string, Place>> => {
  const template = (await templatesOf(scope, [workflowId])).get(workflowId);
  if (template) {
    const ids = nodeIdsOf(template.steps);
    return new Map(
      template.steps.map(({ step_identifier: identifier, index, delay_to_next_step: delaySeconds }) => [
        ids.get(identifier) ?? '',
        { identifier, index, delaySeconds },
      ]),
    );
  }
  const version = await getWorkflowVersion(scope, versionId);
  const { nodes } = JSON.parse(version?.definition ?? '{"nodes":[]}') as Workflow;
  const steps = nodes.filter(({ type }) => type !== 'start' && type !== 'end');
  return new Map(
    steps.map((node, index) => [
      node.id,
      { identifier: node.id, index, delaySeconds: 'delay_to_next_step' in node ? (node.delay_to_next_step ?? 0) : 0 },
    ]),
  );
};

/** The place of each of these. */
export const placesFor = async (
  scope: Scope,
  rows: readonly WaitingRow[],
): Promise<(row: WaitingRow) => Place | undefined> => {
  const places = new Map<string, ReadonlyMap<string, Place>>();
  for (const { workflow_id: id, workflow_version_id: versionId } of rows)
    if (!places.has(versionId)) places.set(versionId, await placesOf(scope, id, versionId));
  return (row) => places.get(row.workflow_version_id)?.get(row.node ?? '');
};
