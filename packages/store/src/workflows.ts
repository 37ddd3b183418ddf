import type { Actor } from '@countersign/core';
import type { PageStart } from './approval-lists.ts';
import { type Scope, statement } from './database.ts';
import type { WorkflowRow, WorkflowVersionRow } from './rows.ts';

const columns = 'id, name, description, current_version_id, created_at, updated_at, archived_at';

const insert = statement<WorkflowRow>(
  'workflow_insert',
  `insert into workflow (workspace_id, id, name, description) values ($1, $2, $3, $4) returning ${columns}`,
);

export const insertWorkflow = async (
  scope: Scope,
  row: Pick<WorkflowRow, 'id' | 'name' | 'description'>,
): Promise<WorkflowRow> => {
  const inserted = await insert.one(scope, scope.workspaceId, row.id, row.name, row.description);
  if (!inserted) throw new Error('insert returned no row');
  return inserted;
};

const get = statement<WorkflowRow>(
  'workflow_get',
  `select ${columns} from workflow where workspace_id = $1 and id = $2`,
);
const lock = statement<WorkflowRow>(
  'workflow_lock',
  `select ${columns} from workflow where workspace_id = $1 and id = $2 for update`,
);

export const getWorkflow = (scope: Scope, id: string): Promise<WorkflowRow | undefined> =>
  get.one(scope, scope.workspaceId, id);
export const lockWorkflow = (scope: Scope, id: string): Promise<WorkflowRow | undefined> =>
  lock.one(scope, scope.workspaceId, id);

const update = statement(
  'workflow_update',
  `update workflow set name = $3, description = $4, archived_at = $5, updated_at = now() where workspace_id = $1 and id = $2`,
);

export const saveWorkflow = (
  scope: Scope,
  row: Pick<WorkflowRow, 'id' | 'name' | 'description' | 'archived_at'>,
): Promise<number> => update.run(scope, scope.workspaceId, row.id, row.name, row.description, row.archived_at);

const promote = statement(
  'workflow_promote',
  'update workflow set current_version_id = $3, updated_at = now() where workspace_id = $1 and id = $2',
);

export const promoteWorkflowVersion = (scope: Scope, workflowId: string, versionId: string): Promise<number> =>
  promote.run(scope, scope.workspaceId, workflowId, versionId);

const insertNext = statement<{ version: number; created_at: Date }>(
  'workflow_version_insert',
  `insert into workflow_version (workspace_id, id, workflow_id, version, message, definition, created_by)
   select $1, $2, $3, coalesce(max(version), 0) + 1, $4, $5, $6 from workflow_version where workspace_id = $1 and workflow_id = $3
   returning version, created_at`,
);

/** Adds the next version; the caller holds the workflow's lock, so that numbers follow each other. */
export const insertWorkflowVersion = (
  scope: Scope,
  row: { id: string; workflowId: string; message: string; definition: string; createdBy: Actor },
): Promise<{ version: number; created_at: Date } | undefined> =>
  insertNext.one(scope, scope.workspaceId, row.id, row.workflowId, row.message, row.definition, row.createdBy);

const versionColumns = `v.id, v.workflow_id, v.version, v.message, v.definition, v.created_at, v.created_by,
  v.id = a.current_version_id as is_current`;
const fromVersions =
  'from workflow_version v join workflow a on a.workspace_id = v.workspace_id and a.id = v.workflow_id';

const byId = statement<WorkflowVersionRow>(
  'workflow_version_get',
  `select ${versionColumns} ${fromVersions} where v.workspace_id = $1 and v.id = $2`,
);
const byNumber = statement<WorkflowVersionRow>(
  'workflow_version_number',
  `select ${versionColumns} ${fromVersions} where v.workspace_id = $1 and v.workflow_id = $2 and v.version = $3`,
);
const many = statement<WorkflowVersionRow>(
  'workflow_version_list',
  `select ${versionColumns} ${fromVersions}
   where v.workspace_id = $1 and v.workflow_id = $2 and v.version < $3 order by v.version desc limit $4`,
);

export const getWorkflowVersion = (scope: Scope, id: string): Promise<WorkflowVersionRow | undefined> =>
  byId.one(scope, scope.workspaceId, id);
export const getWorkflowVersionByNumber = (
  scope: Scope,
  workflowId: string,
  version: number,
): Promise<WorkflowVersionRow | undefined> => byNumber.one(scope, scope.workspaceId, workflowId, version);

/** A page, newest first; one row more than the limit says that there is a next page. */
export const listWorkflowVersions = (
  scope: Scope,
  workflowId: string,
  before: number,
  limit: number,
): Promise<WorkflowVersionRow[]> => many.all(scope, scope.workspaceId, workflowId, before, limit + 1);

export const listWorkflows = async (
  scope: Scope,
  archived: boolean,
  after: PageStart,
  limit: number,
): Promise<(WorkflowRow & { cursor_at: string })[]> => {
  const values: unknown[] = [scope.workspaceId];
  const conditions = ['workspace_id = $1', `archived_at is ${archived ? 'not null' : 'null'}`];
  if (after) conditions.push(`(created_at, id) < ($${values.push(after.at)}::timestamptz, $${values.push(after.id)})`);
  const { rows } = await scope.client.query<WorkflowRow & { cursor_at: string }>(
    `select ${columns}, created_at::text as cursor_at from workflow where ${conditions.join(' and ')}
     order by created_at desc, id desc limit $${values.push(limit + 1)}`,
    values,
  );
  return rows;
};

/** Something that a definition names by id or name, with the versions it has. */
export type NamedRow = { id: string; name: string; current_version_id: string | null; versions: number[] };

const named = (table: 'agent' | 'workflow', key: string) =>
  `select t.id, t.name, t.current_version_id,
     array(select v.version from ${table}_version v where v.workspace_id = t.workspace_id and v.${key} = t.id) as versions
   from ${table} t where t.workspace_id = $1 and t.archived_at is null and (t.id = any ($2) or lower(t.name) = any ($3))`;

const agentsNamed = statement<NamedRow>('workflow_agents_named', named('agent', 'agent_id'));
const workflowsNamed = statement<NamedRow>('workflow_workflows_named', named('workflow', 'workflow_id'));

/** The live agents of these ids or names. */
export const findAgents = (scope: Scope, names: readonly string[]): Promise<NamedRow[]> =>
  agentsNamed.all(
    scope,
    scope.workspaceId,
    names,
    names.map((name) => name.toLowerCase()),
  );

/** The live workflows of these ids or names. */
export const findWorkflows = (scope: Scope, names: readonly string[]): Promise<NamedRow[]> =>
  workflowsNamed.all(
    scope,
    scope.workspaceId,
    names,
    names.map((name) => name.toLowerCase()),
  );

const namesById = statement<{ id: string; name: string }>(
  'workflow_names',
  `select id, name from agent where workspace_id = $1 and id = any ($2)
   union all select id, name from workflow where workspace_id = $1 and id = any ($2)`,
);

/** The names of agents and workflows by id, archived ones too. */
export const namesOf = async (scope: Scope, ids: readonly string[]): Promise<ReadonlyMap<string, string>> =>
  new Map((await namesById.all(scope, scope.workspaceId, ids)).map(({ id, name }) => [id, name]));

const secretsNamed = statement<{ name: string }>(
  'workflow_secrets_named',
  'select name from secret where workspace_id = $1 and name = any ($2)',
);
export const secretsThatExist = async (scope: Scope, names: readonly string[]): Promise<string[]> =>
  (await secretsNamed.all(scope, scope.workspaceId, names)).map(({ name }) => name);

const calendarsNamed = statement<{ name: string }>(
  'workflow_calendars_named',
  'select name from calendar where workspace_id = $1 and name = any ($2)',
);
export const calendarsThatExist = async (scope: Scope, names: readonly string[]): Promise<string[]> =>
  (await calendarsNamed.all(scope, scope.workspaceId, names)).map(({ name }) => name);
