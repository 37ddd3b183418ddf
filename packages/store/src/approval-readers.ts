/** Who has had a request before them: opened, all of it shown, and acted on. */
import { type Scope, statement } from './database.ts';

/** A page says so every 20 seconds; one that has said it within this many has it open. */
const READING_SECONDS = 45;

export type Reader = { readonly id: string; readonly name: string; readonly since: Date };

const see = statement<Reader>(
  'reader_see',
  `with seen as (
     insert into approval_reader (workspace_id, approval_id, person_id, seen_whole_at)
     values ($1, $2, $3, case when $4::boolean then clock_timestamp() end)
     on conflict (workspace_id, approval_id, person_id) do update
       set seen_whole_at = coalesce(approval_reader.seen_whole_at, excluded.seen_whole_at), last_at = clock_timestamp())
   select p.id, p.name, r.opened_at as since
   from approval_reader r join person p on p.id = r.person_id
   where r.workspace_id = $1 and r.approval_id = $2 and r.person_id <> $3
     and r.last_at > clock_timestamp() - interval '${READING_SECONDS} seconds'
   order by r.opened_at limit 20`,
);
/** @returns who else has it open now. `whole`: nothing of it was left folded. */
export const noteSeen = (scope: Scope, approvalId: string, personId: string, whole: boolean): Promise<Reader[]> =>
  see.all(scope, scope.workspaceId, approvalId, personId, whole);

const act = statement(
  'reader_act',
  `insert into approval_reader (workspace_id, approval_id, person_id, acted_at)
   select $1, $2, $3, $4 where exists (select from approval where workspace_id = $1 and id = $2)
     and exists (select from member where workspace_id = $1 and person_id = $3)
   on conflict (workspace_id, approval_id, person_id) do update set acted_at = coalesce(approval_reader.acted_at, excluded.acted_at)`,
);
export const noteActed = (scope: Scope, approvalId: string, personId: string, at: Date): Promise<number> =>
  act.run(scope, scope.workspaceId, approvalId, personId, at);

const opened = statement(
  'reader_any',
  'select from approval_reader where workspace_id = $1 and approval_id = $2 limit 1',
);
/** Whether anybody has looked. */
export const hasBeenOpened = async (scope: Scope, approvalId: string): Promise<boolean> =>
  (await opened.run(scope, scope.workspaceId, approvalId)) > 0;
