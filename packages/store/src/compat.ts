/** What the published APIs show otherwise than we do: ids of another form, and what they keep beside a thing of ours. */
import type { JsonObject } from '@countersign/core';
import { type Scope, statement } from './database.ts';

export type CompatId = { readonly id: string; readonly number: number; readonly uuid: string };

const columns = 'id, number, uuid';
const of = statement<CompatId>(
  'compat_id_of',
  `select ${columns} from compat_id where workspace_id = $1 and dialect = $2 and id = any ($3)`,
);
// One at a time in a workspace: the numbers rise without gaps, and two readers agree on them.
const lock = statement(
  'compat_id_lock',
  `select pg_advisory_xact_lock(hashtextextended('compat_id/' || $1 || '/' || $2, 0))`,
);
const add = statement(
  'compat_id_add',
  `insert into compat_id (workspace_id, dialect, id, number)
   select $1, $2, new.id, (select coalesce(max(number), 0) from compat_id where workspace_id = $1 and dialect = $2) + new.place
   from unnest($3::text[]) with ordinality as new (id, place)`,
);
const byNumber = statement<{ id: string }>(
  'compat_id_by_number',
  'select id from compat_id where workspace_id = $1 and dialect = $2 and number = $3',
);
const byUuid = statement<{ id: string }>(
  'compat_id_by_uuid',
  'select id from compat_id where workspace_id = $1 and dialect = $2 and uuid = $3::uuid',
);

const find = async (scope: Scope, dialect: string, ids: readonly string[]): Promise<Map<string, CompatId>> =>
  new Map((await of.all(scope, scope.workspaceId, dialect, ids)).map((row) => [row.id, row]));

/** The ids that a dialect shows for these, which get one in the given order where they have none. In a writing transaction. */
export const compatIds = async (
  scope: Scope,
  dialect: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, CompatId>> => {
  const known = await find(scope, dialect, ids);
  if (ids.every((id) => known.has(id))) return known;
  await lock.run(scope, scope.workspaceId, dialect);
  const now = await find(scope, dialect, ids);
  const fresh = [...new Set(ids)].filter((id) => !now.has(id));
  await add.run(scope, scope.workspaceId, dialect, fresh);
  return find(scope, dialect, ids);
};

/** Our id for a number that a dialect showed. @param number at most 2^53 */
export const idOfCompatNumber = async (scope: Scope, dialect: string, number: number): Promise<string | undefined> =>
  (await byNumber.one(scope, scope.workspaceId, dialect, number))?.id;

/** @param uuid of its form, or the database refuses it */
export const idOfCompatUuid = async (scope: Scope, dialect: string, uuid: string): Promise<string | undefined> =>
  (await byUuid.one(scope, scope.workspaceId, dialect, uuid))?.id;

const put = statement(
  'compat_note_put',
  `insert into compat_note (workspace_id, dialect, id, note) values ($1, $2, $3, $4)
   on conflict (workspace_id, dialect, id) do update set note = excluded.note`,
);
const notes = statement<{ id: string; note: string }>(
  'compat_note_of',
  'select id, note from compat_note where workspace_id = $1 and dialect = $2 and id = any ($3)',
);

export const putCompatNote = (scope: Scope, dialect: string, id: string, note: JsonObject): Promise<number> =>
  put.run(scope, scope.workspaceId, dialect, id, JSON.stringify(note));

export const compatNotes = async (
  scope: Scope,
  dialect: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, JsonObject>> =>
  new Map(
    (await notes.all(scope, scope.workspaceId, dialect, ids)).map(({ id, note }) => [
      id,
      JSON.parse(note) as JsonObject,
    ]),
  );
