/**
 * Seals a decision: makes its receipt and signs it. In the decision's own transaction where the process holds the key, so
 * that whoever hears of the decision has the receipt; otherwise a job does it where one does (trust.md, T73).
 */
import {
  type ApprovalEvent,
  type Decision,
  type Digest,
  type Intent,
  type JsonObject,
  type ReceiptStatement,
  ONE_APPROVER,
  RECEIPT_TYPE,
  canonicalize,
  digestText,
  receiptStatement,
  voteIntent,
} from '@countersign/core';
import {
  type ApprovalRow,
  type RevisionRow,
  type Scope,
  type VoteRow,
  appendEvent,
  enqueue,
  getApproval,
  getReceipt,
  insertReceipt,
  listRevisions,
  listVotes,
  readClock,
} from '@countersign/store';
import type { Engine } from '../engine.ts';
import { viewDigestOf, viewedContent } from './view.ts';

/** Receipts that programs outside consume are good for this long after the decision; our own executions need no limit. */
export const RECEIPT_VALID_SECONDS = 15 * 60;

/** Has the receipt made by a process that holds the key. */
export const queueReceipt = async (engine: Pick<Engine, 'wake'>, scope: Scope, approvalId: string): Promise<void> => {
  await enqueue(scope, 'seal_receipt', approvalId, null);
  scope.afterCommit(() => engine.wake.jobs());
};

/** By what the log names a receipt. */
export type Sealed = { readonly kid: string; readonly digest: Digest };

/** What a receipt says beside the row and its decision. */
type Facts = { readonly votes: readonly VoteRow[]; readonly revisions: readonly RevisionRow[]; readonly now: Date };

/** Reads it; sent right behind the decision, it costs no trip of its own. */
export const readFacts = async (
  scope: Scope,
  { id, original_action: original }: Pick<ApprovalRow, 'id' | 'original_action'>,
): Promise<Facts> => {
  const [votes, revisions, now] = await Promise.all([
    listVotes(scope, id),
    original === null ? [] : listRevisions(scope, id),
    readClock(scope),
  ]);
  return { votes, revisions, now };
};

/**
 * Makes the receipt now.
 * @returns null where the key is not to be had at this moment: then it is made soon, and the decision does not wait for it
 */
export const sealNow = async (
  engine: Engine,
  scope: Scope,
  row: ApprovalRow,
  decision: Decision,
  facts: Facts,
): Promise<Sealed | null> => {
  try {
    return await sign(engine, scope, row.id, statementOf(engine, row, decision, facts), facts.now);
  } catch (error) {
    engine.log.error({ err: error, approval: row.id }, 'a receipt could not be signed and is tried again');
    await queueReceipt(engine, scope, row.id);
    return null;
  }
};

/** The job. @returns null: it does not come again */
export const sealLater = async (engine: Engine, scope: Scope, id: string): Promise<null> => {
  const row = await getApproval(scope, id);
  if (!row?.decision || (await getReceipt(scope, id))) return null;
  const facts = await readFacts(scope, row);
  const sealed = await sign(engine, scope, id, statementOf(engine, row, row.decision, facts), facts.now);
  await appendEvent(scope, {
    type: 'receipt.issued',
    subject: id,
    actor: { kind: 'system', id: 'system', name: 'Countersign' },
    data: sealed,
  });
  scope.afterCommit(() => engine.wake.changed(scope.workspaceId, [id]));
  return null;
};

const sign = async (
  engine: Engine,
  scope: Scope,
  id: string,
  statement: ReceiptStatement,
  now: Date,
): Promise<Sealed> => {
  const key = await engine.signing.key('receipt');
  const header = canonicalize({ alg: 'EdDSA', kid: key.kid, typ: RECEIPT_TYPE });
  const signed = `${encode(header)}.${encode(canonicalize(statement))}`;
  const jws = `${signed}.${key.sign(Buffer.from(signed)).toString('base64url')}`;
  insertReceipt(scope, id, { jws, kid: key.kid, issued_at: now });
  return { kid: key.kid, digest: digestText(jws) };
};

const encode = (text: string): string => Buffer.from(text).toString('base64url');

const statementOf = (
  { issuer }: Pick<Engine, 'issuer'>,
  row: ApprovalRow,
  decision: Decision,
  { votes, revisions, now }: Facts,
): ReceiptStatement => {
  const isTakenOutside = decision.outcome === 'approved' && row.execution_id === null;
  return receiptStatement({
    issuer: issuer(),
    issuedAt: now.toISOString(),
    workspaceId: row.workspace_id,
    approval: {
      id: row.id,
      kind: row.kind,
      tool: row.tool,
      risk: row.risk,
      executionId: row.execution_id,
      requestedBy: row.requested_by,
      requesters: row.requesters,
      requestedAt: row.created_at.toISOString(),
      expiresAt: row.expires_at?.toISOString() ?? null,
      policy: row.policy && {
        id: row.policy.id,
        name: row.policy.name,
        version: row.policy.version,
        rule: row.policy.rule,
      },
      requirement: row.requirement ?? ONE_APPROVER,
      originalDigest: row.original_action === null ? (row.digest as Digest) : digestText(row.original_action),
      digest: row.digest as Digest,
    },
    revisions: revisions.map(({ digest, made_by: by, made_at: at }) => ({ digest, by, at: at.toISOString() })),
    votes: votes.map((vote) => ({
      stage: vote.stage,
      vote: vote.vote,
      person: { id: vote.person_id, name: vote.person_name },
      represents: vote.represents === vote.person_id ? null : vote.represents,
      key: vote.key_id,
      assurance: vote.assurance,
      sign_in: vote.sign_in,
      at: vote.cast_at.toISOString(),
      reason: vote.reason,
      intent:
        vote.intent === null
          ? intentOf(row, { ...vote, revision: revisionOf(vote.digest, revisions) })
          : (JSON.parse(vote.intent) as Intent),
      webauthn: vote.webauthn,
    })),
    decision,
    useUntil: isTakenOutside ? new Date(Date.parse(decision.at) + RECEIPT_VALID_SECONDS * 1000).toISOString() : null,
  });
};

type VoteCast = Extract<ApprovalEvent, { readonly type: 'vote_cast' }>;

const revisionOf = (digest: string, revisions: readonly RevisionRow[]): number =>
  revisions.find((made) => made.digest === digest)?.revision ?? 0;

/** What a vote on the row's content says. */
const intentOf = (
  row: ApprovalRow,
  vote: Pick<VoteRow, 'vote' | 'reason' | 'person_id' | 'digest' | 'view_digest'> & { readonly revision: number },
): Intent =>
  voteIntent({
    workspaceId: row.workspace_id,
    approvalId: row.id,
    revision: vote.revision,
    digest: vote.digest,
    viewDigest: vote.view_digest,
    policy: row.policy,
    decision: vote.vote,
    reason: vote.reason,
    personId: vote.person_id,
    requesters: row.requesters,
    requesterId: row.requested_by.id,
  });

/** What a vote that is about to be written says, of the content that the row then has. */
export const intentOfVote = (row: ApprovalRow, { voter, vote, reason, digest }: VoteCast): Intent =>
  intentOf(row, {
    vote,
    reason,
    person_id: voter.personId,
    digest,
    view_digest: viewDigestOf(viewedContent({ ...row, digest })),
    revision: revisionNumber(row.action),
  });

/** Which edit made the content; 0: it is as it was asked for. */
export const revisionNumber = (actionText: string): number =>
  Number((JSON.parse(actionText) as JsonObject)['revision'] ?? 0);
