import type { Actor, Assertion, Decision, SignIn, Standing } from '@countersign/core';
import { type Scope, statement } from './database.ts';
import type { VoteRow } from './rows.ts';

const vote = statement(
  'vote_insert',
  `insert into vote (workspace_id, approval_id, digest, person_id, vote, key_id, assurance, reason, cast_at, stage, represents,
     standing, view_digest, sign_in, intent, webauthn)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) on conflict do nothing`,
);

/** Writes a vote; a second one of the same person on the same content changes nothing. */
export const insertVote = async (
  scope: Scope,
  cast: {
    approvalId: string;
    digest: string;
    personId: string;
    vote: 'approved' | 'rejected';
    keyId: string | null;
    assurance: string;
    reason: string | null;
    at: Date;
    stage: number;
    represents: string;
    standing: Standing;
    viewDigest: string | null;
    signIn: SignIn | null;
    /** Canonical JSON. */
    intent: string;
    /** A person's own signature over it. */
    assertion: Assertion | null;
  },
): Promise<void> => {
  vote.send(
    scope,
    scope.workspaceId,
    cast.approvalId,
    cast.digest,
    cast.personId,
    cast.vote,
    cast.keyId,
    cast.assurance,
    cast.reason,
    cast.at,
    cast.stage,
    cast.represents,
    cast.standing,
    cast.viewDigest,
    cast.signIn,
    cast.intent,
    cast.assertion,
  );
};

const voteColumns = `v.approval_id, v.digest, v.person_id, v.vote, v.key_id, v.assurance, v.reason, v.cast_at, v.stage,
  v.represents, v.standing, v.view_digest, v.sign_in, v.intent, v.webauthn, p.name as person_name`;
const votesOn = statement<VoteRow>(
  'vote_list',
  `select ${voteColumns} from vote v join person p on p.id = v.person_id
   where v.workspace_id = $1 and v.approval_id = $2 order by v.cast_at, v.person_id`,
);
const votesOnMany = statement<VoteRow>(
  'vote_list_of_many',
  `select ${voteColumns} from vote v join person p on p.id = v.person_id
   where v.workspace_id = $1 and v.approval_id = any ($2)`,
);

/** Every vote on an approval, on whatever content it was cast, oldest first. */
export const listVotes = (scope: Scope, approvalId: string): Promise<VoteRow[]> =>
  votesOn.all(scope, scope.workspaceId, approvalId);

/** Every vote on each of these. */
export const votesOf = async (scope: Scope, approvalIds: readonly string[]): Promise<VoteRow[]> =>
  approvalIds.length === 0 ? [] : votesOnMany.all(scope, scope.workspaceId, approvalIds);

const consume = statement(
  'consumption_insert',
  `insert into consumption (workspace_id, approval_id, digest, consumed_by, at) values ($1, $2, $3, $4, $5)
   on conflict do nothing`,
);

/** @returns whether this call took it; false if it was taken before */
export const insertConsumption = async (
  scope: Scope,
  approvalId: string,
  digest: string,
  by: Actor,
  at: Date,
): Promise<boolean> => (await consume.run(scope, scope.workspaceId, approvalId, digest, by, at)) === 1;

const consumption = statement<{ at: Date; consumed_by: Actor }>(
  'consumption_get',
  'select at, consumed_by from consumption where workspace_id = $1 and approval_id = $2',
);

/** Who took an approved call, and when. */
export const getConsumption = (
  scope: Scope,
  approvalId: string,
): Promise<{ at: Date; consumed_by: Actor } | undefined> => consumption.one(scope, scope.workspaceId, approvalId);

const rejectedCall = statement<{ id: string; decision: Decision }>(
  'approval_rejected_call',
  `select id, decision from approval
   where workspace_id = $1 and call_digest = $2 and status = 'rejected' and requested_by ->> 'id' = $3
     and decided_at > clock_timestamp() - interval '24 hours'
   order by decided_at desc limit 1`,
);

/** A rejection of the same call, asked by the same requester within 24 hours. */
export const findRejectedCall = (
  scope: Scope,
  callDigest: string,
  requesterId: string,
): Promise<{ id: string; decision: Decision } | undefined> =>
  rejectedCall.one(scope, scope.workspaceId, callDigest, requesterId);
