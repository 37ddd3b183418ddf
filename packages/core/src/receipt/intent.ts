/** What one person says about one content: the bytes that their vote stands for, and that a passkey signs (trust.md, 3.2). */
import { digestText } from '../digest.ts';
import { canonicalize } from '../json.ts';

export type Intent = {
  readonly v: 1;
  readonly workspace: string;
  readonly approval: string;
  readonly revision: number;
  readonly action_digest: string;
  /** Of what was served to be read; null on votes from before it was kept. */
  readonly view_digest: string | null;
  readonly policy: { readonly id: string; readonly version: number; readonly rule: string } | null;
  readonly decision: 'approved' | 'rejected';
  /** Of the reason's text, so that a signature covers it; null without one. */
  readonly reason_digest: string | null;
  readonly approver: string;
  readonly requesters: readonly string[];
  readonly audience: string;
  /** 128 random bits in base64url and two instants: of intents that a passkey signs, which are taken once. */
  readonly nonce: string | null;
  readonly issued_at: string | null;
  readonly expires_at: string | null;
};

/** Whom the receipt is for: who asked, and so who may act on it. */
export const audienceOf = (workspace: string, requester: string): string => `urn:countersign:${workspace}:${requester}`;

/** The intent of a vote that no passkey signs: it is taken with the vote itself, so that it needs no nonce. */
export const voteIntent = (vote: {
  readonly workspaceId: string;
  readonly approvalId: string;
  readonly revision: number;
  readonly digest: string;
  readonly viewDigest: string | null;
  readonly policy: Intent['policy'];
  readonly decision: Intent['decision'];
  readonly reason: string | null;
  readonly personId: string;
  readonly requesters: readonly string[];
  readonly requesterId: string;
}): Intent => ({
  v: 1,
  workspace: vote.workspaceId,
  approval: vote.approvalId,
  revision: vote.revision,
  action_digest: vote.digest,
  view_digest: vote.viewDigest,
  policy: vote.policy && { id: vote.policy.id, version: vote.policy.version, rule: vote.policy.rule },
  decision: vote.decision,
  reason_digest: vote.reason === null ? null : digestText(vote.reason),
  approver: vote.personId,
  requesters: [...vote.requesters],
  audience: audienceOf(vote.workspaceId, vote.requesterId),
  nonce: null,
  issued_at: null,
  expires_at: null,
});

/** The same of a vote that a person signs: good once, and for a short time. Instants are RFC 3339 texts. */
export const signableIntent = (
  vote: Intent,
  once: { readonly nonce: string; readonly issuedAt: string; readonly expiresAt: string },
): Intent => ({ ...vote, nonce: once.nonce, issued_at: once.issuedAt, expires_at: once.expiresAt });

const DOMAIN = 'countersign.intent.v1\u0000';

/** The text whose SHA-256 is the intent's digest, and the challenge of a passkey: the domain keeps it from being anything else. */
export const intentText = (intent: Intent): string => DOMAIN + canonicalize(intent);
