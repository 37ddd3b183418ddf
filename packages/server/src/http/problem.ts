/** Problems (RFC 9457): everything a caller can cause goes out through here, and nothing else does. */
import { PROBLEMS, type FieldProblem, type ProblemCode } from '@countersign/contract';
import type { Assurance, DemandedAssurance } from '@countersign/core';
import type { Refusal } from '@countersign/engine';
import { toWireDecision } from '../present/decision.ts';

/**
 * Thrown, it rolls the transaction back; returned by a handler, the transaction commits and the answer is kept under
 * the request's Idempotency-Key.
 */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    facts: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.code = code;
    this.facts = facts;
    this.headers = headers;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  /** @param instance the request's id */
  toJson(instance: string): Record<string, unknown> {
    const { status, title } = PROBLEMS[this.code];
    return {
      type: `/docs/api#problem-${this.code}`,
      title,
      status,
      detail: this.message,
      instance,
      code: this.code,
      ...this.facts,
    };
  }
}

export const invalid = (errors: readonly FieldProblem[]): Problem =>
  new Problem('invalid', errors.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`).join('; '), { errors });

export const notFound = (what = 'thing'): Problem => new Problem('not_found', `There is no such ${what}.`);

const at = (ms: number): string => new Date(ms).toISOString();

const NOT_ELIGIBLE = {
  not_asked: 'You are not among those who are asked in this stage.',
  too_new: 'You were given the role or the group for this too short a time ago: the workspace waits before it counts.',
  requester: 'You asked for this, or it is done on your behalf.',
  already_voted: 'You have voted on this already: one person, one vote.',
  voted_earlier: 'You voted in an earlier stage, and this one asks for other people.',
} as const;

const tooLow = (demanded: DemandedAssurance, given: Assurance): Problem => {
  const facts = { demanded, given };
  if (demanded === 'signed')
    return new Problem(
      'signature_required',
      'Approving this needs your signature: ask for its intent and sign that.',
      facts,
    );
  // A key has no second factor, and nobody behind it to ask.
  return given === 'key' || demanded === 'session'
    ? new Problem('forbidden', 'Approving this is for people who are signed in.', facts)
    : new Problem(
        'step_up_required',
        'Approving this needs a fresh proof of who you are, good for five minutes.',
        facts,
      );
};

/** What the engine refused, in the words and with the facts that the other side needs. */
export const fromRefusal = (refusal: Refusal): Problem => {
  switch (refusal.type) {
    case 'not_found':
      return notFound('approval');
    case 'invalid':
      return invalid(refusal.errors);
    case 'forbidden':
      return new Problem('forbidden', refusal.detail);
    case 'already_decided': {
      const { outcome, by, at: when } = refusal.decision;
      return new Problem('already_decided', `It was ${outcome} by ${by.name} at ${when}.`, {
        decision: toWireDecision(refusal.decision),
      });
    }
    case 'decision_held': {
      const { outcome, by } = refusal.decision;
      return new Problem(
        'decision_held',
        `${by.name} decided: ${outcome}. It takes effect at ${at(refusal.untilMs)}, unless they take it back.`,
        { decision: toWireDecision(refusal.decision), until: at(refusal.untilMs) },
      );
    }
    case 'nothing_to_recall':
      return new Problem('nothing_to_recall', 'No decision is held back here: it took effect, or there is none.');
    case 'approval_expired':
      return new Problem('approval_expired', `The time to decide ended at ${at(refusal.expiredAtMs)}.`, {
        expired_at: at(refusal.expiredAtMs),
      });
    case 'digest_required':
      return new Problem(
        'digest_required',
        'Send the digest of the approval that was shown, from its member "digest".',
      );
    case 'digest_stale':
      return new Problem('digest_stale', 'The digest is not that of the approval as it is now. Look at it again.', {
        given: refusal.given,
        current: refusal.current,
        difference: refusal.difference ?? null,
      });
    case 'view_stale':
      return new Problem('digest_stale', 'What was shown is not what is shown now. Look at it again.', {
        given: refusal.given,
        current: refusal.current,
        difference: null,
      });
    case 'self_approval':
      return new Problem(
        'self_approval',
        refusal.possibleAtMs === null
          ? 'You asked for this, or it is done on your behalf: somebody else has to decide.'
          : `You asked for this. In the mode for a team of one you may decide from ${at(refusal.possibleAtMs)} on.`,
        refusal.possibleAtMs === null ? {} : { possible_at: at(refusal.possibleAtMs) },
      );
    case 'not_eligible':
      return new Problem('not_eligible', NOT_ELIGIBLE[refusal.why], { why: refusal.why });
    case 'assurance_too_low':
      return tooLow(refusal.demanded, refusal.given);
    case 'intent_stale':
      return new Problem('signature_invalid', 'What was signed is not what is decided now. Look at it, and sign anew.');
    case 'key_not_enough':
      return new Problem(
        'key_not_enough',
        'Its priority is high or critical: a person who is signed in approves it, unless a policy lets keys do so.',
      );
    case 'reason_required':
      return invalid([{ pointer: '/reason', detail: 'is needed for a rejection here' }]);
    case 'claimed':
      return new Problem('claimed', `${refusal.by} is looking at it until ${at(refusal.untilMs)}.`, {
        by: refusal.by,
        until: at(refusal.untilMs),
      });
    case 'no_further_level':
      return new Problem('no_further_level', 'No further level is set: name the people to ask.');
    case 'nobody_can_meet':
      return new Problem(
        'nobody_can_meet',
        `It would ask for ${refusal.approvers}, and there are not so many of them.`,
        {
          approvers: refusal.approvers,
        },
      );
    case 'policy_blocked':
      return new Problem('policy_blocked', refusal.reason);
    case 'not_approved':
      return new Problem('not_approved', `The approval is ${refusal.status}.`, { approval_status: refusal.status });
    case 'already_consumed':
      return new Problem('already_consumed', `It was taken for execution at ${at(refusal.consumedAtMs)}.`, {
        consumed_at: at(refusal.consumedAtMs),
      });
    case 'receipt_revoked':
      return new Problem('receipt_revoked', `Its use was revoked at ${at(refusal.revokedAtMs)}.`, {
        revoked_at: at(refusal.revokedAtMs),
      });
    case 'already_rejected':
      return new Problem(
        'already_rejected',
        'The same call was rejected within the last 24 hours; nobody is asked again.',
        {
          approval_id: refusal.approvalId,
          decision: refusal.decision,
        },
      );
    case 'conversation_busy':
      return new Problem('conversation_busy', 'The conversation still works on the message before.', {
        execution_id: refusal.executionId,
      });
    case 'execution_ended':
      return new Problem('execution_ended', `The execution is ${refusal.status}.`, {
        execution_status: refusal.status,
      });
  }
};
