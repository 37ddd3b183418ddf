/** TwiML, Twilio's XML of what a call does next: https://www.twilio.com/docs/voice/twiml */
import type { HttpAnswer } from '../inbound.ts';

export type Element = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number | boolean | null>>;
  readonly children: readonly (Element | string)[];
};

/** An attribute that is null is left out. */
export const element = (
  name: string,
  attributes: Element['attributes'] = {},
  ...children: Element['children']
): Element => ({ name, attributes, children });

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Without the characters that no XML may hold. */
const escape = (text: string): string =>
  text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>"]/g, (one) => ESCAPES[one] ?? '');

const write = (one: Element | string): string => {
  if (typeof one === 'string') return escape(one);
  const attributes = Object.entries(one.attributes).flatMap(([name, value]) =>
    value === null ? [] : [` ${name}="${escape(String(value))}"`],
  );
  const open = `<${one.name}${attributes.join('')}`;
  return one.children.length === 0 ? `${open}/>` : `${open}>${one.children.map(write).join('')}</${one.name}>`;
};

export const twiml = (...verbs: readonly Element[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>${write(element('Response', {}, ...verbs))}`;

export const twimlAnswer = (...verbs: readonly Element[]): HttpAnswer => ({
  status: 200,
  mediaType: 'text/xml; charset=utf-8',
  body: twiml(...verbs),
});
