/** A question to a person, and their answer, by a form the caller gives. */
import type { WireApproval } from '@countersign/contract';
import { type AskOptions, askOnce, idempotencyKeyOf, untilApproved } from './ask-and-wait.ts';
import type { Body } from './call.ts';
import { digestJson, isSameJson } from './canonical.ts';
import type { Client } from './client.ts';
import { DigestError } from './gate-errors.ts';
import type { FromSchema } from './json-schema.ts';
import { hasMarkers, putBack } from './redactions.ts';
import type { CallOptions } from './transport.ts';

/** The part of a client that a question needs: the key's scopes are `approvals:create` and `approvals:read`; and
 * `receipts:consume`, where answers hold secrets, which the server takes out of what others can read. */
export type AskClient = Pick<Client, 'approvals' | 'receipts'>;

export type Question<S extends object> = Omit<
  Body<'askApproval'>,
  'title' | 'question' | 'tool' | 'arguments' | 'arguments_schema' | 'output'
> & {
  /** The question, in a sentence. */
  readonly title: string;
  /** JSON schema of the answer, from which the dashboard makes a form and the server checks what comes back. */
  readonly question: S;
};

export type Answered<S> = {
  /** Meets the schema: the server took no other. */
  readonly response: FromSchema<S>;
  /** With who answered, in `decision.by`. */
  readonly approval: WireApproval;
};

/**
 * Asks people a question and waits for the answer. It returns only when somebody answered; that nobody did, or that
 * somebody refused to, are errors, as with `gate`.
 *
 * When the caller stops waiting (aborted, out of time), the question is withdrawn, unless it is to be left (`leavePending`).
 *
 * @throws RejectedError (somebody declined to answer; `reason`), ExpiredError, CancelledError, DigestError (all
 * `GateError`); TimeoutError after `timeoutSeconds`; ApiError, ConnectionError; the signal's reason.
 *
 * @example
 * const question = { type: 'object', properties: { city: { enum: ['Bonn', 'Ulm'] } }, required: ['city'] } as const;
 * const { response } = await askHuman(client, { title: 'Where should it be sent?', question });
 * console.log(response.city);
 */
export const askHuman = async <const S extends object>(
  client: AskClient,
  asking: Question<S>,
  options: AskOptions = {},
): Promise<Answered<S>> => {
  if (!isSameJson(asking.question, JSON.parse(JSON.stringify(asking.question))))
    throw new TypeError('question must be plain JSON');
  const idempotencyKey = await idempotencyKeyOf('ask', options.key);
  const body = asking as Question<S> & Body<'askApproval'>; // A schema's members are JSON, which its own type need not say.
  const send = (sending: CallOptions): Promise<WireApproval> =>
    client.approvals.ask(body, { ...sending, idempotencyKey });
  const { id } = await askOnce(client, send, (asked) => asked, options);
  const approval = await untilApproved(client, id, options);
  await checkAnswer(asking, id, approval);
  return { response: (await readAnswer(client, approval, options)) as FromSchema<S>, approval }; // Checked by the server, against the schema.
};

/** The answer, with what was taken out of it before it was stored. */
const readAnswer = async (client: AskClient, approval: WireApproval, options: AskOptions): Promise<unknown> => {
  const response = approval.decision?.response;
  if (!hasMarkers(response)) return response;
  const body = { approval_id: approval.id, digest: approval.digest };
  const idempotencyKey = await idempotencyKeyOf('consume', options.key);
  const { redactions } = await client.receipts.consume(body, { idempotencyKey, signal: options.signal });
  return putBack(response, redactions);
};

/** What was answered must be what was asked. Stops answers that were mixed up or changed on the way. */
const checkAnswer = async <S extends object>(
  asking: Question<S>,
  id: string,
  approval: WireApproval,
): Promise<void> => {
  const { action, digest } = approval;
  const fail = (what: string): never => {
    throw new DigestError(`${id}: ${what}`, approval);
  };
  if ((await digestJson(action)) !== digest) fail('the digest is not that of the action');
  if (approval.id !== id || action['approval'] !== id) fail('the answer belongs to another approval');
  if (action['kind'] !== 'question' || action['title'] !== asking.title) fail('the answer is to another question');
  if (!isSameJson(approval.response_schema, asking.question)) fail('the answer is to another form');
  if (approval.decision?.response === undefined) fail('it was approved without an answer');
};
