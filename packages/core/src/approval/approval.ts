/** The approval: its states, commands, events and refusals. docs/spec/approval.md numbers the invariants (I1 …). */
import type { Digest } from '../digest.ts';
import type { Json, JsonDifference, JsonObject } from '../json.ts';

export type Actor = {
  readonly kind: 'person' | 'key' | 'execution' | 'system';
  readonly id: string;
  readonly name: string;
};

export type Assurance = 'signed' | 'step_up' | 'session' | 'channel' | 'key' | 'automated';

export type ApprovalStatus = 'pending' | 'approved' | 'rejected' | 'expired' | 'cancelled';

/** The final outcome, as recorded and as told to whoever comes second. Instants are RFC 3339 texts. */
export type Decision = {
  readonly outcome: Exclude<ApprovalStatus, 'pending'>;
  readonly by: Actor;
  readonly at: string;
  readonly reason: string | null;
  readonly assurance: Assurance;
  readonly digest: Digest;
  readonly edits: readonly JsonDifference[];
};

/** What the rules need to know of an approval; what a reviewer reads is kept beside it. */
export type ApprovalState = {
  readonly status: ApprovalStatus;
  readonly digest: Digest;
  /** Every identity behind the request: keys, their owners, the person on whose behalf, who configured the agent. */
  readonly requesters: readonly string[];
  readonly expiresAtMs: number | null;
  readonly decision: Decision | null;
  /** Milliseconds since 1970 of the moment when the approved call was taken for execution. */
  readonly consumedAtMs: number | null;
};

/** Who votes: always a person, perhaps through a key of theirs. */
export type Voter = {
  readonly personId: string;
  readonly keyId: string | null;
  readonly actor: Actor;
  readonly assurance: Assurance;
};

/** An edit that was already checked against the tool's schema. */
export type Edit = {
  readonly action: JsonObject;
  readonly digest: Digest;
  readonly differences: readonly JsonDifference[];
};

export type ApprovalCommand =
  | {
      readonly type: 'decide';
      readonly atMs: number;
      readonly voter: Voter;
      readonly decision: 'approved' | 'rejected';
      readonly digest: string | undefined;
      readonly reason: string | null;
      readonly edit: Edit | null;
    }
  | { readonly type: 'expire'; readonly atMs: number }
  | { readonly type: 'cancel'; readonly atMs: number; readonly by: Actor; readonly reason: string | null }
  | { readonly type: 'consume'; readonly atMs: number; readonly digest: string; readonly validUntilMs: number | null };

export type ApprovalEvent =
  | {
      readonly type: 'vote_cast';
      readonly voter: Voter;
      readonly vote: 'approved' | 'rejected';
      readonly digest: Digest;
      readonly reason: string | null;
    }
  | { readonly type: 'decided'; readonly decision: Decision; readonly editedAction: JsonObject | null }
  | { readonly type: 'consumed'; readonly atMs: number };

export type ApprovalRefusal =
  | { readonly type: 'already_decided'; readonly decision: Decision }
  | { readonly type: 'approval_expired'; readonly expiredAtMs: number }
  | { readonly type: 'digest_required' }
  | { readonly type: 'digest_stale'; readonly given: string; readonly current: Digest }
  | { readonly type: 'self_approval' }
  | { readonly type: 'not_approved'; readonly status: ApprovalStatus }
  | { readonly type: 'already_consumed'; readonly consumedAtMs: number };

/** The canonical content of an approval: what is digested, decided on and, if approved, executed. */
export const actionOf = (content: {
  readonly approvalId: string;
  readonly workspaceId: string;
  readonly kind: 'tool_call' | 'output' | 'action';
  readonly title: string;
  readonly tool: { readonly name: string; readonly id: string | null; readonly version: number | null } | null;
  readonly arguments: JsonObject | null;
  readonly output: Json;
  readonly agent: { readonly id: string | null; readonly versionId: string | null; readonly name: string } | null;
  readonly executionId: string | null;
  readonly checkpoint: string;
  readonly expiresAt: string | null;
  /** 128 random bits: makes each request's digest its own, and the content unguessable from it. */
  readonly nonce: string;
}): JsonObject => ({
  v: 1,
  approval: content.approvalId,
  workspace: content.workspaceId,
  kind: content.kind,
  title: content.title,
  tool: content.tool && { name: content.tool.name, id: content.tool.id, version: content.tool.version },
  arguments: content.arguments,
  output: content.output,
  agent: content.agent && { id: content.agent.id, version: content.agent.versionId, name: content.agent.name },
  execution: content.executionId,
  checkpoint: content.checkpoint,
  expires_at: content.expiresAt,
  nonce: content.nonce,
});
