/** The statement of a receipt, member by member: docs/spec/receipt.md. */
import { count, flag, listOf, matching, members, oneOf, orNull, text } from './shape.ts';

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const PREDICATE_TYPE = 'urn:countersign:decision:v1';
const RECEIPT_TYPE = 'countersign-receipt+jws';

const digest = matching(/^sha256:[0-9a-f]{64}$/, 'a SHA-256 digest');
const instant = matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'an instant in UTC');
const name = matching(/^[!-~]{1,200}$/, 'an id');
const base64url = matching(/^[A-Za-z0-9_-]+$/, 'base64url');

const actor = members({ kind: oneOf('person', 'key', 'execution', 'system'), id: name, name: text });
const assurance = oneOf('signed', 'step_up', 'session', 'channel', 'key', 'automated');

const intent = members({
  v: oneOf(1),
  workspace: name,
  approval: name,
  revision: count,
  action_digest: digest,
  view_digest: orNull(digest),
  policy: orNull(members({ id: name, version: count, rule: text })),
  decision: oneOf('approved', 'rejected'),
  reason_digest: orNull(digest),
  approver: name,
  requesters: listOf(name),
  audience: text,
  nonce: orNull(base64url),
  issued_at: orNull(instant),
  expires_at: orNull(instant),
});

const assertion = members({
  credential: base64url,
  public_key: base64url,
  rp_id: text,
  origin: text,
  authenticator_data: base64url,
  client_data_json: base64url,
  signature: base64url,
});

const signIn = members({
  method: oneOf('link', 'password', 'passkey', 'oidc', 'slack', 'discord', 'teams', 'voice'),
  two_factor: flag,
  stepped_up_at: orNull(instant),
});

const vote = members({
  stage: count,
  vote: oneOf('approved', 'rejected'),
  person: members({ id: name, name: text }),
  represents: orNull(name),
  key: orNull(name),
  assurance,
  sign_in: orNull(signIn),
  at: instant,
  reason: orNull(text),
  counts: flag,
  intent,
  intent_digest: digest,
  webauthn: orNull(assertion),
});

const decision = members({
  outcome: oneOf('approved', 'rejected', 'expired', 'cancelled'),
  at: instant,
  by: actor,
  assurance,
  reason: orNull(text),
  seen_digest: digest,
  response_digest: orNull(digest),
  single_operator: flag,
  use_until: orNull(instant),
});

const predicate = members({
  issuer: text,
  issued_at: instant,
  workspace: name,
  audience: text,
  approval: name,
  kind: oneOf('tool_call', 'output', 'action', 'question'),
  tool: orNull(text),
  risk: orNull(text),
  execution: orNull(name),
  requested_by: actor,
  requesters: listOf(name),
  requested_at: instant,
  expires_at: orNull(instant),
  policy: orNull(members({ id: name, name: text, version: count, rule: text })),
  distinct_people: flag,
  stages: listOf(members({ name: text, approvers: text, rejections: count })),
  revisions: listOf(members({ revision: count, action_digest: digest, by: actor, at: instant })),
  votes: listOf(vote),
  decision,
});

export const checkStatementShape = members({
  _type: oneOf(STATEMENT_TYPE),
  subject: listOf(
    members({ name: oneOf('action'), digest: members({ sha256: matching(/^[0-9a-f]{64}$/, 'hex of a SHA-256') }) }),
  ),
  predicateType: oneOf(PREDICATE_TYPE),
  predicate,
});

const hashName = matching(/^[A-Za-z0-9_-]{43}$/, 'the thumbprint of a key');

export const checkHeaderShape = members({ alg: oneOf('EdDSA'), kid: hashName, typ: oneOf(RECEIPT_TYPE) });

const key = { kty: oneOf('OKP'), crv: oneOf('Ed25519'), x: hashName, kid: hashName, alg: oneOf('EdDSA') };

/** A key in the file of a receipt, and one of `/.well-known/jwks.json`. */
export const checkEmbeddedKey = members(key);
export const checkPublishedKey = members({
  ...key,
  use: oneOf('sig'),
  valid_from: instant,
  retired_at: orNull(instant),
});

export const checkEnvelope = members({
  approval_id: name,
  jws: text,
  key: checkEmbeddedKey,
  statement: () => undefined,
});
