/** How much an asker has put before people: counted only where the workspace limits it. */
import { type Scope, statement } from './database.ts';
import type { AskLimits } from './people.ts';

const lock = statement('asker_lock', `select pg_advisory_xact_lock(hashtextextended($1 || ' asks ' || $2, 0))`);

export type AskFigures = { pending: number; pending_of_asker: number; lately: number; seconds_to_room: number };

// Nothing is counted further than the limit goes: a flood must not make each of its requests dearer.
const figures = statement<AskFigures>(
  'asker_figures',
  `with own as (
     select created_at from approval where workspace_id = $1 and created_at > clock_timestamp() - interval '10 minutes'
       and requested_by ->> 'id' = $2 order by created_at desc limit $4
   )
   select
     (select count(*)::int from (select from approval where workspace_id = $1 and status = 'pending' limit $5) p) as pending,
     (select count(*)::int from (select from approval where workspace_id = $1 and status = 'pending'
        and requested_by ->> 'id' = $2 limit $3) p) as pending_of_asker,
     (select count(*)::int from own) as lately,
     coalesce((select ceil(600 - extract(epoch from clock_timestamp() - min(created_at)))::int from own), 0) as seconds_to_room`,
);

/** Counts up to the limits. One asker's requests are counted one after the other, so that many at once are not too many. */
export const askFigures = async (scope: Scope, asker: string, limits: AskLimits): Promise<AskFigures> => {
  await lock.run(scope, scope.workspaceId, asker);
  const found = await figures.one(
    scope,
    scope.workspaceId,
    asker,
    limits.pending_per_asker,
    limits.new_per_asker_in_10_minutes,
    limits.pending,
  );
  if (!found) throw new Error('the figures returned no row');
  return found;
};
