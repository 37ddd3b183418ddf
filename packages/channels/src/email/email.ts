/** Mail to people, one by one: with what is asked for, and a link to where a person who is signed in decides. */
import type { Channel, Message, Notice, On, Outcome } from '../channel.ts';
import type { Mailer } from './mailer.ts';
import { type Body, digestMail, linkMail, oneMail } from './templates.ts';
import { oneLine } from '../visible.ts';
import { wordsOf } from './words.ts';

const FOR_PEOPLE =
  /^(approval\.(requested|stage_passed|escalated|reassigned|reminder|overdue|on_call|decided|expired|cancelled)|channel\.|policy\.(created|promoted|deleted)|group\.|settings\.changed|signing_key\.rotated|audit\.epoch_started)/;
const URGENT = new Set(['high', 'critical']);
/** No spaces, no line ends, no angle brackets, one @: what else it is, the mail server says. */
const ADDRESS = /^[^\s<>@,;:"()[\]\\]+@[^\s<>@,;:"()[\]\\]+$/;

const settingsUrl = ({ publicUrl }: Pick<On, 'publicUrl'>): string => `${publicUrl}/account#notifications`;

const message = (subject: string, body: Body, headers: Readonly<Record<string, string>> = {}): Message => ({
  mediaType: 'text/plain',
  text: body.text,
  html: body.html,
  // Nobody's machine answers it, and no reader's one takes it for a letter.
  headers: {
    Subject: oneLine(subject),
    'Auto-Submitted': 'auto-generated',
    'X-Auto-Response-Suppress': 'All',
    ...headers,
  },
});

const subjectOf = (notice: Notice): string => {
  const { approval } = notice;
  if (!approval) return wordsOf(notice).sentence;
  const urgent = URGENT.has(approval.priority) && approval.status === 'pending' ? `[${approval.priority}] ` : '';
  return `${urgent}${approval.status === 'pending' ? '' : `${approval.status}: `}${approval.title}`;
};

const render = (notice: Notice, on: On): Message => {
  if (notice.link)
    return {
      ...message(notice.link.sentence, linkMail(notice.link.sentence, notice.link.url, notice.link.label)),
      isSecret: true,
    };
  const isUrgent = notice.approval !== null && URGENT.has(notice.approval.priority);
  return message(subjectOf(notice), oneMail(notice, settingsUrl(on)), {
    'List-Unsubscribe': `<${settingsUrl(on)}>`,
    ...(isUrgent ? { Importance: 'high' } : {}),
  });
};

const digest = (notices: readonly Notice[], on: On): Message =>
  message(`${notices.length} requests and outcomes`, digestMail(notices, settingsUrl(on)), {
    'List-Unsubscribe': `<${settingsUrl(on)}>`,
  });

const send =
  (mailer: Mailer) =>
  async (mail: Message, notice: Notice, { recipient, reference }: On): Promise<Outcome> => {
    if (!recipient || !ADDRESS.test(recipient.email))
      return {
        outcome: 'refused',
        request: mail.text,
        response: null,
        problem: 'the address is none that mail can go to',
      };
    const { Subject: subject = '', ...headers } = mail.headers ?? {};
    const thread = reference === null ? {} : { 'In-Reply-To': reference, References: reference };
    const outcome = await mailer.send({
      to: { name: oneLine(recipient.name), address: recipient.email },
      subject,
      text: mail.text,
      html: mail.html ?? '',
      // The same in every attempt: where it was taken and we were not told, a reader's machine knows it again.
      messageId: `<${notice.id}@${mailer.host}>`,
      headers: { ...headers, ...thread },
    });
    return mail.isSecret
      ? { ...outcome, request: `To: ${recipient.email}\nSubject: ${subject}\n\n(a link for its reader alone)` }
      : outcome;
  };

export const emailChannel = (mailer: Mailer): Channel => ({
  kind: 'email',
  audience: 'people',
  ratePerSecond: 20,
  concurrency: 4,
  tells: (type) => FOR_PEOPLE.test(type),
  render,
  digest,
  send: send(mailer),
});
