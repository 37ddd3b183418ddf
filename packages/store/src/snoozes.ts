/** What people have put off, each in their own queue alone. */
import { type Scope, statement } from './database.ts';

/** Over, or overtaken by a deadline that has moved to before its end: it holds no more, so that nothing expires unseen. */
export const SNOOZE_HOLDS = '(s.until > now() and (a.expires_at is null or s.until < a.expires_at))';
const tables = `snooze s join approval a on a.workspace_id = s.workspace_id and a.id = s.approval_id and a.status = 'pending'`;

const put = statement(
  'snooze_put',
  `insert into snooze (workspace_id, approval_id, person_id, until) values ($1, $2, $3, $4)
   on conflict (workspace_id, approval_id, person_id) do update set until = excluded.until`,
);
const end = statement(
  'snooze_end',
  `delete from snooze where workspace_id = $1 and approval_id = $2 and person_id = $3 and until > now()`,
);
const of = statement<{ approval_id: string; until: Date }>(
  'snooze_of',
  `select s.approval_id, s.until from ${tables}
   where s.workspace_id = $1 and s.person_id = $2 and s.approval_id = any ($3) and ${SNOOZE_HOLDS}`,
);
const count = statement<{ count: number; next: Date | null }>(
  'snooze_count',
  `select count(*)::int as count, min(s.until) as next from ${tables}
   where s.workspace_id = $1 and s.person_id = $2 and ${SNOOZE_HOLDS}`,
);

export const putSnooze = (scope: Scope, personId: string, approvalId: string, until: Date): Promise<number> =>
  put.run(scope, scope.workspaceId, approvalId, personId, until);

/** @returns 0 where it was not put off, or is back already */
export const endSnooze = (scope: Scope, personId: string, approvalId: string): Promise<number> =>
  end.run(scope, scope.workspaceId, approvalId, personId);

/** Until when a person has put these off. */
export const snoozesOf = async (
  scope: Scope,
  personId: string,
  approvalIds: readonly string[],
): Promise<ReadonlyMap<string, Date>> => {
  const rows = approvalIds.length === 0 ? [] : await of.all(scope, scope.workspaceId, personId, approvalIds);
  return new Map(rows.map(({ approval_id, until }) => [approval_id, until]));
};

/** How many of the pending ones a person has put off, and when the first comes back. */
export const countSnoozes = async (scope: Scope, personId: string): Promise<{ count: number; next: Date | null }> =>
  (await count.one(scope, scope.workspaceId, personId)) ?? { count: 0, next: null };
