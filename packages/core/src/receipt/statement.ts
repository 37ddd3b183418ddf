/**
 * The statement of a receipt: what was decided about an approval, in the shape of an in-toto Statement. docs/spec/receipt.md
 * says what each member means; the SDK's verifier knows every member, and refuses one more or one less.
 */
import type { Actor, Decision, SignIn } from '../approval/approval.ts';
import type { Assurance } from '../approval/assurance.ts';
import { type Digest, digestJson, digestText } from '../digest.ts';
import { writeRule } from '../quorum/expression.ts';
import type { Requirement } from '../quorum/requirement.ts';
import { type Intent, audienceOf, intentText } from './intent.ts';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PREDICATE_TYPE = 'urn:countersign:decision:v1';
/** The `typ` of the signature's header (RFC 7515, 4.1.9). */
export const RECEIPT_TYPE = 'countersign-receipt+jws';

/** A passkey's assertion over an intent (WebAuthn, 6.3.3), all of it base64url. */
export type Assertion = {
  readonly credential: string;
  readonly public_key: string;
  readonly rp_id: string;
  readonly origin: string;
  readonly authenticator_data: string;
  readonly client_data_json: string;
  readonly signature: string;
};

type Person = { readonly id: string; readonly name: string };

export type ReceiptVote = {
  readonly stage: number;
  readonly vote: 'approved' | 'rejected';
  readonly person: Person;
  /** Who is away, and whose place it fills. */
  readonly represents: string | null;
  readonly key: string | null;
  readonly assurance: Assurance;
  readonly sign_in: SignIn | null;
  readonly at: string;
  readonly reason: string | null;
  /** False: it was on content that was edited since. */
  readonly counts: boolean;
  readonly intent: Intent;
  readonly intent_digest: string;
  /** Only where `assurance` is `signed`. */
  readonly webauthn: Assertion | null;
};

export type ReceiptStatement = {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly [{ readonly name: 'action'; readonly digest: { readonly sha256: string } }];
  readonly predicateType: typeof PREDICATE_TYPE;
  readonly predicate: {
    readonly issuer: string;
    readonly issued_at: string;
    readonly workspace: string;
    readonly audience: string;
    readonly approval: string;
    readonly kind: string;
    readonly tool: string | null;
    readonly risk: string | null;
    readonly execution: string | null;
    readonly requested_by: Actor;
    readonly requesters: readonly string[];
    readonly requested_at: string;
    readonly expires_at: string | null;
    readonly policy: {
      readonly id: string;
      readonly name: string;
      readonly version: number;
      readonly rule: string;
    } | null;
    readonly distinct_people: boolean;
    readonly stages: readonly { readonly name: string; readonly approvers: string; readonly rejections: number }[];
    readonly revisions: readonly {
      readonly revision: number;
      readonly action_digest: string;
      readonly by: Actor;
      readonly at: string;
    }[];
    readonly votes: readonly ReceiptVote[];
    readonly decision: {
      readonly outcome: Decision['outcome'];
      readonly at: string;
      readonly by: Actor;
      readonly assurance: Assurance;
      readonly reason: string | null;
      /** What the decider named; an edit with which they approved made another of it. */
      readonly seen_digest: string;
      readonly response_digest: string | null;
      readonly single_operator: boolean;
      /** Until when it is good for the one execution; null where nothing is to be taken, or an execution of ours takes it. */
      readonly use_until: string | null;
    };
  };
};

/** What a receipt is made from: what the rows say when the approval has ended. */
export type ReceiptFacts = {
  readonly issuer: string;
  readonly issuedAt: string;
  readonly workspaceId: string;
  readonly approval: {
    readonly id: string;
    readonly kind: string;
    readonly tool: string | null;
    readonly risk: string | null;
    readonly executionId: string | null;
    readonly requestedBy: Actor;
    readonly requesters: readonly string[];
    readonly requestedAt: string;
    readonly expiresAt: string | null;
    readonly policy: ReceiptStatement['predicate']['policy'];
    readonly requirement: Requirement;
    readonly originalDigest: Digest;
    readonly digest: Digest;
  };
  /** What edits made, in order. */
  readonly revisions: readonly { readonly digest: string; readonly by: Actor; readonly at: string }[];
  readonly votes: readonly Omit<ReceiptVote, 'counts' | 'intent_digest'>[];
  readonly decision: Decision;
  readonly useUntil: string | null;
};

const actor = ({ kind, id, name }: Actor): Actor => ({ kind, id, name });

export const receiptStatement = (facts: ReceiptFacts): ReceiptStatement => {
  const { approval, decision } = facts;
  const revisions = [
    { digest: approval.originalDigest as string, by: approval.requestedBy, at: approval.requestedAt },
    ...facts.revisions,
  ].map(({ digest, by, at }, revision) => ({ revision, action_digest: digest, by: actor(by), at }));
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name: 'action', digest: { sha256: approval.digest.slice('sha256:'.length) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      issuer: facts.issuer,
      issued_at: facts.issuedAt,
      workspace: facts.workspaceId,
      audience: audienceOf(facts.workspaceId, approval.requestedBy.id),
      approval: approval.id,
      kind: approval.kind,
      tool: approval.tool,
      risk: approval.risk,
      execution: approval.executionId,
      requested_by: actor(approval.requestedBy),
      requesters: [...approval.requesters],
      requested_at: approval.requestedAt,
      expires_at: approval.expiresAt,
      policy: approval.policy,
      distinct_people: approval.requirement.isDistinctAcrossStages,
      stages: approval.requirement.stages.map(({ name, rule, rejections }) => ({
        name,
        approvers: writeRule(rule),
        rejections,
      })),
      revisions,
      votes: facts.votes.map(({ intent, ...vote }) => ({
        ...vote,
        counts: intent.action_digest === approval.digest,
        intent,
        intent_digest: digestText(intentText(intent)),
      })),
      decision: {
        outcome: decision.outcome,
        at: decision.at,
        by: actor(decision.by),
        assurance: decision.assurance,
        reason: decision.reason,
        seen_digest: decision.digest,
        response_digest: decision.response === undefined ? null : digestJson(decision.response),
        single_operator: decision.isSingleOperator ?? false,
        use_until: facts.useUntil,
      },
    },
  };
};
