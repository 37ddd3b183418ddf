/** Who votes: always a person, with what counts for quorum as it is now. */
import {
  type Assurance,
  type DemandedAssurance,
  type SignIn,
  type SingleOperator,
  type Voter,
  permissionsOf,
  standsInFor,
} from '@countersign/core';
import { type Scope, type SessionRow, standingOf, voterFacts } from '@countersign/store';
import { Problem } from '../http/problem.ts';
import { type Principal, actorOf, personOf } from './principal.ts';
import { waysToStepUp } from './second-factor.ts';

const signInOf = (principal: Principal): SignIn | null => {
  switch (principal.kind) {
    case 'key':
      return null;
    case 'channel':
      return { method: principal.channel.kind, two_factor: false, stepped_up_at: null };
    case 'person':
      return signInOfSession(principal.session);
  }
};

const signInOfSession = (session: SessionRow): SignIn => ({
  method: session.method,
  two_factor: session.is_two_factor,
  stepped_up_at: session.stepped_up_at?.toISOString() ?? null,
});

/**
 * Where the workspace says nothing, something critical takes a fresh proof of whoever has a factor to give it with; and it is
 * never approved in a channel, where nobody can give one (trust.md, T20).
 */
const usualFor = (principal: Principal): DemandedAssurance | null => {
  if (principal.kind === 'channel') return 'step_up';
  return principal.kind === 'person' && waysToStepUp(principal.session).length > 0 ? 'step_up' : null;
};

/** What the credential alone says; a signature of the person themselves says more. */
const assuranceOf = (principal: Principal): Assurance => {
  if (principal.kind !== 'person') return principal.kind;
  return principal.session.is_stepped_up ? 'step_up' : 'session';
};

/**
 * A deciding key votes as the person who owns it, and the record says that it was the key. A credential is worth what
 * its person may do now, not what they could do when it was made.
 */
export const loadVoter = async (
  scope: Scope,
  principal: Principal,
): Promise<{ voter: Voter; singleOperator: SingleOperator; criticalAssurance: DemandedAssurance | null }> => {
  const personId = personOf(principal);
  const facts = await voterFacts(scope, personId);
  if (!facts || !permissionsOf(facts.roles).has('approvals:decide'))
    throw new Problem('forbidden', 'The person behind this credential is not an approver any more.');
  const absent = standsInFor(
    facts.delegations.map(({ from, to, starts, ends }) => ({ from, to, startsAtMs: starts, endsAtMs: ends })),
    personId,
    // The rows were chosen by the database's clock as active now: any moment within all of them will do.
    Math.max(0, ...facts.delegations.map(({ starts }) => starts)),
  );
  const single = facts.settings.single_operator;
  return {
    voter: {
      personId,
      keyId: principal.kind === 'key' ? principal.keyId : null,
      actor: actorOf(principal),
      assurance: assuranceOf(principal),
      standing: facts.standing,
      unwaited: facts.unwaited,
      signIn: signInOf(principal),
      standsInFor: absent.length === 0 ? [] : await standingOf(scope, absent),
    },
    criticalAssurance: facts.settings.critical_assurance ?? usualFor(principal),
    singleOperator: single ? { coolingOffSeconds: single.cooling_off_seconds } : null,
  };
};
