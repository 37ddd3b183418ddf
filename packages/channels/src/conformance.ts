/** What a channel proves of itself where it stands, with nothing pretended: each check speaks to the configured other side. */
import type { Channel, Notice, On } from './channel.ts';

export type Check = {
  readonly name: string;
  readonly passed: boolean;
  /** What was seen. */
  readonly detail: string;
};

const URLS = /https?:\/\/[^\s"'<>)\]]+/g;

const PAGE = /^\/(inbox\/apr_[0-9A-Za-z]+|account#notifications)?$/;

/** Whether any address in the message is more than a way to a page where one has to sign in: no fragment, no query, no other host. */
const linksDecideNothing = (channel: Channel, notice: Notice, on: On): Check => {
  const { text, html = '' } = channel.render(notice, on);
  const own = [...`${text}\n${html}`.matchAll(URLS)].map(([url]) => url.replaceAll('&amp;', '&'));
  const wrong = own.filter((url) => !url.startsWith(`${on.publicUrl}/`) || !PAGE.test(url.slice(on.publicUrl.length)));
  return {
    name: 'A link decides nothing when it is opened, fetched beforehand or posted to',
    passed: wrong.length === 0,
    detail:
      own.length === 0
        ? 'there is no link in it'
        : wrong.length === 0
          ? `${own.length} ${own.length === 1 ? 'link, to a page' : 'links, each to a page'} behind the sign-in`
          : `leads elsewhere: ${wrong[0] ?? ''}`,
  };
};

const delivers = async (channel: Channel, notice: Notice, on: On): Promise<Check> => {
  const outcome = await channel.send(channel.render(notice, on), notice, on);
  const passed = outcome.outcome === 'sent' || outcome.outcome === 'delivered';
  return {
    name: 'A message gets through',
    passed,
    detail: 'problem' in outcome ? outcome.problem : (outcome.response?.split('\n')[0] ?? outcome.outcome),
  };
};

/** What comes in is either checked by the kind, or there is no way in at all. */
const takesNothingForged = async (channel: Channel, on: On): Promise<Check> => {
  const name = 'What comes in forged is refused';
  if (!channel.inbound) return { name, passed: true, detail: 'nothing comes in on this kind of channel' };
  const body = new TextEncoder().encode('{"decision":"approved"}');
  const { type } = await channel.inbound.receive(
    { method: 'POST', url: on.inboundUrl, headers: new Headers(), body },
    on,
  );
  return {
    name,
    passed: type === 'refused',
    detail:
      type === 'refused' ? 'a request without a signature was refused' : 'a request without a signature was taken',
  };
};

/** @param request a request as people are asked; @param test what is really sent */
export const conformanceOf = async (channel: Channel, request: Notice, test: Notice, on: On): Promise<Check[]> => [
  await delivers(channel, test, on),
  linksDecideNothing(channel, request, on),
  await takesNothingForged(channel, on),
  ...((await channel.conform?.(test, on)) ?? []),
];
