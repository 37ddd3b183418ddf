import { standsInFor } from '@countersign/core';
import { type ApprovalFilter, type Scope, standingOf, voterFacts } from '@countersign/store';
import { type Principal, personOf } from '../auth/principal.ts';

type Asked = {
  readonly assigned_to?: 'me' | 'others' | undefined;
  readonly snoozed?: 'true' | 'false' | undefined;
};

/** Whom the open stage has to name for the reader to be asked: themselves, or somebody for whom they stand in now. */
const placesOf = async (scope: Scope, personId: string): Promise<ApprovalFilter['mine']> => {
  const facts = await voterFacts(scope, personId);
  const of = facts?.standing ?? { personId, groups: [], roles: [] };
  const delegations = (facts?.delegations ?? []).map(({ from, to, starts, ends }) => ({
    from,
    to,
    startsAtMs: starts,
    endsAtMs: ends,
  }));
  // Chosen by the database's clock as active now: any moment within all of them will do.
  const absent = standsInFor(delegations, personId, Math.max(0, ...delegations.map(({ startsAtMs }) => startsAtMs)));
  return { of, places: [of, ...(absent.length === 0 ? [] : await standingOf(scope, absent))] };
};

/** `assigned_to` and `snoozed` as filters of the one who asks. */
export const withMine = async <T extends Asked>(scope: Scope, query: T, principal: Principal) => {
  const personId = personOf(principal);
  const mine = query.assigned_to === undefined ? undefined : await placesOf(scope, personId);
  return {
    ...query,
    mine: mine && { ...mine, others: query.assigned_to === 'others' },
    snoozes: query.snoozed === undefined ? undefined : { personId, only: query.snoozed === 'true' },
  };
};
