import { type Scope, voterFacts } from '@countersign/store';
import { type Principal, personOf } from '../auth/principal.ts';

/** `assigned_to=me`: what names this person, their groups or their roles, among those still asked. */
export const withMine = async <T extends { readonly assigned_to?: 'me' | undefined }>(
  scope: Scope,
  query: T,
  principal: Principal,
) => {
  if (query.assigned_to === undefined) return { ...query, mine: undefined };
  const facts = await voterFacts(scope, personOf(principal));
  return {
    ...query,
    mine: { personId: personOf(principal), groups: facts?.standing.groups ?? [], roles: facts?.roles ?? [] },
  };
};
