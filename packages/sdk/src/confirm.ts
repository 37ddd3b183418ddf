/** Something that is no tool call, put before people: an action in words, or an output that would leave. */
import type { WireApproval } from '@countersign/contract';
import { type AskOptions, askOnce, idempotencyKeyOf, untilApproved } from './ask-and-wait.ts';
import type { Body } from './call.ts';
import { isSameJson } from './canonical.ts';
import { DigestError } from './gate-errors.ts';
import type { GateClient } from './gate.ts';
import { hasMarkers } from './redactions.ts';
import { type TakeOptions, takeApproved } from './take-approved.ts';
import type { CallOptions } from './transport.ts';

export type Confirming = Omit<Body<'askApproval'>, 'title' | 'question' | 'tool' | 'arguments' | 'arguments_schema'> & {
  /** What is requested, in a sentence. */
  readonly title: string;
};

export type Confirmed = {
  /** What may leave: the reviewer's, where they edited it. Null where it was an action in words. */
  readonly output: unknown;
  readonly approval: WireApproval;
};

/**
 * Asks people to confirm an action that is described in words, or an output before it leaves, and waits. It returns only
 * when it was approved, and once: the approval is taken for execution. It waits, repeats, withdraws and throws as `gate` does.
 * The key's scopes are `approvals:create`, `approvals:read` and `receipts:consume`.
 *
 * @example
 * await confirm(client, { title: 'Deploy 1.4 to production' }, { key: 'deploy-1.4' });
 */
export const confirm = async (
  client: Pick<GateClient, 'approvals' | 'receipts'>,
  asking: Confirming,
  options: AskOptions & TakeOptions = {},
): Promise<Confirmed> => {
  const idempotencyKey = await idempotencyKeyOf('ask', options.key);
  const send = (sending: CallOptions): Promise<WireApproval> =>
    client.approvals.ask(asking, { ...sending, idempotencyKey });
  const { id } = await askOnce(client, send, (asked) => asked, options);
  const approval = await untilApproved(client, id, options);
  checkAsked(asking, id, approval);
  const { output } = await takeApproved(client, approval, options);
  if (!isEdited(approval) && !isSameJson(output, asking.output ?? null))
    throw new DigestError(`${id}: the output is not the one that was asked for`, approval);
  return { output, approval };
};

const isEdited = (approval: WireApproval): boolean => (approval.decision?.edits.length ?? 0) > 0;

/** What was approved must be what was asked for. Stops answers that were mixed up or changed on the way. */
const checkAsked = (asking: Confirming, id: string, approval: WireApproval): void => {
  const { action } = approval;
  const kind = asking.output === undefined ? 'action' : 'output';
  const isTitle = action['title'] === asking.title || hasMarkers(action['title']);
  if (approval.id !== id || action['kind'] !== kind || !isTitle)
    throw new DigestError(`${id}: something else was approved than what was asked for`, approval);
};
