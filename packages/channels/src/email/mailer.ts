/** Mail over SMTP (nodemailer), with what the protocol lets us know of its fate. */
import { createTransport } from 'nodemailer';
import type { Outcome } from '../channel.ts';

export type Mail = {
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly messageId: string;
  readonly headers: Readonly<Record<string, string>>;
};

export type Mailer = {
  readonly send: (mail: Mail) => Promise<Outcome>;
  /** The part of message ids behind the @. */
  readonly host: string;
};

const CONNECT_MS = 10_000;
const SILENT_MS = 20_000;
/** Where a lasting refusal is about this mail or its reader; anywhere else it is about us, and everybody's. */
const ABOUT_THE_MAIL = new Set(['RCPT TO', 'DATA']);

/** What nodemailer says of a failure; not all of it is always there. */
type SmtpError = Error & { readonly responseCode?: number; readonly response?: string; readonly command?: string };

const isRefusal = ({ responseCode = 0, command = '' }: SmtpError): boolean =>
  responseCode >= 500 && ABOUT_THE_MAIL.has(command);

/** @param url `smtp://user:password@host:587` or `smtps://…`; the operator's setting */
export const createMailer = ({ url, from }: { readonly url: string; readonly from: string }): Mailer => {
  const { hostname } = new URL(url);
  return {
    host:
      from
        .split('@')
        .at(-1)
        ?.replace(/[^A-Za-z0-9.-]/g, '') || hostname,
    send: async (mail) => {
      const request = [
        `From: ${from}`,
        `To: ${mail.to.address}`,
        `Subject: ${mail.subject}`,
        `Message-ID: ${mail.messageId}`,
        ...Object.entries(mail.headers).map(([name, value]) => `${name}: ${value}`),
        '',
        mail.text,
      ].join('\n');
      // One connection a mail: what became of one says nothing of another.
      const transport = createTransport({
        url,
        connectionTimeout: CONNECT_MS,
        greetingTimeout: CONNECT_MS,
        socketTimeout: SILENT_MS,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      try {
        const { response } = await transport.sendMail({
          from,
          to: mail.to,
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          messageId: mail.messageId,
          headers: { ...mail.headers },
        });
        return { outcome: 'sent', request, response, reference: mail.messageId };
      } catch (error) {
        const { response = null, message } = error as SmtpError; // nodemailer throws nothing else
        const problem = message;
        return isRefusal(error as SmtpError)
          ? { outcome: 'refused', request, response, problem: `bounced: ${problem}` }
          : { outcome: 'retry', request, response, problem };
      } finally {
        transport.close();
      }
    },
  };
};
