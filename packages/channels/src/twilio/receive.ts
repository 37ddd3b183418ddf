/** What Twilio posts back of a message or a call that we sent: how it went, and the key that somebody pressed. */
import type { At } from '../channel.ts';
import { givenSecrets } from '../given-secrets.ts';
import type { HttpAnswer, Inbound, InboundCommand, Received, Reply } from '../inbound.ts';
import { nothingToSay } from '../inbound.ts';
import { formOf, whyNotTwilios } from './signature.ts';
import { element, twimlAnswer } from './twiml.ts';

export type TwilioSecrets = { readonly auth_token: string };

export const tokensOf = (at: Pick<At, 'secrets'>): string[] =>
  givenSecrets<TwilioSecrets>(at).flatMap(({ auth_token: token }) => token ?? []);

const DELIVERED: ReadonlySet<string> = new Set(['delivered', 'read', 'completed', 'answered', 'in-progress']);
const FAILED: Readonly<Record<string, string>> = {
  undelivered: 'it did not reach the phone',
  failed: 'it could not be sent',
  busy: 'the line was busy',
  'no-answer': 'nobody answered',
  canceled: 'the call was cancelled',
};

const say = (text: string): HttpAnswer => twimlAnswer(element('Say', {}, text), element('Hangup'));

export const receiveTwilio = (request: Inbound, at: At): Received => {
  const why = whyNotTwilios(tokensOf(at), request);
  if (why !== null) return { type: 'refused', reason: why };
  const form = formOf(request);
  if (form.get('AccountSid') !== at.settings['account_sid'])
    return { type: 'refused', reason: 'it is of another account' };
  const asked = new URL(request.url).searchParams;
  const deliveryId = asked.get('delivery');
  const sid = form.get('MessageSid') ?? form.get('CallSid') ?? '';
  // Somebody answered a message, or called the number: nothing is decided so.
  if (deliveryId === null)
    return {
      type: 'answer',
      answer: form.has('CallSid') ? say('This number only calls. Goodbye.') : twimlAnswer(),
    };
  const approvalId = asked.get('approval');
  if (approvalId !== null) return pressed(form, approvalId, sid);
  const status = form.get('MessageStatus') ?? form.get('CallStatus') ?? '';
  const code = form.get('ErrorCode');
  const failed = FAILED[status];
  return {
    type: 'report',
    answer: nothingToSay,
    report: {
      deliveryId,
      reference: sid,
      status: failed !== undefined ? 'failed' : DELIVERED.has(status) ? 'delivered' : 'sent',
      problem: failed === undefined ? null : code === null ? failed : `${failed} (Twilio’s error ${code})`,
    },
  };
};

/** A key says at most "I have it": the number that was called is its member's, and nothing of the request was shown whole. */
const pressed = (form: URLSearchParams, approvalId: string, sid: string): Received => {
  if (form.get('Digits') !== '1')
    return { type: 'answer', answer: say('Nothing was done. Sign in to Countersign to decide. Goodbye.') };
  const number = form.get('To') ?? '';
  return {
    type: 'command',
    command: {
      onceKey: `${sid}:claim`,
      who: { team: '', user: number, name: number },
      act: { type: 'claim', approvalId },
      placeId: null,
      context: {},
      isRetry: false,
    },
  };
};

export const answerTwilio = (reply: Reply, _command: InboundCommand, _at: At): Promise<HttpAnswer> =>
  Promise.resolve(
    say(
      reply.type === 'done'
        ? 'Thank you. Others see that you are looking at it. Sign in to Countersign to decide. Goodbye.'
        : `${reply.type === 'words' ? reply.words : 'Nothing was done.'} Goodbye.`,
    ),
  );
