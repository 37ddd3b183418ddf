import type { PageStart } from './approval-lists.ts';
import { type Scope, statement } from './database.ts';
import type { McpServerRow, ToolRow } from './rows.ts';

const columns = `id, kind, name, version, description, parameters, annotations, approval, summary_template, http,
  mcp_server_id, remote_name, agent, created_at, updated_at`;

const insert = statement<ToolRow>(
  'tool_insert',
  `insert into tool (workspace_id, id, kind, name, description, parameters, annotations, approval, summary_template, http,
     mcp_server_id, remote_name, agent)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) returning ${columns}`,
);

export type NewTool = Omit<ToolRow, 'version' | 'created_at' | 'updated_at' | 'agent'> &
  Partial<Pick<ToolRow, 'agent'>>;

export const insertTool = async (scope: Scope, row: NewTool): Promise<ToolRow> => {
  const inserted = await insert.one(
    scope,
    scope.workspaceId,
    row.id,
    row.kind,
    row.name,
    row.description,
    row.parameters,
    row.annotations,
    row.approval,
    row.summary_template,
    row.http,
    row.mcp_server_id,
    row.remote_name,
    row.agent ?? null,
  );
  if (!inserted) throw new Error('insert returned no row');
  return inserted;
};

const get = statement<ToolRow>(
  'tool_get',
  `select ${columns} from tool where workspace_id = $1 and id = $2 and deleted_at is null`,
);
const byNames = statement<ToolRow>(
  'tool_by_names',
  `select ${columns} from tool where workspace_id = $1 and name = any ($2) and deleted_at is null`,
);
const ofServer = statement<ToolRow>(
  'tool_of_server',
  `select ${columns} from tool where workspace_id = $1 and mcp_server_id = $2 and deleted_at is null order by name`,
);

export const getTool = (scope: Scope, id: string): Promise<ToolRow | undefined> =>
  get.one(scope, scope.workspaceId, id);
export const toolsByName = (scope: Scope, names: readonly string[]): Promise<ToolRow[]> =>
  byNames.all(scope, scope.workspaceId, names);
export const toolsOfServer = (scope: Scope, serverId: string): Promise<ToolRow[]> =>
  ofServer.all(scope, scope.workspaceId, serverId);

const update = statement<ToolRow>(
  'tool_update',
  `update tool set description = $3, parameters = $4, annotations = $5, approval = $6, summary_template = $7, http = $8,
     version = version + 1, updated_at = now()
   where workspace_id = $1 and id = $2 and deleted_at is null returning ${columns}`,
);

export const saveTool = (
  scope: Scope,
  row: Pick<ToolRow, 'id' | 'description' | 'parameters' | 'annotations' | 'approval' | 'summary_template' | 'http'>,
): Promise<ToolRow | undefined> =>
  update.one(
    scope,
    scope.workspaceId,
    row.id,
    row.description,
    row.parameters,
    row.annotations,
    row.approval,
    row.summary_template,
    row.http,
  );

const remove = statement(
  'tool_delete',
  'update tool set deleted_at = now() where workspace_id = $1 and id = $2 and deleted_at is null',
);

export const deleteTool = (scope: Scope, id: string): Promise<number> => remove.run(scope, scope.workspaceId, id);

export const listTools = async (
  scope: Scope,
  after: PageStart,
  limit: number,
): Promise<(ToolRow & { cursor_at: string })[]> => {
  const values: unknown[] = [scope.workspaceId];
  const condition = after
    ? `and (created_at, id) < ($${values.push(after.at)}::timestamptz, $${values.push(after.id)})`
    : '';
  const { rows } = await scope.client.query<ToolRow & { cursor_at: string }>(
    `select ${columns}, created_at::text as cursor_at from tool where workspace_id = $1 and deleted_at is null ${condition}
     order by created_at desc, id desc limit $${values.push(limit + 1)}`,
    values,
  );
  return rows;
};

/** A removed server's row stays without its settings, because the rows of its tools name it. */
const notRetired = `config <> '{}'`;
const serverColumns = 'id, name, transport, config, created_at, synced_at';

const insertServer = statement<McpServerRow>(
  'mcp_server_insert',
  `insert into mcp_server (workspace_id, id, name, transport, config) values ($1, $2, $3, $4, $5) returning ${serverColumns}`,
);
const server = statement<McpServerRow>(
  'mcp_server_get',
  `select ${serverColumns} from mcp_server where workspace_id = $1 and id = $2 and ${notRetired}`,
);
const servers = statement<McpServerRow & { cursor_at: string }>(
  'mcp_server_list',
  `select ${serverColumns}, created_at::text as cursor_at from mcp_server
   where workspace_id = $1 and ${notRetired} and ($2::timestamptz is null or (created_at, id) < ($2::timestamptz, $3))
   order by created_at desc, id desc limit $4`,
);
const synced = statement(
  'mcp_server_synced',
  'update mcp_server set synced_at = now() where workspace_id = $1 and id = $2',
);
const removeServerTools = statement(
  'mcp_server_delete_tools',
  'update tool set deleted_at = coalesce(deleted_at, now()) where workspace_id = $1 and mcp_server_id = $2',
);
const renameServer = statement(
  'mcp_server_retire',
  `update mcp_server set name = name || ' (removed ' || id || ')', config = '{}' where workspace_id = $1 and id = $2`,
);

export const insertMcpServer = async (
  scope: Scope,
  row: Pick<McpServerRow, 'id' | 'name' | 'transport' | 'config'>,
): Promise<McpServerRow> => {
  const inserted = await insertServer.one(scope, scope.workspaceId, row.id, row.name, row.transport, row.config);
  if (!inserted) throw new Error('insert returned no row');
  return inserted;
};
export const getMcpServer = (scope: Scope, id: string): Promise<McpServerRow | undefined> =>
  server.one(scope, scope.workspaceId, id);
export const listMcpServers = (
  scope: Scope,
  after: PageStart,
  limit: number,
): Promise<(McpServerRow & { cursor_at: string })[]> =>
  servers.all(scope, scope.workspaceId, after?.at ?? null, after?.id ?? null, limit + 1);
export const markSynced = (scope: Scope, id: string): Promise<number> => synced.run(scope, scope.workspaceId, id);

/** Its tools' rows stay, marked deleted, because past approvals and steps name them; address and headers are wiped. */
export const retireMcpServer = async (scope: Scope, id: string): Promise<void> => {
  await removeServerTools.run(scope, scope.workspaceId, id);
  await renameServer.run(scope, scope.workspaceId, id);
};

export type SecretRow = { name: string; created_at: Date; updated_at: Date };

const put = statement<SecretRow>(
  'secret_put',
  `insert into secret (workspace_id, name, ciphertext) values ($1, $2, $3)
   on conflict (workspace_id, name) do update set ciphertext = excluded.ciphertext, updated_at = now()
   returning name, created_at, updated_at`,
);
const ciphertext = statement<{ ciphertext: Buffer }>(
  'secret_get',
  'select ciphertext from secret where workspace_id = $1 and name = $2',
);
const secrets = statement<SecretRow>(
  'secret_list',
  'select name, created_at, updated_at from secret where workspace_id = $1 and name > $2 order by name limit $3',
);
const removeSecret = statement('secret_delete', 'delete from secret where workspace_id = $1 and name = $2');

export const putSecret = async (scope: Scope, name: string, sealed: Buffer): Promise<SecretRow> => {
  const row = await put.one(scope, scope.workspaceId, name, sealed);
  if (!row) throw new Error('insert returned no row');
  return row;
};
export const getSecretCiphertext = async (scope: Scope, name: string): Promise<Buffer | undefined> =>
  (await ciphertext.one(scope, scope.workspaceId, name))?.ciphertext;
export const listSecrets = (scope: Scope, afterName: string, limit: number): Promise<SecretRow[]> =>
  secrets.all(scope, scope.workspaceId, afterName, limit + 1);
export const deleteSecret = (scope: Scope, name: string): Promise<number> =>
  removeSecret.run(scope, scope.workspaceId, name);
