/** Every problem the API answers with, once: stable code, HTTP status, title (RFC 9457). */

export const PROBLEMS = {
  malformed_json: { status: 400, title: 'The body is not well-formed JSON' },
  idempotency_key_required: { status: 400, title: 'An Idempotency-Key header is needed' },
  invalid_cursor: { status: 400, title: 'The cursor is not one of ours' },
  unauthenticated: { status: 401, title: 'No valid credential' },
  webhook_signature_invalid: { status: 401, title: 'The delivery is not signed as it should be' },
  second_factor_needed: { status: 401, title: 'The second factor is needed too' },
  second_factor_required: { status: 403, title: 'This workspace asks for a second factor' },
  step_up_required: { status: 403, title: 'Prove again who you are' },
  sso_failed: { status: 403, title: 'Single sign-on did not let you in' },
  identity_not_linked: { status: 403, title: 'This account is not connected to anybody here' },
  forbidden: { status: 403, title: 'The credential does not allow this' },
  cross_site: { status: 403, title: 'The request came from another site' },
  self_approval: { status: 403, title: 'Who asked for it may not decide it' },
  signature_required: { status: 403, title: 'This has to be signed by a person' },
  signature_invalid: { status: 403, title: 'The signature is not good for this decision' },
  receipt_invalid: { status: 403, title: 'Not the receipt of this approval' },
  not_found: { status: 404, title: 'No such thing' },
  method_not_allowed: { status: 405, title: 'This path does not know the method' },
  already_decided: { status: 409, title: 'Already decided' },
  decision_held: { status: 409, title: 'Decided, and still to take effect' },
  nothing_to_recall: { status: 409, title: 'There is nothing to take back' },
  approval_expired: { status: 409, title: 'The time to decide is over' },
  digest_stale: { status: 409, title: 'What was seen is not what is asked for now' },
  already_rejected: { status: 409, title: 'The same was rejected already' },
  not_eligible: { status: 403, title: 'You are not among those who are asked' },
  open_to_decide: { status: 403, title: 'This is decided on its page' },
  key_not_enough: { status: 403, title: 'A person has to approve this, not a key' },
  policy_blocked: { status: 403, title: 'A policy does not allow this' },
  claimed: { status: 409, title: 'Somebody else is looking at it' },
  no_further_level: { status: 409, title: 'There is nobody further to escalate to' },
  too_late: { status: 409, title: 'It can not be taken up again' },
  nobody_can_meet: { status: 409, title: 'Nobody could meet what would be asked' },
  already_consumed: { status: 409, title: 'Already taken for execution' },
  receipt_revoked: { status: 409, title: 'The approval was revoked before it was used' },
  no_receipt_yet: { status: 409, title: 'There is no receipt yet' },
  not_approved: { status: 409, title: 'Not approved' },
  version_outdated: { status: 409, title: 'Another version was published in between' },
  name_taken: { status: 409, title: 'The name is in use' },
  invitation_closed: { status: 409, title: 'The invitation was accepted or revoked' },
  sign_in_first: { status: 409, title: 'Sign in to the account that the address has' },
  replayed: { status: 409, title: 'It came before' },
  channel_paused: { status: 409, title: 'The channel is paused' },
  webhook_disabled: { status: 409, title: 'The webhook is switched off' },
  key_ended: { status: 409, title: 'The key was revoked, or its time is over' },
  last_owner: { status: 409, title: 'A workspace has at least one owner' },
  group_in_use: { status: 409, title: 'The group is still asked for' },
  not_sealed: { status: 409, title: 'Not in the sealed log yet' },
  already_erased: { status: 409, title: 'Already erased' },
  log_forked: { status: 409, title: 'The database does not lead to the last checkpoint' },
  log_not_forked: { status: 409, title: 'The log needs no new epoch' },
  conversation_busy: { status: 409, title: 'The conversation still works on the message before' },
  conversation_archived: { status: 409, title: 'The conversation is archived' },
  execution_ended: { status: 409, title: 'The execution has ended' },
  idempotency_in_progress: { status: 409, title: 'The first request with this key is still running' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },
  invalid: { status: 422, title: 'The request is not valid' },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key was used with another body' },
  scopes_conflict: { status: 422, title: 'One key can not both ask and decide' },
  address_denied: { status: 422, title: 'The address may not be reached' },
  workflow_invalid: { status: 422, title: 'The workflow can not run as it is written' },
  digest_required: { status: 428, title: 'Name the digest of what you saw' },
  too_many_waiting: { status: 429, title: 'Too much is before people already' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  upstream_failed: { status: 502, title: 'The other side did not answer as it should' },
  unavailable: { status: 503, title: 'Not ready' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One wrong field: where (JSON Pointer, RFC 6901) and what. */
export type FieldProblem = { readonly pointer: string; readonly detail: string };

/** The wire form (RFC 9457). Facts about the case follow as further members, such as `decision` on `already_decided`. */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: ProblemCode;
  readonly errors?: readonly FieldProblem[];
  readonly [fact: string]: unknown;
};
