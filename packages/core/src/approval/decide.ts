import { type Result, ok, refuse } from '../result.ts';
import type { ApprovalCommand, ApprovalEvent, ApprovalRefusal, ApprovalState, Decision } from './approval.ts';

type Outcome = Result<readonly ApprovalEvent[], ApprovalRefusal>;

const instant = (ms: number): string => new Date(ms).toISOString();

const SYSTEM = { kind: 'system', id: 'system', name: 'Countersign' } as const;

/**
 * What a command does to an approval: the events that happen, or why not. Pure and total: time comes with the command,
 * read from the database's clock after the row's lock (I3). A refusal changes nothing (I2).
 */
export const decideApproval = (state: ApprovalState, command: ApprovalCommand): Outcome => {
  if (command.type === 'consume') return consume(state, command);
  if (state.decision) return refuse({ type: 'already_decided', decision: state.decision }); // I1
  switch (command.type) {
    case 'decide':
      return decide(state, command);
    case 'expire':
      return isLate(state, command.atMs) ? ok([ended(state, 'expired', command.atMs, SYSTEM, 'Nobody decided in time')]) : ok([]);
    case 'cancel':
      return ok([ended(state, 'cancelled', command.atMs, command.by, command.reason)]);
  }
};

/** Whether the deadline has passed; the deadline's own moment still counts (I3). */
export const isLate = (state: Pick<ApprovalState, 'expiresAtMs'>, atMs: number): boolean =>
  state.expiresAtMs !== null && atMs > state.expiresAtMs;

const decide = (state: ApprovalState, command: ApprovalCommand & { type: 'decide' }): Outcome => {
  if (isLate(state, command.atMs)) return refuse({ type: 'approval_expired', expiredAtMs: state.expiresAtMs ?? 0 });
  // I4: by stable identity, whatever the path; a key votes as the person who owns it.
  const identities = [command.voter.personId, ...(command.voter.keyId ? [command.voter.keyId] : [])];
  if (identities.some((identity) => state.requesters.includes(identity))) return refuse({ type: 'self_approval' });
  // I5: nothing is decided unseen, or on what it no longer is.
  if (command.digest === undefined) return refuse({ type: 'digest_required' });
  if (command.digest !== state.digest)
    return refuse({ type: 'digest_stale', given: command.digest, current: state.digest });
  const edit = command.decision === 'approved' ? command.edit : null;
  const decision: Decision = {
    outcome: command.decision,
    by: command.voter.actor,
    at: instant(command.atMs),
    reason: command.reason,
    assurance: command.voter.assurance,
    digest: state.digest,
    edits: edit?.differences ?? [],
  };
  return ok([
    { type: 'vote_cast', voter: command.voter, vote: command.decision, digest: state.digest, reason: command.reason },
    { type: 'decided', decision, editedAction: edit?.action ?? null },
  ]);
};

const ended = (
  state: ApprovalState,
  outcome: 'expired' | 'cancelled',
  atMs: number,
  by: Decision['by'],
  reason: string | null,
): ApprovalEvent => ({
  type: 'decided',
  decision: { outcome, by, at: instant(atMs), reason, assurance: 'automated', digest: state.digest, edits: [] },
  editedAction: null,
});

const consume = (state: ApprovalState, command: ApprovalCommand & { type: 'consume' }): Outcome => {
  if (state.status !== 'approved') return refuse({ type: 'not_approved', status: state.status });
  if (state.consumedAtMs !== null) return refuse({ type: 'already_consumed', consumedAtMs: state.consumedAtMs }); // I7
  if (command.digest !== state.digest)
    return refuse({ type: 'digest_stale', given: command.digest, current: state.digest }); // I6
  if (command.validUntilMs !== null && command.atMs > command.validUntilMs)
    return refuse({ type: 'approval_expired', expiredAtMs: command.validUntilMs });
  return ok([{ type: 'consumed', atMs: command.atMs }]);
};
