/** The approval: its states, commands, events and refusals. docs/spec/approval.md numbers the invariants (I1 …). */
import type { Digest } from '../digest.ts';
import type { Json, JsonDifference, JsonObject } from '../json.ts';
import type { PlanToolReference } from '../plan/plan.ts';
import type { Ineligible, StageVote } from '../quorum/count-votes.ts';
import type { Assertion } from '../receipt/statement.ts';
import type { Assurance, DemandedAssurance } from './assurance.ts';
import type { PeopleSet, Requirement, Rule, Standing } from '../quorum/requirement.ts';

export type Actor = {
  readonly kind: 'person' | 'key' | 'execution' | 'system';
  readonly id: string;
  readonly name: string;
};

/** What a voter came in by: how their session had begun, or the channel whose provider vouches for them. */
export type SignInMethod = 'link' | 'password' | 'passkey' | 'oidc' | 'slack' | 'discord' | 'teams' | 'voice';

/** … and whether they have proved again since who they are. */
export type SignIn = {
  readonly method: SignInMethod;
  readonly two_factor: boolean;
  /** RFC 3339. */
  readonly stepped_up_at: string | null;
};

export type ApprovalStatus = 'pending' | 'approved' | 'rejected' | 'expired' | 'cancelled';

/** The final outcome, as recorded and as told to whoever comes second. Instants are RFC 3339 texts. */
export type Decision = {
  readonly outcome: Exclude<ApprovalStatus, 'pending'>;
  readonly by: Actor;
  readonly at: string;
  readonly reason: string | null;
  readonly assurance: Assurance;
  /** What the decider saw, and named. */
  readonly digest: Digest;
  readonly edits: readonly JsonDifference[];
  /** The answer to a question the agent put. */
  readonly response?: Json;
  /** Whether the one who asked decided alone, in the marked mode for a team of one. */
  readonly isSingleOperator?: boolean;
};

/**
 * A decision that was made and is held back: until then its author may take it back, and nothing follows from it (I39).
 * What it will do is kept as it was found lawful when it was made.
 */
export type HeldDecision = {
  readonly decision: Decision;
  readonly personId: string;
  readonly untilMs: number;
  readonly events: readonly ApprovalEvent[];
};

/** A vote with who cast it and, for somebody who is away, for whom. */
export type Vote = StageVote & {
  /** The person whose place it fills: the voter, or whom the voter stands in for. */
  readonly representsId: string;
  readonly digest: Digest;
  /** Of what was served to be read. */
  readonly viewDigest?: string | null;
};

export const TIMEOUT_ACTIONS = ['reject', 'approve', 'escalate', 'retry', 'park'] as const;
export type TimeoutAction = (typeof TIMEOUT_ACTIONS)[number];

/** When people are reminded, each time that the time runs: fractions of it, so long after its start, or before its end. */
export type Reminders = {
  readonly fractions: readonly number[];
  readonly afterSeconds: readonly number[];
  readonly beforeSeconds: readonly number[];
};

/** What happens when nobody decides in time. Durations are working time where the approval has a calendar. */
export type TimeoutPlan = {
  readonly action: TimeoutAction;
  readonly seconds: number | null;
  /** For `escalate`: the levels still to come, each with its own time. */
  readonly levels: readonly { readonly rule: Rule; readonly seconds: number }[];
  /** For `retry`: how often it is still asked again. */
  readonly retriesLeft: number;
  readonly reminders?: Reminders;
};

export const NO_TIMEOUT: TimeoutPlan = { action: 'reject', seconds: null, levels: [], retriesLeft: 0 };

/** How long a claim keeps others from deciding. */
export const CLAIM_SECONDS = 15 * 60;

/** What the rules need to know of an approval; what a reviewer reads is kept beside it. */
export type ApprovalState = {
  readonly status: ApprovalStatus;
  readonly digest: Digest;
  /** Every identity behind the request: keys, their owners, the person on whose behalf, who configured the agent. */
  readonly requesters: readonly string[];
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly decision: Decision | null;
  /** Milliseconds since 1970 of the moment when the approved call was taken for execution. */
  readonly consumedAtMs: number | null;
  /** When its use was taken away, after it had been approved. */
  readonly revokedAtMs?: number | null;
  readonly requirement: Requirement;
  /** Of high or critical priority: a key approves it only where the requirement says so. */
  readonly isGrave?: boolean;
  /** On the present digest only: an edit voids the others. */
  readonly votes: readonly Vote[];
  /** What earlier edits changed, while others still have to agree. */
  readonly edits: readonly JsonDifference[];
  readonly timeout: TimeoutPlan;
  /** Past its time, and still waiting (`park`). */
  readonly isOverdue: boolean;
  readonly claim: { readonly personId: string; readonly name: string; readonly untilMs: number } | null;
  /** How long its policy holds decisions back; null: it says nothing, and the decider may ask for it. */
  readonly recallSeconds: number | null;
  readonly held: HeldDecision | null;
};

/** What a person signed with a key of their own: the intent as canonical JSON, and the assertion over it. */
export type SignedIntent = { readonly intent: string; readonly assertion: Assertion };

/** Who votes: always a person, perhaps through a key of theirs. */
export type Voter = {
  readonly personId: string;
  readonly keyId: string | null;
  readonly actor: Actor;
  readonly assurance: Assurance;
  /** Not there for keys. */
  readonly signIn?: SignIn | null;
  /** Only where the assurance is `signed`. */
  readonly signed?: SignedIntent;
  readonly standing: Standing;
  /** With the roles and groups that are too new to count (trust.md, B11), to say so. */
  readonly unwaited?: Standing;
  /** People who are away and for whom this person stands in, with their standing. */
  readonly standsInFor: readonly Standing[];
};

/** An edit that was already checked against the tool's schema and the policy. */
export type Edit = {
  readonly action: JsonObject;
  readonly digest: Digest;
  readonly differences: readonly JsonDifference[];
};

/** The mode for a team of one: the asker may decide, after a while. Null: it is off. */
export type SingleOperator = { readonly coolingOffSeconds: number } | null;

/**
 * Who gives a request to others, or more time. It is for those who are asked to decide it; where nobody is left who
 * could, any approver may, or it would be stuck for ever.
 */
export type Mover = {
  readonly voter: Voter;
  /** Everybody who can fill a place: what none of them could meet is not asked for. */
  readonly approvers: readonly Standing[];
};

export type ApprovalCommand =
  | {
      readonly type: 'decide';
      readonly atMs: number;
      readonly voter: Voter;
      readonly decision: 'approved' | 'rejected';
      readonly digest: string | undefined;
      /** The digest of the view model as it is served now, and the one that the voter names. */
      readonly view?: { readonly current: string; readonly given: string | undefined };
      readonly reason: string | null;
      readonly edit: Edit | null;
      readonly response?: Json;
      readonly singleOperator: SingleOperator;
      /** What is demanded of an approval beside its requirement, such as by its priority. */
      readonly assurance?: DemandedAssurance | null;
      /** For so long the decider would like to be able to take it back; where a policy says how long, that holds. */
      readonly recallSeconds?: number;
    }
  | { readonly type: 'recall'; readonly atMs: number; readonly by: Actor; readonly personId: string }
  | { readonly type: 'take_effect'; readonly atMs: number }
  | { readonly type: 'expire'; readonly atMs: number }
  | { readonly type: 'cancel'; readonly atMs: number; readonly by: Actor; readonly reason: string | null }
  | { readonly type: 'consume'; readonly atMs: number; readonly digest: string; readonly validUntilMs: number | null }
  | { readonly type: 'revoke'; readonly atMs: number; readonly by: Actor; readonly reason: string | null }
  | {
      readonly type: 'claim';
      readonly atMs: number;
      readonly by: Actor;
      readonly voter: Voter;
      readonly isForced: boolean;
    }
  | { readonly type: 'release'; readonly atMs: number; readonly by: Actor; readonly personId: string }
  | {
      readonly type: 'reassign';
      readonly atMs: number;
      readonly by: Actor;
      readonly mover: Mover;
      readonly to: PeopleSet;
      readonly reason: string | null;
    }
  | {
      readonly type: 'escalate';
      readonly atMs: number;
      readonly by: Actor;
      readonly mover: Mover;
      readonly to: Rule | null;
      readonly reason: string | null;
    }
  | {
      readonly type: 'extend';
      readonly atMs: number;
      readonly by: Actor;
      readonly mover: Mover;
      readonly seconds: number;
    };

/** A deadline that the events ask for: so much (working) time from a moment. The engine knows the calendar. */
export type ApprovalEvent =
  | {
      readonly type: 'vote_cast';
      readonly voter: Voter;
      readonly vote: 'approved' | 'rejected';
      readonly stage: number;
      readonly represents: Standing;
      /** Of what the vote is on: the edited content where the voter edited. */
      readonly digest: Digest;
      readonly reason: string | null;
    }
  | { readonly type: 'edited'; readonly by: Actor; readonly edit: Edit }
  | { readonly type: 'stage_passed'; readonly stage: number }
  | { readonly type: 'decided'; readonly decision: Decision }
  | { readonly type: 'held_back'; readonly held: HeldDecision }
  | { readonly type: 'recalled'; readonly by: Actor; readonly outcome: Decision['outcome'] }
  | {
      readonly type: 'escalated';
      readonly by: Actor;
      readonly rule: Rule;
      readonly seconds: number | null;
      readonly reason: string | null;
    }
  | { readonly type: 'asked_again'; readonly seconds: number }
  | { readonly type: 'parked' }
  | { readonly type: 'claimed'; readonly by: Actor; readonly personId: string; readonly untilMs: number }
  | { readonly type: 'released'; readonly by: Actor }
  | { readonly type: 'reassigned'; readonly by: Actor; readonly rule: Rule; readonly reason: string | null }
  | { readonly type: 'extended'; readonly by: Actor; readonly seconds: number }
  | { readonly type: 'consumed'; readonly atMs: number }
  | { readonly type: 'revoked'; readonly atMs: number; readonly by: Actor; readonly reason: string | null };

export type ApprovalRefusal =
  | { readonly type: 'already_decided'; readonly decision: Decision }
  | { readonly type: 'decision_held'; readonly decision: Decision; readonly untilMs: number }
  | { readonly type: 'nothing_to_recall' }
  | { readonly type: 'approval_expired'; readonly expiredAtMs: number }
  | { readonly type: 'digest_required' }
  | {
      readonly type: 'digest_stale';
      readonly given: string;
      readonly current: Digest;
      /** What changed since; null where the given one never was a digest of this approval. */
      readonly difference?: readonly JsonDifference[] | null;
    }
  | { readonly type: 'view_stale'; readonly given: string; readonly current: string }
  | { readonly type: 'self_approval'; readonly possibleAtMs: number | null }
  | { readonly type: 'not_eligible'; readonly why: Ineligible }
  | { readonly type: 'reason_required' }
  | { readonly type: 'assurance_too_low'; readonly given: Assurance; readonly demanded: DemandedAssurance }
  | { readonly type: 'key_not_enough' }
  | { readonly type: 'claimed'; readonly by: string; readonly untilMs: number }
  | { readonly type: 'no_further_level' }
  | { readonly type: 'nobody_can_meet'; readonly approvers: string }
  | { readonly type: 'not_approved'; readonly status: ApprovalStatus }
  | { readonly type: 'already_consumed'; readonly consumedAtMs: number }
  | { readonly type: 'receipt_revoked'; readonly revokedAtMs: number };

/** The canonical content of an approval: what is digested, decided on and, if approved, executed. */
export const actionOf = (content: {
  readonly approvalId: string;
  readonly workspaceId: string;
  readonly kind: 'tool_call' | 'output' | 'action' | 'question';
  readonly title: string;
  readonly tool: { readonly name: string; readonly id: string | null; readonly version: number | null } | null;
  readonly arguments: JsonObject | null;
  readonly output: Json;
  readonly agent: { readonly id: string | null; readonly versionId: string | null; readonly name: string } | null;
  readonly executionId: string | null;
  readonly checkpoint: string;
  /** What kind of harm it can do: what can be undone, what leaves, what stays done. */
  readonly risk: string | null;
  /** Everybody behind the request. */
  readonly requesters: readonly string[];
  /** The rule that holds it. */
  readonly policy: { readonly id: string; readonly version: number; readonly rule: string } | null;
  /** The versions of all policies that were asked. */
  readonly policies: readonly { readonly id: string; readonly version: number }[];
  /** The form of the answer, where it is a question. */
  readonly question?: JsonObject | null;
  /** The tools that a plan names, as they were when it was proposed. */
  readonly planTools?: readonly PlanToolReference[] | null;
  readonly expiresAt: string | null;
  /** 128 random bits: makes each request's digest its own, and the content unguessable from it. */
  readonly nonce: string;
}): JsonObject => {
  const action = commonAction(content);
  return content.planTools ? withPlanTools(action, content.planTools) : action;
};

/** A plan is of these versions of its tools: another one is another tool. */
export const withPlanTools = (action: JsonObject, tools: readonly PlanToolReference[]): JsonObject => ({
  ...action,
  plan_tools: tools.map(({ name, id, version }) => ({ name, id, version })),
});

const commonAction = (content: Parameters<typeof actionOf>[0]): JsonObject => ({
  v: 2,
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
  risk: content.risk,
  requesters: [...content.requesters],
  policy: content.policy && { id: content.policy.id, version: content.policy.version, rule: content.policy.rule },
  policies: content.policies.map(({ id, version }) => ({ id, version })),
  ...(content.question ? { question: content.question } : {}),
  expires_at: content.expiresAt,
  nonce: content.nonce,
});
