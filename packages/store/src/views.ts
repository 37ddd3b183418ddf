/** Saved views of the queue: each belongs to one person, on every device of theirs. */
import { type Scope, statement } from './database.ts';

export type ViewRow = { id: string; name: string; filter: Record<string, unknown>; created_at: Date };

const columns = 'id, name, filter, created_at';
const list = statement<ViewRow>(
  'view_list',
  `select ${columns} from saved_view where workspace_id = $1 and person_id = $2 order by created_at, id`,
);
const insert = statement(
  'view_insert',
  `insert into saved_view (workspace_id, id, person_id, name, filter) values ($1, $2, $3, $4, $5)`,
);
const update = statement(
  'view_update',
  'update saved_view set name = $4, filter = $5 where workspace_id = $1 and person_id = $2 and id = $3',
);
const remove = statement(
  'view_delete',
  'delete from saved_view where workspace_id = $1 and person_id = $2 and id = $3',
);

export const listViews = (scope: Scope, personId: string): Promise<ViewRow[]> =>
  list.all(scope, scope.workspaceId, personId);

export const insertView = (
  scope: Scope,
  personId: string,
  { id, name, filter }: Omit<ViewRow, 'created_at'>,
): Promise<number> => insert.run(scope, scope.workspaceId, id, personId, name, filter);

export const updateView = (
  scope: Scope,
  personId: string,
  { id, name, filter }: Omit<ViewRow, 'created_at'>,
): Promise<number> => update.run(scope, scope.workspaceId, personId, id, name, filter);

export const deleteView = (scope: Scope, personId: string, id: string): Promise<number> =>
  remove.run(scope, scope.workspaceId, personId, id);
