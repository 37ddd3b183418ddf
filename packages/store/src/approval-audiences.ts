/** Whom waiting requests ask, as the few different answers that there are (migration 0239). */
import type { Standing } from '@countersign/core';
import { type Scope, statement } from './database.ts';

/** `stage`: the open stage as JSON; null: any approver. */
export type Audience = { readonly audience: string; readonly stage: string | null };

// Each step of the walk finds the next number in the index `approval_audience`.
const audiences = statement<Audience>(
  'approval_audiences',
  `with recursive found (audience) as (
     (select audience from approval where workspace_id = $1 and status = 'pending' order by audience limit 1)
     union all
     select (select a.audience from approval a where a.workspace_id = $1 and a.status = 'pending' and a.audience > f.audience
             order by a.audience limit 1)
     from found f where f.audience is not null)
   select audience::text, (select (a.requirement -> 'stages' -> a.open_stage)::text from approval a
     where a.workspace_id = $1 and a.status = 'pending' and a.audience = f.audience limit 1) as stage
   from found f where audience is not null`,
);

export const audiencesNow = (scope: Scope): Promise<Audience[]> => audiences.all(scope, scope.workspaceId);

/** Those that name this person, one of their groups or one of their roles: a stage is searched as text for the names in it. */
export const audiencesOf = (
  all: readonly Audience[],
  { personId, groups, roles }: Pick<Standing, 'personId' | 'groups' | 'roles'>,
): string[] => {
  const names = [personId, ...groups, ...roles].map((name) => JSON.stringify(name));
  return all
    .filter(({ stage }) => (stage === null ? roles.includes('approver') : names.some((name) => stage.includes(name))))
    .map(({ audience }) => audience);
};
