/** What a statement must be in itself: a server that signs anything else has a fault, or was made to (docs/spec/receipt.md). */
import type { ReceiptStatement, ReceiptVote } from '@countersign/core';
import { canonicalize, sha256Hex } from '../canonical.ts';
import { fail } from './error.ts';

const sha256 = async (value: string): Promise<string> => `sha256:${await sha256Hex(value)}`;

type Predicate = ReceiptStatement['predicate'];

/** @throws ReceiptError */
export const checkConsistency = async ({ subject, predicate }: ReceiptStatement): Promise<void> => {
  const { revisions, votes, decision } = predicate;
  if (subject.length !== 1) fail('it is about more than one thing');
  if (predicate.audience !== `urn:countersign:${predicate.workspace}:${predicate.requested_by.id}`)
    fail('the audience is not who asked');
  if (revisions.length === 0 || revisions.some(({ revision }, index) => revision !== index))
    fail('the revisions are not numbered one after the other');
  const digest = `sha256:${subject[0].digest.sha256}`;
  if (revisions.at(-1)?.action_digest !== digest) fail('the subject is not the last revision');
  if (!revisions.some(({ action_digest }) => action_digest === decision.seen_digest))
    fail('the decision is on something else');
  for (const vote of votes) await checkVote(predicate, vote, digest);
  checkVotesTogether(votes);
  checkDecision(predicate);
};

const checkVote = async (predicate: Predicate, vote: ReceiptVote, digest: string): Promise<void> => {
  const { intent } = vote;
  const at = `the vote of ${vote.person.id}`;
  const isOf =
    intent.workspace === predicate.workspace &&
    intent.approval === predicate.approval &&
    intent.audience === predicate.audience &&
    canonicalize(intent.requesters) === canonicalize(predicate.requesters);
  if (!isOf) fail(`${at} is on another approval`);
  if (intent.approver !== vote.person.id || intent.decision !== vote.vote)
    fail(`${at} says something else than its intent`);
  if (predicate.revisions[intent.revision]?.action_digest !== intent.action_digest)
    fail(`${at} is on no revision of this approval`);
  if (vote.counts !== (intent.action_digest === digest)) fail(`${at} counts, or does not, against what it is on`);
  if (intent.reason_digest !== (vote.reason === null ? null : await sha256(vote.reason)))
    fail(`${at} has another reason than its intent`);
  if (vote.intent_digest !== (await sha256(`countersign.intent.v1\u0000${canonicalize(intent)}`)))
    fail(`${at} has another digest than its intent`);
  if (vote.stage >= predicate.stages.length) fail(`${at} is in no stage`);
  if ((vote.assurance === 'signed') !== (vote.webauthn !== null))
    fail(`${at} is signed without a signature, or the reverse`);
  if (vote.assurance === 'automated') fail(`${at} is nobody's`);
  if ((vote.assurance === 'key') !== (vote.key !== null)) fail(`${at} came by a key, or did not`);
  const isOwn = predicate.requesters.some((id) => id === vote.person.id || id === vote.key);
  if (isOwn && vote.counts && !predicate.decision.single_operator) fail(`${at} is that of somebody who asked for it`);
};

const checkVotesTogether = (votes: readonly ReceiptVote[]): void => {
  const places = votes.map((vote) => `${vote.intent.action_digest} ${vote.stage} ${vote.person.id}`);
  if (new Set(places).size !== places.length) fail('somebody voted twice on the same');
  // T10: who votes on one content was shown the same.
  const views = new Map<string, string | null>();
  for (const { intent } of votes) {
    const known = views.get(intent.action_digest) ?? intent.view_digest;
    if (known !== intent.view_digest) fail('two votes on the same were shown something different');
    views.set(intent.action_digest, intent.view_digest);
  }
};

const checkDecision = ({ decision, votes, expires_at, requested_at, issued_at }: Predicate): void => {
  const { outcome, by, assurance } = decision;
  const isByPeople = assurance !== 'automated';
  if (isByPeople && outcome !== 'approved' && outcome !== 'rejected') fail('nobody decides that something expires');
  if (isByPeople) {
    const isTheirs = votes.some(
      (vote) =>
        vote.counts && vote.vote === outcome && vote.assurance === assurance && (vote.key ?? vote.person.id) === by.id,
    );
    if (!isTheirs) fail('the decision is not the vote of who decided');
  }
  if (outcome === 'approved' && expires_at !== null && decision.at > expires_at)
    fail('it was approved after its deadline');
  if (outcome !== 'approved' && decision.use_until !== null) fail('what was not approved is good for no use');
  if (decision.at < requested_at || issued_at < decision.at) fail('its times are not in order');
};
