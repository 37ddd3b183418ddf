/**
 * The mails, as plain text and as HTML. Templates of our own and not React Email: its renderer brings React's server and
 * a formatter for seven short texts. Nothing in a mail decides: its one link leads to the page of a person who signs in.
 */
import type { Notice, NoticeApproval } from '../channel.ts';
import { type Html, html } from './html.ts';
import { oneLine, visible } from '../visible.ts';
import { wordsOf } from './words.ts';

/** Of what is asked for; the page shows all of it. */
const CONTENT_MAX = 4000;

export type Body = { readonly text: string; readonly html: string };

type Fact = readonly [name: string, value: string];

const factsOf = (approval: NoticeApproval): Fact[] => [
  ['Priority', approval.priority],
  ...(approval.tool === null ? [] : [['Tool', approval.tool] as const]),
  ...(approval.risk === null ? [] : [['Risk', approval.risk.replace('_', ' ')] as const]),
  ['Asked by', approval.requestedBy],
  ['Why it is held', approval.reason],
  ...(approval.expiresAt === null
    ? []
    : [['Decide before', `${approval.expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`] as const]),
];

/** Whole or with a word on how much is missing (trust.md, T25). */
const cut = (content: string): string => {
  const shown = visible(content);
  return shown.length <= CONTENT_MAX
    ? shown
    : `${shown.slice(0, CONTENT_MAX)}\n… ${shown.length - CONTENT_MAX} more characters: open the request to see all of it`;
};

const FOOT = 'This mail decides nothing, whatever is done with it: open the link, sign in, and decide there.';

const textOf = (notice: Notice): string => {
  const { approval } = notice;
  const lines = [wordsOf(notice).sentence];
  if (approval) {
    lines.push('', oneLine(approval.title, 500), '');
    for (const [name, value] of factsOf(approval)) lines.push(`${name}: ${visible(value)}`);
    if (approval.content !== '') lines.push('', cut(approval.content));
    if (approval.explanation) lines.push('', `Written by the agent, not checked: ${visible(approval.explanation)}`);
    if (approval.decision?.reason) lines.push('', `Reason: ${visible(approval.decision.reason)}`);
  }
  return [...lines, '', notice.url].join('\n');
};

const page = (content: Html, foot: string, settingsUrl: string | null): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="color-scheme" content="light dark" />
      </head>
      <body
        style="margin:0;padding:24px;font-family:system-ui,-apple-system,'Segoe UI',sans-serif;font-size:15px;line-height:1.5;color:#1c1c1a;background:#f6f5f1"
      >
        <div
          style="max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border:1px solid #dddad2;border-radius:8px"
        >
          ${content}
        </div>
        <p style="max-width:560px;margin:16px auto 0;font-size:13px;color:#6b6860">
          ${foot}${settingsUrl === null ? null : html` <a href="${settingsUrl}" style="color:#6b6860">What you are told, and when</a>`}
        </p>
      </body>
    </html>`.html;

const button = (url: string, label: string): Html =>
  html`<p style="margin:20px 0 0">
    <a
      href="${url}"
      style="display:inline-block;padding:10px 16px;border-radius:6px;background:#1c1c1a;color:#ffffff;text-decoration:none;font-weight:600"
      >${label}</a
    >
  </p>`;

const section = (notice: Notice): Html => {
  const { approval } = notice;
  const words = wordsOf(notice);
  return html`<p style="margin:0 0 8px;color:#6b6860">${words.sentence}</p>
    ${
      approval
        ? html`<h1 style="margin:0 0 16px;font-size:18px">${oneLine(approval.title, 500)}</h1>
            <table role="presentation" style="border-collapse:collapse;font-size:14px">
              ${factsOf(approval).map(
                ([name, value]) =>
                  html`<tr>
                    <td style="padding:2px 16px 2px 0;color:#6b6860;vertical-align:top">${name}</td>
                    <td style="padding:2px 0">${visible(value)}</td>
                  </tr>`,
              )}
            </table>
            ${
              approval.content === ''
                ? null
                : html`<pre
                    style="margin:16px 0 0;padding:12px;overflow:auto;white-space:pre-wrap;word-break:break-word;font-size:13px;background:#f6f5f1;border-radius:6px"
                  >
${cut(approval.content)}</pre>`
            }${approval.explanation ? html`<p style="margin:16px 0 0;padding:12px;border:1px dashed #c9c5ba;border-radius:6px"><small style="color:#6b6860">Written by the agent, not checked</small><br />${visible(approval.explanation)}</p>` : null}${
              approval.decision?.reason
                ? html`<p style="margin:16px 0 0">Reason: ${visible(approval.decision.reason)}</p>`
                : null
            }`
        : null
    }${button(notice.url, words.button)}`;
};

export const oneMail = (notice: Notice, settingsUrl: string): Body => ({
  text: `${textOf(notice)}\n\n-- \n${FOOT}\nWhat you are told, and when: ${settingsUrl}\n`,
  html: page(section(notice), FOOT, settingsUrl),
});

export const digestMail = (notices: readonly Notice[], settingsUrl: string): Body => {
  const lines = notices.map((notice) => ({
    notice,
    title: oneLine(notice.approval?.title ?? wordsOf(notice).sentence, 500),
  }));
  return {
    text: `${lines
      .map(({ notice, title }) => `- ${title}\n  ${wordsOf(notice).sentence}\n  ${notice.url}`)
      .join('\n\n')}\n\n-- \n${FOOT}\nWhat you are told, and when: ${settingsUrl}\n`,
    html: page(
      html`<h1 style="margin:0 0 16px;font-size:18px">${String(notices.length)} things happened</h1>
        ${lines.map(
          ({ notice, title }) =>
            html`<p style="margin:0 0 12px">
              <a href="${notice.url}" style="color:#1c1c1a;font-weight:600">${title}</a><br /><span
                style="color:#6b6860"
                >${wordsOf(notice).sentence}</span
              >
            </p>`,
        )}`,
      FOOT,
      settingsUrl,
    ),
  };
};

/** A one-time link for its reader alone: to an invitation, or to sign in. */
export const linkMail = (sentence: string, url: string, label: string): Body => {
  const foot = 'The link is good once, and for you alone. If you did not expect this mail, do nothing.';
  return {
    text: `${visible(sentence)}\n\n${url}\n\n-- \n${foot}\n`,
    html: page(
      html`<p style="margin:0">${visible(sentence)}</p>
        ${button(url, label)}`,
      foot,
      null,
    ),
  };
};
