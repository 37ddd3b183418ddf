/** What models have said so far in turns that have not ended, for those who watch. */
import { type Scope, statement } from './database.ts';
import type { TurnDraftRow } from './rows.ts';

// A process that was taken for dead and wakes up writes nothing: its attempt is not the step's any more.
const save = statement(
  'turn_draft_save',
  `insert into turn_draft (workspace_id, execution_id, step_id, attempt, text)
   select $1, $2, $3, $4, $5
   where exists (select from step where workspace_id = $1 and id = $3 and status = 'running' and attempt = $4)
   on conflict (workspace_id, execution_id)
     do update set step_id = excluded.step_id, attempt = excluded.attempt, text = excluded.text`,
);

/** Replaces what the execution's turn had said before. */
export const saveTurnDraft = (scope: Scope, executionId: string, draft: TurnDraftRow): Promise<number> =>
  save.run(scope, scope.workspaceId, executionId, draft.step_id, draft.attempt, draft.text);

const drop = statement('turn_draft_drop', 'delete from turn_draft where workspace_id = $1 and execution_id = $2');

/** The turn has ended: what was said stands in its step, if it came to anything. */
export const dropTurnDraft = (scope: Scope, executionId: string): void =>
  drop.send(scope, scope.workspaceId, executionId);

const current = statement<TurnDraftRow>(
  'turn_draft_get',
  `select d.step_id, d.attempt, d.text from turn_draft d
   join step s on s.workspace_id = d.workspace_id and s.id = d.step_id and s.status = 'running' and s.attempt = d.attempt
   where d.workspace_id = $1 and d.execution_id = $2`,
);

/** What the turn that runs now has said, by the attempt that runs now; what an earlier one said is void. */
export const getTurnDraft = (scope: Scope, executionId: string): Promise<TurnDraftRow | undefined> =>
  current.one(scope, scope.workspaceId, executionId);
