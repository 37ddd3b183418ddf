import type { Json } from '@countersign/core';
import { startWorkflow } from '@countersign/engine';
import {
  type Scope,
  type WorkflowRow,
  type WorkflowVersionRow,
  appendEvent,
  getMember,
  getWorkflow,
  getWorkflowVersion,
  getWorkflowVersionByNumber,
  insertWorkflow,
  insertWorkflowVersion,
  listWorkflowVersions,
  listWorkflows,
  lockWorkflow,
  newId,
  promoteWorkflowVersion,
  saveWorkflow,
} from '@countersign/store';
import { holdWorkflowToLimits } from '../auth/limits.ts';
import { actorOf } from '../auth/principal.ts';
import { builderOf, loadRequesters } from '../auth/requesters.ts';
import type { Context, Handlers } from '../http/context.ts';
import { Problem, fromRefusal, invalid, notFound } from '../http/problem.ts';
import { presentExecution } from '../present/work.ts';
import {
  presentWorkflow,
  presentWorkflowSummary,
  presentWorkflowVersion,
  presentWorkflowVersionSummary,
} from '../present/workflows.ts';
import { checkDefinition } from '../workflows/check.ts';
import { WORKFLOW_TEMPLATES } from '../workflows/templates.ts';

type Definition = Context<'createWorkflowVersion'>['body']['definition'];

const withCurrent = async (scope: Scope, row: WorkflowRow) =>
  presentWorkflow(row, row.current_version_id ? await getWorkflowVersion(scope, row.current_version_id) : undefined);

const mustGet = async (scope: Scope, id: string): Promise<WorkflowRow> => {
  const row = await getWorkflow(scope, id);
  if (!row) throw notFound('workflow');
  return row;
};

const mustLock = async (scope: Scope, id: string): Promise<WorkflowRow> => {
  const row = await lockWorkflow(scope, id);
  if (!row) throw notFound('workflow');
  return row;
};

/** @throws Problem `workflow_invalid`, with everything that is wrong */
const mustBeValid = async (scope: Scope, definition: Definition, workflowId: string): Promise<void> => {
  const { problems } = await checkDefinition(scope, definition as unknown as Json, workflowId);
  const [first] = problems;
  if (!first) return;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new Problem('workflow_invalid', `${first.node ?? first.pointer}: ${first.detail}${more}`, {
    errors: problems.map(({ pointer, ...rest }) => ({ pointer: `/definition${pointer}`, ...rest })),
  });
};

const addVersion = async (
  { app, principal }: Pick<Context<'createWorkflowVersion'>, 'app' | 'principal'>,
  scope: Scope,
  workflowId: string,
  version: { readonly definition: Definition; readonly message: string; readonly promote: boolean },
): Promise<string> => {
  await mustBeValid(scope, version.definition, workflowId);
  const id = newId('workflowVersion');
  const actor = actorOf(principal);
  await insertWorkflowVersion(scope, {
    id,
    workflowId,
    message: version.message,
    definition: JSON.stringify(version.definition),
    createdBy: builderOf(principal, actor),
  });
  const announce = (type: string): Promise<void> =>
    appendEvent(scope, { type, subject: workflowId, actor, data: { version_id: id } });
  await announce('workflow.version_created');
  if (version.promote) {
    await promoteWorkflowVersion(scope, workflowId, id);
    await announce('workflow.version_promoted');
  }
  scope.afterCommit(() => app.engine.wake.changed(scope.workspaceId, [workflowId]));
  return id;
};

export const workflowHandlers = {
  validateWorkflow: async ({ body }, scope) => {
    const { problems } = await checkDefinition(scope, body.definition, body.workflow_id ?? null);
    return { valid: problems.length === 0, problems: [...problems] };
  },

  listWorkflowTemplates: async () => ({ data: WORKFLOW_TEMPLATES }),

  createWorkflow: async (context, scope) => {
    const { principal, body } = context;
    const row = await insertWorkflow(scope, { id: newId('workflow'), name: body.name, description: body.description });
    await appendEvent(scope, {
      type: 'workflow.created',
      subject: row.id,
      actor: actorOf(principal),
      data: { name: row.name },
    });
    if (body.definition)
      await addVersion(context, scope, row.id, { definition: body.definition, message: body.message, promote: true });
    return withCurrent(scope, await mustGet(scope, row.id));
  },

  listWorkflows: async ({ query, page }, scope) => {
    const rows = await listWorkflows(scope, query.archived === 'true', page.after, page.limit);
    const versions = new Map<string, WorkflowVersionRow | undefined>();
    for (const row of rows)
      if (row.current_version_id) versions.set(row.id, await getWorkflowVersion(scope, row.current_version_id));
    return page.of(
      rows,
      (row) => [row.cursor_at, row.id],
      (row) => presentWorkflowSummary(row, versions.get(row.id)),
    );
  },

  getWorkflow: async ({ params }, scope) => withCurrent(scope, await mustGet(scope, params.id)),

  updateWorkflow: async ({ app, params, principal, body }, scope) => {
    const row = await mustLock(scope, params.id);
    await saveWorkflow(scope, {
      ...row,
      name: body.name ?? row.name,
      description: body.description ?? row.description,
    });
    await appendEvent(scope, { type: 'workflow.updated', subject: row.id, actor: actorOf(principal) });
    scope.afterCommit(() => app.engine.wake.changed(scope.workspaceId, [row.id]));
    return withCurrent(scope, await mustGet(scope, row.id));
  },

  archiveWorkflow: async ({ app, params, principal }, scope) => {
    const row = await mustLock(scope, params.id);
    if (row.archived_at) return undefined;
    await saveWorkflow(scope, { ...row, archived_at: new Date() });
    await appendEvent(scope, { type: 'workflow.archived', subject: row.id, actor: actorOf(principal) });
    scope.afterCommit(() => app.engine.wake.changed(scope.workspaceId, [row.id]));
    return undefined;
  },

  createWorkflowVersion: async (context, scope) => {
    const { params, body } = context;
    const workflow = await mustLock(scope, params.id);
    if (body.based_on !== undefined) await mustStillBe(scope, workflow, body.based_on);
    const id = await addVersion(context, scope, params.id, body);
    const row = await getWorkflowVersion(scope, id);
    if (!row) throw new Error('the version is gone');
    return presentWorkflowVersion({ ...row, is_current: body.promote });
  },

  listWorkflowVersions: async ({ params, page }, scope) => {
    await mustGet(scope, params.id);
    const before = page.after ? Number(page.after.at) : 2 ** 31 - 1;
    const rows = await listWorkflowVersions(scope, params.id, before, page.limit);
    return page.of(rows, (row) => [String(row.version), row.id], presentWorkflowVersionSummary);
  },

  getWorkflowVersion: async ({ params }, scope) => {
    const number = /^\d{1,9}$/.test(params.version) ? Number(params.version) : 0;
    const row = await getWorkflowVersionByNumber(scope, params.id, number);
    if (!row) throw notFound('version');
    return presentWorkflowVersion(row);
  },

  promoteWorkflowVersion: async ({ app, params, principal, body }, scope) => {
    await mustLock(scope, params.id);
    const version = await getWorkflowVersionByNumber(scope, params.id, body.version);
    if (!version) throw invalid([{ pointer: '/version', detail: 'is not a version of this workflow' }]);
    await promoteWorkflowVersion(scope, params.id, version.id);
    await appendEvent(scope, {
      type: 'workflow.version_promoted',
      subject: params.id,
      actor: actorOf(principal),
      data: { version_id: version.id },
    });
    scope.afterCommit(() => app.engine.wake.changed(scope.workspaceId, [params.id]));
    return withCurrent(scope, await mustGet(scope, params.id));
  },

  executeWorkflow: async ({ engine, params, principal, body }, scope) => {
    holdWorkflowToLimits(principal);
    const workflow = await mustGet(scope, params.id);
    const version = await versionToRun(scope, workflow, body.version ?? null);
    if (body.on_behalf_of && !(await getMember(scope, body.on_behalf_of)))
      throw invalid([{ pointer: '/on_behalf_of', detail: 'is not a member of this workspace' }]);
    const started = await startWorkflow(engine, scope, {
      version,
      input: body.input,
      startedBy: actorOf(principal),
      requesters: await loadRequesters(scope, principal, {
        onBehalfOf: body.on_behalf_of,
        builder: version.created_by,
      }),
    });
    if (!started.ok) return fromRefusal(started.refusal);
    return presentExecution(started.value, { name: workflow.name, version: version.version, price: null });
  },
} satisfies Partial<Handlers>;

/** Under the lock, so that of two people who publish from the same version one is told. @throws Problem `version_outdated` */
const mustStillBe = async (scope: Scope, workflow: WorkflowRow, basedOn: number): Promise<void> => {
  const current = workflow.current_version_id
    ? await getWorkflowVersion(scope, workflow.current_version_id)
    : undefined;
  const number = current?.version ?? 0;
  if (number !== basedOn)
    throw new Problem('version_outdated', `Version ${number} is the current one, not ${basedOn}.`, {
      current_version: number,
    });
};

const versionToRun = async (
  scope: Scope,
  workflow: WorkflowRow,
  number: number | null,
): Promise<WorkflowVersionRow> => {
  if (workflow.archived_at) throw invalid([{ pointer: '', detail: 'the workflow is archived' }]);
  const version =
    number === null
      ? workflow.current_version_id && (await getWorkflowVersion(scope, workflow.current_version_id))
      : await getWorkflowVersionByNumber(scope, workflow.id, number);
  if (!version)
    throw invalid([
      {
        pointer: '/version',
        detail: number === null ? 'the workflow has no version yet' : 'is not a version of this workflow',
      },
    ]);
  return version;
};
