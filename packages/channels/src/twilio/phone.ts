/**
 * Text messages and calls to members, by Twilio: https://www.twilio.com/docs/messaging/api/message-resource and
 * https://www.twilio.com/docs/voice/api/call-resource. They reach numbers that their members have proved to have, tell what
 * waits, and decide nothing: a number is easily forged, and a call can't show a request whole.
 */
import { asksSomebody } from '../asking.ts';
import type { Channel, Message, Notice, On, Outcome, Recipient } from '../channel.ts';
import type { Check } from '../conformance.ts';
import { type TwilioAccount, callTwilio, judgeTwilio } from './api.ts';
import { answerTwilio, receiveTwilio, tokensOf } from './receive.ts';
import { twilioSignature } from './signature.ts';
import { element, twiml } from './twiml.ts';
import { CODE_TYPE, OFFER, speechOf, textOf } from './words.ts';

type Way = 'sms' | 'voice';

const RING_SECONDS = 30;

const accountOf = (on: Pick<On, 'settings' | 'secrets'>): TwilioAccount => ({
  sid: on.settings['account_sid'] as string,
  token: tokensOf(on)[0] ?? '',
  apiUrl: on.settings['api_url'] as string,
});

const cannotReach = ({ phone }: Recipient): string | null => (phone ? null : 'no phone number was verified');

const backTo = (notice: Notice, { inboundUrl }: Pick<On, 'inboundUrl'>, more: Record<string, string> = {}): string =>
  `${inboundUrl}?${new URLSearchParams({ delivery: notice.id, ...more }).toString()}`;

const callScript = (words: string, notice: Notice, on: On): string => {
  const voice = { language: (on.settings['language'] as string | undefined) ?? 'en-US' };
  const said = element('Say', voice, words);
  if (notice.approval?.status !== 'pending') return twiml(said, element('Hangup'));
  const action = backTo(notice, on, { approval: notice.approval.id });
  const gather = element(
    'Gather',
    { numDigits: 1, timeout: 8, action, method: 'POST' },
    said,
    element('Say', voice, OFFER),
  );
  return twiml(gather, element('Say', voice, 'Goodbye.'), element('Hangup'));
};

const fieldsOf = (
  way: Way,
  message: Message,
  notice: Notice,
  on: On,
  to: string,
): Record<string, string | string[]> => {
  const from = on.settings['from'] as string;
  const sender = from.startsWith('MG') ? { MessagingServiceSid: from } : { From: from };
  // A code is no delivery that anybody follows.
  const report = notice.type === CODE_TYPE ? null : backTo(notice, on);
  if (way === 'sms')
    return { To: to, ...sender, Body: message.text, ...(report === null ? {} : { StatusCallback: report }) };
  return {
    To: to,
    From: from,
    Twiml: callScript(message.text, notice, on),
    Timeout: String(RING_SECONDS),
    ...(report === null
      ? {}
      : {
          StatusCallback: report,
          StatusCallbackEvent: ['initiated', 'answered', 'completed'],
          StatusCallbackMethod: 'POST',
        }),
  };
};

const send =
  (way: Way, fetcher: typeof fetch) =>
  async (message: Message, notice: Notice, on: On): Promise<Outcome> => {
    const to = on.recipient?.phone;
    if (!to) return { outcome: 'refused', request: '', response: null, problem: 'no phone number was verified' };
    const fields = fieldsOf(way, message, notice, on, to);
    const request = message.isSecret ? 'A code, which only its reader may know.' : message.text;
    try {
      const exchanged = await callTwilio(fetcher, accountOf(on), way === 'sms' ? 'Messages' : 'Calls', fields);
      const judged = judgeTwilio(exchanged);
      return message.isSecret ? { ...judged, request } : judged;
    } catch (error) {
      return {
        outcome: 'retry',
        request,
        response: null,
        problem: error instanceof Error ? error.message : String(error),
      };
    }
  };

const conform =
  (way: Way) =>
  async (notice: Notice, on: On): Promise<Check[]> => {
    const url = backTo(notice, on);
    const fields: [string, string][] = [
      ['AccountSid', on.settings['account_sid'] as string],
      way === 'sms' ? ['MessageStatus', 'sent'] : ['CallStatus', 'ringing'],
    ];
    const body = Buffer.from(new URLSearchParams(fields).toString());
    const typeOf = (token: string, of = fields): string =>
      receiveTwilio(
        {
          method: 'POST',
          url,
          body,
          headers: new Headers({
            'content-type': 'application/x-www-form-urlencoded',
            'x-twilio-signature': twilioSignature(token, url, of),
          }),
        },
        on,
      ).type;
    const token = tokensOf(on)[0] ?? '';
    const forged = typeOf(`${token}x`);
    const changed = typeOf(token, [...fields, ['Digits', '1']]);
    const good = typeOf(token);
    const message: Message = { mediaType: 'text/plain', text: 'Nothing is sent.' };
    // Nothing is sent: anybody will do.
    const reached = { ...on, recipient: { id: '', name: 'Nobody', email: '', phone: '+15550100000' } };
    const broken = await send(way, async () => new Response('no', { status: 500 }))(message, notice, reached);
    const lost = await send(way, () => Promise.reject(new Error('the answer got lost')))(message, notice, reached);
    return [
      { name: 'A forged signature is refused', passed: forged === 'refused', detail: forged },
      { name: 'A signature of another body is refused', passed: changed === 'refused', detail: changed },
      { name: 'What Twilio signs is taken', passed: good === 'report', detail: good },
      {
        name: 'A 500 and a lost answer lose nothing',
        passed: broken.outcome === 'retry' && lost.outcome === 'retry',
        detail: 'it is tried again',
      },
    ];
  };

/** @param fetcher guarded: whoever configures a channel chooses the address */
export const phoneChannel = (way: Way, fetcher: typeof fetch): Channel => ({
  kind: way,
  audience: 'people',
  people: 'phone',
  // A long code takes one message a second: https://help.twilio.com/articles/115002943027
  ratePerSecond: 1,
  concurrency: 1,
  // What became of it is not worth a message that rings.
  tells: asksSomebody,
  cannotReach,
  render: (notice): Message => ({
    mediaType: 'text/plain',
    text: way === 'sms' ? textOf(notice) : speechOf(notice),
    ...(notice.type === CODE_TYPE ? { isSecret: true } : {}),
  }),
  send: send(way, fetcher),
  conform: conform(way),
  inbound: {
    receive: receiveTwilio,
    answer: answerTwilio,
    whyNot: () => 'Nothing is decided by phone.',
  },
});
