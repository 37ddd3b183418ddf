import type { Actor } from '@countersign/core';
import type { PageStart } from './approval-lists.ts';
import { type Scope, statement } from './database.ts';
import type { AgentRow, AgentVersionRow } from './rows.ts';

const columns = 'id, name, description, current_version_id, created_at, updated_at, archived_at';

const insert = statement<AgentRow>(
  'agent_insert',
  `insert into agent (workspace_id, id, name, description) values ($1, $2, $3, $4) returning ${columns}`,
);

export const insertAgent = async (
  scope: Scope,
  row: Pick<AgentRow, 'id' | 'name' | 'description'>,
): Promise<AgentRow> => {
  const inserted = await insert.one(scope, scope.workspaceId, row.id, row.name, row.description);
  if (!inserted) throw new Error('insert returned no row');
  return inserted;
};

const get = statement<AgentRow>('agent_get', `select ${columns} from agent where workspace_id = $1 and id = $2`);
const lock = statement<AgentRow>(
  'agent_lock',
  `select ${columns} from agent where workspace_id = $1 and id = $2 for update`,
);

export const getAgent = (scope: Scope, id: string): Promise<AgentRow | undefined> =>
  get.one(scope, scope.workspaceId, id);
export const lockAgent = (scope: Scope, id: string): Promise<AgentRow | undefined> =>
  lock.one(scope, scope.workspaceId, id);

const update = statement(
  'agent_update',
  `update agent set name = $3, description = $4, archived_at = $5, updated_at = now() where workspace_id = $1 and id = $2`,
);

export const saveAgent = (
  scope: Scope,
  row: Pick<AgentRow, 'id' | 'name' | 'description' | 'archived_at'>,
): Promise<number> => update.run(scope, scope.workspaceId, row.id, row.name, row.description, row.archived_at);

const promote = statement(
  'agent_promote',
  'update agent set current_version_id = $3, updated_at = now() where workspace_id = $1 and id = $2',
);

export const promoteVersion = (scope: Scope, agentId: string, versionId: string): Promise<number> =>
  promote.run(scope, scope.workspaceId, agentId, versionId);

const insertNext = statement<{ version: number; created_at: Date }>(
  'agent_version_insert',
  `insert into agent_version (workspace_id, id, agent_id, version, message, config, created_by)
   select $1, $2, $3, coalesce(max(version), 0) + 1, $4, $5, $6 from agent_version where workspace_id = $1 and agent_id = $3
   returning version, created_at`,
);

/** Adds the next version; the caller holds the agent's lock, so that numbers follow each other. */
export const insertVersion = (
  scope: Scope,
  row: { id: string; agentId: string; message: string; config: unknown; createdBy: Actor },
): Promise<{ version: number; created_at: Date } | undefined> =>
  insertNext.one(scope, scope.workspaceId, row.id, row.agentId, row.message, row.config, row.createdBy);

const versionColumns = `v.id, v.agent_id, v.version, v.message, v.config, v.created_at, v.created_by,
  v.id = a.current_version_id as is_current`;
const fromVersions = 'from agent_version v join agent a on a.workspace_id = v.workspace_id and a.id = v.agent_id';

const byId = statement<AgentVersionRow>(
  'agent_version_get',
  `select ${versionColumns} ${fromVersions} where v.workspace_id = $1 and v.id = $2`,
);
const byNumber = statement<AgentVersionRow>(
  'agent_version_number',
  `select ${versionColumns} ${fromVersions} where v.workspace_id = $1 and v.agent_id = $2 and v.version = $3`,
);
const many = statement<AgentVersionRow>(
  'agent_version_list',
  `select ${versionColumns} ${fromVersions}
   where v.workspace_id = $1 and v.agent_id = $2 and v.version < $3 order by v.version desc limit $4`,
);

export const getVersion = (scope: Scope, id: string): Promise<AgentVersionRow | undefined> =>
  byId.one(scope, scope.workspaceId, id);
export const getVersionByNumber = (
  scope: Scope,
  agentId: string,
  version: number,
): Promise<AgentVersionRow | undefined> => byNumber.one(scope, scope.workspaceId, agentId, version);

/** A page, newest first; one row more than the limit says that there is a next page. */
export const listVersions = (
  scope: Scope,
  agentId: string,
  before: number,
  limit: number,
): Promise<AgentVersionRow[]> => many.all(scope, scope.workspaceId, agentId, before, limit + 1);

export const listAgents = async (
  scope: Scope,
  archived: boolean,
  after: PageStart,
  limit: number,
): Promise<(AgentRow & { cursor_at: string })[]> => {
  const values: unknown[] = [scope.workspaceId];
  const conditions = ['workspace_id = $1', `archived_at is ${archived ? 'not null' : 'null'}`];
  if (after) conditions.push(`(created_at, id) < ($${values.push(after.at)}::timestamptz, $${values.push(after.id)})`);
  const { rows } = await scope.client.query<AgentRow & { cursor_at: string }>(
    `select ${columns}, created_at::text as cursor_at from agent where ${conditions.join(' and ')}
     order by created_at desc, id desc limit $${values.push(limit + 1)}`,
    values,
  );
  return rows;
};
