/** The receipt of an approval, checked by the program that is about to act on it. */
import type { WireApproval } from '@countersign/contract';
import type { Client } from './client.ts';
import { UnprovenError } from './gate-errors.ts';
import { ReceiptError } from './receipt/error.ts';
import type { ReceiptKeys } from './receipt/keys.ts';
import { type VerifiedReceipt, verifyReceipt } from './receipt/verify.ts';

type ReceiptClient = Pick<Client, 'receipts'>;

/** Keys as a server published them, for as long as they are enough. */
const published = new WeakMap<object, ReceiptKeys>();

const verify = async (
  client: ReceiptClient,
  approval: WireApproval,
  pinned: ReceiptKeys | undefined,
): Promise<VerifiedReceipt> => {
  const receipt = approval.receipt;
  if (receipt === null) throw new ReceiptError('it has no receipt');
  if (pinned) return verifyReceipt(receipt, { keys: pinned });
  const known = published.get(client.receipts);
  try {
    if (known) return await verifyReceipt(receipt, { keys: known });
  } catch (error) {
    if (!(error instanceof ReceiptError)) throw error; // Perhaps signed with a newer key: asked once more.
  }
  const keys = await client.receipts.keys();
  const verified = await verifyReceipt(receipt, { keys });
  published.set(client.receipts, keys);
  return verified;
};

/**
 * @param pinned the keys that the caller trusts; without them, those that the server publishes
 * @throws UnprovenError unless a receipt of a trusted key says that exactly this approval was approved, for who asked
 */
export const checkReceipt = async (
  client: ReceiptClient,
  approval: WireApproval,
  pinned: ReceiptKeys | undefined,
): Promise<void> => {
  const fail = (what: string): never => {
    throw new UnprovenError(`${approval.id}: ${what}`, approval);
  };
  let verified: VerifiedReceipt;
  try {
    verified = await verify(client, approval, pinned);
  } catch (error) {
    if (error instanceof ReceiptError) return fail(`its receipt does not hold: ${error.message}`);
    throw error;
  }
  const { subject, predicate } = verified.statement;
  if (predicate.approval !== approval.id || predicate.workspace !== approval.workspace_id)
    fail('the receipt is of another approval');
  if (predicate.audience !== `urn:countersign:${approval.workspace_id}:${approval.requested_by.id}`)
    fail('the receipt is for somebody else');
  if (predicate.decision.outcome !== 'approved') fail(`the receipt says that it was ${predicate.decision.outcome}`);
  if (`sha256:${subject[0].digest.sha256}` !== approval.digest) fail('the receipt is of another content');
};
